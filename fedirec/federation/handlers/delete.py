"""Delete: an actor leaves, a note goes, or a stamp is taken back (ActivityPub §7.4, OR-08)."""

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.endorsements import OfferState
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.domain.origins import host_of, same_origin
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.federation.replies import take_back
from fedirec.federation.stamping import retract_all_about, retract_note
from fedirec.storage import (
    actors,
    endorsements,
    notes,
    offers,
    stamps,
    tombstones,
)
from fedirec.storage.database import Transaction
from fedirec.storage.endorsements import StoredEndorsement
from fedirec.storage.notes import StoredNote
from fedirec.storage.stamps import Stamp


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
    """Forget the actor, and take back what was said here about them: nobody is left to agree."""
    if case.is_local:
        await actors.mark_gone(transaction, case.actor.id, scene.now)
        return Outcome()
    publications = await retract_all_about(transaction, scene, case.actor.id)
    await actors.delete_remote_actor(transaction, case.actor.id, scene.now)
    return Outcome(publications=publications)


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
    """Hide the endorsements whose consent is taken back, and delete those that are ours.

    None when the id names no stamp known here, neither kept nor named by an endorsement.
    """
    stamp = await stamps.find_stamp(transaction, stamp_id)
    named_by = await _named_by(transaction, stamp_id, stamp)
    if stamp is None and not named_by:
        return None
    given = [each for each in named_by if _is_giver(case.actor.id, stamp_id, stamp, each)]
    is_anothers = any(each.state == "confirmed" and each not in given for each in named_by)
    is_own = bool(given) if stamp is None else case.actor.id == stamp.actor_id
    if is_anothers or not is_own:
        return ignore("takes back a consent that somebody else gave")
    await stamps.withdraw_stamp(transaction, stamp_id, scene.now)
    await _plant(transaction, case, scene, stamp_id)
    outcomes = [await _hide(transaction, case, scene, each) for each in given]
    return Outcome(
        publications=tuple(each for outcome in outcomes for each in outcome.publications),
        notices=tuple(each for outcome in outcomes for each in outcome.notices),
    )


async def _named_by(
    transaction: Transaction, stamp_id: ObjectId, stamp: Stamp | None
) -> list[StoredEndorsement]:
    """Return what stands on a stamp: a kept one says for which note it is, others are named."""
    if stamp is None:
        return await endorsements.list_by_consent(transaction, stamp_id)
    found = await endorsements.find_endorsement(transaction, stamp.note_id)
    return [found] if found is not None and found.consent_id == stamp_id else []


async def _hide(
    transaction: Transaction, case: Case, scene: Scene, endorsement: StoredEndorsement
) -> Outcome:
    """Hide one endorsement; delete it and tell its author where that is one of ours."""
    await endorsements.hide_endorsement(transaction, endorsement.note_id)
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


def _is_giver(
    actor_id: ActorId, stamp_id: ObjectId, stamp: Stamp | None, endorsement: StoredEndorsement
) -> bool:
    """Whether the actor gave the stamp: as it says, or by whose origin it is on.

    A stamp on another origin than the endorsed person's is a guild's, given on their behalf.
    """
    if stamp is not None:
        return actor_id == stamp.actor_id
    is_by_guild = not same_origin(stamp_id, endorsement.endorsed_id)
    return actor_id == endorsement.endorsed_id or (is_by_guild and same_origin(stamp_id, actor_id))


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
