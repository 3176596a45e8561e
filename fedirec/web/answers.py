"""The forms an answer may take: activity JSON, other JSON, a page, an asset, a redirection.

Every one says what it varies by; what a signature or token influenced is never stored by a shared
cache (AC-14).
"""

import hashlib
from collections.abc import Mapping
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


def prefers_json(request: web.Request, *, otherwise: bool) -> bool:
    """Tell whether this request asks for JSON; `otherwise` when it does not say."""
    return wants_json(request.headers.getall(hdrs.ACCEPT, []), otherwise=otherwise)


def answer(
    request: web.Request,
    body: bytes,
    *,
    content_type: str = ACTIVITY_JSON,
    cache: str = PUBLIC_CHECKED,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return `body` with its ETag, or 304 when the reader has it already."""
    response = web.Response(headers=headers)
    response.headers[hdrs.VARY] = VARY
    response.headers[hdrs.CACHE_CONTROL] = cache
    if cache != PRIVATE:
        tag = hashlib.blake2b(body, digest_size=12).hexdigest()
        response.etag = tag
        if any(known.value in {tag, "*"} for known in request.if_none_match or ()):
            response.set_status(web.HTTPNotModified.status_code)
            return response
    response.body = body
    response.content_type = content_type
    if content_type == HTML:
        response.charset = "utf-8"
    return response


def redirection(location: str) -> web.Response:
    """Send a reader elsewhere on this instance; `location` never holds what a visitor wrote."""
    headers = {hdrs.LOCATION: location, hdrs.VARY: VARY, hdrs.CACHE_CONTROL: PUBLIC_CHECKED}
    return web.Response(status=web.HTTPFound.status_code, headers=headers)
