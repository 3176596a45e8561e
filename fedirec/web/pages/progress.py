"""What a member sent, and how far it has come: which servers got it, and why the others did not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from fedirec.activitypub.content import plain_text
from fedirec.community.reach import Reached, find_reach
from fedirec.domain.actors import ActorId
from fedirec.errors import NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import activities, actors, members, notes
from fedirec.storage.activities import LocalActivity
from fedirec.storage.database import Reader
from fedirec.storage.members import Member
from fedirec.web.doors import private_page
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import Later, gettext, later
from fedirec.web.pages.once import path_of, progress_path
from fedirec.web.pages.words import opening_of
from fedirec.web.viewers import viewer_of

SHOWN: Final = 20
_MISSING_SHOWN: Final = 5
_ALL_MISSING: Final = 500
_QUIET: Final = frozenset({"Block"})  # sent to nobody
_DONE: Final[dict[str, Later]] = {
    "Accept": later("You said yes"),
    "Add": later("You put something on your profile"),
    "Announce": later("You passed something on"),
    "Create": later("You wrote"),
    "Delete": later("You took something back"),
    "Follow": later("You asked to follow"),
    "Like": later("You liked something"),
    "Move": later("You moved"),
    "Offer": later("You asked somebody to agree"),
    "Reject": later("You said no"),
    "Remove": later("You took something off your profile"),
    "Undo": later("You took something back"),
    "Update": later("You changed something"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One thing that was sent. `opening` is plain text of it, `language` its language."""

    path: str
    what: str
    opening: str
    language: str | None
    link: str | None
    at: datetime
    reached: Reached


async def progress_page(request: web.Request) -> web.Response:
    """List what was sent lately, newest first."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    async with federation.database.reading() as reader:
        member = await _member(reader, viewer.name)
        found = await activities.list_outbox(
            reader,
            viewer.actor_id,
            public_only=False,
            before=request.query.get("before"),
            limit=SHOWN,
        )
    sent = [
        await _sent(request, federation, member, each, missing=_MISSING_SHOWN)
        for each in found.items
        if each.type not in _QUIET
    ]
    context = {"sent": sent, "next_cursor": found.next_cursor}
    return private_page(request, "progress.html", context)


async def sent_page(request: web.Request) -> web.Response:
    """Show how far one thing has come, and every server that did not get it."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    activity_id = federation.instance.activity_id(request.match_info["ulid"])
    async with federation.database.reading() as reader:
        member = await _member(reader, viewer.name)
        activity = await activities.find_activity(reader, activity_id)
    if activity is None or activity.actor_id != viewer.actor_id:
        message = f"{viewer.name} sent no {activity_id}"
        raise NotFoundError(message)
    sent = await _sent(request, federation, member, activity, missing=_ALL_MISSING)
    return private_page(request, "sent.html", {"sent": sent})


async def _member(reader: Reader, name: str) -> Member:
    member = await members.find_member(reader, name)
    if member is None:
        message = f"there is no member called {name}"
        raise NotFoundError(message)
    return member


async def _sent(
    request: web.Request,
    federation: Federation,
    member: Member,
    activity: LocalActivity,
    *,
    missing: int,
) -> Sent:
    opening, language, link = "", None, None
    object_id = activity.object_id
    if object_id is not None:
        async with federation.database.reading() as reader:
            note = await notes.find_note(reader, object_id)
            actor = await actors.find_actor(reader, ActorId(object_id))
        if note is not None:
            opening = opening_of(note.content) or plain_text(note.content)
            language = note.language
            link = path_of(request, note.id) if federation.instance.owns(note.id) else None
        elif actor is not None:
            opening = actor.handle
    return Sent(
        path=progress_path(activity.id),
        what=str(_DONE.get(activity.type, gettext("You sent something"))),
        opening=opening,
        language=language,
        link=link,
        at=activity.published_at,
        reached=await find_reach(federation, member, activity.id, limit=missing),
    )
