"""Who looks at a page: a member by their session, or anybody; and in which language.

Settled once for each request, before any handler. Nothing that machines ask for depends on it:
federation ignores cookies (AC-05).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import hdrs, web

from fedirec.domain.actors import ActorId
from fedirec.storage import notifications, sessions
from fedirec.web.browsers import find_browser, session_digest, set_cookie
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import LANGUAGES, choose_language, speaking
from fedirec.web.requests import is_signed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LANGUAGE_COOKIE: Final = "language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A member who is signed in.

    `is_strong`: the session was begun with a second factor or a passkey, as keepers' pages ask.
    `has_news`: something waits that they have not read; how much is nobody's business.
    """

    name: str
    actor_id: ActorId
    is_keeper: bool
    is_strong: bool
    has_news: bool
    language: str
    digest: str
    signed_in_at: datetime


VIEWER = web.RequestKey("viewer", Viewer)
LANGUAGE = web.RequestKey("language", str)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note who looks, speak their language, and set the cookie that the page asked for."""
    if is_signed(request) or hdrs.AUTHORIZATION in request.headers:
        return await handler(request)
    viewer = await _find_viewer(request)
    if viewer is not None:
        request[VIEWER] = viewer
    language = request[LANGUAGE] = language_of(request, viewer)
    with speaking(language):
        response = await handler(request)
    set_cookie(request, response)
    return response


def find_viewer(request: web.Request) -> Viewer | None:
    """Return the member who looks, or None."""
    return request.get(VIEWER)


def viewer_of(request: web.Request) -> Viewer:
    """Return the member who looks, on pages whose door lets only members through."""
    return request[VIEWER]


def language_of(request: web.Request, viewer: Viewer | None) -> str:
    """Return the language for this reader: chosen here, else the browser's, else the guild's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen is not None and chosen in LANGUAGES:
        return chosen
    if viewer is not None and viewer.language in LANGUAGES:
        return viewer.language
    guild = request.app[FEDERATION].instance.languages[0]
    return choose_language(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), guild)


async def _find_viewer(request: web.Request) -> Viewer | None:
    browser = find_browser(request)
    if browser is None:
        return None
    federation, digest = request.app[FEDERATION], session_digest(browser)
    async with federation.database.reading() as reader:
        session = await sessions.find_session(reader, digest, federation.now())
        if session is None:
            return None
        has_news = await notifications.has_unread(reader, session.member.actor_id)
    if federation.now() - session.seen_at > sessions.TOUCHED_EVERY:
        async with federation.database.transaction() as transaction:
            await sessions.touch_session(transaction, digest, federation.now())
    member = session.member
    return Viewer(
        name=member.name,
        actor_id=member.actor_id,
        is_keeper=member.is_admin,
        is_strong=session.is_strong,
        has_news=has_news,
        language=member.language,
        digest=digest,
        signed_in_at=session.created_at,
    )
