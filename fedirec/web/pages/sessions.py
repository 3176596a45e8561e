"""Signing out, and the language that a browser is spoken to in."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from fedirec.community.secret_texts import digest_of
from fedirec.storage import sessions, visitors
from fedirec.web.browsers import browser_of, renew_browser
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import LANGUAGES
from fedirec.web.links import known_path
from fedirec.web.viewers import LANGUAGE_COOKIE, find_viewer

_YEAR: Final = timedelta(days=365)


async def sign_out(request: web.Request, _posted: Posted) -> web.Response:
    """End this browser's session, of a member or of a person from elsewhere."""
    federation, viewer = request.app[FEDERATION], find_viewer(request)
    async with federation.database.transaction() as transaction:
        if viewer is None:
            await visitors.end_visitor(transaction, digest_of(browser_of(request)))
        else:
            await sessions.end_session(transaction, viewer.name, viewer.session.digest)
    renew_browser(request)
    return see_other("/")


async def language_page(request: web.Request) -> web.Response:
    """Offer the languages that these pages have."""
    wanted = await known_path(request, request.query.get("next", "/"), otherwise="/")
    return private_page(request, "language.html", {"next": wanted})


async def choose_language(request: web.Request, posted: Posted) -> web.Response:
    """Speak another language to this browser from now on."""
    response = see_other(await known_path(request, posted.text("next"), otherwise="/"))
    chosen = posted.text("language")
    if chosen in LANGUAGES:
        set_language_cookie(request, response, chosen)
    return response


def set_language_cookie(request: web.Request, response: web.Response, language: str) -> None:
    """Let a browser ask for a language of ours from now on."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=int(_YEAR.total_seconds()),
        secure=request.app[FEDERATION].instance.scheme == "https",
        httponly=True,
        samesite="Lax",
    )
