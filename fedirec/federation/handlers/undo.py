"""Undo: takes back a Follow, Like, boost, Block or offer (ActivityPub §7.10, OR-06).

The inner activity is looked up by its id; what an embedded copy says counts only where its actor is
the outer one. An Undo that comes first is remembered, so that the late original does nothing.
"""

from typing import Final

from fedirec.activitypub.documents import JsonObject, id_of
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.endorsements import OfferState
from fedirec.domain.origins import host_of, same_origin
from fedirec.federation import consent
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import blocks, follows, offers, reactions, tombstones
from fedirec.storage.database import Transaction
from fedirec.storage.reactions import ReactionKind

_KINDS: Final = {
    "Announce": (ReactionKind.ANNOUNCE,),
    "Like": (ReactionKind.LIKE, ReactionKind.EMOJI),
    "EmojiReact": (ReactionKind.LIKE, ReactionKind.EMOJI),
}


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Take back what the actor did, whichever way the Undo names it."""
    inner: JsonObject = case.activity.object_ or {}
    inner_actor = id_of(inner.get("actor"))
    if inner_actor is not None and inner_actor != case.actor.id:
        return ignore("undoes what somebody else did")
    inner_id = case.activity.object_id
    is_undone = inner_id is not None and await _undo_by_id(transaction, case, scene, inner_id)
    if not is_undone and inner_actor is not None:
        is_undone = await _undo_embedded(transaction, case, scene, inner)
    if inner_id is not None and same_origin(inner_id, case.actor.id):
        await tombstones.plant(
            transaction,
            ObjectId(inner_id),
            case.actor.id,
            host_of(inner_id),
            scene.now,
            per_host=scene.limits.tombstones_per_host,
        )
    return Outcome() if is_undone else ignore("undoes nothing known here")


async def _undo_by_id(transaction: Transaction, case: Case, scene: Scene, inner_id: str) -> bool:
    """Undo a stored Follow, offer or reaction of the actor's by its activity id."""
    follow = await follows.find_follow_by_activity(transaction, inner_id)
    if follow is not None:
        is_own = follow.follower_id == case.actor.id
        return is_own and await follows.remove_follow(
            transaction, follow.follower_id, follow.followed_id
        )
    offer = await offers.find_offer(transaction, inner_id)
    if offer is not None:
        return await _retract(transaction, case, scene, offer.id)
    reaction = await reactions.find_by_activity(transaction, inner_id)
    if reaction is None or reaction.actor_id != case.actor.id:
        return False
    return await _undo_reactions(transaction, case, scene, reaction.object_id, (reaction.kind,))


async def _retract(transaction: Transaction, case: Case, scene: Scene, offer_id: str) -> bool:
    """Take back an offer that still waits, as far as who made it knows; nobody else can."""
    offer = await offers.find_offer(transaction, offer_id)
    if offer is None or offer.endorser_id != case.actor.id:
        return False
    if offer.state not in {OfferState.WAITING, OfferState.ASIDE, OfferState.DECLINED}:
        return False
    await offers.set_offer_state(transaction, offer.id, OfferState.RETRACTED, scene.now)
    return True


async def _undo_embedded(
    transaction: Transaction, case: Case, scene: Scene, inner: JsonObject
) -> bool:
    """Undo by type and object, for peers whose activity ids do not last."""
    object_id = id_of(inner.get("object"))
    if object_id is None:
        return False
    match inner.get("type"):
        case "Follow":
            return await follows.remove_follow(transaction, case.actor.id, ActorId(object_id))
        case "Block":
            if case.is_local:
                await blocks.unblock(transaction, case.actor.id, object_id)
            return case.is_local
        case "Announce" | "Like" | "EmojiReact" as kind:
            return await _undo_reactions(transaction, case, scene, object_id, _KINDS[kind])
        case "Accept":
            return await _unaccept(transaction, case, inner)
        case _:
            return False


async def _undo_reactions(
    transaction: Transaction,
    case: Case,
    scene: Scene,
    object_id: str,
    kinds: tuple[ReactionKind, ...],
) -> bool:
    """Take reactions back; the person's own boost may have been what confirmed an endorsement."""
    removed = [
        await reactions.remove_reaction(
            transaction, object_id=object_id, actor_id=case.actor.id, kind=kind
        )
        for kind in kinds
    ]
    if any(removed) and ReactionKind.ANNOUNCE in kinds:
        await consent.look_again(transaction, scene, ObjectId(object_id), case.actor.id)
    return any(removed)


async def _unaccept(transaction: Transaction, case: Case, inner: JsonObject) -> bool:
    """End a follow of ours whose acceptance is taken back."""
    follow_id = id_of(inner.get("object"))
    follow = (
        None if follow_id is None else await follows.find_follow_by_activity(transaction, follow_id)
    )
    if follow is None or follow.followed_id != case.actor.id:
        return False
    return await follows.remove_follow(transaction, follow.follower_id, follow.followed_id)


HANDLER = Handler(apply=apply)
