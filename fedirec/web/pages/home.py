"""A member's home: what came in, the newest first, with an end; and what they were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from fedirec.domain.actors import ActorId
from fedirec.domain.follows import FollowState
from fedirec.domain.notifications import NoticeKind
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.storage import follows, inbox_lists, notes, notifications, offers
from fedirec.storage.cards import Person
from fedirec.storage.database import Reader
from fedirec.storage.inbox_lists import InboxEntry, InboxFilter
from fedirec.storage.notifications import Notification
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import Later, gettext, later
from fedirec.web.links import href_of
from fedirec.web.pages.days import day_of_week
from fedirec.web.pages.offer_addresses import offer_path
from fedirec.web.pages.offer_views import OfferView, offer_views
from fedirec.web.pages.people import people_of
from fedirec.web.viewers import viewer_of

SHOWN: Final = 20
FILTERS: Final = (
    (InboxFilter.ALL, later("All")),
    (InboxFilter.ENDORSEMENTS, later("Endorsements")),
    (InboxFilter.JOBS, later("Job notes")),
    (InboxFilter.REPLIES, later("Replies")),
    (InboxFilter.FOLLOWS, later("Follows")),
)
_SAYS: Final = {
    NoticeKind.OFFER: later("says you did well"),
    NoticeKind.ANSWER: later("answered what you wrote about them"),
    NoticeKind.WITHDRAWN: later("took an endorsement back"),
    NoticeKind.MENTION: later("wrote to you"),
    NoticeKind.REPLY: later("replied to you"),
    NoticeKind.FOLLOW: later("follows you"),
    NoticeKind.FOLLOW_REQUEST: later("asks to follow you"),
    NoticeKind.LIKE: later("likes what you said"),
    NoticeKind.ANNOUNCE: later("passed on what you said"),
    NoticeKind.JOB_ANSWER: later("answered your job note"),
    NoticeKind.MOVED: later("has moved to another server"),
}
_WRITTEN: Final = frozenset({NoticeKind.MENTION, NoticeKind.REPLY, NoticeKind.JOB_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One item of the inbox: what is shown of it follows from what it has.

    `is_accepted`: a follow that stands, and is not only asked for.
    """

    id: str
    type: str
    actor: Person
    kind: str
    words: str
    language: str
    author: Person | None
    title: str | None
    url: str
    offer: OfferView | None
    is_new: bool
    is_accepted: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """One thing a member was told: who, what they did, their words if any, and what is next."""

    id: str
    person: Person | None
    says: str
    words: str
    next_path: str
    next_words: str
    is_new: bool
    created_at: datetime


async def home_page(request: web.Request) -> web.Response:
    """Show a page of the inbox, all of it or a part."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    only = _filter(request.query.get("only", InboxFilter.ALL.value))
    before, me = request.query.get("before"), viewer.actor_id
    async with federation.database.reading() as reader:
        found = await inbox_lists.list_entries(reader, me, only=only, before=before, limit=SHOWN)
        reading = await inbox_lists.find_reading(reader, me)
        read_until = "" if reading is None else reading.item_id
        views = await _entries(reader, federation, me, found.items, read_until)
    context = {
        "entries": views,
        "newest": found.items[0].id if found.items and before is None else "",
        "has_new": any(view.is_new for view in views),
        "next_cursor": found.next_cursor,
        "only": only.value,
        "filters": FILTERS,
        "is_first": before is None,
        "last_read": None if reading is None else day_of_week(reading.read_at),
    }
    return private_page(request, "home.html", context)


async def take_reading(request: web.Request, posted: Posted) -> web.Response:
    """Note that the member has read all up to an item."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    until = posted.text("until")[:26]
    if until:
        async with federation.database.transaction() as transaction:
            await inbox_lists.note_reading(transaction, viewer.actor_id, until, federation.now())
    return see_other("/home")


async def notifications_page(request: web.Request) -> web.Response:
    """Show what the member was told, each with its next step."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    before = request.query.get("before")
    async with federation.database.reading() as reader:
        found = await notifications.list_notifications(
            reader, viewer.actor_id, before=before, limit=SHOWN
        )
        people = await people_of(reader, [each.notice.actor_id for each in found.items])
        views = [
            await _notice(reader, federation, each, people.get(each.notice.actor_id))
            for each in found.items
        ]
    context = {
        "notices": views,
        "newest": found.items[0].id if found.items and before is None else "",
        "has_new": any(view.is_new for view in views),
        "next_cursor": found.next_cursor,
    }
    return private_page(request, "notifications.html", context)


async def take_notices_read(request: web.Request, posted: Posted) -> web.Response:
    """Note that the member has seen a notice and all before it."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    async with federation.database.transaction() as transaction:
        await notifications.mark_read(
            transaction, viewer.actor_id, until=posted.text("until")[:26], now=federation.now()
        )
    return see_other("/notifications")


def _filter(text: str) -> InboxFilter:
    try:
        return InboxFilter(text)
    except ValueError as error:
        message = f"expected a part of the inbox, found {text[:80]!r}"
        raise InvalidInputError(message, field="only") from error


async def _entries(
    reader: Reader,
    federation: Federation,
    me: ActorId,
    items: Sequence[InboxEntry],
    read_until: str,
) -> list[EntryView]:
    """Return views of entries; what was said stands once, where it was said.

    That it was offered before, or passed on later, needs no place beside it.
    """
    said = {entry.object_id for entry in items if entry.type == "Create"}
    views = []
    for entry in items:
        if entry.type in {"Announce", "Offer"} and entry.object_id in said:
            continue
        offer, is_accepted = None, False
        if entry.type == "Follow":
            follow = await follows.find_follow(reader, entry.actor.id, me)
            is_accepted = follow is not None and follow.state is FollowState.ACCEPTED
        if entry.type == "Offer":
            newest = await offers.newest_offer(reader, entry.object_id or "")
            if newest is None or newest.endorsed_id != me:
                continue
            [offer] = await offer_views(reader, federation, me, [newest])
        is_new = entry.id > read_until
        views.append(_entry(entry, offer, is_new=is_new, is_accepted=is_accepted))
    return views


def _entry(
    entry: InboxEntry, offer: OfferView | None, *, is_new: bool, is_accepted: bool
) -> EntryView:
    note = entry.note if entry.type in {"Create", "Announce"} else None
    return EntryView(
        id=entry.id,
        type=entry.type,
        actor=entry.actor,
        kind="" if note is None else note.kind,
        words="" if note is None else note.content,
        language="und" if note is None else note.language or "und",
        author=None if note is None else note.author,
        title=None if note is None else note.title,
        url="" if note is None else href_of(note.url),
        offer=offer,
        is_new=is_new,
        is_accepted=is_accepted,
        created_at=entry.created_at,
    )


async def _notice(
    reader: Reader, federation: Federation, told: Notification, person: Person | None
) -> NoticeView:
    notice = told.notice
    path, step, says, words = "", "", _SAYS[notice.kind], ""
    if notice.object_id is not None:
        if notice.kind in {NoticeKind.OFFER, NoticeKind.ANSWER}:
            path, step, says = await _about_offer(reader, federation, told)
        elif notice.kind in _WRITTEN | {NoticeKind.LIKE, NoticeKind.ANNOUNCE}:
            note = await notes.find_note(reader, notice.object_id)
            is_readable = note is not None and await notes.may_read(reader, note, notice.owner)
            if note is not None and is_readable:
                words = note.content if notice.kind in _WRITTEN else ""
                path, step = href_of(note.url), gettext("Open it")
    if not path and person is not None:
        path = f"/@{person.name}" if person.is_local else href_of(person.url)
        step = gettext("See who they are")
    return NoticeView(
        id=told.id,
        person=person,
        says=str(says),
        words=words,
        next_path=path,
        next_words=step,
        is_new=told.read_at is None,
        created_at=told.created_at,
    )


async def _about_offer(
    reader: Reader, federation: Federation, told: Notification
) -> tuple[str, str, Later]:
    """Return the page of the offer that a notice is about, what to do there, and what happened."""
    notice, says = told.notice, _SAYS[told.notice.kind]
    note_id = notice.object_id or ""
    if notice.kind is NoticeKind.OFFER:
        offer = await offers.find_offer(reader, note_id)
        if offer is None:
            return "", "", says
        return offer_path(federation.instance, offer.note_id), gettext("Read and answer"), says
    newest = await offers.newest_offer(reader, note_id)
    if newest is None or newest.endorser_id != notice.owner:
        return "", "", says
    path = offer_path(federation.instance, note_id)
    return path, gettext("See it"), later("agreed to what you wrote about them")
