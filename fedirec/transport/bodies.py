"""Reading what a peer sends: no more than was allowed, no slower, and never buffered first."""

import asyncio
import zlib
from typing import Final

import aiohttp

from fedirec.domain.limits import Limits
from fedirec.errors import RemoteRefusedError, RemoteUnavailableError

_REMARK_BYTES: Final = 16_384
_REMARK_SECONDS: Final = 2.0
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32  # zlib finds out which of the two it is


class Inflater:
    """Decodes one body piece by piece, giving out at most `limit` bytes in all.

    We ask for `identity`; some proxies compress all the same, with gzip or deflate (TR-10).
    """

    def __init__(self, encoding: str, *, limit: int) -> None:
        self._left = limit
        self._limit = limit
        self._inflate = None
        if encoding in {"gzip", "x-gzip", "deflate"}:
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif encoding not in {"", "identity"}:
            raise RemoteRefusedError(f"a body in encoding {encoding[:40]!r}, asked for identity")

    def decode(self, piece: bytes) -> bytes:
        """Return what the next piece holds.

        Raises:
            RemoteRefusedError: once the decoded body is over the limit.
            RemoteUnavailableError: for bytes that are not what the encoding says.
        """
        if self._inflate is not None:
            try:
                piece = self._inflate.decompress(piece, self._left + 1)
            except zlib.error as error:
                raise RemoteUnavailableError(f"a broken compressed body: {error}") from error
            if self._inflate.unused_data:
                raise RemoteUnavailableError("bytes after the end of a compressed body")
        self._left -= len(piece)
        if self._left < 0:
            raise RemoteRefusedError(f"a body of over {self._limit} bytes")
        return piece

    def finish(self) -> None:
        """Raise RemoteUnavailableError if the body stopped before its end."""
        if self._inflate is not None and not self._inflate.eof:
            raise RemoteUnavailableError("a compressed body without its end")


async def read_document(response: aiohttp.ClientResponse, *, limits: Limits) -> bytes:
    """Return the whole decoded body.

    Raises:
        RemoteRefusedError: when it is, or says it is, over `limits.fetched_body_bytes`.
        RemoteUnavailableError: when it is broken.
        TimeoutError: when it comes slower than `limits.minimum_bytes_per_second`.
    """
    limit = limits.fetched_body_bytes
    if (response.content_length or 0) > limit:
        raise RemoteRefusedError(f"a body of {response.content_length} bytes, over {limit}")
    encodings = ",".join(response.headers.getall("Content-Encoding", []))
    inflater = Inflater(encodings.strip().lower(), limit=limit)
    body = bytearray()
    received = 0
    started = asyncio.get_running_loop().time()
    # A peer may be silent once for as long as before its first byte; then it keeps the pace.
    grace = limits.first_byte_timeout.total_seconds()
    async with asyncio.timeout_at(started + grace) as pace:
        async for piece in response.content.iter_any():
            received += len(piece)
            pace.reschedule(started + grace + received / limits.minimum_bytes_per_second)
            body += inflater.decode(piece)
    inflater.finish()
    return bytes(body)


async def read_remark(content: aiohttp.StreamReader, *, limits: Limits) -> bytes:
    """Return the beginning of the answer to a POST, as sent; what cannot be had is left out.

    The status has said what became of the delivery: a body that is slow, broken or huge must not
    turn an accepted delivery into a failed one, or hold its slot for long. What is left unread is
    for the caller to drop, with its connection.
    """
    if content.at_eof():  # most answers to a POST are empty
        return b""
    body = bytearray()
    seconds = min(limits.first_byte_timeout.total_seconds(), _REMARK_SECONDS)
    try:
        async with asyncio.timeout(seconds):
            async for piece in content.iter_any():
                body += piece
                if len(body) >= _REMARK_BYTES:
                    break
    except (TimeoutError, aiohttp.ClientError):
        pass  # not at its end: nothing more goes over this connection
    return bytes(body[:_REMARK_BYTES])
