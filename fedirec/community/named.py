"""What names somebody here, answered by that person: a member, or somebody from elsewhere.

A member's answer is the one of `endorsements.py`. Whoever signed in through their own server says
yes or no as by a reply to the question, and the guild stamps on their behalf. Everything is asked
for with the person, so that nobody finds, answers or takes along what names somebody else (AC-07).
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fedirec.activitypub.documents import Json, JsonObject, load_document, object_of
from fedirec.activitypub.endorsements import parse_endorsement
from fedirec.activitypub.vocabulary import ENDORSEMENT_CONTEXT
from fedirec.community import endorsements as own
from fedirec.domain.actors import Actor, ActorId, ObjectId
from fedirec.domain.endorsements import Endorsement, OfferState
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.errors import ConflictError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.federation.handling import Outcome, Scene
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.federation.recipients import who_hears
from fedirec.federation.replies import agree, decline
from fedirec.federation.stamping import retract_note, withdraw_consent
from fedirec.storage import (
    actors,
    blocks,
    cards,
    endorsements,
    follows,
    naming,
    notifications,
    offers,
    turns,
)
from fedirec.storage.cards import EndorsementCard
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.naming import Naming
from fedirec.storage.offers import Offer
from fedirec.storage.reactions import ReactionKind

_OPEN: Final = (OfferState.WAITING, OfferState.ASIDE)
_REACTIONS: Final = {
    ReactionKind.LIKE: "Like",
    ReactionKind.ANNOUNCE: "Announce",
    ReactionKind.EMOJI: "EmojiReact",
}


class Answered(StrEnum):
    """What somebody may say to an offer. A block declines, and hears no more from its author."""

    ACCEPT = "accept"
    DECLINE = "decline"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An offer that waits for somebody, and its text as it would be published."""

    offer: Offer
    endorser: Actor
    endorsed: Actor
    endorsement: Endorsement
    content: str
    language: str

    @property
    def ulid(self) -> str:
        """The end of its address here."""
        return self.offer.note_id.rpartition("/")[2]


async def list_waiting(federation: Federation, person: ActorId) -> list[Waiting]:
    """Return the offers of our members that wait for somebody, newest first."""
    async with federation.database.reading() as reader:
        found = await offers.list_offers_for(reader, person, states=_OPEN)
        return [
            await _read(reader, federation, each)
            for each in found
            if federation.instance.owns(each.note_id)
            and each.ends_at > federation.now()
            and each.body is not None
            and not await blocks.is_actor_blocked(reader, person, each.endorser_id)
        ]


async def list_naming_cards(
    federation: Federation, person: ActorId
) -> tuple[list[EndorsementCard], list[EndorsementCard]]:
    """Return what is about a person and what is by them, as it stands here, newest first."""
    async with federation.database.reading() as reader:
        found = await cards.list_cards_naming(reader, person)
    return (
        [card for card in found if card.endorsed.id == person],
        [card for card in found if card.endorser.id == person],
    )


async def get_waiting(federation: Federation, person: ActorId, ulid: str) -> Waiting:
    """Return one offer that waits for somebody.

    Raises NotFoundError alike for what is not there and what is for others (AC-08).
    """
    async with federation.database.reading() as reader:
        offer = await _find_open(reader, federation, person, ulid)
        return await _read(reader, federation, offer)


async def answer_as_person(
    federation: Federation, person: ActorId, ulid: str, said: Answered
) -> None:
    """Take somebody's answer to an offer, as from their server; nobody is told of a no.

    Raises NotFoundError when no such offer waits for them.
    """
    if said is Answered.ACCEPT:
        federation.space.check()
    async with federation.database.reading() as reader:
        endorsed = await actors.get_actor(reader, person)
        waiting = await _find_open(reader, federation, person, ulid)
    if endorsed.is_local:
        is_accepted = said is Answered.ACCEPT
        await own.answer(federation, endorsed.name, waiting.id, is_accepted=is_accepted)
    async with federation.database.transaction() as transaction:
        await turns.wait(transaction, person)  # their reply may come at the same time
        scene = scene_of(federation)
        if not endorsed.is_local:
            offer = await _find_open(transaction, federation, person, ulid)
            await _answer_in(transaction, scene, offer, is_accepted=said is Answered.ACCEPT)
        if said is Answered.BLOCK:
            await follows.sever(transaction, person, waiting.endorser_id)
            await blocks.block(
                transaction,
                person,
                waiting.endorser_id,
                kind="actor",
                reason=None,
                now=scene.now,
            )
    federation.wake()


async def withdraw_as_person(federation: Federation, person: ActorId, ulid: str) -> None:
    """Take back somebody's consent to an endorsement of ours about them; it shows no more at once.

    Raises NotFoundError when none such is about them.
    """
    note_id = federation.instance.endorsement_id(ulid)
    async with federation.database.reading() as reader:
        stored = await endorsements.find_endorsement(reader, note_id)
        endorsed = await actors.get_actor(reader, person)
    if stored is None or stored.endorsed_id != person or stored.state == "hidden":
        message = f"no endorsement {note_id} is about {person}"
        raise NotFoundError(message)
    if endorsed.is_local:
        await own.withdraw(federation, endorsed.name, note_id)
        return
    async with federation.database.transaction() as transaction:
        await turns.wait(transaction, person)
        scene = scene_of(federation)
        outcome = await _withdrawal(transaction, scene, note_id, person)
        await _carry_out(transaction, scene, person, outcome)
    federation.wake()


async def export_naming(federation: Federation, person: ActorId) -> JsonObject:
    """Return all that names a person here as one collection of ActivityStreams objects."""
    async with federation.database.reading() as reader:
        actor = await actors.get_actor(reader, person)
        found = await naming.find_naming(reader, person)
    return {
        "@context": ENDORSEMENT_CONTEXT,
        "type": "Collection",
        "name": f"What names {actor.handle} on {federation.instance.host}",
        "attributedTo": federation.instance.actor_id,
        "items": [*_bodies(found), *_edges(found), *_reactions(found, person)],
    }


async def _find_open(reader: Reader, federation: Federation, person: ActorId, ulid: str) -> Offer:
    note_id = federation.instance.endorsement_id(ulid)
    newest = await offers.newest_offer(reader, note_id)
    if (
        newest is None
        or newest.endorsed_id != person
        or newest.state not in _OPEN
        or newest.ends_at <= federation.now()
        or newest.body is None
    ):
        message = f"no offer of {note_id} waits for {person}"
        raise NotFoundError(message)
    return newest


async def _read(reader: Reader, federation: Federation, offer: Offer) -> Waiting:
    asked = load_document(str(offer.body).encode(), limits=federation.limits)
    note = object_of(asked.get("object")) or {}
    return Waiting(
        offer=offer,
        endorser=await actors.get_actor(reader, offer.endorser_id),
        endorsed=await actors.get_actor(reader, offer.endorsed_id),
        endorsement=parse_endorsement(note, limits=federation.limits),
        content=str(note.get("content", "")),
        language=next(iter(object_of(note.get("contentMap")) or {}), "und"),
    )


async def _answer_in(
    transaction: Transaction, scene: Scene, offer: Offer, *, is_accepted: bool
) -> None:
    outcome = (
        await agree(transaction, scene, offer, reply_id=None)
        if is_accepted
        else await decline(transaction, scene, offer)
    )
    if outcome.ignored is not None:
        raise ConflictError(outcome.ignored)
    await _carry_out(transaction, scene, offer.endorsed_id, outcome)


async def _withdrawal(
    transaction: Transaction, scene: Scene, note_id: ObjectId, person: ActorId
) -> Outcome:
    """Return what follows a no after a yes: stamps of ours end, or else the note itself does."""
    guild = await actors.get_actor(transaction, scene.instance.guild_id)
    publications = await withdraw_consent(transaction, scene, note_id, giver=guild)
    if publications:
        return Outcome(publications=publications)
    stored = await endorsements.find_endorsement(transaction, note_id)
    endorser = None if stored is None else await actors.get_actor(transaction, stored.endorser_id)
    if endorser is None:
        return Outcome()
    notice = Notice(
        owner=endorser.id, kind=NoticeKind.WITHDRAWN, actor_id=person, object_id=note_id
    )
    publications = await retract_note(transaction, scene, endorser, note_id)
    return Outcome(publications=publications, notices=(notice,))


async def _carry_out(
    transaction: Transaction, scene: Scene, person: ActorId, outcome: Outcome
) -> None:
    """Tell and publish what follows from the person's word, as after an activity of theirs."""
    owners = await who_hears(transaction, person, (each.owner for each in outcome.notices))
    notices = tuple(each for each in outcome.notices if each.owner in owners)
    if notices:
        await notifications.add_notices(transaction, notices, ulid=scene.mint.ulid, now=scene.now)
    for publication in outcome.publications:
        await publish_in(transaction, scene, publication)


def _bodies(found: Naming) -> list[Json]:
    return [json.loads(body) for body in found.bodies]


def _edges(found: Naming) -> list[Json]:
    edges: list[Json] = []
    for kind, each in (("Follow", found.follows), ("Block", found.blocks)):
        for edge in each:
            members: JsonObject = {"type": kind, "actor": edge.actor_id, "object": edge.object_id}
            edges.append(members if edge.id is None else {"id": edge.id, **members})
    return edges


def _reactions(found: Naming, person: ActorId) -> list[Json]:
    reactions: list[Json] = []
    for each in found.reactions:
        kind = _REACTIONS[each.kind]
        members: JsonObject = {"type": kind, "actor": person, "object": each.object_id}
        reactions.append(members if each.content is None else {**members, "content": each.content})
    return reactions
