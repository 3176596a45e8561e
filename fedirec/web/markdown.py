"""Markdown of keepers → HTML, which the templates' filter `clean` still sanitizes.

`js-default` without HTML, pictures and tables: what the sanitizer would drop is shown as written.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LOWEST: Final = 3


def render_markdown(source: str, origin: str) -> str:
    """Return HTML of a text; links that begin with `/` lead to `origin`.

    Its highest headings are `h2`, under the page's own, whatever they are written as; all others
    are `h3`.
    """
    parser = _parser()
    tokens = parser.parse(source)
    highest = min((level for level in map(_level, tokens) if level), default=1)
    for token in tokens:
        if _level(token):
            token.tag = f"h{min(_level(token) - highest + 2, _LOWEST)}"
    _lead_home(tokens, origin)
    rendered: str = parser.renderer.render(tokens, parser.options, {})
    return rendered


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("js-default", {"linkify": True}).disable(["table", "image"])


def _level(token: Token) -> int:
    """Return which heading a token begins or ends, from 1; 0 for another."""
    return int(token.tag[1:]) if token.type in {"heading_open", "heading_close"} else 0


def _lead_home(tokens: Sequence[Token], origin: str) -> None:
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
            if address[:1] == "/" and address[1:2] != "/":
                token.attrSet("href", origin + address)
        _lead_home(token.children or (), origin)
