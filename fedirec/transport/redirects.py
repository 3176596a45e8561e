"""Where a redirect leads, and what may go along. Pure; every hop is judged anew (TR-05, TR-11)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin

from fedirec.domain.origins import ParsedUrl, parse_url
from fedirec.errors import InvalidInputError, RemoteRefusedError

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Neither signatures nor credentials: those are for the server they were made for.
_CARRIED: Final = frozenset({"accept", "accept-language"})


def next_hop(current: ParsedUrl, location: str) -> ParsedUrl:
    """Return the URL that a Location header names, seen from `current`.

    Raises:
        RemoteRefusedError: for another scheme than https (http from http only), or a URL in any
            spelling that `parse_url` refuses.
    """
    # urljoin drops tabs and line ends and resolves dots: what it would repair is refused before.
    if any(character <= " " or character in "\\\x7f" for character in location):
        raise RemoteRefusedError(f"{current.document} redirects to {location[:200]!r}")
    try:
        target = parse_url(urljoin(current.document, location), allow_http=current.scheme == "http")
    except (InvalidInputError, ValueError) as error:
        raise RemoteRefusedError(f"{current.document} redirects astray: {error}") from error
    return target


def carried_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return those headers of a first hop that may go with a redirected request."""
    return {name: value for name, value in headers.items() if name.lower() in _CARRIED}
