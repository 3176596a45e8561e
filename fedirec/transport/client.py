"""The one HTTP client: all that leaves this process for another server goes through here (TR-01).

Errors of aiohttp, sockets and TLS end here as ours. No cookies, no proxies or passwords from the
environment, no redirects but those of `fetch`, and a deadline on everything.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import aiohttp
from yarl import URL

from fedirec.domain.limits import Limits
from fedirec.domain.origins import ParsedUrl, parse_url
from fedirec.errors import InvalidInputError, RemoteRefusedError, RemoteUnavailableError
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.bodies import read_document
from fedirec.transport.dialing import Guard, guarded_request, make_connector, make_tls_context
from fedirec.transport.posting import Poster
from fedirec.transport.protocol import Request, Response, lowered
from fedirec.transport.redirects import REDIRECTS, carried_headers, next_hop
from fedirec.transport.resolver import (
    GuardedResolver,
    Lookup,
    RefusedAddressError,
    ThreadedLookup,
)

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 §5.6.2
_VALUE: Final = re.compile(r"[\t -~]*")
_FRAMING: Final = frozenset(
    {"connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"}
)


class HttpTransport:
    """Implements `Transport` with aiohttp. Make it inside a running loop; close it in the end.

    `ca_file` adds authorities to the system's; `allow_http` lets plain http be asked for at all,
    and still only inside the test networks of `policy`. `lookup` finds addresses: the system's
    resolver unless another is given.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        policy: AddressPolicy,
        user_agent: str,
        ca_file: Path | None = None,
        allow_http: bool = False,
        lookup: Lookup | None = None,
    ) -> None:
        self._limits = limits
        self._policy = policy
        self._user_agent = user_agent
        self._allow_http = allow_http
        tls = make_tls_context(ca_file)
        resolver = GuardedResolver(lookup=lookup or ThreadedLookup(), policy=policy, limits=limits)
        guard = Guard(policy)
        self._session = aiohttp.ClientSession(
            connector=make_connector(limits=limits, policy=policy, resolver=resolver, tls=tls),
            request_class=guarded_request(guard),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            timeout=aiohttp.ClientTimeout(
                total=None,  # `_within` has it, over all hops
                sock_connect=limits.connect_timeout.total_seconds(),
                sock_read=limits.first_byte_timeout.total_seconds(),
            ),
        )
        self._poster = Poster(self._session, limits=limits, guard=guard)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def fetch(self, request: Request) -> Response:
        """GET as `Transport.fetch` says. Raises InvalidInputError for headers that cannot be."""
        if request.method not in {"GET", "HEAD"} or request.body:
            raise InvalidInputError(f"a fetch is a GET without a body, not {request.method}")
        url = self._gate(request.url)
        seen: set[str] = set()
        async with _within(self._limits.fetch_timeout, url):
            while True:
                seen.add(url.document)
                given = request.headers
                given = given if len(seen) == 1 else carried_headers(given)
                headers = self._headers(request, url, given)
                hop = replace(request, url=url.document, headers=headers)
                async with self._send(hop) as answer:
                    location = answer.headers.get("Location")
                    if answer.status not in REDIRECTS or location is None:
                        return _response(url, answer, await self._document(answer))
                url = self._follow(url, location, seen)

    async def post(self, request: Request) -> Response:
        """POST as `Transport.post` says; only the beginning of the answer's body is kept.

        A kept connection that the peer closed just as we wrote is tried once more, anew: for a
        delivery, twice is as good as once. Raises InvalidInputError for headers that cannot be.
        """
        if request.method != "POST":
            raise InvalidInputError(f"expected a POST, not {request.method}")
        limit = self._limits.delivery_timeout
        url = self._gate(request.url)
        headers = self._headers(request, url, request.headers)

        async def sealed() -> Mapping[str, str]:
            added = {} if request.seal is None else await request.seal()
            return _checked(headers | lowered(added.items()) | {"host": url.host})

        async with _within(limit if request.within is None else min(request.within, limit), url):
            return await self._poster.post(url, sealed, request.body)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    def _gate(self, text: str) -> ParsedUrl:
        try:
            url = parse_url(text, allow_http=self._allow_http)
        except InvalidInputError as error:
            raise RemoteRefusedError(f"cannot be asked: {error}") from error
        self._policy.check(url)
        return url

    def _follow(self, current: ParsedUrl, location: str, seen: set[str]) -> ParsedUrl:
        target = next_hop(current, location)
        self._policy.check(target)
        if target.document in seen or len(seen) > self._limits.redirects:
            raise RemoteRefusedError(f"{current.document} redirects in a circle or too far")
        return target

    def _headers(
        self, request: Request, url: ParsedUrl, given: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the headers of this hop: `given`, our own on them, and signed last."""
        headers = lowered(given.items())
        headers |= {
            "accept-encoding": "identity", "host": url.host, "user-agent": self._user_agent,
        }  # fmt: skip
        if request.sign is not None:
            hop = replace(request, url=url.document, headers=headers)
            headers = headers | lowered(request.sign(hop).items()) | {"host": url.host}
        return _checked(headers)

    def _send(self, hop: Request) -> contextlib.AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._session.request(
            hop.method,
            URL(hop.url, encoded=True),  # the very bytes that were signed
            headers=hop.headers,
            data=hop.body or None,
            allow_redirects=False,
        )

    async def _document(self, answer: aiohttp.ClientResponse) -> bytes:
        try:
            return await read_document(answer, limits=self._limits)
        except BaseException:
            answer.close()  # never back into the pool with bytes still coming
            raise


def _checked(headers: dict[str, str]) -> dict[str, str]:
    check_headers(headers)
    return headers


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that could become other headers, or another request (TR-16).

    Raises:
        InvalidInputError: for a name that is no token, a value with a control character or one
            beyond ASCII, and for the headers that frame a message: those are the client's.
    """
    for name in headers:
        if not _is_settable(name):
            raise InvalidInputError(f"not a header to be set: {name[:80]!r}")
    if not _VALUE.fullmatch("".join(headers.values())):
        name = next(name for name, value in headers.items() if not _VALUE.fullmatch(value))
        raise InvalidInputError(f"a value of header {name} with forbidden characters")


@lru_cache(64)
def _is_settable(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None and name.lower() not in _FRAMING


@contextlib.asynccontextmanager
async def _within(limit: timedelta, url: ParsedUrl) -> AsyncIterator[None]:
    """Bound what happens inside, and turn the library's errors into ours."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            yield
    except TimeoutError as error:
        raise RemoteUnavailableError(f"{url.document} took too long") from error
    except (aiohttp.ClientError, OSError) as error:
        message = f"{url.document}: {type(error).__name__}: {error}"
        if _is_refusal(error):
            raise RemoteRefusedError(message) from error
        raise RemoteUnavailableError(message) from error


def _is_refusal(error: BaseException | None) -> bool:
    """Whether the guard's refusal lies below what aiohttp made of it."""
    while error is not None and not isinstance(error, RefusedAddressError):
        error = error.__cause__
    return error is not None


def _response(url: ParsedUrl, answer: aiohttp.ClientResponse, body: bytes) -> Response:
    headers = lowered(answer.headers.items())
    return Response(status=answer.status, url=url.document, headers=headers, body=body)
