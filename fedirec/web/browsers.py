"""Browsers: the one cookie they hold, and the token that shows a form came from our page (AC-05).

The cookie is 256 random bits: before signing in nothing is kept about it here, and afterwards its
digest names the session. Form tokens are made of it, so they need no store, fit in every process,
and an expired session's form can still be sent: it is asked to sign in again, and nothing is lost.
Decided against aiohttp-session: it keeps a row or a signed state for every visitor, and knows
neither digests nor a list of sessions.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Final

from aiohttp import hdrs, web
from multidict import MultiMapping
from wtforms import Form
from wtforms.csrf.session import SessionCSRF

from fedirec.web.keys import FEDERATION

TOKEN_FIELD: Final = "token"  # noqa: S105 - the name of a field
_ID_BYTES: Final = 32
_ID_CHARACTERS: Final = 43
_LIFE: Final = timedelta(days=90)
_SAFE_SITES: Final = frozenset({"same-origin", "none"})

BROWSER = web.RequestKey("browser", str)
"""The cookie's value that an answer to this request sets, or that came with it."""


class _TokenForm(Form):
    """WTForms' token against forged forms, by itself: the door checks it before any handler."""

    class Meta:
        csrf = True
        csrf_class = SessionCSRF
        csrf_field_name = TOKEN_FIELD
        csrf_time_limit = None  # forms never run out


def cookie_name(request: web.Request) -> str:
    """Return the cookie's name: only https may set `__Host-` cookies (AC-04)."""
    return "__Host-session" if request.app[FEDERATION].instance.scheme == "https" else "session"


def find_browser(request: web.Request) -> str | None:
    """Return what the cookie of this request says, if it has the form of one of ours."""
    made: str | None = request.get(BROWSER)
    if made is not None:
        return made
    given = request.cookies.get(cookie_name(request), "")
    if len(given) != _ID_CHARACTERS or not given.isascii():
        return None
    try:
        urlsafe_b64decode(given + "=")
    except ValueError:
        return None
    return given


def browser_of(request: web.Request) -> str:
    """Return the browser's cookie, new if it has none: then the answer to this request sets it."""
    known = find_browser(request)
    return known if known is not None else renew_browser(request)


def renew_browser(request: web.Request) -> str:
    """Give the browser a new id, at signing in and out, so that none is ever fixed (AC-03)."""
    drawn = request.app[FEDERATION].randomness(_ID_BYTES)
    made = request[BROWSER] = urlsafe_b64encode(drawn).rstrip(b"=").decode()
    return made


def set_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Let an answer set the cookie, if this request made one."""
    made = request.get(BROWSER)
    if made is None:
        return
    response.set_cookie(
        cookie_name(request),
        made,
        path="/",
        max_age=int(_LIFE.total_seconds()),
        secure=request.app[FEDERATION].instance.scheme == "https",
        httponly=True,
        samesite="Lax",
    )
    response.headers[hdrs.CACHE_CONTROL] = "private, no-store"


def form_token(request: web.Request) -> str:
    """Return the token that forms on a page for this browser carry."""
    return str(_token_form(browser_of(request), None)[TOKEN_FIELD].current_token)  # type: ignore[attr-defined] # of CSRFTokenField


def is_token_good(request: web.Request, posted: MultiMapping[str]) -> bool:
    """Tell whether a form came from a page that we made for this browser."""
    browser = find_browser(request)
    return browser is not None and _token_form(browser, posted).validate()


def is_from_here(request: web.Request) -> bool:
    """Tell whether the browser says that our own page sent this; one that says nothing is asked.

    `Sec-Fetch-Site` is sent by every browser of today; older ones send Origin with a POST.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN)
    if site is not None and site not in _SAFE_SITES:
        return False
    if origin is not None:
        return origin == request.app[FEDERATION].instance.origin
    return site is not None


def _token_form(browser: str, posted: MultiMapping[str] | None) -> _TokenForm:
    secret = hashlib.sha256(b"form token:" + browser.encode()).digest()
    meta = {"csrf_secret": secret, "csrf_context": {"csrf": "page"}}
    return _TokenForm(posted, meta=meta)
