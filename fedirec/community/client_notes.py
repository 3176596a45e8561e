"""A client creates, updates and deletes its member's plain notes (ActivityPub §6.2 to §6.4)."""

from typing import Final

from fedirec.activitypub.content import clean_html
from fedirec.activitypub.documents import (
    JsonObject,
    instant_text,
    load_document,
    object_of,
    text_of,
)
from fedirec.activitypub.render import render_create, render_update
from fedirec.activitypub.vocabulary import NOTE_CONTEXT
from fedirec.community.client_submission import Submission, publish_for
from fedirec.domain.actors import ActivityId, ObjectId
from fedirec.domain.audience import Audience, is_public
from fedirec.errors import InvalidInputError, NotFoundError, UnsupportedActionError
from fedirec.federation.context import Federation
from fedirec.federation.note_keeping import edited_at
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.federation.stamping import retract_note
from fedirec.storage import notes
from fedirec.storage.database import Reader
from fedirec.storage.notes import StoredNote

_KEPT_MEMBERS: Final = ("inReplyTo", "tag", "summary", "sensitive", "name")


async def create(federation: Federation, submission: Submission) -> ActivityId:
    """Publish a plain note; our own kinds of note have ways of their own.

    Raises InvalidInputError, UnsupportedActionError.
    """
    sent = _checked(submission)
    mint = federation.mint()
    note_id = federation.instance.note_id(mint.ulid())
    note = _own(sent, submission, note_id, note_id)
    document = render_create(
        id=mint.activity_id(),
        actor=submission.actor.id,
        object_={**note, "published": instant_text(mint.now)},
        audience=submission.audience,
        published=mint.now,
        context=NOTE_CONTEXT,
    )
    is_listed = is_public(submission.audience.everyone)
    return await publish_for(federation, submission, document, is_listed=is_listed)


def _checked(submission: Submission) -> JsonObject:
    """Return the note sent, if a client may create it."""
    note = submission.object_
    if note is None or note.get("type") != "Note":
        message = "a client creates Notes here, embedded, and nothing else"
        raise UnsupportedActionError(message)
    if "endorsement" in note or "job" in note:
        message = (
            "an endorsement is offered with an Offer, so that it is agreed to before it is seen;"
            " a job note is posted on the site or with `fedirec job`"
        )
        raise UnsupportedActionError(message)
    return note


def _own(sent: JsonObject, submission: Submission, note_id: ObjectId, url: str) -> JsonObject:
    """Return the note under our id, its HTML made safe, nothing unknown carried along."""
    kept = {name: sent[name] for name in _KEPT_MEMBERS if sent.get(name) is not None}
    languages = object_of(sent.get("contentMap"))
    if languages is not None:
        texts: JsonObject = {
            name: clean_html(text_of(text) or "") for name, text in languages.items()
        }
        kept["contentMap"] = texts
    return {
        "id": note_id,
        "type": "Note",
        "attributedTo": submission.actor.id,
        "content": clean_html(text_of(sent.get("content")) or ""),
        **kept,
        "url": url,
    }


async def update(federation: Federation, submission: Submission) -> ActivityId:
    """Replace the members that were sent of one of the member's plain notes; null removes (§6.3).

    Raises InvalidInputError, NotFoundError, UnsupportedActionError.
    """
    sent = submission.object_
    if sent is None:
        raise InvalidInputError("an Update embeds what changes", field="object")
    async with federation.database.reading() as reader:
        stored = await _get_own(reader, submission)
    if stored.kind != "note":
        message = "a client updates plain notes; endorsements are amended by a new Offer"
        raise UnsupportedActionError(message)
    earlier = load_document(stored.body.encode(), limits=federation.limits)
    mint = federation.mint()
    renewed = _own({**earlier, **sent}, submission, stored.id, stored.url)
    audience = Audience(
        to=tuple(reader for reader in stored.readers if reader in _ids(earlier, "to")),
        cc=tuple(reader for reader in stored.readers if reader in _ids(earlier, "cc")),
    )
    dates = {
        "published": earlier.get("published"),
        "updated": instant_text(edited_at(stored, mint.now)),
    }
    document = render_update(
        id=mint.activity_id(),
        actor=submission.actor.id,
        object_={**renewed, **dates},
        audience=audience,
        published=mint.now,
        context=NOTE_CONTEXT,
    )
    is_listed = is_public(audience.everyone)
    return await publish_for(federation, submission, document, is_listed=is_listed)


def _ids(note: JsonObject, member: str) -> list[object]:
    listed = note.get(member)
    return list(listed) if isinstance(listed, list) else []


async def delete(federation: Federation, submission: Submission) -> ActivityId:
    """Delete one of the member's notes of any kind, everywhere it went. Raises NotFoundError."""
    async with federation.database.transaction() as transaction:
        stored = await _get_own(transaction, submission)
        scene = scene_of(federation)
        publications = await retract_note(transaction, scene, submission.actor, stored.id)
        if not publications:  # on PostgreSQL another can delete it between two looks of ours
            raise _no_note(submission)
        made = [await publish_in(transaction, scene, each) for each in publications]
    federation.wake()
    return made[-1]


async def _get_own(reader: Reader, submission: Submission) -> StoredNote:
    stored = await notes.find_note(reader, ObjectId(str(submission.object_id)))
    if stored is None or stored.actor_id != submission.actor.id:
        raise _no_note(submission)
    return stored


def _no_note(submission: Submission) -> NotFoundError:
    return NotFoundError(f"{submission.member} has no note {submission.object_id}")
