"""The three ways to ask somebody whether a text about them may be published.

An Offer where our vocabulary is spoken; one direct note to a person elsewhere who follows the
endorser or the guild, or wrote to them lately; else a link that the endorser hands over. Part of
what `endorsements.py` does.
"""

from dataclasses import dataclass

from fedirec.activitypub.documents import JsonObject, dump
from fedirec.activitypub.endorsements import core_digest, render_offer
from fedirec.activitypub.questions import ConsentQuestion, render_question
from fedirec.domain.actors import ActivityId, Actor, ObjectId
from fedirec.domain.endorsements import (
    EndorsementDraft,
    OfferPolicy,
    OfferState,
    OfferWay,
    check_open_offers,
    check_questions,
    who_may_offer,
)
from fedirec.domain.origins import host_of
from fedirec.errors import ForbiddenError
from fedirec.federation.handling import Publication, Scene
from fedirec.federation.outbox import note_done, publish_in
from fedirec.storage import actors, blocks, follows, notes, offers
from fedirec.storage.database import Transaction
from fedirec.storage.offers import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMade:
    """What became of a wish to endorse: the offer, and how the person is asked, in words."""

    offer: Offer
    way: OfferWay
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One wish to endorse on its way: who, whom, what, and the Note made of it."""

    scene: Scene
    endorser: Actor
    endorsed: Actor
    draft: EndorsementDraft
    note: JsonObject

    @property
    def note_id(self) -> ObjectId:
        """The id the endorsement has, or will have."""
        return ObjectId(str(self.note["id"]))


async def ask_in(transaction: Transaction, asking: Asking) -> OfferMade:
    """Choose the way: an Offer where the vocabulary is spoken, else a question, else a link."""
    endorser, endorsed = asking.endorser, asking.endorsed
    is_follower = await follows.is_follower(transaction, follower=endorser.id, followed=endorsed.id)
    policy = who_may_offer(endorsed, endorser.id, endorser_is_follower=is_follower)
    if policy is OfferPolicy.NEVER and not _knows_better(endorsed):
        message = f"{endorsed.handle} takes no endorsements; nothing was sent"
        raise ForbiddenError(message)
    if not endorsed.is_local and await blocks.is_actor_blocked(
        transaction, endorsed.id, endorser.id
    ):
        return await _hand_over(transaction, asking)  # as if there were no way to them
    if policy is not OfferPolicy.STRANGER:
        await _check_open(transaction, asking)
        return await _send_offer(transaction, asking)
    acquaintance = await _acquaintance(transaction, asking)
    if acquaintance is not None:
        return await _send_question(transaction, asking, acquaintance)
    return await _hand_over(transaction, asking)


def _knows_better(endorsed: Actor) -> bool:
    """Whether only their own server can tell if we may, as their followers may offer."""
    return not endorsed.is_local and endorsed.followers in (endorsed.can_endorse or ())


async def _check_open(transaction: Transaction, asking: Asking) -> None:
    """Raise ForbiddenError if enough is open, by what the endorser may know of it."""
    counts = await offers.count_open(
        transaction,
        endorser_id=asking.endorser.id,
        endorsed_id=asking.endorsed.id,
        host=host_of(asking.endorser.id),
        note_id=asking.note_id,
        now=asking.scene.now,
        knows_answers=False,
    )
    refusal = check_open_offers(counts, now=asking.scene.now, limits=asking.scene.limits)
    if refusal is not None:
        raise ForbiddenError(refusal)


async def _send_offer(transaction: Transaction, asking: Asking) -> OfferMade:
    """Publish the Offer; its handler keeps it, here and there."""
    scene = asking.scene
    document = render_offer(
        id=scene.mint.activity_id(),
        endorser=asking.endorser.id,
        endorsed=asking.endorsed.id,
        note=asking.note,
        published=scene.now,
        ends_at=scene.now + scene.limits.offer_lifetime,
    )
    publication = Publication(actor=asking.endorser, document=document, is_personal=True)
    offer_id = await publish_in(transaction, scene, publication)
    kept = await offers.find_offer(transaction, offer_id)
    if kept is None:
        message = f"an offer of ours is always kept, and {offer_id} was not"
        raise ValueError(message)
    return OfferMade(
        offer=kept,
        way=OfferWay.OFFER,
        message=f"{asking.endorsed.handle} is asked; nobody else sees it before they agree",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """Who may ask by a direct note, and what the person wrote to them, if that is why."""

    asker: Actor
    wrote: str | None = None


async def _acquaintance(transaction: Transaction, asking: Asking) -> Acquaintance | None:
    """Return the endorser or the guild, whichever the person follows or wrote to lately."""
    scene, person = asking.scene, asking.endorsed.id
    guild = await actors.get_actor(transaction, scene.instance.guild_id)
    askers = (asking.endorser, guild)
    for asker in askers:
        if await follows.is_follower(transaction, follower=person, followed=asker.id):
            return Acquaintance(asker=asker)
    since = scene.now - scene.limits.acquaintance
    for asker in askers:
        wrote = await notes.find_latest_direct(transaction, person, asker.id, since=since)
        if wrote is not None:
            return Acquaintance(asker=asker, wrote=wrote.id)
    return None


async def _send_question(
    transaction: Transaction, asking: Asking, acquaintance: Acquaintance
) -> OfferMade:
    """Send one direct note that shows the whole text and says which word agrees."""
    scene, asker = asking.scene, acquaintance.asker
    await _check_open(transaction, asking)
    counts = await offers.count_questions(
        transaction,
        endorsed_id=asking.endorsed.id,
        endorser_id=asking.endorser.id,
        guild_id=scene.instance.guild_id,
        host=host_of(asking.endorsed.id),
        now=scene.now,
    )
    refusal = check_questions(counts, limits=scene.limits)
    if refusal is not None:
        raise ForbiddenError(refusal)
    question_id = scene.instance.note_id(scene.mint.ulid())
    document = render_question(
        ConsentQuestion(
            asker=asker,
            endorser=asking.endorser,
            endorsed=asking.endorsed,
            draft=asking.draft,
            details=scene.instance.answer_url(asking.note_id),
        ),
        activity_id=scene.mint.activity_id(),
        id=question_id,
        published=scene.now,
        in_reply_to=acquaintance.wrote,
    )
    made = _row(asking, OfferWay.QUESTION, asker=asker, question_id=question_id)
    await _keep(transaction, asking, made)
    await publish_in(transaction, scene, Publication(actor=asker, document=document))
    return OfferMade(
        offer=made,
        way=OfferWay.QUESTION,
        message=f"{asking.endorsed.handle} is asked by a direct note from {asker.handle};"
        " one word in reply decides, and silence is a no",
    )


async def _hand_over(transaction: Transaction, asking: Asking) -> OfferMade:
    """Keep the wish and give the member a link to hand over; nothing is sent to a stranger."""
    await _check_open(transaction, asking)
    made = _row(asking, OfferWay.LINK, asker=asking.endorser, question_id=None)
    link = asking.scene.instance.answer_url(asking.note_id)
    await _keep(transaction, asking, made)
    return OfferMade(
        offer=made,
        way=OfferWay.LINK,
        message=f"{asking.endorsed.handle} follows neither you nor the guild, so nothing was sent;"
        f" ask them to follow the guild, or hand them this link: {link}",
    )


async def _keep(transaction: Transaction, asking: Asking, made: Offer) -> None:
    """Keep what no Offer was published for, and note that it is what came of the member's POST."""
    await note_done(transaction, asking.scene, asking.endorser.id, ActivityId(made.id))
    await offers.supersede_earlier(transaction, made.note_id, made.id, asking.scene.now)
    await offers.insert_offer(transaction, made)


def _row(asking: Asking, way: OfferWay, *, asker: Actor, question_id: ObjectId | None) -> Offer:
    scene = asking.scene
    return Offer(
        id=scene.mint.activity_id(),
        note_id=asking.note_id,
        endorser_id=asking.endorser.id,
        endorsed_id=asking.endorsed.id,
        way=way,
        asked_by=asker.id,
        question_id=question_id,
        body=dump({"object": asking.note}).decode(),
        digest=core_digest(asking.note),
        state=OfferState.WAITING,
        created_at=scene.now,
        ends_at=scene.now + scene.limits.offer_lifetime,
        answered_at=None,
        explained_at=None,
        stamp_id=None,
        reply_id=None,
    )
