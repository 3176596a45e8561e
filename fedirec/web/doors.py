"""The doors of pages for people: who may pass, and what a form must bring.

Each page is one `Door`: a path, the role it is for, what shows it and what takes its form. What is
asked of every form stands here alone: that our own page sent it, for this browser (AC-05), by
somebody who may. Whatever fails before a handler runs gives the typed text back: a form with a
stale token is shown to be sent again, and one whose session is over comes back after signing in.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from fedirec.errors import ForbiddenError, NotFoundError
from fedirec.web.answers import HTML
from fedirec.web.browsers import TOKEN_FIELD, is_from_here, is_token_good
from fedirec.web.forms import Posted, SignInForm, read_form
from fedirec.web.keys import FEDERATION
from fedirec.web.links import known_path, local_path
from fedirec.web.refusals import VARY
from fedirec.web.templating import render
from fedirec.web.viewers import find_party, find_viewer

Getter = Callable[[web.Request], Awaitable[web.Response]]
Poster = Callable[[web.Request, Posted], Awaitable[web.Response]]

SIGN_IN: Final = "/sign-in"
SIGN_IN_ELSEWHERE: Final = "/sign-in/elsewhere"
SECURITY: Final = "/settings/security"
NEXT_FIELD: Final = "next"


KEPT: Final = "kept."
AGAIN_FIELD: Final = "again"
_NEVER_SHOWN: Final = frozenset({TOKEN_FIELD, "old", "password"})


class Role(StrEnum):
    """Whom a door is for; a party is a member, or a person from elsewhere who signed in."""

    ANYONE = "anyone"
    PARTY = "party"
    MEMBER = "member"
    KEEPER = "keeper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One page: `show` answers GET, `take` the POST of its form. `reads` is how a body is read."""

    path: str
    role: Role
    show: Getter | None = None
    take: Poster | None = None
    reads: Callable[[web.Request], Awaitable[Posted]] = read_form

    def routes(self) -> list[web.RouteDef]:
        """Return its rows of the table of routes."""
        found = []
        if self.show is not None:
            found.append(web.get(self.path, _shown(self, self.show)))
        if self.take is not None:
            found.append(web.post(self.path, _taken(self, self.take)))
        return found


def see_other(location: str) -> web.Response:
    """Send a browser on after a form did its work: `location` is a path of ours (HT-12)."""
    headers = {hdrs.LOCATION: local_path(location), hdrs.CACHE_CONTROL: "private, no-store"}
    return web.Response(status=web.HTTPSeeOther.status_code, headers=headers)


def private_page(
    request: web.Request,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = web.HTTPOk.status_code,
) -> web.Response:
    """Return a page for one browser alone, which nothing may keep (AC-14)."""
    body = render(request, template, {"is_indexed": False, **context})
    headers = {hdrs.CACHE_CONTROL: "private, no-store", hdrs.VARY: VARY}
    return web.Response(
        status=status, body=body, content_type=HTML, charset="utf-8", headers=headers
    )


def refused_form(
    request: web.Request, template: str, context: Mapping[str, object]
) -> web.Response:
    """Return the form again with what is wrong in it, and all that was typed."""
    return private_page(request, template, context, status=web.HTTPUnprocessableEntity.status_code)


async def ask_again(
    request: web.Request, path: str, kept: Sequence[tuple[str, str]]
) -> web.Response:
    """Return a page that holds all that was typed, to be sent to `path` again by one button."""
    start = await known_path(request, path, otherwise="")
    context = {"kept": kept, "path": path, "start": start}
    return private_page(request, "send_again.html", context, status=web.HTTPForbidden.status_code)


def ask_to_sign_in(request: web.Request, posted: Posted) -> web.Response:
    """Return the page to sign in, which holds the form that came too late."""
    kept = [(KEPT + name, text) for name, text in _typed(posted)]
    context = {
        "form": SignInForm(),
        "hidden": [(AGAIN_FIELD, request.path), *kept],
        "is_late": True,
        "error": None,
    }
    status = web.HTTPForbidden.status_code
    return private_page(request, "sign_in.html", context, status=status)


def _typed(posted: Posted) -> list[tuple[str, str]]:
    """Return what a form brought, less what no page may show again: token and passwords."""
    return [pair for pair in posted.fields.items() if pair[0] not in _NEVER_SHOWN]


def _shown(door: Door, show: Getter) -> Getter:
    async def shown(request: web.Request) -> web.Response:
        way = _way_in(request, door)
        if way is _Way.OPEN:
            return await show(request)
        if way is _Way.UNKNOWN:
            return see_other(f"{_desk(door)}?{NEXT_FIELD}={quote(request.raw_path, safe='/')}")
        return see_other(SECURITY)

    return shown


def _taken(door: Door, take: Poster) -> Getter:
    async def taken(request: web.Request) -> web.Response:
        if not is_from_here(request):
            message = f"expected a form of {request.app[FEDERATION].instance.origin}"
            raise ForbiddenError(message)
        way = _way_in(request, door)
        if way is _Way.WEAK:
            return see_other(SECURITY)
        if way is _Way.UNKNOWN and (door.role is Role.PARTY or door.reads is not read_form):
            # a form of one button holds no text; a file cannot be kept, and is not read for nobody
            return see_other(_desk(door))
        posted = await door.reads(request)
        if way is _Way.UNKNOWN:
            return ask_to_sign_in(request, posted)
        if not is_token_good(request, posted.fields):
            return await ask_again(request, request.path, _typed(posted))
        return await take(request, posted)

    return taken


def _desk(door: Door) -> str:
    """Return where somebody signs in who wants to pass."""
    return SIGN_IN_ELSEWHERE if door.role is Role.PARTY else SIGN_IN


class _Way(StrEnum):
    """What stands between a visitor and a page: nothing, signing in, or a second factor."""

    OPEN = "open"
    UNKNOWN = "unknown"
    WEAK = "weak"


def _way_in(request: web.Request, door: Door) -> _Way:
    """Raise NotFoundError where not even the page's being there is for these eyes (AC-08)."""
    viewer = find_viewer(request)
    if door.role is Role.ANYONE or (door.role is Role.PARTY and find_party(request) is not None):
        return _Way.OPEN
    if viewer is None:
        return _Way.UNKNOWN
    if door.role is Role.MEMBER:
        return _Way.OPEN
    if not viewer.is_keeper:
        message = f"{door.path} is for keepers, and {viewer.name} is none"
        raise NotFoundError(message)
    return _Way.OPEN if viewer.is_ready_keeper else _Way.WEAK
