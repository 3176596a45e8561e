"""The sanitizer against what attackers send, and plain text in both directions."""

import time
import unicodedata
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.content import (
    CLASSES,
    CONTENT_CHARACTERS,
    LINK_REL,
    TAGS,
    answer_text,
    clean_html,
    clean_line,
    clean_text,
    hashtag,
    hashtag_html,
    link_html,
    mention_html,
    paragraphs,
    plain_text,
)
from tests.unit.activitypub.samples import BEA, GUILD, payload
from tests.unit.activitypub.xss import CORPUS

ATTRIBUTES = {
    "a": {"href", "rel", "class", "lang"},
    "span": {"class", "lang"},
    "p": {"class", "lang"},
    "ol": {"start", "reversed", "lang"},
    "li": {"value", "lang"},
}


class Inspector(HTMLParser):
    """Notes everything in HTML that is not on the list, and how deep it goes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.depth = self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag != "br"
        self.deepest = max(self.deepest, self.depth)
        if tag not in TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, {"lang"}):
                self.faults.append(f"{tag} {name}")
            if name == "class" and not set((value or "").split()) <= CLASSES:
                self.faults.append(f"class {value}")
            if name == "href" and urlsplit(value or "").scheme not in {"http", "https"}:
                self.faults.append(f"href {value}")
        if tag == "a" and dict(attrs).get("rel") != LINK_REL:
            self.faults.append(f"rel {attrs}")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag != "br"

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"declaration {data}")


def inspect(html: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector


@pytest.mark.rule("HT-01")
def test_the_corpus_is_large():
    assert len(set(CORPUS)) >= 300


@pytest.mark.rule("HT-01")
@pytest.mark.parametrize("html", CORPUS)
def test_nothing_but_harmless_markup_is_left_of_an_attack(html):
    cleaned = clean_html(html)

    assert inspect(cleaned).faults == []
    assert clean_html(cleaned) == cleaned


@pytest.mark.rule("HT-01")
@given(st.lists(st.sampled_from(CORPUS) | st.text("<>/=\"' &;#x-!ab", max_size=12), max_size=6))
def test_nothing_but_harmless_markup_is_left_of_attacks_run_together(parts):
    assert inspect(clean_html("".join(parts))).faults == []


@given(st.text(max_size=300))
def test_any_text_is_cleaned_without_an_error(text):
    assert inspect(clean_html(text)).faults == []
    plain_text(text)
    answer_text(text)


@pytest.mark.rule("HT-02")
@given(st.text(max_size=300))
def test_plain_text_becomes_html_that_the_sanitizer_leaves_alone(text):
    html = paragraphs(clean_text(text, limit=1_000))

    cleaned = clean_html(html).replace(f' rel="{LINK_REL}"', "").replace("&nbsp;", "\xa0")
    assert cleaned == html


@pytest.mark.rule("HT-02")
@given(st.text(st.characters(blacklist_categories=["C", "M"], blacklist_characters="@")))
def test_plain_text_is_still_there_in_the_html(text):
    cleaned = clean_text(text, limit=10_000)

    shown = plain_text(paragraphs(cleaned))

    expected = cleaned.replace("https://", "").replace("http://", "")
    if "://" not in cleaned:
        assert shown.split() == expected.split()


def test_what_mastodon_sends_is_kept_as_it_looks():
    note = payload("mastodon/create_note_public.json")["object"]

    cleaned = clean_html(note["content"])

    assert 'class="u-url mention"' in cleaned
    assert f'rel="{LINK_REL}"' in cleaned
    assert plain_text(cleaned) == "@carol thanks for the #joinery lesson"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\nb\nc"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<blockquote><p>a</p></blockquote>b", "a\nb"),
        ("a &amp;lt; b &lt; c", "a &lt; b < c"),
        ("a&nbsp;b\n\n c", "a b\nc"),
        ("<h1>Title</h1>text", "Title\ntext"),
        ("<script>x</script>", ""),
        ("", ""),
    ],
)
def test_html_is_read_as_people_read_it(html, expected):
    assert plain_text(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (payload("fedirec/yes_reply_from_mastodon.json")["object"]["content"], "Yes."),
        (payload("misskey/create_note.json")["object"]["content"], "nice work"),
        ("<p>@guild@guild.example yes</p>", "yes"),
        ("<p>@guild yes</p>", "yes"),
        ("<p>yes @guild@guild.example:8443</p>", "yes"),
        ('<p><a class="mention hashtag" href="https://a.example/t/yes">#yes</a></p>', "#yes"),
        ('<p><a class="mention" href="https://a.example/@x">yes</a></p>', ""),
        ("<p>me@mail.example yes</p>", "me@mail.example yes"),
        ("<p>yes</p><p>but</p>", "yes but"),
    ],
)
def test_an_answer_is_what_is_left_without_mentions(html, expected):
    assert answer_text(html) == expected


BOMBS = {
    "100,000 nested elements": "<b>" * 100_000,
    "nested lists": "<ul><li>" * 50_000,
    "nested quotations": "<blockquote>" * 50_000,
    "nested unknown elements": "<x>" * 100_000,
    "a million opening signs": "<" * 1_000_000,
    "a million ampersands": "&" * 1_000_000,
    "an attribute without end": "<p " + "a=1 " * 300_000 + ">",
    "a link without end": '<a href="' + "https://a.example/" * 60_000,
    "comments without end": "<!--" * 300_000,
    "closing what is not open": "<b>" * 99 + "</i>" * 50_000,
    "formatting reopened": "<b><i><u><s><em><strong><code>" + "<p>x" * 20_000,
    "links in links": "<a href=https://a.example>" * 40_000,
    "99 deep and wide": "<b>" * 99 + "<p>x" * 3_000,
    "just under the number of tags": "<li>" * 3_999,
    "towers of marks": "e" + "\u0301" * 200_000,
    "entities": "&#x301;" * 100_000,
}


@pytest.mark.rule("HT-07")
@pytest.mark.parametrize("html", BOMBS.values(), ids=BOMBS.keys())
def test_no_html_keeps_the_sanitizer_long_or_crashes_it(html):
    began = time.thread_time()
    cleaned = clean_html(html)
    took = time.thread_time() - began

    inspector = inspect(cleaned)
    assert inspector.faults == []
    assert inspector.deepest <= 101
    assert len(cleaned) <= 6 * CONTENT_CHARACTERS
    assert took < 1  # of this thread alone: far above what it takes, far below what a flaw would


@pytest.mark.rule("HT-07")
def test_what_nests_too_deep_is_shown_as_plain_text():
    assert clean_html("<b>" * 200 + "a &lt;p&gt; b" + "</b>" * 200) == "<p>a &lt;p&gt; b</p>"


@pytest.mark.rule("HT-07")
@pytest.mark.parametrize("between", ["</i>", "< ", "<3", "</>", "<!--x-->"])
def test_what_closes_nothing_does_not_hide_how_deep_it_is(between):
    assert clean_html(f"<b>{between}" * 101 + "x").startswith("<p>")


def test_what_nests_as_deep_as_it_may_keeps_its_markup():
    html = "<b>" * 60 + "x" + "</b>" * 60

    assert clean_html(html) == html


@pytest.mark.rule("RX-03")
def test_content_over_its_cap_is_cut():
    assert len(clean_html("x" * (CONTENT_CHARACTERS + 1))) == CONTENT_CHARACTERS


NAMES = {
    "Ada": "Ada",
    "  Ada\t Lovelace \n": "Ada Lovelace",
    "<b>Ada</b>": "<b>Ada</b>",
    "admin\u202enoitartsinimda": "adminnoitartsinimda",
    "\u2066Ada\u2069": "Ada",
    "A\u200bd\u200ba": "Ada",
    "Ad\u00ada": "Ada",
    "\ufeffAda": "Ada",
    "A\u2060da": "Ada",
    "\u3164": "",
    "\u115f\u1160": "",
    "A\U000e0041da": "Ada",
    "A\x00d\x07a": "Ada",
    "A\x85da": "Ada",
    "A\u2028da": "Ada",
    "A\ud800da": "Ada",
    "A\u200dd\u200ca": "Ada",
    "Café": "Café",
    "Cafe\u0301": "Café",
    "Z" + "\u0301" * 8: unicodedata.normalize("NFC", "Z" + "\u0301" * 8),
    "Z" + "\u0334" * 40: "Z" + "\u0334" * 8,
    "\u05d3\u05d1\u05d5\u05e8\u05d4": "\u05d3\u05d1\u05d5\u05e8\u05d4",
    "\u200f\u05d3\u05d1": "\u05d3\u05d1",
    "\u0645\u06cc\u200c\u062e": "\u0645\u06cc\u200c\u062e",
    "\u0915\u094d\u200d\u0937": "\u0915\u094d\u200d\u0937",
    "\U0001f469\u200d\U0001f33e": "\U0001f469\u200d\U0001f33e",
    "\u2764\ufe0f": "\u2764\ufe0f",
    "\U0001f3f3\ufe0f\u200d\U0001f308": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\u0430dmin": "\u0430dmin",
    "ÅNGSTRÖM \u212b": "ÅNGSTRÖM Å",
}


@pytest.mark.rule("HT-06", "HT-09")
@pytest.mark.parametrize(("given_name", "shown"), NAMES.items())
def test_names_lose_what_cannot_be_seen_and_keep_what_scripts_need(given_name, shown):
    assert clean_line(given_name, limit=300) == shown


@pytest.mark.rule("HT-09")
@given(st.text(st.characters(), max_size=200), st.integers(1, 100))
def test_clean_text_can_always_be_stored_and_is_clean_already(text, limit):
    cleaned = clean_text(text, limit=limit)

    cleaned.encode()
    assert "\0" not in cleaned
    assert len(cleaned) <= limit
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean_text(cleaned, limit=limit) == cleaned


def test_clean_text_keeps_lines_and_clean_line_does_not():
    assert clean_text("a\r\nb\rc\n", limit=10) == "a\nb\nc"
    assert clean_line("a\r\nb\rc\n", limit=10) == "a b c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("\n\n a \n\n\n", "<p>a</p>"),
        ("", ""),
        ("<b> & 'x' \"y\"", "<p>&lt;b&gt; &amp; 'x' \"y\"</p>"),
        (
            "See https://a.example/b?c=1&d=2.",
            '<p>See <a href="https://a.example/b?c=1&amp;d=2">a.example/b?c=1&amp;d=2</a>.</p>',
        ),
        (
            "(http://a.example/)",
            '<p>(<a href="http://a.example/">a.example</a>)</p>',
        ),
        ("javascript://a.example", "<p>javascript://a.example</p>"),
        ("https://user@a.example/", "<p>https://user@a.example/</p>"),
        ("https://", "<p>https://</p>"),
    ],
)
def test_words_become_paragraphs_with_links(text, expected):
    assert paragraphs(text) == expected


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("green-oak joinery", "GreenOakJoinery"),
        ("roof surveys", "RoofSurveys"),
        ("SQL databases", "SQLDatabases"),
        ("C++", "CPlusPlus"),
        ("C#", "CSharp"),
        ("étude de charpente", "ÉtudeDeCharpente"),
        ("木工", "木工"),
        ("2024", ""),
        ("--", ""),
        ("<script>", "Script"),
    ],
)
def test_a_skill_becomes_a_tag_in_camel_case(name, tag):
    assert hashtag(name) == tag


def test_links_mentions_and_tags_look_as_peers_expect():
    assert link_html("https://guild.example/jobs/1") == (
        '<a href="https://guild.example/jobs/1">guild.example/jobs/1</a>'
    )
    assert mention_html(BEA) == (
        '<span class="h-card"><a href="https://weavers.example/@bea" class="u-url mention">'
        "@<span>bea</span></a></span>"
    )
    assert hashtag_html("GreenOakJoinery", instance=GUILD) == (
        '<a href="https://guild.example/tags/greenoakjoinery" class="mention hashtag" rel="tag">'
        "#<span>GreenOakJoinery</span></a>"
    )
    assert "/tags/%c3%a9tude" in hashtag_html("Étude", instance=GUILD)
