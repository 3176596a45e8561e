"""A client follows, likes, boosts, blocks, pins, undoes, offers, answers (ActivityPub §6.5 on)."""

from typing import Final

from fedirec.activitypub.documents import JsonObject, id_of, load_document
from fedirec.activitypub.endorsements import parse_draft
from fedirec.activitypub.render import (
    render_announce,
    render_block,
    render_follow,
    render_like,
    render_pin,
    render_undo,
)
from fedirec.community import endorsements
from fedirec.community.client_submission import Submission, publish_for
from fedirec.domain.actors import ActivityId, ActorId, ObjectId
from fedirec.domain.audience import is_public, public_audience
from fedirec.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnsupportedActionError,
)
from fedirec.federation.context import Federation
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.storage import activities, notes
from fedirec.storage.notes import StoredNote

_PERSONAL: Final = frozenset({"Follow", "Like", "Offer"})
_UNDOABLE: Final = _PERSONAL | {"Announce", "Block"}


async def follow(federation: Federation, submission: Submission) -> ActivityId:
    """Ask to follow an actor given by id. Network: the actor, if it is not known here."""
    followed = await get_or_fetch_actor(federation, ActorId(_object_id(submission)))
    document = render_follow(
        id=federation.mint().activity_id(), actor=submission.actor.id, object_id=followed.id
    )
    return await publish_for(federation, submission, document, is_personal=True)


async def like(federation: Federation, submission: Submission) -> ActivityId:
    """Like a note kept here; its author is told and nobody else."""
    note = await _get_readable(federation, submission)
    document = render_like(
        id=federation.mint().activity_id(),
        actor=submission.actor.id,
        object_id=note.id,
        to=note.actor_id,
    )
    return await publish_for(federation, submission, document, is_personal=True)


async def announce(federation: Federation, submission: Submission) -> ActivityId:
    """Boost a public note kept here to the member's followers. Raises ConflictError otherwise."""
    note = await _get_readable(federation, submission)
    if not is_public(note.readers):
        message = f"{note.id} is not public, so it is not boosted"
        raise ConflictError(message)
    mint = federation.mint()
    document = render_announce(
        id=mint.activity_id(),
        actor=submission.actor.id,
        object_id=note.id,
        audience=public_audience(str(submission.actor.followers), (note.actor_id,)),
        published=mint.now,
    )
    return await publish_for(federation, submission, document, is_listed=True)


async def block(federation: Federation, submission: Submission) -> ActivityId:
    """Block an actor: cut follows both ways, take nothing more from them; they are not told."""
    document = render_block(
        id=federation.mint().activity_id(),
        actor=submission.actor.id,
        object_id=_object_id(submission),
    )
    return await publish_for(federation, submission, document)


async def pin(federation: Federation, submission: Submission) -> ActivityId:
    """Add a note of the member's to their featured collection, or remove it."""
    note = await _get_readable(federation, submission)
    if id_of(submission.document.get("target")) != submission.actor.featured:
        message = f"the target is the own featured collection, {submission.actor.featured}"
        raise InvalidInputError(message, field="target")
    if note.actor_id != submission.actor.id:
        message = f"{submission.member} has no note {note.id}"
        raise NotFoundError(message)
    if not is_public(note.readers):
        message = f"{note.id} is not public, so it is not pinned"
        raise ConflictError(message)
    mint = federation.mint()
    document = render_pin(
        id=mint.activity_id(),
        type_=str(submission.document["type"]),
        actor=submission.actor,
        object_id=note.id,
        published=mint.now,
    )
    return await publish_for(federation, submission, document)


async def undo(federation: Federation, submission: Submission) -> ActivityId:
    """Take back an activity of the member's own, given by id.

    Raises NotFoundError, UnsupportedActionError for one that ends in another way.
    """
    undone_id = _object_id(submission)
    async with federation.database.reading() as reader:
        made = await activities.find_activity(reader, ActivityId(undone_id))
    if made is None or made.actor_id != submission.actor.id:
        message = f"{submission.member} did nothing with the id {undone_id}"
        raise NotFoundError(message)
    if made.type not in _UNDOABLE:
        message = f"a {made.type} is not undone; what can be is {', '.join(sorted(_UNDOABLE))}"
        raise UnsupportedActionError(message)
    mint = federation.mint()
    inner: JsonObject = load_document(made.body.encode(), limits=federation.limits)
    document = render_undo(
        id=mint.activity_id(), actor=submission.actor.id, activity=inner, published=mint.now
    )
    is_personal = made.type in _PERSONAL
    return await publish_for(federation, submission, document, is_personal=is_personal)


async def offer(federation: Federation, submission: Submission) -> ActivityId:
    """Ask for consent to the endorsement in an embedded Note; returns the Offer's id.

    A Note with an id of ours is a new text for that endorsement.
    """
    note = submission.object_
    if note is None:
        raise InvalidInputError("an Offer embeds the Note it offers", field="object")
    endorsed, draft = parse_draft(note, limits=federation.limits)
    note_id = id_of(note)
    if note_id is not None and federation.instance.owns(note_id):
        made = await endorsements.amend(federation, submission.member, ObjectId(note_id), draft)
        return ActivityId(made.offer.id)
    person = await get_or_fetch_actor(federation, endorsed)
    made = await endorsements.offer(federation, submission.member, person.handle, draft)
    return ActivityId(made.offer.id)


async def accept(federation: Federation, submission: Submission) -> ActivityId:
    """Agree to an offer, given by its id; returns the id of the Accept."""
    return await _answer(federation, submission, is_accepted=True)


async def reject(federation: Federation, submission: Submission) -> ActivityId:
    """Decline an offer, given by its id; nothing is sent, so the Offer's own id is returned."""
    return await _answer(federation, submission, is_accepted=False)


async def _answer(
    federation: Federation, submission: Submission, *, is_accepted: bool
) -> ActivityId:
    answered = await endorsements.answer(
        federation, submission.member, _object_id(submission), is_accepted=is_accepted
    )
    async with federation.database.reading() as reader:
        accepted = await activities.find_newest(
            reader, actor_id=submission.actor.id, type_="Accept", object_id=answered.id
        )
    return ActivityId(answered.id) if accepted is None else accepted.id


def _object_id(submission: Submission) -> str:
    if submission.object_id is None:
        raise InvalidInputError("the object is given by its id", field="object")
    return submission.object_id


async def _get_readable(federation: Federation, submission: Submission) -> StoredNote:
    """Return a note kept here that the member may read."""
    note_id = ObjectId(_object_id(submission))
    async with federation.database.reading() as reader:
        note = await notes.find_note(reader, note_id)
        if note is None or not await notes.may_read(reader, note, submission.actor.id):
            message = f"there is no note {note_id} for {submission.member}"
            raise NotFoundError(message)
    return note
