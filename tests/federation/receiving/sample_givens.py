"""What a payload takes for granted: our note, a follow that was asked, an offer that waits."""

import json
from datetime import timedelta
from typing import Any

from fedirec.activitypub.endorsements import core_digest
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.audience import Visibility
from fedirec.domain.endorsements import OfferState, OfferWay
from fedirec.domain.follows import FollowState
from fedirec.domain.public import PUBLIC
from fedirec.storage import follows, notes, offers
from fedirec.storage.follows import Follow
from fedirec.storage.notes import StoredNote
from fedirec.storage.offers import Offer
from tests.federation.receiving.sample_world import World


async def our_note(world: World) -> None:
    """Carol's public note 9."""
    home, note_id = world.home, f"{world.home.origin}/notes/9"
    note = StoredNote(
        id=ObjectId(note_id),
        actor_id=home.id("carol"),
        kind="note",
        is_local=True,
        visibility=Visibility.PUBLIC,
        body=json.dumps({"id": note_id, "type": "Note", "content": "<p>Nine.</p>"}),
        content="<p>Nine.</p>",
        language="en",
        url=note_id,
        in_reply_to=None,
        published_at=home.federation.now(),
        updated_at=None,
        readers=(PUBLIC,),
        tags=(),
    )
    async with home.federation.database.transaction() as transaction:
        await notes.insert_note(transaction, note)


async def carol_follows(world: World, actor_id: str, *, asked_by: str | None = None) -> None:
    """Carol follows an actor, or, if `asked_by` names the activity, has asked to."""
    await world.meet(actor_id)
    now = world.home.federation.now()
    follow = Follow(
        follower_id=world.home.id("carol"),
        followed_id=ActorId(actor_id),
        activity_id=asked_by or f"{actor_id}#followed",
        state=FollowState.ACCEPTED if asked_by is None else FollowState.REQUESTED,
        requested_at=now,
        accepted_at=now if asked_by is None else None,
    )
    async with world.home.federation.database.transaction() as transaction:
        await follows.save_follow(transaction, follow)


async def sender_is_followed(world: World, name: str) -> None:
    """Carol follows whoever sends the payload."""
    await carol_follows(world, (await world.load(name))["actor"])


async def follow_was_asked(world: World, name: str) -> None:
    """Carol has sent the Follow that the payload answers."""
    follow = (await world.load(name))["object"]
    await carol_follows(world, follow["object"], asked_by=follow["id"])


async def offer_waits(world: World, _name: str) -> None:
    """Carol has offered bea an endorsement, and bea's server serves her stamp."""
    offer = await world.load("fedirec/offer")
    await world.meet(offer["object"]["endorsement"]["endorsed"])
    await world.serve_stamp(offer["object"])
    await insert_offer(world, offer, way=OfferWay.OFFER, question_id=None)


async def question_waits(world: World, name: str) -> None:
    """The guild has asked somebody on Mastodon by a direct note."""
    reply = await world.load(name)
    text = json.dumps(await world.load("fedirec/offer"))
    bea = await world.origin("weavers.example") + "/users/bea"
    await world.meet(reply["actor"])
    await insert_offer(
        world,
        json.loads(text.replace(bea, reply["actor"])),
        way=OfferWay.QUESTION,
        question_id=reply["object"]["inReplyTo"],
    )


async def insert_offer(
    world: World, document: dict[str, Any], *, way: OfferWay, question_id: str | None
) -> None:
    """Write an offer that waits."""
    now, note = world.home.federation.now(), document["object"]
    offer = Offer(
        id=document["id"],
        note_id=ObjectId(note["id"]),
        endorser_id=world.home.id("carol"),
        endorsed_id=ActorId(note["endorsement"]["endorsed"]),
        way=way,
        asked_by=world.home.id("guild"),
        question_id=question_id,
        body=json.dumps(document),
        digest=core_digest(note),
        state=OfferState.WAITING,
        created_at=now,
        ends_at=now + timedelta(days=20),
        answered_at=None,
        explained_at=None,
        stamp_id=None,
    )
    async with world.home.federation.database.transaction() as transaction:
        await offers.insert_offer(transaction, offer)


async def stamp_is_served(world: World, name: str) -> None:
    """The endorsed person's server serves the stamp, and carol here follows the endorser."""
    await sender_is_followed(world, name)
    note = (await world.load(name))["object"]
    await world.actor(note["endorsement"]["endorsed"])
    on_behalf = name.endswith("on_behalf")
    await world.serve_stamp(note, "fedirec/stamp_on_behalf" if on_behalf else "fedirec/stamp")


async def page_is_served(world: World, name: str) -> None:
    """The community is followed, and its server serves what it boosts, and the author."""
    await sender_is_followed(world, name)
    boosted = (await world.load(name))["object"]
    world.serve({"@context": "https://www.w3.org/ns/activitystreams", **boosted})
    await world.actor(boosted["actor"])


async def new_home_names_the_old(world: World, name: str) -> None:
    """The actor that moves is followed, and the new one lists it."""
    await sender_is_followed(world, name)
    move = await world.load(name)
    actor, _key_id = await world.actor(move["target"])
    world.serve(actor.document(alsoKnownAs=[move["actor"]]))
