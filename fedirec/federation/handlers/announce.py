"""Announce: a boost. What is boosted is believed only from its own origin (OR-07, OR-18)."""

from fedirec.activitypub.documents import JsonObject, id_of, object_of
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.notes import parse_note
from fedirec.activitypub.parse import Activity
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.audience import Visibility
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.domain.origins import same_origin
from fedirec.domain.public import PUBLIC
from fedirec.errors import MalformedActivityError
from fedirec.federation import consent
from fedirec.federation.handling import (
    Case,
    Handler,
    Need,
    NeedKind,
    Outcome,
    Resolved,
    Scene,
    ignore,
)
from fedirec.federation.note_keeping import keep_particulars, stored_note
from fedirec.federation.note_needs import needs_of_document
from fedirec.federation.recipients import addressed_here, reached_here
from fedirec.storage import actors, notes, reactions, tombstones
from fedirec.storage.database import Transaction
from fedirec.storage.notes import StoredNote
from fedirec.storage.reactions import Reaction, ReactionKind


def needs(activity: Activity, instance: Instance) -> tuple[Need, ...]:
    """Ask for the boosted object from its origin, never from the boost."""
    if activity.object_id is None or instance.owns(activity.object_id):
        return ()
    return (Need(url=activity.object_id),)


def more_needs(resolved: Resolved, instance: Instance) -> tuple[Need, ...]:
    """Ask for the author of what was boosted, who may be new to us, and for what it needs."""
    fetched = [_note_in(document) for document in resolved.documents.values()]
    found = [note for note in fetched if note is not None]
    authors = [id_of(note.get("attributedTo")) for note in found]
    return (
        *(
            Need(url=author, kind=NeedKind.ACTOR)
            for author in authors
            if author is not None and not instance.owns(author)
        ),
        *(need for note in found for need in needs_of_document(note, instance)),
    )


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Keep the boost of a public note; tell its author here; show it to the booster's followers."""
    activity = case.activity
    if activity.object_id is None:
        return ignore("a boost names what is boosted")
    if activity.id is not None and await tombstones.find_tombstone(
        transaction, activity.id, owner=case.actor.id
    ):
        return ignore("was undone before it came")
    addressed = await addressed_here(transaction, case.activity)
    owners = await reached_here(transaction, case, addressed)
    note = await notes.find_note(transaction, ObjectId(activity.object_id))
    if note is None and not owners:
        return ignore("nobody here follows the booster")
    if note is None:
        note = await _keep_fetched(transaction, case, scene)
    if note is None:
        return ignore("its object cannot be had from its origin as a public post")
    if note.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED}:
        return ignore("boosts what is not public")
    await _record(transaction, case, scene, note)
    return Outcome(inbox_owners=owners, notices=_notices(case, note))


def _notices(case: Case, note: StoredNote) -> tuple[Notice, ...]:
    if not note.is_local or note.actor_id == case.actor.id:
        return ()
    return (
        Notice(
            owner=note.actor_id,
            kind=NoticeKind.ANNOUNCE,
            actor_id=case.actor.id,
            object_id=note.id,
        ),
    )


async def _record(transaction: Transaction, case: Case, scene: Scene, note: StoredNote) -> None:
    """Keep the boost; one by the endorsed person confirms an endorsement agreed to by reply."""
    await reactions.save_reaction(
        transaction,
        Reaction(
            object_id=note.id,
            actor_id=case.actor.id,
            kind=ReactionKind.ANNOUNCE,
            activity_id=case.activity.id,
            content=None,
            created_at=scene.now,
        ),
    )
    await consent.look_again(transaction, scene, note.id, case.actor.id)


async def _keep_fetched(transaction: Transaction, case: Case, scene: Scene) -> StoredNote | None:
    """Keep the boosted note as its origin serves it, if that is a public post of a known actor."""
    document = _note_in(case.resolved.documents.get(str(case.activity.object_id)))
    if document is None:
        return None
    try:
        note = parse_note(document, limits=scene.limits)
    except MalformedActivityError:
        return None
    author = await actors.find_actor(transaction, ActorId(note.attributed_to))
    is_public = PUBLIC in (*note.to, *note.cc)
    if author is None or not is_public or not same_origin(note.id, author.id):
        return None
    if await tombstones.find_tombstone(transaction, note.id, owner=author.id) is not None:
        return None
    told = Case(activity=case.activity, actor=author, is_fetched=True, resolved=case.resolved)
    kept = stored_note(told, scene, note)
    await notes.insert_note(transaction, kept)
    await keep_particulars(transaction, told, scene, note, kept)
    return kept


def _note_in(document: JsonObject | None) -> JsonObject | None:
    """Return the note itself, or the one inside a fetched Create (FEP-1b12), same origin only."""
    if document is None or document.get("type") != "Create":
        return document
    inner, outer_id = object_of(document.get("object")), id_of(document)
    inner_id = id_of(inner)
    if inner is None or inner_id is None or outer_id is None:
        return None
    return inner if same_origin(inner_id, outer_id) else None


HANDLER = Handler(apply=apply, needs=needs, more_needs=more_needs)
