"""Accept: a Follow of ours was accepted, or an offer of ours was agreed to (ActivityPub §7.5)."""

from datetime import datetime

from fedirec.activitypub.documents import dump, instant_of
from fedirec.activitypub.endorsements import parse_stamp
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.parse import Activity
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import OfferState, StampVerdict, judge_stamp
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.domain.origins import same_origin
from fedirec.errors import InvalidInputError, RemoteUnavailableError
from fedirec.federation.answered_follows import find_answered
from fedirec.federation.handling import Case, Handler, Need, Outcome, Scene, ignore
from fedirec.federation.stamping import publish_agreed
from fedirec.storage import follows, offers, stamps
from fedirec.storage.database import Transaction
from fedirec.storage.offers import Offer
from fedirec.storage.stamps import Stamp


def needs(activity: Activity, instance: Instance) -> tuple[Need, ...]:
    """Ask for the stamp that an answer to an offer names, from the answerer's own origin."""
    stamp_id = activity.result_id
    if stamp_id is None or instance.owns(stamp_id) or not same_origin(stamp_id, activity.actor):
        return ()
    return (Need(url=stamp_id, is_vital=True),)


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Settle the Follow or offer that is accepted; only its own addressee can (OR-06)."""
    activity = case.activity
    if activity.object_id is not None:
        offer = await offers.find_offer(transaction, activity.object_id)
        if offer is not None:
            return await _accept_offer(transaction, case, scene, offer)
    follow = await find_answered(transaction, activity)
    if follow is None:
        return ignore("accepts a follow that was never asked of its actor")
    await follows.accept_follow(transaction, follow.follower_id, follow.followed_id, scene.now)
    return Outcome(inbox_owners=(follow.follower_id,))


async def _accept_offer(
    transaction: Transaction, case: Case, scene: Scene, offer: Offer
) -> Outcome:
    """Publish on a good stamp; a bad or late one changes nothing.

    Of an offer made elsewhere there is nothing to do here: its endorser's server publishes.
    """
    if not scene.instance.owns(offer.endorser_id):
        return Outcome() if case.is_local else ignore("accepts an offer made on another server")
    refusal = await _why_not(transaction, case, offer)
    if refusal is not None:
        return ignore(refusal)
    stamp_id = ObjectId(str(case.activity.result_id))
    if not case.is_local:
        await _keep_remote_stamp(transaction, case, offer, stamp_id, scene.now)
    publications = await publish_agreed(transaction, scene, offer, consent=stamp_id)
    notice = Notice(
        owner=offer.endorser_id,
        kind=NoticeKind.ANSWER,
        actor_id=case.actor.id,
        object_id=offer.note_id,
    )
    return Outcome(publications=publications, notices=(notice,))


async def _why_not(transaction: Transaction, case: Case, offer: Offer) -> str | None:
    """Return why this answer cannot be taken, or None (FEDERATION.md, Consent)."""
    if case.actor.id != offer.endorsed_id:
        return "accepts an offer made to somebody else"
    is_open = offer.state in {OfferState.WAITING, OfferState.ASIDE}
    if not is_open and not (case.is_local and offer.state is OfferState.ACCEPTED):
        return f"accepts an offer that is {offer.state}"
    newest = await offers.newest_offer(transaction, offer.note_id)
    if newest is None or newest.id != offer.id:
        return "accepts an older offer of the same text"
    if case.activity.result_id is None:
        return "an answer names its stamp as result, and this one names none"
    return _why_bad_stamp(case, offer)


def _why_bad_stamp(case: Case, offer: Offer) -> str | None:
    if case.is_local:
        return None
    stamp_id = str(case.activity.result_id)
    document = case.resolved.documents.get(stamp_id)
    if document is None:
        failure = case.resolved.failures.get(stamp_id)
        return f"the stamp {stamp_id} is not there: {failure.reason if failure else 'not asked'}"
    try:
        facts = parse_stamp(document)
    except InvalidInputError as error:
        return f"the stamp {stamp_id} is malformed: {error}"
    verdict = judge_stamp(
        facts,
        note_id=offer.note_id,
        endorsed=offer.endorsed_id,
        digest=offer.digest,
        endorsed_origin_equals_stamp=same_origin(stamp_id, offer.endorsed_id),
    )
    return None if verdict is StampVerdict.CONSENT else f"the stamp {stamp_id} is for another text"


async def _keep_remote_stamp(
    transaction: Transaction, case: Case, offer: Offer, stamp_id: ObjectId, now: datetime
) -> None:
    """Keep what was fetched, so that it can be shown when its host is gone."""
    from_origin = case.resolved.documents.get(stamp_id)
    if from_origin is None:
        message = f"the stamp {stamp_id} was not fetched"
        raise RemoteUnavailableError(message)
    await stamps.insert_stamp(
        transaction,
        Stamp(
            id=stamp_id,
            note_id=offer.note_id,
            endorser_id=offer.endorser_id,
            actor_id=offer.endorsed_id,
            endorsed_id=offer.endorsed_id,
            digest=offer.digest,
            body=dump(from_origin).decode(),
            is_local=False,
            published_at=instant_of(from_origin.get("published")) or now,
            withdrawn_at=None,
        ),
    )


HANDLER = Handler(apply=apply, needs=needs)
