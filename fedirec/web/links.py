"""Addresses out of storage, as they may stand on a page: whatever a row holds, nothing runs."""

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
