"""Reject: a Follow of ours was refused or ended, or an offer was declined aloud."""

from fedirec.activitypub.parse import Activity
from fedirec.domain.actors import ActorId
from fedirec.domain.endorsements import OfferState
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import follows, offers
from fedirec.storage.database import Transaction
from fedirec.storage.follows import Follow


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """End what was asked of the actor; only its own addressee can (OR-06).

    A declined offer looks like silence to who made it, so nobody is told.
    """
    activity = case.activity
    if activity.object_id is not None:
        offer = await offers.find_offer(transaction, activity.object_id)
        if offer is not None and offer.endorsed_id == case.actor.id:
            if offer.state in {OfferState.WAITING, OfferState.ASIDE}:
                await offers.set_offer_state(transaction, offer.id, OfferState.DECLINED, scene.now)
            return Outcome()
    follow = await _follow_meant(transaction, activity)
    if follow is None or follow.followed_id != case.actor.id:
        return ignore("rejects what was never asked of its actor")
    await follows.remove_follow(transaction, follow.follower_id, follow.followed_id)
    return Outcome()


async def _follow_meant(transaction: Transaction, activity: Activity) -> Follow | None:
    if activity.object_id is not None:
        follow = await follows.find_follow_by_activity(transaction, activity.object_id)
        if follow is not None:
            return follow
    embedded = activity.object_ or {}
    follower = embedded.get("actor")
    if embedded.get("type") != "Follow" or not isinstance(follower, str):
        return None
    return await follows.find_follow(transaction, ActorId(follower), activity.actor)


HANDLER = Handler(apply=apply)
