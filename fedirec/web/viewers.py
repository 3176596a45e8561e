"""Who looks at a page: a member, a person from elsewhere, or anybody; and in which language.

Settled once for each request, before any handler. Nothing that machines ask for depends on it:
federation ignores cookies (AC-05).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from fedirec.community.keepers import is_keeper_ready
from fedirec.community.secret_texts import digest_of
from fedirec.community.signing_in import note_use
from fedirec.domain.actors import ActorId
from fedirec.storage import actors, notifications, sessions, visitors
from fedirec.storage.sessions import Session
from fedirec.web.browsers import find_browser, set_cookie
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import LANGUAGES, choose_language, speaking
from fedirec.web.look import LOOKS
from fedirec.web.requests import is_signed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LANGUAGE_COOKIE: Final = "language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A member who is signed in.

    `has_news`: something waits that they have not read; how much is nobody's business.
    """

    session: Session
    actor_id: ActorId
    has_news: bool

    @property
    def name(self) -> str:
        """The member's name."""
        return self.session.member_name

    @property
    def is_keeper(self) -> bool:
        """Whether they keep the guild, which takes a second factor besides."""
        return self.session.is_admin

    @property
    def is_ready_keeper(self) -> bool:
        """Whether the keepers' pages are open to them now (AC-10)."""
        return is_keeper_ready(self.session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person whom something here may name: a member, or one who came from their own server."""

    actor_id: ActorId
    handle: str
    is_member: bool


VIEWER = web.RequestKey("viewer", Viewer)
VISITOR = web.RequestKey("visitor", Party)
LANGUAGE = web.RequestKey("language", str)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note who looks, speak their language, and set the cookie that the page asked for."""
    if is_signed(request) or hdrs.AUTHORIZATION in request.headers:
        return await handler(request)
    await request.app[LOOKS].refresh()
    viewer = await _find_viewer(request)
    if viewer is not None:
        request[VIEWER] = viewer
    else:
        await _note_visitor(request)
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


def find_visitor(request: web.Request) -> Party | None:
    """Return who looks and has no account here, but signed in through their own server."""
    return request.get(VISITOR)


def find_party(request: web.Request) -> Party | None:
    """Return the person who looks, a member or one from elsewhere; None for who is not known."""
    viewer = find_viewer(request)
    if viewer is None:
        return find_visitor(request)
    domain = request.app[FEDERATION].instance.domain
    return Party(actor_id=viewer.actor_id, handle=f"@{viewer.name}@{domain}", is_member=True)


def party_of(request: web.Request) -> Party:
    """Return the person who looks, on pages whose door lets only such through."""
    party = find_party(request)
    if party is None:
        message = "a page for members and people from elsewhere was shown to nobody"
        raise ValueError(message)
    return party


def is_own_page(request: web.Request) -> bool:
    """Tell whether a page is made for one person alone, whose menu stands on it (AC-14)."""
    return find_party(request) is not None


def language_of(request: web.Request, viewer: Viewer | None) -> str:
    """Return the language for this reader: chosen here, else the browser's, else the guild's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen is not None and chosen in LANGUAGES:
        return chosen
    if viewer is not None and viewer.session.language in LANGUAGES:
        return viewer.session.language
    guild = request.app[FEDERATION].instance.languages[0]
    return choose_language(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), guild)


async def _find_viewer(request: web.Request) -> Viewer | None:
    browser = find_browser(request)
    if browser is None:
        return None
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        session = await sessions.find_session(reader, digest_of(browser), federation.now())
        if session is None:
            return None
        actor_id = federation.instance.member_id(session.member_name)
        has_news = await notifications.has_unread(reader, actor_id)
    await note_use(federation, session)
    return Viewer(session=session, actor_id=actor_id, has_news=has_news)


async def _note_visitor(request: web.Request) -> None:
    browser = find_browser(request)
    if browser is None:
        return
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        session = await visitors.find_visitor(reader, digest_of(browser), federation.now())
        if session is None:
            return
        actor = await actors.get_actor(reader, session.actor_id)
    request[VISITOR] = Party(actor_id=actor.id, handle=actor.handle, is_member=False)
