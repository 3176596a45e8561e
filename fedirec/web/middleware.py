"""What happens to every request: whose it is, whether its head is sound, and how errors are told.

One of the three places where an error is translated. Two layers: `answer` outermost, which turns
whatever happened into a response with the headers of HT-03; `gate` inside it, which refuses a head
that is ambiguous or meant for another host. Proxies' headers count between the two.
"""

import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp_remotes import XForwardedFiltered

from fedirec.web.answers import prefers_json, redirection
from fedirec.web.keys import FEDERATION, OPTIONS, REQUEST_ID
from fedirec.web.languages import ENGLISH, speaking
from fedirec.web.pages.errors import error_page
from fedirec.web.refusals import (
    SECURITY_HEADERS,
    SERVER_ERROR,
    Refusal,
    json_refusal,
    refusal_of,
)
from fedirec.web.requests import named_host
from fedirec.web.serving import GuardedConnection
from fedirec.web.viewers import LANGUAGE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEAD_BYTES: Final = 16_384  # RX-01
MISDIRECTED: Final = 421
HEAD_TOO_LARGE: Final = 431
OPEN_PATHS: Final = frozenset({"/healthz", "/metrics", "/readyz"})
WELL_KNOWN: Final = "/.well-known/"
_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_ONCE: Final = (hdrs.HOST, hdrs.CONTENT_LENGTH, hdrs.TRANSFER_ENCODING, hdrs.CONTENT_TYPE)

log = structlog.get_logger(__name__)


class RefusedHeadError(Exception):
    """Inside this module: a head refused with a status that no error of ours stands for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@web.middleware
async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what happens into a response; the only broad catch of the web room."""
    began_at = time.perf_counter()
    request_id = request[REQUEST_ID] = request.app[FEDERATION].randomness(8).hex()
    connection = request.protocol
    if isinstance(connection, GuardedConnection):
        connection.header_arrived()
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = _refuse(request, Refusal(status=error.status), error)
        if hdrs.ALLOW in error.headers:
            response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
    except RefusedHeadError as error:
        response = _refuse(request, Refusal(status=error.status), error)
        response.force_close()
    except Exception as error:  # noqa: BLE001 (one of the three places that translate errors)
        response = _refuse(request, refusal_of(error), error)
    finally:
        if isinstance(connection, GuardedConnection):
            connection.request_answered()
    response.headers.update(SECURITY_HEADERS)
    response.headers["X-Request-Id"] = request_id
    _count(request, response.status, time.perf_counter() - began_at)
    return response


def _count(request: web.Request, status: int, seconds: float) -> None:
    """Count an answer under its route, whose names are few; tell the log of a slow one."""
    resource = request.match_info.route.resource
    template = "none" if resource is None else resource.canonical
    method = request.method if request.method in _METHODS else "other"
    request.app[FEDERATION].counts.count_request(template, method, status, seconds)
    if seconds > request.app[OPTIONS].slow_seconds:
        log.warning(
            "request.slow",
            route=template,
            method=method,
            status=status,
            seconds=round(seconds, 3),
            request_id=request[REQUEST_ID],
        )


def _refuse(request: web.Request, refusal: Refusal, error: Exception) -> web.Response:
    """Log what was expected, and tell the sender no more than its kind."""
    request_id = request[REQUEST_ID]
    if refusal.status == SERVER_ERROR:
        log.error("request.failed", exc_info=error, **_told(request, refusal))
    else:
        # a 5xx is trouble of ours, or of a peer's that we need: it is told at every level (I6)
        tell = log.warning if refusal.status > SERVER_ERROR else log.debug
        expected = error.text if isinstance(error, web.HTTPException) else str(error)
        tell(
            "request.refused",
            expected=expected,
            kind=type(error).__name__,
            **_told(request, refusal),
        )
    if prefers_json(request, otherwise=True):
        response = json_refusal(refusal, request_id=request_id)
    else:
        with speaking(request.get(LANGUAGE, ENGLISH)):
            response = error_page(request, refusal, request_id=request_id)
    if request.body_exists and not request.content.is_eof():
        response.force_close()
    return response


def _told(request: web.Request, refusal: Refusal) -> dict[str, object]:
    return {
        "status": refusal.status,
        "method": request.method,
        "path": request.path,
        "request_id": request[REQUEST_ID],
    }


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a head that is too large, ambiguous, or for another host (TR-15, RX-01)."""
    _check_head(request)
    if request.path in OPEN_PATHS:
        return await handler(request)
    instance = request.app[FEDERATION].instance
    host = named_host(request)
    if host == instance.host or (host == instance.domain and request.path.startswith(WELL_KNOWN)):
        return await handler(request)
    if host == instance.domain and request.method in {hdrs.METH_GET, hdrs.METH_HEAD}:
        # a split domain: people type the name of their handles
        return redirection(instance.origin + request.raw_path)
    message = f"expected Host {instance.host} or {instance.domain}, found {request.host!r}"
    raise RefusedHeadError(MISDIRECTED, message)


def _check_head(request: web.Request) -> None:
    size, headers = 0, request.headers
    for name, value in request.raw_headers:
        size += len(name) + len(value) + 4
    if size > HEAD_BYTES:
        message = f"expected at most {HEAD_BYTES} bytes of headers, found {size}"
        raise RefusedHeadError(HEAD_TOO_LARGE, message)
    for header in _ONCE:
        if len(headers.getall(header, ())) > 1:
            message = f"expected one {header}"
            raise RefusedHeadError(web.HTTPBadRequest.status_code, message)
    if not request.raw_path.startswith("/") or hdrs.HOST not in headers:
        message = "expected a path that begins with / and a Host"
        raise RefusedHeadError(web.HTTPBadRequest.status_code, message)


@web.middleware
async def proxies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Believe X-Forwarded-* from trusted proxies alone (RX-09).

    aiohttp-remotes takes the right-most address that is no proxy, but does not ask who connected;
    this does. Over a unix socket only a proxy of this machine can.
    """
    trusted = request.app[OPTIONS].trusted_proxies
    peer = request.remote
    if peer and not any(ip_address(peer) in network for network in trusted):
        return await handler(request)
    return await XForwardedFiltered(list(trusted)).middleware(request, handler)
