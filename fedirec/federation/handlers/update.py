"""Update: an actor's profile and keys, or a newer text of a note (ActivityPub §7.3)."""

from dataclasses import replace
from typing import Final

from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.notes import Note
from fedirec.activitypub.parse import Activity
from fedirec.domain.audience import Visibility, is_public
from fedirec.federation.handling import Case, Handler, Need, NeedKind, Outcome, Scene, ignore
from fedirec.federation.note_keeping import keep_new, keep_particulars, read_note, stored_note
from fedirec.federation.note_needs import needs_of_object
from fedirec.federation.recipients import addressed_here, reached_here
from fedirec.federation.replies import take_edit
from fedirec.storage import endorsements, notes
from fedirec.storage.database import Transaction
from fedirec.storage.notes import StoredNote

_WIDEST_FIRST: Final = (
    Visibility.PUBLIC,
    Visibility.UNLISTED,
    Visibility.FOLLOWERS,
    Visibility.GUILD,
    Visibility.DIRECT,
)


def needs_of_actor(activity: Activity, instance: Instance) -> tuple[Need, ...]:
    """Ask for the actor anew from its origin: profile and keys are read from one place only."""
    if activity.object_id != activity.actor or instance.owns(activity.actor):
        return ()
    return (Need(url=activity.actor, kind=NeedKind.FRESH_ACTOR, is_vital=True),)


async def apply_to_actor(_transaction: Transaction, case: Case, _scene: Scene) -> Outcome:
    """The refresh before the transaction did it all: profile, aliases, keys (SG-14)."""
    if case.activity.object_id != case.actor.id:
        return ignore("an actor updates itself and nobody else")
    return Outcome()


async def apply_to_note(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Replace the text of a note by its author's newer one; an unknown note is taken as new."""
    document = case.activity.object_
    if document is None:
        return ignore("an update embeds the new text")
    note = read_note(case, scene, document)
    if isinstance(note, Outcome):
        return note
    answered = await take_edit(transaction, case, scene, note)
    if answered is not None:
        return answered
    known = await notes.find_note(transaction, note.id)
    if known is None:
        return await keep_new(transaction, case, scene, note)
    refusal = _why_not(case, known, note)
    if refusal is not None:
        return ignore(refusal)
    kept = replace(
        _narrowed(known, stored_note(case, scene, note)),
        kind=known.kind,
        published_at=known.published_at,
        updated_at=note.updated_at or scene.now,
    )
    await notes.update_note(transaction, kept)
    if known.kind == "endorsement" and note.endorsement is None:
        await endorsements.delete_endorsement(transaction, note.id)
    await keep_particulars(transaction, case, scene, note, kept)
    addressed = await addressed_here(transaction, case.activity)
    return Outcome(inbox_owners=await reached_here(transaction, case, addressed))


def _why_not(case: Case, known: StoredNote, note: Note) -> str | None:
    """Return why the update is not taken (OR-05, OR-18), or None."""
    if known.actor_id != case.actor.id:
        return "updates what somebody else made"
    latest = known.updated_at or known.published_at
    if not case.is_fetched and (note.updated_at is None or note.updated_at <= latest):
        return "is not newer than what is kept"
    was_public = is_public(known.readers)
    if not was_public and is_public((*note.to, *note.cc)):
        return "would show to all what was shown to some"
    if _becomes_another_kind(known.kind, note):
        return f"would turn a {known.kind.replace('_', ' ')} into something else"
    return None


def _becomes_another_kind(kind: str, note: Note) -> bool:
    """Whether a newer text is another kind of thing; an endorsement may cease to be one."""
    if kind == "job_note":
        return note.job is None or note.endorsement is not None
    return note.job is not None or (note.endorsement is not None and kind != "endorsement")


def _narrowed(known: StoredNote, renewed: StoredNote) -> StoredNote:
    """Return the new version for the readers that both name: an audience shrinks, never grows.

    A version that names nobody at all says nothing about who may read it.
    """
    if not renewed.readers:
        return replace(renewed, visibility=known.visibility, readers=known.readers)
    return replace(
        renewed,
        visibility=max(known.visibility, renewed.visibility, key=_WIDEST_FIRST.index),
        readers=tuple(reader for reader in known.readers if reader in renewed.readers),
    )


ACTOR_HANDLER = Handler(apply=apply_to_actor, needs=needs_of_actor)
NOTE_HANDLER = Handler(apply=apply_to_note, needs=needs_of_object)
