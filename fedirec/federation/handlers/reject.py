"""Reject: a Follow of ours was refused or ended, or an offer was declined aloud."""

from fedirec.domain.endorsements import OfferState
from fedirec.federation.answered_follows import find_answered
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import follows, offers
from fedirec.storage.database import Transaction


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
    follow = await find_answered(transaction, activity)
    if follow is None:
        return ignore("rejects what was never asked of its actor")
    await follows.remove_follow(transaction, follow.follower_id, follow.followed_id)
    return Outcome()


HANDLER = Handler(apply=apply)
