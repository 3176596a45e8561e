"""The socket side of the door: deadlines, connections per address, answers to what is not HTTP.

aiohttp bounds idle time and sizes; it has no deadline for a header, no cap per address, and
its own error page repeats what the parser choked on (OP-05).
"""

import asyncio
from collections import Counter
from ipaddress import ip_address
from typing import Any, Final

import structlog
from aiohttp import web

from fedirec.domain.limits import Limits
from fedirec.web.keys import FEDERATION, OPTIONS, Network
from fedirec.web.refusals import SECURITY_HEADERS

HEADER_SECONDS: Final = 10.0  # RX-06
KEEPALIVE_SECONDS: Final = 30.0
LINGERING_SECONDS: Final = 1.0  # for the rest of a body that was refused
MAX_HEADERS: Final = 100  # RX-01
MAX_LINE_BYTES: Final = 8_190

log = structlog.get_logger(__name__)


class Guests:
    """How many connections each address holds. Trusted proxies and unix sockets are not counted."""

    def __init__(self, *, limit: int, trusted: tuple[Network, ...]) -> None:
        self._limit = limit
        self._trusted = trusted
        self._counts: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Count one more connection from `address`, unless it has too many."""
        if self._counts[address] >= self._limit and not self._is_trusted(address):
            return False
        self._counts[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one connection less; an address with none is forgotten (RX-05)."""
        self._counts[address] -= 1
        if self._counts[address] <= 0:
            del self._counts[address]

    def _is_trusted(self, address: str) -> bool:
        if not address:
            return True
        return any(ip_address(address) in network for network in self._trusted)


class GuardedConnection(web.RequestHandler):
    """One connection: counted, and closed when a header takes longer than its deadline.

    One alarm serves many headers, since nearly all are there at once: it looks whether the one that
    is under way is late. An alarm for each would cost a tenth of a bare GET.
    """

    __slots__ = (
        "_address",
        "_alarm",
        "_guests",
        "_header_began_at",
        "_header_seconds",
        "_is_admitted",
        "_is_busy",
    )

    def __init__(self, server: "GuardedServer", **settings: Any) -> None:  # noqa: ANN401 (aiohttp's)
        super().__init__(server, **settings)
        self._guests = server.guests
        self._header_seconds = server.header_seconds
        self._address = ""
        self._is_admitted = False
        self._is_busy = False
        self._header_began_at: float | None = None
        self._alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection in, or drop it at once when its address has too many."""
        peer = transport.get_extra_info("peername")
        self._address = peer[0] if isinstance(peer, tuple) else ""
        self._is_admitted = self._guests.admit(self._address)
        if not self._is_admitted:
            log.info("connection.refused", address=self._address, expected="fewer connections")
            if isinstance(transport, asyncio.Transport):
                transport.abort()
            return
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let the connection go."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._is_admitted:
            self._is_admitted = False
            self._guests.leave(self._address)
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the header's deadline at its first byte; later bytes do not extend it."""
        if not self._is_busy and self._header_began_at is None:
            self._start_deadline()
        super().data_received(data)

    def header_arrived(self) -> None:
        """Stop the clock: a whole header is here. Called by the first middleware."""
        self._is_busy = True
        self._header_began_at = None

    def request_answered(self) -> None:
        """Bytes from now on belong to the next header."""
        self._is_busy = False

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be parsed, or what nobody caught, without its words; then close."""
        if request.writer.output_size > 0:
            message = "part of an answer was sent already"
            raise ConnectionError(message)
        if status >= web.HTTPInternalServerError.status_code:
            log.error("request.failed", status=status, exc_info=exc)
        else:
            log.info("request.refused", status=status, expected="HTTP/1.1", address=self._address)
        response = web.Response(status=status, headers=SECURITY_HEADERS)
        response.force_close()
        return response

    def _start_deadline(self) -> None:
        loop = asyncio.get_running_loop()
        self._header_began_at = loop.time()
        if self._alarm is None:
            self._alarm = loop.call_later(self._header_seconds, self._look)

    def _look(self) -> None:
        """Close the connection if its header is late, or look again when it would be."""
        self._alarm = None
        if self._header_began_at is None:
            return
        loop = asyncio.get_running_loop()
        late_at = self._header_began_at + self._header_seconds
        if loop.time() >= late_at:
            self.force_close()
        else:
            self._alarm = loop.call_at(late_at, self._look)


class GuardedServer(web.Server):
    """Makes guarded connections for one application."""

    def __init__(self, inner: web.Server, *, guests: Guests, header_seconds: float) -> None:
        super().__init__(inner.request_handler, request_factory=inner.request_factory)
        self.guests = guests
        self.header_seconds = header_seconds

    def __call__(self) -> GuardedConnection:
        """Return the protocol of one more connection."""
        return GuardedConnection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            auto_decompress=False,  # SG-04: a body is signed as sent, and bombs stay packed
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=LINGERING_SECONDS,
            max_field_size=MAX_LINE_BYTES,
            max_headers=MAX_HEADERS,
            max_line_size=MAX_LINE_BYTES,
        )


class GuardedRunner(web.AppRunner):
    """Runs the application behind guarded connections; sites take it as any AppRunner."""

    __slots__ = ("_guests", "_header_seconds")

    def __init__(
        self,
        application: web.Application,
        *,
        drain_seconds: float = 30.0,
        header_seconds: float = HEADER_SECONDS,
    ) -> None:
        super().__init__(application, access_log=None, shutdown_timeout=drain_seconds)
        limits: Limits = application[FEDERATION].limits
        self._guests = Guests(
            limit=limits.connections_per_address, trusted=application[OPTIONS].trusted_proxies
        )
        self._header_seconds = header_seconds

    async def _make_server(self) -> web.Server:
        # the one hook of aiohttp 3 that is not public; tests fail if it goes away
        inner = await super()._make_server()
        return GuardedServer(inner, guests=self._guests, header_seconds=self._header_seconds)
