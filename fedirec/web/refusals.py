"""How each of our errors is told: status, bland words, one JSON shape for machines, a page too.

What an error's message says is for the keeper's log and never leaves the house. A 404 carries no
request id, so that what may not be seen and what is not there are equal to the byte (AC-08).
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import orjson
from aiohttp import hdrs, web

from fedirec.errors import (
    ConflictError,
    FedirecError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
    StorageFullError,
    StorageUnavailableError,
    TooLargeError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnsupportedActionError,
    UnsupportedMediaTypeError,
)

SECURITY_HEADERS: Final = {  # HT-03
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "Server": "fedirec",
    "X-Content-Type-Options": "nosniff",
}

VARY: Final = "Accept, Accept-Language, Authorization, Cookie, Signature"
_ACCEPTED_SIGNATURE: Final = 'sig1=("@method" "@target-uri" "content-digest");created;keyid'
_TRY_AGAIN: Final = timedelta(minutes=1)

# Most particular first: the first class that fits decides.
_STATUSES: Final[tuple[tuple[type[FedirecError], int], ...]] = (
    (InvalidInputError, 400),
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (GoneError, 410),
    (NotFoundError, 404),
    (ConflictError, 409),
    (UnsupportedActionError, 405),
    (TooLargeError, 413),
    (UnsupportedMediaTypeError, 415),
    (TooManyRequestsError, 429),
    (RemoteUnavailableError, 503),
    (StorageFullError, 507),
    (StorageUnavailableError, 503),
    (RemoteRefusedError, 502),
)

NOT_FOUND: Final = 404
GONE: Final = 410
SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said about one status: a heading, what it means, what to do now."""

    title: str
    meaning: str
    next_step: str


_WORDS: Final = {
    400: Words(
        title="That could not be read",
        meaning="The request is not in a form we understand. Nothing was saved.",
        next_step="Check the address, or go back and try again.",
    ),
    401: Words(
        title="This needs a signature or a token",
        meaning="It was not possible to tell who asks. Nothing was saved.",
        next_step="Sign the request with a key your actor publishes, or send a valid token.",
    ),
    403: Words(
        title="This is not for you",
        meaning="This guild does not exchange anything with your server. Nothing was saved.",
        next_step="If you think this is a mistake, write to the keeper of this guild.",
    ),
    404: Words(
        title="Nothing to see here",
        meaning="There is no such page, or it is not for everyone to read.",
        next_step="Check the address, or start from the guild's front page.",
    ),
    405: Words(
        title="Not possible here",
        meaning="This address does not take that kind of request. Nothing was saved.",
        next_step="Go back and try another way.",
    ),
    408: Words(
        title="That took too long",
        meaning="The request did not arrive in time. Nothing was saved.",
        next_step="Try again on a steadier connection.",
    ),
    409: Words(
        title="That does not fit what is here",
        meaning="Something else is stored already under that name. Nothing was saved.",
        next_step="Look at what is there before you try again.",
    ),
    410: Words(
        title="This was taken back",
        meaning="It was here, and was withdrawn or deleted for good.",
        next_step="The guild's front page shows what can be read today.",
    ),
    413: Words(
        title="That is too large",
        meaning="What was sent is over the size this guild takes. Nothing was saved.",
        next_step="Send something smaller.",
    ),
    415: Words(
        title="That form cannot be read here",
        meaning="The body has a type or an encoding that is not taken here. Nothing was saved.",
        next_step="Send application/activity+json, not compressed.",
    ),
    421: Words(
        title="Another place is meant",
        meaning="The request names a host that is not this one.",
        next_step="Check the address.",
    ),
    429: Words(
        title="Please come back later",
        meaning="Too many requests came from there in a short time. Nothing was saved.",
        next_step="The Retry-After header says in how many seconds.",
    ),
    431: Words(
        title="Too many headers",
        meaning="The head of the request is over the size this guild takes.",
        next_step="Send fewer or shorter headers.",
    ),
    502: Words(
        title="Another server refused",
        meaning="A server that was needed for this gave an answer we cannot use.",
        next_step="Try again later.",
    ),
    503: Words(
        title="Not just now",
        meaning="Something that is needed does not answer. Nothing was saved.",
        next_step="Try again in a minute.",
    ),
    507: Words(
        title="There is no space left here",
        meaning="The disk of this guild is nearly full: it takes nothing new. Nothing was saved.",
        next_step="Reading and taking back still work. Try again later, or tell the keeper.",
    ),
}
_TROUBLE: Final = Words(
    title="Something went wrong here",
    meaning="This is our fault, not yours. It is in the log under the number below.",
    next_step="Try again in a minute; if it happens again, tell the keeper of this guild.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What is answered in place of what was asked for."""

    status: int
    retry_after: timedelta | None = None
    field: str | None = None

    @property
    def words(self) -> Words:
        """What is said to people, and in short to machines."""
        return _WORDS.get(self.status, _TROUBLE)


def refusal_of(error: Exception) -> Refusal:
    """Return how `error` is told; what we did not raise on purpose is our trouble (SG-19)."""
    if isinstance(error, TimeoutError):
        return Refusal(status=503, retry_after=_TRY_AGAIN)
    status = next((code for kind, code in _STATUSES if isinstance(error, kind)), SERVER_ERROR)
    retry_after = _TRY_AGAIN if isinstance(error, StorageUnavailableError) else None
    if isinstance(error, TooManyRequestsError | RemoteUnavailableError):
        retry_after = error.retry_after or _TRY_AGAIN
    field = error.field if isinstance(error, InvalidInputError) else None
    return Refusal(status=status, retry_after=retry_after, field=field)


def json_refusal(refusal: Refusal, *, request_id: str) -> web.Response:
    """Return the one shape of error for machines: `{"error": …, "request_id": …, "field"?: …}`."""
    words = refusal.words
    body = {
        "error": words.title + ".",
        "request_id": None if refusal.status in {NOT_FOUND, GONE} else request_id,
    }
    if refusal.field is not None:
        body["field"] = refusal.field
    return web.Response(
        status=refusal.status,
        body=orjson.dumps(body),
        content_type="application/json",
        headers=refusal_headers(refusal),
    )


def refusal_headers(refusal: Refusal) -> dict[str, str]:
    """Return the headers that every refusal of this kind carries, whoever asked."""
    headers: dict[str, str] = {hdrs.CACHE_CONTROL: "private, no-store", hdrs.VARY: VARY}
    if refusal.retry_after is not None:
        seconds = max(1, math.ceil(refusal.retry_after.total_seconds()))
        headers[hdrs.RETRY_AFTER] = str(seconds)
    if refusal.status == web.HTTPUnauthorized.status_code:
        headers[hdrs.WWW_AUTHENTICATE] = 'Signature realm="fedirec", Bearer realm="fedirec"'
        headers["Accept-Signature"] = _ACCEPTED_SIGNATURE
    return headers
