"""Consent given here: making stamps, publishing on one, taking one back (FEDERATION.md, Consent).

A stamp is the endorsed person's word, or, for someone on a server that does not speak our
vocabulary, the guild's word that they agreed by reply. Functions return what is to be published;
they send nothing.
"""

from fedirec.activitypub.documents import JsonObject, dump, load_document, object_of
from fedirec.activitypub.endorsements import (
    parse_endorsement,
    publishable_note,
    render_stamp,
)
from fedirec.activitypub.render import render_create, render_delete, render_undo, render_update
from fedirec.activitypub.vocabulary import ENDORSEMENT_CONTEXT
from fedirec.domain.actors import Actor, ActorId, ObjectId
from fedirec.domain.audience import Audience, audience_for
from fedirec.domain.endorsements import OfferState, ShownTo, StampFacts
from fedirec.errors import ConflictError
from fedirec.federation.handling import Publication, Scene
from fedirec.federation.note_keeping import edited_at
from fedirec.federation.sealing import with_proof
from fedirec.storage import (
    activities,
    actors,
    announcements,
    endorsements,
    notes,
    offers,
    stamps,
)
from fedirec.storage.database import Transaction
from fedirec.storage.offers import Offer
from fedirec.storage.stamps import Stamp


async def make_stamp(
    transaction: Transaction,
    scene: Scene,
    offer: Offer,
    *,
    giver: ActorId,
    reply_id: str | None = None,
) -> Stamp:
    """Write and return a new stamp for the offered text, with a proof by its giver's Ed25519 key.

    `giver` is the endorsed person, or the guild when the person agreed by a reply, `reply_id`, or
    here, signed in through their own server.
    """
    document = render_stamp(
        id=scene.instance.stamp_id(scene.mint.ulid()),
        facts=StampFacts(
            attributed_to=giver,
            note_id=offer.note_id,
            endorsed=offer.endorsed_id,
            digest=offer.digest,
            on_behalf_of=None if giver == offer.endorsed_id else offer.endorsed_id,
        ),
        published=scene.now,
        instrument=reply_id,
    )
    stamp = Stamp(
        id=ObjectId(str(document["id"])),
        note_id=offer.note_id,
        endorser_id=offer.endorser_id,
        actor_id=giver,
        endorsed_id=offer.endorsed_id,
        digest=offer.digest,
        body=dump(await with_proof(transaction, scene, giver, document)).decode(),
        is_local=True,
        published_at=scene.now,
        withdrawn_at=None,
    )
    await stamps.insert_stamp(transaction, stamp)
    return stamp


async def publish_agreed(
    transaction: Transaction, scene: Scene, offer: Offer, *, consent: ObjectId
) -> tuple[Publication, ...]:
    """Return the Create of an agreed endorsement, or the Update if its Note is out already.

    The text is the offered one, byte for byte in its core; only audience, dates and consent join.
    """
    endorser = await actors.get_actor(transaction, offer.endorser_id)
    offered = _offered_note(scene, offer)
    shown_to = parse_endorsement(offered, limits=scene.limits).shown_to
    audience = _audience_of(scene, offer, shown_to)
    earlier = await notes.find_note(transaction, offer.note_id)
    note = publishable_note(
        offered,
        audience=audience,
        published=scene.now if earlier is None else earlier.published_at,
        updated=None if earlier is None else edited_at(earlier, scene.now),
        consent=consent,
    )
    render = render_create if earlier is None else render_update
    document = render(
        id=scene.mint.activity_id(),
        actor=endorser.id,
        object_=note,
        audience=audience,
        published=scene.now,
        context=ENDORSEMENT_CONTEXT,
    )
    await offers.set_offer_state(
        transaction, offer.id, OfferState.PUBLISHED, scene.now, stamp_id=consent
    )
    is_public = shown_to is ShownTo.PUBLIC
    if is_public and earlier is None:
        due_at = scene.now + scene.limits.announce_delay
        await announcements.plan_announcement(transaction, offer.note_id, due_at=due_at)
    return (Publication(actor=endorser, document=document, is_listed=is_public),)


def _audience_of(scene: Scene, offer: Offer, shown_to: ShownTo) -> Audience:
    return audience_for(
        shown_to,
        followers=scene.instance.followers(offer.endorser_id),
        endorsed=offer.endorsed_id,
        guild=scene.instance.guild_id,
    )


def _offered_note(scene: Scene, offer: Offer) -> JsonObject:
    """Return the Note as it was offered; raises ConflictError when its text was erased."""
    if offer.body is None:
        message = f"the text of {offer.id} was erased when its time was over"
        raise ConflictError(message)
    asked = load_document(offer.body.encode(), limits=scene.limits)
    return object_of(asked.get("object")) or {}


async def retract_note(
    transaction: Transaction, scene: Scene, author: Actor, note_id: ObjectId
) -> tuple[Publication, ...]:
    """Return the Delete of one of our notes, and the guild's Undo of its boost if there was one.

    Both go to every inbox that got anything about the note.
    """
    note = await notes.find_note(transaction, note_id)
    if note is None:
        return ()
    boost_undone = await _undo_boost(transaction, scene, note_id)
    guild_followers = scene.instance.followers(scene.instance.guild_id)
    audience = Audience(
        to=note.readers[:1] or (author.id,),
        cc=(*note.readers[1:], guild_followers) if boost_undone else note.readers[1:],
    )
    delete = render_delete(
        id=scene.mint.activity_id(),
        actor=author.id,
        object_id=note_id,
        audience=audience,
        published=scene.now,
    )
    deletion = Publication(actor=author, document=delete, retracts=(note_id,))
    return (*boost_undone, deletion)


async def retract_all_about(
    transaction: Transaction, scene: Scene, person_id: ActorId
) -> tuple[Publication, ...]:
    """Return the Deletes of everything our members said about somebody who is gone for good."""
    publications: list[Publication] = []
    for note_id in await endorsements.list_ours_about(transaction, person_id):
        note = await notes.get_note(transaction, note_id)
        author = await actors.get_actor(transaction, note.actor_id)
        publications += await retract_note(transaction, scene, author, note_id)
    return tuple(publications)


async def _undo_boost(
    transaction: Transaction, scene: Scene, note_id: ObjectId
) -> tuple[Publication, ...]:
    boost = await announcements.find_announcement(transaction, note_id)
    await announcements.forget_announcement(transaction, note_id)
    if boost is None or boost.activity_id is None:
        return ()
    guild = await actors.get_actor(transaction, scene.instance.guild_id)
    made = await activities.find_activity(transaction, boost.activity_id)
    if made is None:
        return ()
    announce = load_document(made.body.encode(), limits=scene.limits)
    undo = render_undo(
        id=scene.mint.activity_id(), actor=guild.id, activity=announce, published=scene.now
    )
    return (Publication(actor=guild, document=undo, retracts=(note_id,)),)


async def withdraw_consent(
    transaction: Transaction, scene: Scene, note_id: ObjectId, *, giver: Actor
) -> tuple[Publication, ...]:
    """Take back every stamp given here for a note, and hide the endorsement at once.

    Returns the stamps' Deletes, to the endorser and to everyone the note reached through us; when
    the endorser is ours, its Delete follows from the same case (`handlers/delete.py`).
    """
    withdrawn = await stamps.withdraw_stamps(transaction, note_id, scene.now)
    publications: list[Publication] = []
    for stamp in withdrawn:
        document = render_delete(
            id=scene.mint.activity_id(),
            actor=giver.id,
            object_id=stamp.id,
            former_type=None,
            audience=Audience(to=(stamp.endorser_id, scene.instance.guild_id), cc=()),
            published=scene.now,
        )
        publications.append(
            Publication(actor=giver, document=document, retracts=(note_id, stamp.id))
        )
    newest = await offers.newest_offer(transaction, note_id)
    if newest is not None:
        await offers.set_offer_state(transaction, newest.id, OfferState.WITHDRAWN, scene.now)
    stored = await endorsements.find_endorsement(transaction, note_id)
    if stored is not None:
        await endorsements.hide_endorsement(transaction, note_id)
    return tuple(publications)
