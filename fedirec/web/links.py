"""Addresses out of storage, as they may stand on a page: whatever a row holds, nothing runs."""

from collections.abc import Iterable
from html.parser import HTMLParser

from fedirec.domain.origins import host_of, parse_url
from fedirec.errors import InvalidInputError


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
