"""What an outgoing HTTP exchange is, as values.

Two things implement `Transport`: the real client, and the test fediverse's.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

Signer = Callable[["Request"], Mapping[str, str]]
"""Given the request as it will be sent on this hop, the headers to add (fresh date, signature)."""

Sealer = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns the headers to add to a POST, once there is a connection to send it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `url` is absolute, header names lower-case; `sign` is called on each hop.

    `seal` is for a POST what `sign` is for a fetch: nothing is signed for a server that cannot be
    reached. `within` is how long all of it may take, where that is less than the transport's own
    limit.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sign: Signer | None = None
    seal: Sealer | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back. `url` is the last hop's; header names are lower-case; `body` is decoded."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """The one way out of this process to another server (TR-01)."""

    async def fetch(self, request: Request) -> Response:
        """GET, following at most three redirects, each hop checked and signed anew (TR-05).

        Any status comes back as a `Response`. Raises `RemoteUnavailableError` on passing trouble
        (DNS, connect, TLS, time, broken framing) and `RemoteRefusedError` on what will not change
        (a private address, a redirect that leads astray, a body over the limit).
        """
        ...

    async def post(self, request: Request) -> Response:
        """POST once, following nothing. Errors as `fetch`."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


def lowered(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by lower-case name; what comes several times is joined by commas."""
    found: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        found[lower] = f"{found[lower]}, {value}" if lower in found else value
    return found
