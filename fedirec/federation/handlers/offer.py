"""Offer: someone asks one of ours whether a text about them may be published.

The offer is the only trace (FEDERATION.md, Consent). Whatever is refused here is answered like what
is not: the sender learns nothing from silence.
"""

from fedirec.activitypub.documents import dump, id_of
from fedirec.activitypub.endorsements import core_digest, parse_endorsement, why_not_offer
from fedirec.domain.actors import Actor, ActorId, ObjectId
from fedirec.domain.endorsements import (
    Endorsement,
    OfferPolicy,
    OfferState,
    OfferWay,
    check_open_offers,
    who_may_offer,
)
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.domain.origins import host_of, same_origin
from fedirec.errors import InvalidInputError
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import actors, blocks, follows, offers, peers, tombstones
from fedirec.storage.database import Transaction
from fedirec.storage.offers import Offer


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Keep the offer for the person it is about, or for us while it waits elsewhere."""
    endorsement = _read(case, scene)
    if isinstance(endorsement, str):
        return ignore(f"is not an offer of an endorsement: {endorsement}")
    endorsed = await actors.find_actor(transaction, ActorId(endorsement.endorsed))
    if endorsed is None or not (endorsed.is_local or case.is_local):
        return ignore("is about nobody here")
    if (
        await tombstones.find_tombstone(transaction, str(case.activity.id), owner=case.actor.id)
        is not None
    ):
        return ignore("was taken back before it came")
    if case.is_local and not endorsed.is_local:
        await _keep(transaction, case, scene, endorsed, OfferState.WAITING)
        return Outcome()
    refusal = await _refusal(transaction, case, scene, endorsed)
    if refusal is not None:
        return await _drop(transaction, case, scene, endorsed, refusal)
    is_aside = await _stands_aside(transaction, case, scene)
    state = OfferState.ASIDE if is_aside else OfferState.WAITING
    await _keep(transaction, case, scene, endorsed, state)
    return Outcome() if is_aside else Outcome(notices=(_notice(case, endorsed),))


async def _drop(
    transaction: Transaction, case: Case, scene: Scene, endorsed: Actor, refusal: str
) -> Outcome:
    """Let the offer come to nothing; one of ours is kept as declined, which looks like silence."""
    if not case.is_local:
        return ignore(refusal)
    await _keep(transaction, case, scene, endorsed, OfferState.DECLINED)
    return Outcome()


def _read(case: Case, scene: Scene) -> Endorsement | str:
    """Return the endorsement offered, or why there is none."""
    note = case.activity.object_
    if note is None or "endorsement" not in note:
        return "it embeds none"
    note_id = id_of(note)
    if note_id is None or not same_origin(note_id, case.actor.id):
        return "id: the Note is not where who offers it is"
    limits = scene.limits
    try:
        refusal = why_not_offer(case.activity.document, limits=limits)
        return refusal or parse_endorsement(note, limits=limits)
    except InvalidInputError as error:
        return str(error)


def _notice(case: Case, endorsed: Actor) -> Notice:
    return Notice(
        owner=endorsed.id,
        kind=NoticeKind.OFFER,
        actor_id=case.actor.id,
        object_id=str(case.activity.id),
    )


async def _refusal(
    transaction: Transaction, case: Case, scene: Scene, endorsed: Actor
) -> str | None:
    """Return why the offer is dropped without a word, or None."""
    if await blocks.is_actor_blocked(transaction, endorsed.id, case.actor.id):
        return "is by somebody the person blocks"
    is_follower = await follows.is_follower(
        transaction, follower=case.actor.id, followed=endorsed.id
    )
    policy = who_may_offer(endorsed, case.actor.id, endorser_is_follower=is_follower)
    if policy is not OfferPolicy.WELCOME:
        return "is by somebody the person takes no offers from"
    note_id = str((case.activity.object_ or {}).get("id"))
    newest = await offers.newest_offer(transaction, ObjectId(note_id))
    if newest is not None and newest.endorser_id != case.actor.id:
        return "names a text that somebody else offered"
    counts = await offers.count_open(
        transaction,
        endorser_id=case.actor.id,
        endorsed_id=endorsed.id,
        host=host_of(case.actor.id),
        note_id=ObjectId(note_id),
        now=scene.now,
    )
    return check_open_offers(counts, now=scene.now, limits=scene.limits)


async def _stands_aside(transaction: Transaction, case: Case, scene: Scene) -> bool:
    """Whether it waits without a notice: from a host new to us, or an actor nobody here follows."""
    if case.is_local:
        return False
    peer = await peers.find_peer(transaction, host_of(case.actor.id))
    is_new = peer is None or scene.now - peer.first_seen_at < scene.limits.new_host_age
    return is_new or not await follows.local_followers(transaction, case.actor.id)


async def _keep(
    transaction: Transaction, case: Case, scene: Scene, endorsed: Actor, state: OfferState
) -> None:
    """Write the offer; an earlier one of the same text that still waits is superseded by it."""
    activity = case.activity
    note = activity.object_ or {}
    latest_end = scene.now + scene.limits.offer_lifetime
    offer = Offer(
        id=str(activity.id),
        note_id=ObjectId(str(note["id"])),
        endorser_id=case.actor.id,
        endorsed_id=endorsed.id,
        way=OfferWay.OFFER,
        asked_by=case.actor.id,
        question_id=None,
        body=dump(activity.document).decode(),
        digest=core_digest(note),
        state=state,
        created_at=scene.now,
        ends_at=min(activity.ends_at or latest_end, latest_end),
        answered_at=scene.now if state is OfferState.DECLINED else None,
        explained_at=None,
        stamp_id=None,
    )
    await offers.supersede_earlier(transaction, offer.note_id, offer.id, scene.now)
    await offers.insert_offer(transaction, offer)


HANDLER = Handler(apply=apply)
