"""Delete: an actor leaves, a note goes, or a stamp is taken back (ActivityPub §7.4, OR-08)."""

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.endorsements import OfferState
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.domain.origins import host_of, same_origin
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.federation.replies import take_back
from fedirec.federation.stamping import retract_note
from fedirec.storage import (
    actors,
    endorsements,
    notes,
    offers,
    stamps,
    tombstones,
)
from fedirec.storage.database import Transaction
from fedirec.storage.notes import StoredNote


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Delete what the actor owns; an unknown id on its own origin is remembered as deleted."""
    object_id = case.activity.object_id
    if object_id is None:
        return ignore("a deletion names what is deleted")
    if object_id == case.actor.id:
        return await _actor_leaves(transaction, case, scene)
    if not same_origin(object_id, case.actor.id):
        return ignore("deletes what is on another origin")
    note = await notes.find_note(transaction, ObjectId(object_id))
    if note is not None:
        return await _delete_note(transaction, case, scene, note)
    withdrawn = await _withdraw_stamp(transaction, case, scene, ObjectId(object_id))
    if withdrawn is not None:
        return withdrawn
    answered = await take_back(transaction, case, scene, ObjectId(object_id))
    await _plant(transaction, case, scene, object_id)
    return answered


async def _actor_leaves(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    if case.is_local:
        await actors.mark_gone(transaction, case.actor.id, scene.now)
        return Outcome()
    await actors.delete_remote_actor(transaction, case.actor.id, scene.now)
    return Outcome()


async def _delete_note(
    transaction: Transaction, case: Case, scene: Scene, note: StoredNote
) -> Outcome:
    """Drop the note and all it was; a stamp given here for it is withdrawn with it."""
    if note.actor_id != case.actor.id:
        return ignore("deletes what somebody else made")
    await stamps.withdraw_stamps(transaction, note.id, scene.now)
    await notes.delete_note(transaction, note.id)
    await _plant(transaction, case, scene, note.id)
    newest = await offers.newest_offer(transaction, note.id)
    if newest is not None:
        await offers.set_offer_state(transaction, newest.id, OfferState.WITHDRAWN, scene.now)
    return Outcome()


async def _withdraw_stamp(
    transaction: Transaction, case: Case, scene: Scene, stamp_id: ObjectId
) -> Outcome | None:
    """Hide an endorsement whose consent is taken back, and delete it where it is ours.

    None when the id names no stamp known here, neither kept nor named by an endorsement.
    """
    endorsement = await endorsements.find_by_consent(transaction, stamp_id)
    stamp = await stamps.find_stamp(transaction, stamp_id)
    if endorsement is None and stamp is None:
        return None
    giver = stamp.actor_id if stamp is not None else None
    endorsed = endorsement.endorsed_id if endorsement is not None else None
    if case.actor.id not in {giver, endorsed}:
        return ignore("takes back a consent that somebody else gave")
    await stamps.withdraw_stamp(transaction, stamp_id, scene.now)
    await _plant(transaction, case, scene, stamp_id)
    if endorsement is None:
        return Outcome()
    await endorsements.set_state(transaction, endorsement.note_id, "hidden", now=scene.now)
    endorser = await actors.find_actor(transaction, endorsement.endorser_id)
    if endorser is None or not endorser.is_local:
        return Outcome()
    notice = Notice(
        owner=endorser.id,
        kind=NoticeKind.WITHDRAWN,
        actor_id=case.actor.id,
        object_id=endorsement.note_id,
    )
    publications = await retract_note(transaction, scene, endorser, endorsement.note_id)
    return Outcome(publications=publications, notices=(notice,))


async def _plant(transaction: Transaction, case: Case, scene: Scene, object_id: str) -> None:
    await tombstones.plant(
        transaction,
        ObjectId(object_id),
        ActorId(case.actor.id),
        host_of(object_id),
        scene.now,
        per_host=scene.limits.tombstones_per_host,
    )


HANDLER = Handler(apply=apply)
