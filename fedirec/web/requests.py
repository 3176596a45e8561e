"""A request as values: its body read within size, form and time; the whole of it as signed.

Cheap checks come first (RX-14): encoding, media type, length, and only then a byte of the body.
"""

import asyncio

from aiohttp import StreamReader, hdrs, web

from fedirec.activitypub.media_types import is_activity_type
from fedirec.domain.actors import Host
from fedirec.domain.limits import Limits
from fedirec.errors import InvalidInputError, TooLargeError, UnsupportedMediaTypeError
from fedirec.signatures.messages import SignedRequest
from fedirec.web.keys import FEDERATION

SIGNATURE = "Signature"


def check_form(request: web.Request, limits: Limits) -> None:
    """Refuse a body by its headers alone (SG-04, RX-01).

    Raises UnsupportedMediaTypeError and TooLargeError.
    """
    for encoding in request.headers.getall(hdrs.CONTENT_ENCODING, []):
        if encoding.strip().lower() != "identity":
            message = f"expected a body as it is, found Content-Encoding {encoding!r}"
            raise UnsupportedMediaTypeError(message)
    content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
    if not is_activity_type(content_type):
        message = f"expected application/activity+json, found Content-Type {content_type!r}"
        raise UnsupportedMediaTypeError(message)
    if (request.content_length or 0) > limits.inbox_body_bytes:
        message = (
            f"expected at most {limits.inbox_body_bytes} bytes, {request.content_length} announced"
        )
        raise TooLargeError(message)


def read_at_once(request: web.Request, limits: Limits) -> bytes | None:
    """Return the body if all of it came with its head, as most do; None if it is to be waited for.

    Raises TooLargeError.
    """
    content = request.content
    if not content.is_eof() or content.exception() is not None:
        return None
    body = content.read_nowait()
    _check_progress(len(body), 0, limits)
    return body


async def read_body(request: web.Request, limits: Limits) -> bytes:
    """Read the body, up to its limit and no slower than the minimum rate (RX-06).

    Raises TooLargeError, InvalidInputError for broken framing, and aiohttp's HTTPRequestTimeout,
    which the middleware knows, for a slow sender.
    """
    try:
        return await _read_as_it_comes(request.content, limits)
    except TimeoutError as error:
        message = f"expected {limits.minimum_bytes_per_second} bytes a second"
        raise web.HTTPRequestTimeout(text=message) from error
    except web.RequestPayloadError as error:
        message = "expected a whole body; its framing is broken"
        raise InvalidInputError(message) from error
    except ConnectionResetError as error:
        message = "expected a sender who waits for the answer; this one hung up"
        raise InvalidInputError(message) from error


async def _read_as_it_comes(content: StreamReader, limits: Limits) -> bytes:
    body = bytearray()
    grace = limits.first_byte_timeout.total_seconds()
    slowest = limits.inbox_body_bytes / limits.minimum_bytes_per_second
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    async with asyncio.timeout(grace + slowest):
        while not content.at_eof():
            body += await asyncio.wait_for(content.readany(), grace)
            _check_progress(len(body), loop.time() - started_at - grace, limits)
    return bytes(body)


def _check_progress(size: int, seconds: float, limits: Limits) -> None:
    if size > limits.inbox_body_bytes:
        message = f"expected at most {limits.inbox_body_bytes} bytes, more came"
        raise TooLargeError(message)
    if size < seconds * limits.minimum_bytes_per_second:
        raise TimeoutError


def as_signed(request: web.Request, body: bytes = b"") -> SignedRequest:
    """Return the request as its sender signed it: raw target, every header line, exact bytes.

    `url` is built from our public origin, never from the socket. Behind a trusted proxy, `host` is
    the one the sender named.
    """
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in request.raw_headers
    )
    if request.headers.get(hdrs.HOST) != request.host:
        others = (item for item in headers if item[0] != "host")
        headers = (("host", request.host), *others)
    target = request.raw_path
    return SignedRequest(
        method=request.method,
        target=target,
        url=request.app[FEDERATION].instance.origin + target,
        headers=headers,
        body=body,
    )


def is_signed(request: web.Request) -> bool:
    """Tell whether the request claims a signature of either scheme."""
    return SIGNATURE in request.headers


def named_host(request: web.Request) -> Host:
    """Return the host that the request is for, in lower case, without the default port."""
    host = request.host.lower()
    default = ":443" if request.app[FEDERATION].instance.scheme == "https" else ":80"
    return Host(host.removesuffix(default))
