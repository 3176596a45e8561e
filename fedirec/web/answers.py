"""The forms an answer may take: activity JSON, other JSON, a page, an asset, a redirection.

Every one says what it varies by; what a signature or token influenced is never stored by a shared
cache (AC-14).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from fedirec.activitypub.media_types import ACTIVITY_JSON
from fedirec.web.negotiation import wants_json
from fedirec.web.refusals import VARY

PUBLIC_SHORT: Final = "public, max-age=180"
PUBLIC_LONG: Final = "public, max-age=259200"
PUBLIC_CHECKED: Final = "public, no-cache"
PRIVATE: Final = "private, no-store"
FOR_EVER: Final = "public, max-age=31536000, immutable"

HTML: Final = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What answers a request, whoever asks: the bytes, their tag (None if private), the headers.

    `headers` are those of 304 as well; `content_type` is of the bytes alone.
    """

    body: bytes
    tag: str | None
    headers: Mapping[str, str]
    content_type: str


ANSWERED = web.RequestKey("answered", Answered)


def prefers_json(request: web.Request, *, otherwise: bool) -> bool:
    """Tell whether this request asks for JSON; `otherwise` when it does not say."""
    return wants_json(accepted(request), otherwise=otherwise)


def accepted(request: web.Request) -> tuple[str, ...]:
    """Return the Accept lines of a request."""
    return tuple(request.headers.getall(hdrs.ACCEPT, ()))


def answer(
    request: web.Request,
    body: bytes,
    *,
    content_type: str = ACTIVITY_JSON,
    cache: str = PUBLIC_CHECKED,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return `body` with its ETag, or 304 when the reader has it already.

    What it was made of is left with the request, for who keeps answers (`shelf.py`).
    """
    said = {**(headers or {}), hdrs.VARY: VARY, hdrs.CACHE_CONTROL: cache}
    tag = None
    if cache != PRIVATE:
        tag = hashlib.blake2b(body, digest_size=12).hexdigest()
        said[hdrs.ETAG] = f'"{tag}"'
    if content_type == HTML:
        content_type = f"{HTML}; charset=utf-8"
    answered = Answered(body=body, tag=tag, headers=said, content_type=content_type)
    request[ANSWERED] = answered
    return respond(request, answered)


def respond(request: web.Request, answered: Answered) -> web.Response:
    """Return the answer, or 304 when the reader has it already."""
    if answered.tag is not None and hdrs.IF_NONE_MATCH in request.headers:
        matching = {answered.tag, "*"}
        if any(known.value in matching for known in request.if_none_match or ()):
            status = web.HTTPNotModified.status_code
            return web.Response(status=status, headers=answered.headers)
    response = web.Response(body=answered.body, headers=answered.headers)
    response.headers[hdrs.CONTENT_TYPE] = answered.content_type
    return response


def redirection(location: str) -> web.Response:
    """Send a reader elsewhere on this instance; `location` never holds what a visitor wrote."""
    headers = {hdrs.LOCATION: location, hdrs.VARY: VARY, hdrs.CACHE_CONTROL: PUBLIC_CHECKED}
    return web.Response(status=web.HTTPFound.status_code, headers=headers)
