"""Addresses out of storage, as they may stand on a page: whatever a row holds, nothing runs."""

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

from aiohttp import hdrs, web

from fedirec.domain.origins import host_of, parse_url
from fedirec.errors import InvalidInputError

_PATH_CHARACTERS: Final = 2_000


def href_of(url: str) -> str:
    """Return a stored address as it may stand in a link: http(s), or the page itself."""
    try:
        return parse_url(url, allow_http=True).text
    except InvalidInputError:
        return "#"


def host_of_link(url: str) -> str:
    """Return the host that a link leads to, to be shown beside its text (HT-05)."""
    try:
        return host_of(url)
    except InvalidInputError:
        return url


def links_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return where the links in safe HTML lead, once each, as they may stand on a page."""
    finder = _LinkFinder()
    for text in texts:
        finder.feed(text)
        finder.close()
        finder.reset()
    found = (href_of(href) for href in finder.found)
    return tuple(dict.fromkeys(href for href in found if href != "#"))


class _LinkFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where a link leads."""
        href = dict(attrs).get("href")
        if tag == "a" and href:
            self.found.append(href)


def local_path(path: str) -> str:
    """Return a path of ours as it may stand in a Location; raise InvalidInputError for others."""
    is_local = path[:1] == "/" and path[1:2] not in {"/", "\\"}
    if not is_local or not path.isascii() or not path.isprintable() or " " in path:
        message = f"expected a path of this instance, found {path!r}"
        raise InvalidInputError(message)
    return path


async def known_path(
    request: web.Request, given: str, *, otherwise: str, method: str = hdrs.METH_GET
) -> str:
    """Return `given` if it is the path of a page or a form here, else `otherwise` (HT-12)."""
    try:
        wanted = request.clone(method=method, rel_url=local_path(given[:_PATH_CHARACTERS]))
    except (InvalidInputError, ValueError):
        return otherwise
    match = await request.app.router.resolve(wanted)
    return given if match.http_exception is None else otherwise
