"""The one sanitizer: foreign HTML made safe, HTML as plain text, and plain text as HTML.

Every field has a kind, text or html (HT-02): `text` is what `clean_text` returns and is escaped
where it is shown; `html` is what `clean_html` or `paragraphs` return. No regular expression ever
runs over HTML, and nothing else may call nh3.
"""

import re
import unicodedata
from html import escape, unescape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import quote

import nh3

from fedirec.activitypub.identifiers import Instance
from fedirec.domain.actors import Actor
from fedirec.domain.origins import parse_url
from fedirec.errors import InvalidInputError

CONTENT_CHARACTERS: Final = 65_536  # RX-03, HT-07
MAX_DEPTH: Final = 100
LINK_REL: Final = "nofollow noopener noreferrer ugc"
MAX_TAGS: Final = 4_000
TAGS: Final = frozenset(
    {"p", "br", "a", "span", "ul", "ol", "li", "strong", "em", "b", "i", "u", "s", "del", "code"}
    | {"pre", "blockquote", "h1", "h2", "h3", "ruby", "rt", "rp"}
)
CLASSES: Final = frozenset({"h-card", "u-url", "mention", "hashtag", "quote-inline"})

_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start", "reversed"}, "li": {"value"}, "*": {"lang"}}
_ALLOWED_CLASSES: Final = {tag: set(CLASSES) for tag in ("a", "span", "p")}
_SCHEMES: Final = frozenset({"http", "https"})
_DROPPED_WITH_TEXT: Final = frozenset({"script", "style", "template", "title"})
# Neither void elements nor those that the next of their kind closes make a tree deeper
_FLAT: Final = frozenset({"p", "li", "br", "hr", "img", "wbr"})
_BLOCKS: Final = frozenset({"p", "blockquote", "pre", "ul", "ol", "li", "h1", "h2", "h3"})

_COMBINING_MAX: Final = 8  # HT-09
_JOINERS: Final = "\u200c\u200d"
# Controls but tab and line feed, directions, zero widths, fillers, tags, halves of a pair (HT-06)
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e"
    "\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_URL: Final = re.compile(r"https?://[^\s<>\"]+")
_MENTION: Final = re.compile(r"(?<!\S)@[\w.-]+(?:@[\w.:-]+)?")
_TRAILING: Final = ".,;:!?'\"\u2026\u201c\u201d\u2018\u2019\u00bb)]}"


def clean_html(html: str) -> str:
    """Return foreign HTML with nothing left but harmless markup (HT-01).

    Over 65,536 characters the rest is cut off; nested deeper than 100, or of more than 4,000 tags,
    it becomes plain text (HT-07).
    Links are http(s) only, and carry `rel="nofollow noopener noreferrer ugc"`.
    """
    kept = _without_unseen(html.replace("\r\n", "\n")[:CONTENT_CHARACTERS])
    if kept.count("<") > MAX_TAGS or _depth_of(kept) > MAX_DEPTH:
        return paragraphs(_stripped(kept))
    return _without_unseen(_sanitize(kept))


def plain_text(html: str) -> str:
    """Return HTML as people read it: blocks on lines of their own, entities decoded."""
    return _read(html, without_mentions=False)


def answer_text(html: str) -> str:
    """Return HTML as plain text less its mentions: links of class `mention`, and `@name@host`."""
    text = _MENTION.sub(" ", _read(html, without_mentions=True))
    return " ".join(text.split())


def clean_text(text: str, *, limit: int) -> str:
    """Return plain text in NFC, of at most `limit` characters, less what cannot be seen.

    Dropped: controls, direction marks, zero widths (joiners stay where scripts and emoji need
    them), lone surrogates, and what is stacked higher than eight marks. Line feeds and tabs stay.
    """
    # Long runs of marks make normalizing slow: what is surely too much goes first
    rough = text[: limit * 4].replace("\r\n", "\n").replace("\r", "\n")
    normal = unicodedata.normalize("NFC", _without_unseen(rough))
    return normal.strip()[:limit].rstrip()


def clean_line(text: str, *, limit: int) -> str:
    """Return `clean_text` on one line: every run of space is one space."""
    return " ".join(clean_text(text, limit=limit * 2).split())[:limit].rstrip()


def paragraphs(text: str) -> str:
    """Return plain text as HTML: escaped, blank lines part `<p>`s, web addresses are links."""
    blocks = (block.strip() for block in text.replace("\r\n", "\n").split("\n\n"))
    return "".join(
        f"<p>{'<br>'.join(_linked(line.strip()) for line in block.splitlines())}</p>"
        for block in blocks
        if block
    )


def escaped(text: str) -> str:
    """Return plain text as it stands between tags."""
    return escape(text, quote=False)


def link_html(url: str) -> str:
    """Return a link that shows where it leads: its address without the scheme."""
    shown = url.partition("://")[2].removesuffix("/")
    return f'<a href="{escape(url)}">{escaped(shown)}</a>'


def mention_html(actor: Actor) -> str:
    """Return the link that clients show as a mention (microformat h-card)."""
    href = escape(actor.url or actor.id)
    return (
        f'<span class="h-card"><a href="{href}" class="u-url mention">'
        f"@<span>{escaped(actor.name)}</span></a></span>"
    )


def hashtag(name: str) -> str:
    """Return words as one CamelCase tag without `#`; empty if nothing in them can be a tag.

    Capitals inside a word stay: `SQL databases` is `SQLDatabases`, `C++` is `CPlusPlus`.
    """
    name = name.replace("+", "Plus").replace("#", "Sharp")
    words = "".join(character if character.isalnum() else " " for character in name).split()
    tag = "".join(word[0].upper() + word[1:] for word in words)
    return "" if tag.isnumeric() else tag


def hashtag_url(tag: str, *, instance: Instance) -> str:
    """Return the page of a tag here, percent-encoded where it is not ASCII."""
    return instance.tag_url(quote(tag.lower()))


def hashtag_html(tag: str, *, instance: Instance) -> str:
    """Return the link that clients show as a hashtag."""
    href = escape(hashtag_url(tag, instance=instance))
    return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{escaped(tag)}</span></a>'


def _sanitize(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED_WITH_TEXT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        allowed_classes=_ALLOWED_CLASSES,
        url_schemes=set(_SCHEMES),
        url_relative="deny",
        link_rel=LINK_REL,
    )


def _depth_of(html: str) -> int:
    """Return how deep the elements nest at most, if only matching end tags close them."""
    if html.count("<") <= MAX_DEPTH:
        return 0
    opened: dict[str, int] = {}
    depth = deepest = 0
    for name, is_end in _tags(html):
        if name in _FLAT:
            continue
        if not is_end:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened.get(name, 0) > 0:
            opened[name] -= 1
            depth -= 1
    return deepest


def _tags(html: str) -> list[tuple[str, bool]]:
    """Return name and whether it is an end tag, of everything that may open or close an element."""
    found: list[tuple[str, bool]] = []
    for part in html.split("<")[1:]:
        is_end = part.startswith("/")
        name = part[is_end:32].partition(">")[0].partition("/")[0]
        if name[:1].isalpha():
            found.append((name.split(maxsplit=1)[0].lower(), is_end))
    return found


def _stripped(html: str) -> str:
    """Return the text between anything that looks like a tag: for what is not worth parsing."""
    first, *parts = html.split("<")
    texts = (
        part.partition(">")[2] if part[:1].isalpha() or part[:1] in ("/", "!", "?") else f"<{part}"
        for part in parts
    )
    return unescape(first + "".join(texts))


def _read(html: str, *, without_mentions: bool) -> str:
    reader = _TextReader(without_mentions=without_mentions)
    reader.feed(clean_html(html))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _TextReader(HTMLParser):
    """Reads what `clean_html` wrote, and only that: well-formed, few tags, all closed."""

    def __init__(self, *, without_mentions: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._without_mentions = without_mentions
        self._in_mention = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Break the line at blocks, and note where a mention begins."""
        if tag in _BLOCKS or tag == "br":
            self.parts.append("\n")
        if tag == "a" and self._without_mentions:
            classes = (dict(attrs).get("class") or "").split()
            self._in_mention = "mention" in classes and "hashtag" not in classes

    def handle_endtag(self, tag: str) -> None:
        """Break the line at blocks, and note where a mention ends."""
        if tag in _BLOCKS:
            self.parts.append("\n")
        if tag == "a" and self._in_mention:
            self._in_mention = False
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        """Keep text, but not that of a mention where mentions do not count."""
        if not self._in_mention:
            self.parts.append(data)


def _linked(line: str) -> str:
    """Escape one line of plain text, and link the web addresses in it."""
    parts: list[str] = []
    end = 0
    for match in _URL.finditer(line):
        url = match.group().rstrip(_TRAILING)
        if _is_link(url):
            parts += [escaped(line[end : match.start()]), link_html(url)]
            end = match.start() + len(url)
    return "".join([*parts, escaped(line[end:])])


def _is_link(url: str) -> bool:
    try:
        parse_url(url, allow_http=True)
    except InvalidInputError:
        return False
    return True


def _without_unseen(text: str) -> str:
    """Drop what cannot be seen, joiners out of place, and towers of marks; linear in time."""
    text = _UNSEEN.sub("", text)
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        if character in _JOINERS:
            if kept and _takes_joiner(kept[-1]):
                kept.append(character)
            continue
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= _COMBINING_MAX:
            kept.append(character)
    return "".join(kept)


def _takes_joiner(character: str) -> bool:
    """Whether a joiner may follow: letters without case (Arabic, Devanagari), marks, emoji."""
    return unicodedata.category(character) in {"Lo", "Mn", "Mc", "So", "Sk"}
