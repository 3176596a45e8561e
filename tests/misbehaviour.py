"""Ways for a peer to answer badly: each is a handler for `Peer.behaves`."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable

from aiohttp import web

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


def hangs(seconds: float = 3600) -> Behaviour:
    """Take the request and say nothing."""

    async def behave(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response()

    return behave


def is_late(seconds: float, body: bytes = b"{}") -> Behaviour:
    """Answer properly, after a while."""

    async def behave(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response(body=body, content_type="application/activity+json")

    return behave


def drips(pause: float = 0.05, status: int = 200) -> Behaviour:
    """Send the headers at once and then one byte at a time, for ever."""

    async def behave(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(pause)

    return behave


def drips_headers(pause: float = 0.05) -> Behaviour:
    """Never get to the end of the headers."""

    async def behave(request: web.Request) -> web.StreamResponse:
        _write(request, b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            _write(request, b"a")
            await asyncio.sleep(pause)

    return behave


def is_endless(content_encoding: str | None = None) -> Behaviour:
    """Send chunks as fast as they are taken, and never the last one."""

    async def behave(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if content_encoding is not None:
            response.headers["Content-Encoding"] = content_encoding
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    return behave


def sends(raw: bytes) -> Behaviour:
    """Write these very bytes, whatever they are, and close."""

    async def behave(request: web.Request) -> web.StreamResponse:
        _write(request, raw)
        await asyncio.sleep(0.05)  # let them leave before the connection goes
        return _hang_up(request)

    return behave


def hangs_up() -> Behaviour:
    """Close the connection without a word."""

    async def behave(request: web.Request) -> web.StreamResponse:
        return _hang_up(request)

    return behave


def compressed_bomb(encoding: str, size_bytes: int) -> tuple[dict[str, str], bytes]:
    """Headers and body of a small answer that decodes to `size_bytes` of zeros.

    There is no brotli or zstd in the standard library: those bodies are the smallest that a reader
    which believed the header would have to open.
    """
    plain = b"\0" * size_bytes
    bodies = {
        "gzip": lambda: gzip.compress(plain),
        "x-gzip": lambda: gzip.compress(plain),
        "deflate": lambda: zlib.compress(plain),
        "br": lambda: bytes.fromhex("0b008020"),
        "zstd": lambda: bytes.fromhex("28b52ffd"),
        "gzip, gzip": lambda: gzip.compress(gzip.compress(plain)),
    }
    headers = {"Content-Encoding": encoding, "Content-Type": "application/activity+json"}
    return headers, bodies[encoding]()


def _write(request: web.Request, raw: bytes) -> None:
    assert request.transport is not None
    request.transport.write(raw)


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
