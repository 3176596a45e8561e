"""What members say of themselves in lines and words, made safe, and read back to be changed."""

import re
from collections.abc import Sequence
from html import escape, unescape
from typing import Final

from fedirec.activitypub.content import clean_line, plain_text
from fedirec.domain.actors import ProfileField
from fedirec.domain.drafts import LINE_CHARACTERS
from fedirec.domain.origins import parse_url
from fedirec.errors import InvalidInputError

MAX_FIELDS: Final = 4
_ME: Final = "me nofollow noopener noreferrer"
_LINK: Final = re.compile(r'<a href="([^"]+)"[^>]*>[^<]*</a>')
_BLOCK_END: Final = "</p>"


def own_fields(lines: Sequence[tuple[str, str]]) -> tuple[ProfileField, ...]:
    """Return the fields of a profile from lines of name and plain value; empty lines are none.

    A value that is a web address becomes a link that says whose page it leads to. Raises
    InvalidInputError for too many, or for a value without a name.
    """
    found = []
    for name, value in lines:
        shown, said = (clean_line(text, limit=LINE_CHARACTERS) for text in (name, value))
        if not said:
            continue
        if not shown:
            raise InvalidInputError("a line about you has a name before it", field="fields")
        found.append(ProfileField(name=shown, value=_valued(said)))
    if len(found) > MAX_FIELDS:
        message = f"at most {MAX_FIELDS} lines about you, found {len(found)}"
        raise InvalidInputError(message, field="fields")
    return tuple(found)


def words_as_typed(html: str) -> str:
    """Return text that `content.paragraphs` made as it was typed: with its addresses whole."""
    whole = _LINK.sub(lambda link: escape(unescape(link[1]), quote=False), html)
    blocks = (plain_text(block + _BLOCK_END) for block in whole.split(_BLOCK_END))
    return "\n\n".join(block for block in blocks if block)


def words_of_job(content: str) -> str:
    """Return the words of a job note as they were typed, out of the text that was made of them."""
    _wanted, *words = content.split(_BLOCK_END)
    return words_as_typed(_BLOCK_END.join(words[:-4]))  # the facts, the hashtags, the link, nothing


def _valued(said: str) -> str:
    try:
        url = parse_url(said, allow_http=True).text
    except InvalidInputError:
        return escape(said, quote=False)
    shown = url.partition("://")[2].removesuffix("/")
    return f'<a href="{escape(url)}" rel="{_ME}">{escape(shown, quote=False)}</a>'
