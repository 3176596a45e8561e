"""Answers by reply, from people whose server does not speak our vocabulary (FEDERATION.md, Asking).

Only a reply that the person's own server delivered and signed counts, and only if it is exactly one
listed word. The reply is never kept, shown or boosted; an edit or a deletion of it can take a yes
back, never give one.
"""

from fedirec.activitypub.notes import Note
from fedirec.activitypub.questions import render_explanation
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.consent_words import Answer, parse_answer
from fedirec.domain.endorsements import OfferState
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.domain.origins import host_of
from fedirec.federation.handling import Case, Outcome, Publication, Scene, ignore
from fedirec.federation.stamping import (
    make_stamp,
    publish_agreed,
    retract_note,
    withdraw_consent,
)
from fedirec.storage import actors, notes, offers, tombstones
from fedirec.storage.database import Transaction
from fedirec.storage.offers import Offer


async def take_answer(
    transaction: Transaction, case: Case, scene: Scene, note: Note, offer: Offer
) -> Outcome:
    """Take a new reply to one of our questions, by the person who was asked."""
    refusal = await _why_no_answer(transaction, case, note)
    if refusal is not None:
        return ignore(refusal)
    languages = (*scene.instance.languages, "en")
    answer = parse_answer(note.answer_text, languages=languages)
    if note.has_quote or note.has_attachment:
        answer = Answer.UNCLEAR
    match answer:
        case Answer.YES:
            return await agree(transaction, scene, offer, reply_id=note.id)
        case Answer.NO:
            return await decline(transaction, scene, offer)
        case Answer.STOP:
            await offers.stop_asking(transaction, offer.endorsed_id, scene.now)
            return await decline(transaction, scene, offer)
        case Answer.WITHDRAW:
            return await withdraw(transaction, scene, offer)
        case Answer.UNCLEAR:
            return await _explain(transaction, scene, offer)


async def _why_no_answer(transaction: Transaction, case: Case, note: Note) -> str | None:
    """Return why a reply does not count, whatever it says, or None."""
    if case.is_forwarded:
        return "an answer counts only when its author's own server delivers it"
    if await tombstones.find_tombstone(transaction, note.id, owner=case.actor.id) is not None:
        return "an answer that was deleted or edited before it came"
    if await notes.find_note(transaction, note.id) is not None:
        return "answers with a post that is known already"
    return None


async def take_edit(
    transaction: Transaction, case: Case, scene: Scene, note: Note
) -> Outcome | None:
    """Take back a yes whose reply now says something else; None if the note answered nothing."""
    offer = await offers.find_by_reply(transaction, note.id)
    if offer is None:
        return await _forestall(transaction, case, scene, note)
    if offer.endorsed_id != case.actor.id:
        return None
    languages = (*scene.instance.languages, "en")
    if parse_answer(note.answer_text, languages=languages) is Answer.YES:
        return ignore("still says yes")
    return await withdraw(transaction, scene, offer)


async def _forestall(
    transaction: Transaction, case: Case, scene: Scene, note: Note
) -> Outcome | None:
    """Let a reply not count once it is edited: what it said first may come late, and is no more."""
    if note.in_reply_to is None or await notes.find_note(transaction, note.id) is not None:
        return None
    offer = await offers.find_by_question(transaction, note.in_reply_to)
    if offer is None or offer.endorsed_id != case.actor.id:
        return None
    await tombstones.plant(
        transaction,
        note.id,
        case.actor.id,
        host_of(note.id),
        scene.now,
        per_host=scene.limits.tombstones_per_host,
    )
    return ignore("an edit is no answer")


async def take_back(
    transaction: Transaction, case: Case, scene: Scene, reply_id: ObjectId
) -> Outcome:
    """Take back a yes whose reply was deleted; anything else was no answer."""
    offer = await offers.find_by_reply(transaction, reply_id)
    if offer is None or offer.endorsed_id != case.actor.id:
        return Outcome()
    return await withdraw(transaction, scene, offer)


async def agree(
    transaction: Transaction, scene: Scene, offer: Offer, *, reply_id: ObjectId | None
) -> Outcome:
    """Stamp on the person's behalf, in the guild's name, and publish.

    `reply_id` is the post that agreed; None when the person was here, signed in.
    """
    if offer.state is not OfferState.WAITING or offer.ends_at < scene.now:
        return ignore(f"answers a question that is {offer.state}")
    stamp = await make_stamp(
        transaction, scene, offer, giver=scene.instance.guild_id, reply_id=reply_id
    )
    publications = await publish_agreed(transaction, scene, offer, consent=stamp.id)
    await offers.set_offer_state(
        transaction,
        offer.id,
        OfferState.PUBLISHED,
        scene.now,
        stamp_id=stamp.id,
        reply_id=reply_id,
    )
    notice = Notice(
        owner=offer.endorser_id,
        kind=NoticeKind.ANSWER,
        actor_id=offer.endorsed_id,
        object_id=offer.note_id,
    )
    return Outcome(publications=publications, notices=(notice,))


async def decline(transaction: Transaction, scene: Scene, offer: Offer) -> Outcome:
    """Note the no and delete the question; who asked is told nothing."""
    if offer.state is OfferState.PUBLISHED:
        return await withdraw(transaction, scene, offer)
    if offer.state is not OfferState.WAITING:
        return ignore(f"answers a question that is {offer.state}")
    await offers.set_offer_state(transaction, offer.id, OfferState.DECLINED, scene.now)
    return Outcome(publications=await delete_question(transaction, scene, offer))


async def delete_question(
    transaction: Transaction, scene: Scene, offer: Offer
) -> tuple[Publication, ...]:
    """Return the Delete of the direct note that asked."""
    if offer.question_id is None or offer.asked_by is None:
        return ()
    asker = await actors.get_actor(transaction, ActorId(offer.asked_by))
    return await retract_note(transaction, scene, asker, ObjectId(offer.question_id))


async def withdraw(transaction: Transaction, scene: Scene, offer: Offer) -> Outcome:
    """Take the guild's stamp back at the person's word, and the endorsement with it."""
    if offer.state is not OfferState.PUBLISHED:
        return ignore("withdraws what is not published")
    guild = await actors.get_actor(transaction, scene.instance.guild_id)
    await offers.set_offer_state(transaction, offer.id, OfferState.WITHDRAWN, scene.now)
    return Outcome(
        publications=await withdraw_consent(transaction, scene, offer.note_id, giver=guild)
    )


async def _explain(transaction: Transaction, scene: Scene, offer: Offer) -> Outcome:
    """Say once which words count."""
    if offer.explained_at is not None or offer.state is not OfferState.WAITING:
        return ignore("is no answer, and what counts was explained before")
    explanation_id = scene.instance.note_id(scene.mint.ulid())
    await offers.mark_explained(transaction, offer.id, explanation_id, scene.now)
    asker = await actors.get_actor(transaction, ActorId(str(offer.asked_by)))
    person = await actors.get_actor(transaction, offer.endorsed_id)
    document = render_explanation(
        activity_id=scene.mint.activity_id(),
        id=explanation_id,
        asker=asker,
        endorsed=person,
        in_reply_to=str(offer.question_id),
        published=scene.now,
    )
    return Outcome(publications=(Publication(actor=asker, document=document),))
