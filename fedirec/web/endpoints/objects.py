"""Objects by their ids: endorsements, job notes, other notes, activities, stamps.

What is public has two faces. What is private exists for its parties' signed fetches alone; to all
others it answers exactly as nothing does (AC-08).
"""

from collections.abc import Iterable
from urllib.parse import quote

from aiohttp import web

from fedirec.activitypub.documents import dump, load_document, object_of
from fedirec.activitypub.vocabulary import ENDORSEMENT_CONTEXT
from fedirec.domain.actors import ObjectId
from fedirec.domain.audience import Visibility, is_public
from fedirec.domain.endorsements import OfferState
from fedirec.domain.origins import host_of
from fedirec.domain.public import PUBLIC
from fedirec.errors import GoneError, NotFoundError
from fedirec.storage import activities, actors, audiences, notes, offers, stamps, tombstones
from fedirec.storage import endorsements as endorsement_rows
from fedirec.storage.database import Reader
from fedirec.storage.notes import StoredNote
from fedirec.web.answers import PRIVATE, PUBLIC_CHECKED, answer, prefers_json
from fedirec.web.doors import see_other
from fedirec.web.keys import FEDERATION
from fedirec.web.pages import embeds, endorsements, homeward, job_notes
from fedirec.web.pages import notes as note_pages
from fedirec.web.readers import admit_reader, find_party, find_reading_member
from fedirec.web.viewers import find_viewer

OPEN = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
_SHOWN_CHARACTERS = 200
_OFFERED = frozenset({OfferState.WAITING, OfferState.ASIDE, OfferState.ACCEPTED})


async def get_endorsement(request: web.Request) -> web.Response:
    """Show an endorsement; before consent, to the two parties' servers alone."""
    note_id = request.app[FEDERATION].instance.endorsement_id(request.match_info["ulid"])
    if not prefers_json(request, otherwise=True):
        note = await _public_note(request, note_id)
        return await endorsements.endorsement_page(request, note)
    return await _note_document(request, note_id)


async def get_job_note(request: web.Request) -> web.Response:
    """Show a job note."""
    note_id = request.app[FEDERATION].instance.job_id(request.match_info["ulid"])
    if not prefers_json(request, otherwise=True):
        return await job_notes.job_page(request, await _public_note(request, note_id))
    return await _note_document(request, note_id)


async def get_note(request: web.Request) -> web.Response:
    """Show any other note."""
    note_id = request.app[FEDERATION].instance.note_id(request.match_info["ulid"])
    if not prefers_json(request, otherwise=True):
        return await note_pages.note_page(request, await _public_note(request, note_id))
    return await _note_document(request, note_id)


async def get_reply(request: web.Request) -> web.Response:
    """Show how to answer a note of ours, named by its id, from another server."""
    if find_viewer(request) is not None:
        return see_other(f"/answer?to={quote(request.query.get('to', ''), safe='')}")
    return await homeward.reply_page(request, await _named_note(request, "to"))


async def get_embed(request: web.Request) -> web.Response:
    """Show an endorsement as the HTML that other sites paste."""
    note_id = request.app[FEDERATION].instance.endorsement_id(request.match_info["ulid"])
    return await embeds.embed_page(request, await _public_note(request, note_id))


async def get_oembed(request: web.Request) -> web.Response:
    """Answer oEmbed for an endorsement of ours, named by its address."""
    return await embeds.oembed_document(request, await _named_note(request, "url"))


async def get_activity(request: web.Request) -> web.Response:
    """Show an activity: public ones to anyone, others to their actor's and addressees' servers."""
    await admit_reader(request)
    federation = request.app[FEDERATION]
    activity_id = federation.instance.activity_id(request.match_info["ulid"])
    async with federation.database.reading() as reader:
        activity = await activities.find_activity(reader, activity_id)
        if activity is None:
            raise _nothing(activity_id)
        object_id = activity.object_id
        if object_id is not None and activity.type not in {"Delete", "Undo"}:
            await _check_not_deleted(reader, object_id)
        is_withheld = object_id is not None and await _is_withheld(reader, object_id)
    is_open = (activity.is_public or is_public(activity.readers)) and not is_withheld
    if not is_open:
        parties = _named(activity.actor_id, activity.readers) if is_withheld else activity.readers
        await _check_party(request, activity_id, (activity.actor_id, *parties))
    return _answer(request, activity.body.encode(), is_open=is_open)


async def get_stamp(request: web.Request) -> web.Response:
    """Show a consent stamp, for as long as it stands."""
    federation = request.app[FEDERATION]
    stamp_id = federation.instance.stamp_id(request.match_info["ulid"])
    is_json = prefers_json(request, otherwise=True)
    if is_json:
        await admit_reader(request)
    async with federation.database.reading() as reader:
        stamp = await stamps.find_stamp(reader, stamp_id)
    if stamp is None or not stamp.is_local:
        raise _nothing(stamp_id)
    if stamp.withdrawn_at is not None:
        message = f"{stamp_id} was withdrawn"
        raise GoneError(message)
    if not is_json:
        return await endorsements.stamp_page(request, stamp)
    return _answer(request, stamp.body.encode(), is_open=True)


async def _note_document(request: web.Request, note_id: ObjectId) -> web.Response:
    await admit_reader(request)
    async with request.app[FEDERATION].database.reading() as reader:
        await _check_not_deleted(reader, note_id)
        note = await notes.find_note(reader, note_id)
        is_withheld = await _is_withheld(reader, note_id)
    if note is None or not note.is_local:
        return await _offered_document(request, note_id)
    is_open = note.visibility in OPEN and not is_withheld
    if not is_open:
        parties = _named(note.actor_id, note.readers) if is_withheld else _parties(note)
        await _check_party(request, note_id, parties)
    return _answer(request, note.body.encode(), is_open=is_open)


def _parties(note: StoredNote) -> tuple[str, ...]:
    """Return who may fetch a note that is not public; for the guild's eyes means nobody remote."""
    if note.visibility is Visibility.GUILD:
        return ()
    return (note.actor_id, *note.readers)


async def _offered_document(request: web.Request, note_id: ObjectId) -> web.Response:
    """Show a note that is offered and not yet published to the servers of its two parties."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        offer = await offers.newest_offer(reader, note_id)
    if offer is None or offer.state not in _OFFERED or offer.body is None:
        raise _nothing(note_id)
    await _check_party(request, note_id, (offer.endorser_id, offer.endorsed_id))
    asked = load_document(offer.body.encode(), limits=federation.limits)
    note = object_of(asked.get("object"))
    if note is None or not federation.instance.owns(note_id):
        raise _nothing(note_id)
    document = {"@context": ENDORSEMENT_CONTEXT, **note}
    return _answer(request, dump(document), is_open=False)


async def _named_note(request: web.Request, parameter: str) -> StoredNote:
    """Return the note of ours that a parameter of the address names; nothing is fetched for it."""
    named = request.query.get(parameter, "")
    if not request.app[FEDERATION].instance.owns(named):
        raise _nothing(named[:_SHOWN_CHARACTERS])
    return await _public_note(request, ObjectId(named))


async def _public_note(request: web.Request, note_id: ObjectId) -> StoredNote:
    """Return a note of ours that everybody, or the member who looks, may read, for a page."""
    viewer = find_viewer(request)
    async with request.app[FEDERATION].database.reading() as reader:
        await _check_not_deleted(reader, note_id)
        note = await notes.find_note(reader, note_id)
        is_withheld = await _is_withheld(reader, note_id)
        if note is None or not note.is_local or is_withheld:
            raise _nothing(note_id)
        viewer_id = None if viewer is None else viewer.actor_id
        if not await notes.may_read(reader, note, viewer_id):
            raise _nothing(note_id)
    return note


async def _is_withheld(reader: Reader, note_id: str) -> bool:
    """Whether a note of ours is an endorsement whose consent does not stand now."""
    found = await endorsement_rows.find_endorsement(reader, note_id)
    return found is not None and found.state != "confirmed"


def _named(actor_id: str, readers: Iterable[str]) -> tuple[str, ...]:
    """Return the author and whom the audience names: neither Public nor the author's followers."""
    collective = {PUBLIC, f"{actor_id}/followers"}
    return (actor_id, *(reader for reader in readers if reader not in collective))


async def _check_party(request: web.Request, thing_id: str, parties: Iterable[str]) -> None:
    """Raise NotFoundError unless one of `parties` asks: a member by token, a server by signature.

    A party that is a followers collection of ours stands for every server with an accepted
    follower (PA-02).
    """
    parties = tuple(parties)
    member = await find_reading_member(request)
    if member is not None and member.actor_id in parties:
        return
    sender = await find_party(request)
    if sender is None:
        raise _nothing(thing_id)
    host = host_of(sender.actor.id)
    async with request.app[FEDERATION].database.reading() as reader:
        for party in parties:
            owner = await actors.find_by_followers(reader, party)
            if owner is not None:
                if owner.is_local and await audiences.has_follower_on(reader, owner.id, host):
                    return
            elif not is_public((party,)) and host_of(party) == host:
                return
    raise _nothing(thing_id)


async def _check_not_deleted(reader: Reader, object_id: str) -> None:
    if await tombstones.find_tombstone(reader, object_id) is not None:
        message = f"{object_id} was deleted"
        raise GoneError(message)


def _nothing(thing_id: str) -> NotFoundError:
    message = f"no {thing_id} here, or not for this reader"
    return NotFoundError(message)


def _answer(request: web.Request, body: bytes, *, is_open: bool) -> web.Response:
    federation = request.app[FEDERATION]
    is_cached = is_open and not (federation.is_authorized_fetch or federation.is_allow_list)
    return answer(request, body, cache=PUBLIC_CHECKED if is_cached else PRIVATE)
