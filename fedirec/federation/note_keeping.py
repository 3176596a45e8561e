"""Keeping what an author said: the note, who may read it, and what it is besides a post.

Serves Create and Update, ours and others' alike. A Note with an `endorsement` counts as one only
while the endorsed person's consent stands (`consent.py`); otherwise it is an ordinary post.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fedirec.activitypub.documents import JsonObject, dump
from fedirec.activitypub.notes import Note, parse_note
from fedirec.activitypub.vocabulary import PROOF_CONTEXT
from fedirec.domain.actors import ActorId
from fedirec.domain.audience import Visibility, visibility_of
from fedirec.domain.endorsements import ShownTo
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.domain.origins import same_origin
from fedirec.errors import MalformedActivityError
from fedirec.federation import consent
from fedirec.federation.handling import Case, Outcome, Scene, ignore
from fedirec.federation.recipients import addressed_here, reached_here
from fedirec.storage import job_notes, notes, tombstones
from fedirec.storage.database import Transaction
from fedirec.storage.job_notes import StoredJob
from fedirec.storage.notes import NoteHead, StoredNote


def read_note(case: Case, scene: Scene, document: JsonObject) -> Note | Outcome:
    """Return the note that a Create or Update is about, or why it is none of its actor's."""
    try:
        note = parse_note(document, limits=scene.limits)
    except MalformedActivityError as error:
        return ignore(f"its object is not a post: {error}")
    if note.attributed_to != case.actor.id:
        return ignore("its object is by somebody else")
    if str(note.id) == case.actor.id or not same_origin(note.id, case.actor.id):
        return ignore("its object's id is not one that its author can give")
    return note


async def keep_new(transaction: Transaction, case: Case, scene: Scene, note: Note) -> Outcome:
    """Keep a note not seen before; a known one only reaches who had not got it yet (OR-04)."""
    if await tombstones.find_tombstone(transaction, note.id, owner=case.actor.id) is not None:
        return ignore("was deleted, and deleted things do not come back")
    replied_to_id = note.in_reply_to or note.id
    heads = await notes.find_heads(transaction, [note.id, replied_to_id])
    known = heads.get(note.id)
    if known is not None and known.actor_id != case.actor.id:
        return ignore("names an object that somebody else made")
    addressed = await addressed_here(transaction, case.activity)
    owners = await reached_here(transaction, case, addressed)
    if known is not None:
        return Outcome(inbox_owners=owners)
    replied_to = None if note.in_reply_to is None else heads.get(replied_to_id)
    if not (case.is_local or owners or (replied_to is not None and replied_to.is_local)):
        return ignore("nobody here follows its author or is addressed")
    stored = stored_note(case, scene, note)
    await notes.insert_note(transaction, stored)
    await keep_particulars(transaction, case, scene, note, stored)
    if replied_to is not None and replied_to.is_local:
        owners = (*owners, replied_to.actor_id)
    notices = _notices(case, note, replied_to, here=addressed)
    return Outcome(inbox_owners=owners, notices=notices)


async def keep_particulars(
    transaction: Transaction, case: Case, scene: Scene, note: Note, stored: StoredNote
) -> None:
    """Keep what the note is besides a post: an endorsement, a job note."""
    if note.endorsement is not None:
        await consent.keep_judged(transaction, case, scene, note)
    if note.job is not None and stored.kind == "job_note":
        await job_notes.save_job(
            transaction,
            StoredJob(
                note_id=note.id,
                actor_id=case.actor.id,
                title=note.job.title,
                status=note.job.status,
                closes_at=note.job.closes_at,
                job=note.job,
            ),
        )


def stored_note(case: Case, scene: Scene, note: Note) -> StoredNote:
    """Return the row of a note: its own bytes, its safe text, and who may read it."""
    return StoredNote(
        id=note.id,
        actor_id=case.actor.id,
        kind=_kind_of(note),
        is_local=case.is_local,
        visibility=_visibility_of(case, scene, note),
        body=dump(_standing_alone(case, note)).decode(),
        content=note.content,
        language=note.language,
        url=note.url,
        in_reply_to=note.in_reply_to,
        published_at=note.published_at or scene.now,
        updated_at=note.updated_at,
        readers=(*note.to, *note.cc),
        tags=note.hashtags,
    )


def edited_at(stored: StoredNote, now: datetime) -> datetime:
    """Return when an edit made now happens on the wire, where an instant is a whole second.

    Peers drop an `updated` that is not strictly newer than what they have, so an edit within the
    second of the last one is dated one second later.
    """
    latest = stored.updated_at or stored.published_at
    return max(now, latest.replace(microsecond=0) + timedelta(seconds=1))


def _kind_of(note: Note) -> str:
    if note.endorsement is not None:
        return "endorsement"
    return "job_note" if note.job is not None else "note"


def _visibility_of(case: Case, scene: Scene, note: Note) -> Visibility:
    is_for_guild = note.endorsement is not None and note.endorsement.shown_to is ShownTo.GUILD
    return visibility_of(
        note.to,
        note.cc,
        followers=case.actor.followers,
        guild=scene.instance.guild_id if is_for_guild and case.is_local else None,
    )


def _standing_alone(case: Case, note: Note) -> JsonObject:
    """Return the object as a document of its own, with the context that it inherited."""
    context = note.document.get("@context", case.activity.document.get("@context"))
    if isinstance(context, list):
        context = [part for part in context if part != PROOF_CONTEXT]
        context = context[0] if len(context) == 1 else context
    document = {name: value for name, value in note.document.items() if name != "@context"}
    return document if context is None else {"@context": context, **document}


def _notices(
    case: Case, note: Note, replied_to: NoteHead | None, *, here: Sequence[ActorId]
) -> tuple[Notice, ...]:
    """Tell the author of what was answered, and who here is mentioned; each once."""
    told: dict[ActorId, NoticeKind] = {}
    mentioned = set(note.mentions)
    for owner in here:
        if owner in mentioned:
            told[owner] = NoticeKind.MENTION
    if replied_to is not None and replied_to.is_local:
        is_job = replied_to.kind == "job_note"
        told[replied_to.actor_id] = NoticeKind.JOB_ANSWER if is_job else NoticeKind.REPLY
    told.pop(case.actor.id, None)
    return tuple(
        Notice(owner=owner, kind=kind, actor_id=case.actor.id, object_id=note.id)
        for owner, kind in told.items()
    )
