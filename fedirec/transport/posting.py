"""A POST over a kept connection: aiohttp's pool, TLS, guard and parser, and the head in own words.

Most of what this process sends are deliveries, each of which costs one signature at least. Through
`ClientSession.request` all the rest cost as much again; what a delivery needs of it is a third.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader
from cachetools import LRUCache
from yarl import URL

from fedirec.domain.limits import Limits
from fedirec.domain.origins import Origin, ParsedUrl
from fedirec.transport.bodies import read_remark
from fedirec.transport.dialing import Guard
from fedirec.transport.protocol import Response, lowered

_PLACES: Final = 256  # one for each server that we send to again and again
_FINAL: Final = 200
_SWITCHING: Final = 101


class Poster:
    """Dials first, then has it signed; the caller bounds the time, and knows aiohttp's errors."""

    def __init__(self, session: aiohttp.ClientSession, *, limits: Limits, guard: Guard) -> None:
        self._session = session
        self._limits = limits
        self._guard = guard
        self._seconds_silent = limits.first_byte_timeout.total_seconds()
        self._places: LRUCache[Origin, ClientRequest] = LRUCache(_PLACES)

    async def post(
        self, url: ParsedUrl, seal: Callable[[], Awaitable[Mapping[str, str]]], body: bytes
    ) -> Response:
        """Send one request, and read its answer; `seal` returns its headers, checked already.

        A kept connection that the peer closed just as we wrote is tried once more, anew.
        """
        connection, is_kept = await self._connect(url)
        try:
            letter = _head(url, await seal(), len(body)) + body
        except BaseException:
            connection.release()
            raise
        try:
            return await self._exchange(connection, url, letter)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            if not is_kept:
                raise
        connection, _ = await self._connect(url)
        return await self._exchange(connection, url, letter)

    async def _connect(self, url: ParsedUrl) -> tuple[Connection, bool]:
        """Return a connection, and whether it carried a request before."""
        connector = self._session.connector
        if connector is None:
            message = "the transport is closed"
            raise aiohttp.ClientConnectionError(message)
        connection = await connector.connect(self._place(url), [], self._session.timeout)
        try:
            return connection, self._guard.check(connection)
        except BaseException:
            connection.close()
            raise

    async def _exchange(self, connection: Connection, url: ParsedUrl, letter: bytes) -> Response:
        """Write a request and read the answer to it; the connection is kept if it is clean."""
        try:
            status, headers, content = await self._answer(connection, letter)
            body = await read_remark(content, limits=self._limits)
        except BaseException:
            connection.close()
            raise
        connection.release()  # which closes it while anything is still to come
        return Response(status=status, url=url.document, headers=headers, body=body)

    async def _answer(
        self, connection: Connection, letter: bytes
    ) -> tuple[int, dict[str, str], StreamReader]:
        protocol = connection.protocol
        if protocol is None or protocol.transport is None:
            message = "the connection was lost before anything was sent"
            raise aiohttp.ServerDisconnectedError(message)
        protocol.set_response_params(
            read_until_eof=True, auto_decompress=False, read_timeout=self._seconds_silent
        )
        protocol.transport.write(letter)
        protocol.start_timeout()
        return await _read_head(protocol)

    def _place(self, url: ParsedUrl) -> ClientRequest:
        """Return what tells the pool where to dial, and by which name to check the certificate."""
        place = self._places.get(url.origin)
        if place is None:
            place = ClientRequest(
                "POST", URL(f"{url.origin}/", encoded=True), session=self._session
            )
            self._places[url.origin] = place
        return place


def _head(url: ParsedUrl, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"POST {url.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"content-length: {length}\r\n\r\n")
    return "\r\n".join(lines).encode("ascii")


async def _read_head(protocol: ResponseHandler) -> tuple[int, dict[str, str], StreamReader]:
    """Read past what only announces an answer."""
    while True:
        try:
            message, content = await protocol.read()
        except HttpProcessingError as error:
            raise aiohttp.ClientPayloadError(f"no answer in HTTP: {error.message}") from error
        if message.code >= _FINAL or message.code == _SWITCHING:
            return message.code, lowered(message.headers.items()), content
