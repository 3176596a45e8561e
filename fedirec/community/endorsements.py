"""Members endorse, answer, amend and withdraw: consent before anyone else sees a word.

Serves `fedirec endorse`, `offers`, `answer`, `withdraw`, the pages and the client side. The rules
are in `domain/endorsements.py`; what is sent and kept, in `federation/`.
"""

from typing import Final

from fedirec.activitypub.documents import dump, load_document
from fedirec.activitypub.endorsements import render_accept, render_endorsement_note
from fedirec.activitypub.render import render_undo
from fedirec.community.asking import Asking, OfferMade, ask_in
from fedirec.community.membership import get_acting_member
from fedirec.domain.actors import ActivityId, Actor, ObjectId
from fedirec.domain.endorsements import EndorsementDraft, OfferState, OfferWay, check_draft
from fedirec.domain.handles import parse_handle
from fedirec.errors import ConflictError, InvalidInputError, NotFoundError
from fedirec.failpoints import failpoint
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication, Scene
from fedirec.federation.outbox import note_done, publish_in, scene_of
from fedirec.federation.replies import delete_question
from fedirec.federation.stamping import make_stamp, retract_note, withdraw_consent
from fedirec.federation.webfinger import resolve_handle
from fedirec.storage import actors, endorsements, notes, offers
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.offers import Offer

ANSWERABLE: Final = (OfferState.WAITING, OfferState.ASIDE)
PUBLICATION_BYTES: Final = 1_024  # what audience, dates and consent add to an offered Note
_AGREED: Final = (OfferState.ACCEPTED, OfferState.PUBLISHED)


async def offer(
    federation: Federation, member: str, handle: str, draft: EndorsementDraft
) -> OfferMade:
    """Ask somebody whether this may be published about them.

    Raises InvalidInputError for a draft that cannot be offered (its field named), ForbiddenError
    when the person takes no offers or enough is open, NotFoundError and RemoteError when they
    cannot be looked up. Network: WebFinger and the actor.
    """
    federation.space.check()
    endorser = await get_acting_member(federation, member)
    endorsed = await resolve_handle(federation, parse_handle(handle))
    note_id = federation.instance.endorsement_id(federation.mint().ulid())
    return await _ask(federation, endorser, endorsed, draft, note_id)


async def amend(
    federation: Federation, member: str, note_id: ObjectId, draft: EndorsementDraft
) -> OfferMade:
    """Ask again with a new text for the same note; the old one stands until the answer.

    Raises as `offer`, also for another `shown_to` than was published, and NotFoundError when the
    member has said no such thing.
    """
    federation.space.check()
    endorser = await get_acting_member(federation, member)
    async with federation.database.reading() as reader:
        newest = await offers.newest_offer(reader, note_id)
        if newest is None or newest.endorser_id != endorser.id:
            message = f"{member} has no endorsement {note_id}"
            raise NotFoundError(message)
        if newest.state is OfferState.WITHDRAWN:
            message = f"{note_id} was withdrawn; write a new one"
            raise ConflictError(message)
        await _check_same_audience(reader, note_id, draft)
        endorsed = await actors.get_actor(reader, newest.endorsed_id)
    return await _ask(federation, endorser, endorsed, draft, note_id)


async def _check_same_audience(reader: Reader, note_id: ObjectId, draft: EndorsementDraft) -> None:
    """Raise InvalidInputError if a published note would get another audience.

    No server opens what it keeps to more readers by an Update, this one neither.
    """
    published = await endorsements.find_endorsement(reader, note_id)
    if published is not None and draft.shown_to is not published.shown_to:
        message = (
            f"{note_id} is published for {published.shown_to}, and that stays:"
            f" withdraw it and write a new one for {draft.shown_to}"
        )
        raise InvalidInputError(message, field="shown_to")


async def _ask(
    federation: Federation,
    endorser: Actor,
    endorsed: Actor,
    draft: EndorsementDraft,
    note_id: ObjectId,
) -> OfferMade:
    check_draft(draft, endorser=endorser.id, endorsed=endorsed.id, limits=federation.limits)
    async with federation.database.transaction() as transaction:
        scene = scene_of(federation)
        asking = Asking(
            scene=scene,
            endorser=endorser,
            endorsed=endorsed,
            draft=draft,
            note=render_endorsement_note(
                instance=federation.instance,
                id=note_id,
                endorser=endorser,
                endorsed=endorsed,
                draft=draft,
                published=scene.now,
            ),
        )
        _check_size(scene, asking)
        made = await ask_in(transaction, asking)
    federation.wake()
    return made


def _check_size(scene: Scene, asking: Asking) -> None:
    """Raise InvalidInputError for a Note over the size that counts as an endorsement elsewhere."""
    size = len(dump(asking.note)) + PUBLICATION_BYTES
    if size > scene.limits.note_bytes:
        message = (
            f"words, skills and links make {size} bytes, of at most {scene.limits.note_bytes}:"
            " shorten them"
        )
        raise InvalidInputError(message, field="words")


async def answer(federation: Federation, member: str, offer_id: str, *, is_accepted: bool) -> Offer:
    """Answer an offer made to a member; declining sends nothing to anyone.

    Raises NotFoundError when no such offer waits for them, ConflictError when its time is over or
    a newer text replaced it.
    """
    if is_accepted:
        federation.space.check()
    endorsed = await get_acting_member(federation, member)
    async with federation.database.transaction() as transaction:
        scene = scene_of(federation)
        waiting = await _get_waiting(transaction, scene, endorsed, offer_id)
        if is_accepted:
            await _accept(transaction, scene, endorsed, waiting)
        else:
            await offers.set_offer_state(transaction, waiting.id, OfferState.DECLINED, scene.now)
            await note_done(transaction, scene, endorsed.id, ActivityId(waiting.id))
        answered = await offers.find_offer(transaction, waiting.id)
        failpoint("consent.written")
    federation.wake()
    return answered or waiting


async def _get_waiting(reader: Reader, scene: Scene, endorsed: Actor, offer_id: str) -> Offer:
    found = await offers.find_offer(reader, offer_id)
    if found is None or found.endorsed_id != endorsed.id:
        message = f"no offer {offer_id} waits for {endorsed.name}: see `fedirec offers`"
        raise NotFoundError(message)
    if found.state not in ANSWERABLE or found.ends_at < scene.now:
        message = f"the offer {offer_id} can no longer be answered"
        raise ConflictError(message)
    return found


async def _accept(transaction: Transaction, scene: Scene, endorsed: Actor, waiting: Offer) -> None:
    """Stamp the text and tell its author by an Accept; a local author publishes at once."""
    stamp = await make_stamp(transaction, scene, waiting, giver=endorsed.id)
    await offers.set_offer_state(
        transaction, waiting.id, OfferState.ACCEPTED, scene.now, stamp_id=stamp.id
    )
    document = render_accept(
        id=scene.mint.activity_id(),
        actor=endorsed.id,
        to=waiting.endorser_id,
        offer_id=waiting.id,
        stamp_id=stamp.id,
        published=scene.now,
    )
    publication = Publication(actor=endorsed, document=document, is_personal=True)
    await publish_in(transaction, scene, publication)


async def withdraw(federation: Federation, member: str, note_id: ObjectId) -> None:
    """Take an endorsement back, as who wrote it or as who it is about; an open offer likewise.

    Raises NotFoundError when the member has no part in it.
    """
    actor = await get_acting_member(federation, member)
    async with federation.database.transaction() as transaction:
        scene = scene_of(federation)
        publications = await _withdrawal(transaction, scene, actor, note_id)
        for publication in publications:
            await publish_in(transaction, scene, publication)
    federation.wake()


async def _withdrawal(
    transaction: Transaction, scene: Scene, actor: Actor, note_id: ObjectId
) -> tuple[Publication, ...]:
    stored = await endorsements.find_endorsement(transaction, note_id)
    note = await notes.find_note(transaction, note_id)
    newest = await offers.newest_offer(transaction, note_id)
    if note is not None and note.actor_id == actor.id:
        return await retract_note(transaction, scene, actor, note_id)
    if stored is not None and stored.endorsed_id == actor.id:
        return await withdraw_consent(transaction, scene, note_id, giver=actor)
    if newest is not None and newest.endorsed_id == actor.id and newest.state in _AGREED:
        return await withdraw_consent(transaction, scene, note_id, giver=actor)
    if newest is not None and newest.endorser_id == actor.id and _seems_open(scene, newest):
        return await _retract_offer(transaction, scene, actor, newest)
    message = f"{actor.name} neither wrote {note_id} nor is it about them"
    raise NotFoundError(message)


def _seems_open(scene: Scene, offer: Offer) -> bool:
    """Whether it waits for an answer, as far as who made it may know."""
    return offer.state in (*ANSWERABLE, OfferState.DECLINED) and offer.ends_at > scene.now


async def _retract_offer(
    transaction: Transaction, scene: Scene, actor: Actor, waiting: Offer
) -> tuple[Publication, ...]:
    """Return what takes an unanswered offer or question back: an Undo, or a Delete of the note."""
    await offers.set_offer_state(transaction, waiting.id, OfferState.RETRACTED, scene.now)
    if waiting.way is not OfferWay.OFFER:
        return await delete_question(transaction, scene, waiting)
    offered = load_document((waiting.body or "{}").encode(), limits=scene.limits)
    document = render_undo(
        id=scene.mint.activity_id(), actor=actor.id, activity=offered, published=scene.now
    )
    return (Publication(actor=actor, document=document, is_personal=True),)
