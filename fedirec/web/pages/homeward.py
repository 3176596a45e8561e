"""Following and answering from one's own server: a handle, then a page that names where it leads.

Nobody is sent anywhere without having read the host (HT-12), and nobody is asked for a password.
Both forms are a GET, since they change nothing; what they ask of others is kept within rates.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from fedirec.activitypub.webfinger import Wish
from fedirec.domain.actors import Actor
from fedirec.domain.handles import Handle, parse_handle
from fedirec.domain.origins import ParsedUrl
from fedirec.errors import (
    BlockedError,
    InvalidInputError,
    NotFoundError,
    RemoteError,
    TooManyRequestsError,
)
from fedirec.federation.webfinger import find_way_home
from fedirec.storage.notes import StoredNote
from fedirec.web.doors import private_page, refused_form
from fedirec.web.keys import FEDERATION, RATES
from fedirec.web.languages import gettext as _
from fedirec.web.templating import page

PER_ADDRESS_MINUTE: Final = 10
PER_HOST_MINUTE: Final = 3  # far from what we may ask of a host in an hour (RX-04)
_HANDLE_CHARACTERS: Final = 320
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a visitor wants with something of ours: `thing` goes to their server, `shown` to them.

    `path` is the form's address, `to` what it must hold beside the handle.
    """

    wish: Wish
    thing: str
    shown: str
    path: str
    to: str | None = None


async def follow_page(request: web.Request, actor: Actor) -> web.Response:
    """Show how to follow one of our actors from another server."""
    return await _show(
        request,
        Errand(
            wish=Wish.FOLLOW,
            thing=actor.id,
            shown=actor.handle,
            path=f"/follow/{actor.name}",
        ),
    )


async def reply_page(request: web.Request, note: StoredNote) -> web.Response:
    """Show how to answer a note of ours from another server."""
    errand = Errand(wish=Wish.REPLY, thing=note.id, shown=note.id, path="/reply", to=note.id)
    return await _show(request, errand)


async def _show(request: web.Request, errand: Errand) -> web.Response:
    given = request.query.get("from", "").strip()[:_HANDLE_CHARACTERS]
    context: dict[str, object] = {
        "errand": errand,
        "is_reply": errand.wish is Wish.REPLY,
        "given": given,
        "problem": None,
        "is_indexed": False,
    }
    if not given:
        return page(request, "homeward.html", context)
    try:
        handle = parse_handle(given)
        way = await _find_way(request, handle, errand)
    except (InvalidInputError, BlockedError, NotFoundError, RemoteError) as error:
        return refused_form(request, "homeward.html", {**context, "problem": _told(error)})
    if way is None:
        problem = _("That server does not say where its members do this. Search for it there.")
        return refused_form(request, "homeward.html", {**context, "problem": problem})
    onward = {**context, "url": way.text, "host": way.host, "home": handle.domain}
    return private_page(request, "onward.html", onward)


async def _find_way(request: web.Request, handle: Handle, errand: Errand) -> ParsedUrl | None:
    federation = request.app[FEDERATION]
    instance = federation.instance
    if handle.domain in {instance.domain, instance.host}:
        raise InvalidInputError(f"{handle} is of this instance", field="from")
    rates = request.app[RATES]
    for bucket, per_minute in (
        (f"homeward {request.remote or 'local'}", PER_ADDRESS_MINUTE),
        (f"homeward to {handle.domain}", PER_HOST_MINUTE),
    ):
        wait = rates.take(bucket, per_minute=per_minute)
        if wait is not None:
            message = f"expected at most {per_minute} a minute of {bucket}"
            raise TooManyRequestsError(message, retry_after=max(wait, _SECOND))
    return await find_way_home(federation, handle, errand.wish, errand.thing)


def _told(error: Exception) -> str:
    """Return what went wrong as the visitor can use it."""
    match error:
        case InvalidInputError():
            return _("Write the handle you have on another server, such as @name@server.example.")
        case BlockedError():
            return _("This guild does not exchange anything with that server.")
        case NotFoundError():
            return _("That server knows nobody of this name. Is it written as you know it?")
        case _unreachable:
            return _("That server could not be asked, or gave no answer we can use.")
