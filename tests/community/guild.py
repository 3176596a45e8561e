"""A guild without doors: its federation open, its hour to turn, its work done when told.

What arrives is put in the queue as the door would put it, and handled by the real journey; what is
to be sent goes out over loopback. The door itself is tested elsewhere.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from fedirec.community import upkeep
from fedirec.community.membership import add_member
from fedirec.domain.actors import Actor, ActorId, Host, ObjectId
from fedirec.domain.endorsements import EndorsementDraft, OfferState, Period, Relation, Skill
from fedirec.domain.public import PUBLIC
from fedirec.federation.context import Federation
from fedirec.federation.delivery import deliver
from fedirec.federation.received import apply_all, prepare
from fedirec.federation.rechecks import recheck_stamps
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.federation.settling import settle
from fedirec.server import open_federation
from fedirec.signatures.digest import multibase_digest
from fedirec.storage import actors, endorsements, offers, peers, queue, received
from fedirec.storage.database import Row
from fedirec.storage.endorsements import StoredEndorsement
from fedirec.storage.offers import Offer
from fedirec.storage.queue import ClaimedReceived
from tests.fediverse import free_port, settings_at
from tests.peers import PeerActor

DRAFT = EndorsementDraft(
    words="Cut and fitted every joint of the frame, and taught two of us as she went.",
    relation=Relation.WORKED_WITH,
    period=Period(start="2024-03", end="2024-09"),
    skills=(Skill(name="green-oak joinery"),),
)
SPEAKS_OURS = {"canEndorse": {"manualApproval": [PUBLIC]}}
"""The `interactionPolicy` of somebody whose server knows endorsements, and who takes offers."""
DAY = timedelta(days=1)


async def handle_alone(federation: Federation, claimed: ClaimedReceived) -> None:
    """Do with one received activity what a worker does with many."""
    await apply_all(federation, [await prepare(federation, claimed)])


@dataclass(slots=True)
class Clock:
    """An hour that stands still until told."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let so much time pass."""
        self.now += timedelta(**span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild:
    """One instance, and how a test moves it."""

    federation: Federation
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def add(self, *names: str) -> tuple[str, ...]:
        """Add members named so with a number behind, since tests share the guild."""
        numbered = tuple(f"{name}{next(self.numbers)}" for name in names)
        for name in numbered:
            await add_member(self.federation, name)
        return numbered

    def id(self, name: str) -> ActorId:
        """The actor id of somebody here."""
        return self.federation.instance.member_id(name)

    def handle(self, name: str) -> str:
        """The handle of somebody here."""
        return f"@{name}@{self.federation.instance.domain}"

    @property
    def guild_id(self) -> ActorId:
        """The guild's own actor."""
        return self.federation.instance.guild_id

    async def know(self, actor: PeerActor) -> Actor:
        """Fetch an actor of a peer, as the door does when it verifies what it posted."""
        known = await get_or_fetch_actor(self.federation, actor.id)
        async with self.federation.database.transaction() as transaction:
            await peers.see_peer(transaction, Host(actor.peer.host), self.clock.now)
        return known

    async def hear(
        self,
        actor: PeerActor,
        activity: dict[str, Any],
        *,
        to: str | None = None,
        signer: PeerActor | None = None,
    ) -> str | None:
        """Handle an activity that an actor posted and signed; return why it was ignored, or None.

        `to` is whose personal inbox it came to, if not the shared one; `signer` posted it instead.
        """
        item = await self.keep(actor, activity, to=to, signer=signer)
        [claimed] = [each for each in await self.lease() if each.id == item]
        await handle_alone(self.federation, claimed)
        [row] = await self.rows("select last_detail from received where id = :id", id=item)
        return None if row["last_detail"] is None else str(row["last_detail"])

    async def keep(
        self,
        actor: PeerActor,
        activity: dict[str, Any],
        *,
        to: str | None = None,
        signer: PeerActor | None = None,
    ) -> str:
        """Keep an activity as the door does, and no more; return the id of its row."""
        await self.know(actor)
        signer = signer or actor
        await self.know(signer)
        body = json.dumps(activity)
        item = received.ReceivedActivity(
            id=self.federation.mint().ulid(),
            activity_key=activity["id"],
            actor_id=ActorId(actor.id),
            signer_id=ActorId(signer.id),
            host=Host(signer.peer.host),
            type=activity["type"],
            object_id=None,
            body=body,
            body_digest=multibase_digest(body.encode()),
            recipients=() if to is None else (self.id(to),),
            created_at=self.clock.now,
        )
        async with self.federation.database.transaction() as transaction:
            await received.insert_received(transaction, [item])
        return item.id

    async def lease(self) -> list[ClaimedReceived]:
        """Take all that was kept and waits, as a worker does, for a day."""
        now = self.clock.now
        async with self.federation.database.transaction() as transaction:
            await queue.end_received_leases(transaction, now=now, most=8)
            return await queue.claim_received(
                transaction,
                now=now,
                limit=100,
                token=self.federation.mint().ulid(),
                lease_until=now + DAY,
            )

    async def send(self) -> int:
        """Deliver what is due now; return how many were tried."""
        tried = 0
        while True:
            async with self.federation.database.transaction() as transaction:
                claimed = await queue.claim_deliveries(
                    transaction,
                    now=self.clock.now,
                    limit=50,
                    retries=50,
                    per_host=50,
                    token=self.federation.mint().ulid(),
                    lease_until=self.clock.now + DAY,
                )
            if not claimed:
                return tried
            tried += len(claimed)
            results = [await deliver(self.federation, each) for each in claimed]
            await settle(self.federation, results)

    async def sent(self, actor: PeerActor, kind: str) -> list[dict[str, Any]]:
        """Deliver what is due; return the activities of a type that an actor's server has got.

        Each once: what took an offer back goes to the inboxes of both, personal and shared.
        """
        await self.send()
        got = {request.json()["id"]: request.json() for request in actor.peer.posts}
        return [activity for activity in got.values() if activity["type"] == kind]

    async def keep_up(self, **span: float) -> None:
        """Let time pass, and do what is due by then, asking for stamps included."""
        self.clock.forward(**span)
        await upkeep.run_due(self.federation)
        await upkeep.forget_old(self.federation)
        await recheck_stamps(self.federation, limit=100)

    async def rows(self, sql: str, **parameters: Any) -> list[Row]:
        """What the instance keeps."""
        async with self.federation.database.reading() as reader:
            return list(await reader.fetch_all(sql, parameters))

    async def actor(self, name: str) -> Actor:
        """Somebody here."""
        async with self.federation.database.reading() as reader:
            return await actors.get_actor(reader, self.id(name))

    async def offer(self, offer_id: str) -> Offer:
        """An offer that is kept."""
        async with self.federation.database.reading() as reader:
            found = await offers.find_offer(reader, offer_id)
        assert found is not None, offer_id
        return found

    async def state_of(self, offer_id: str) -> OfferState:
        """Where an offer stands."""
        return (await self.offer(offer_id)).state

    async def endorsement(self, note_id: str) -> StoredEndorsement | None:
        """What is kept of an endorsement."""
        async with self.federation.database.reading() as reader:
            return await endorsements.find_endorsement(reader, ObjectId(note_id))

    async def shows(self, note_id: str) -> bool:
        """Whether an endorsement counts as one here."""
        found = await self.endorsement(note_id)
        return found is not None and found.state == "confirmed"


@asynccontextmanager
async def open_guild(folder: Path, **values: Any) -> AsyncIterator[Guild]:
    """Found a guild on SQLite, on a port that nobody listens on."""
    clock = Clock()
    settings = settings_at(folder, free_port(), **values)
    async with open_federation(settings, is_founding=True, now=clock) as federation:
        yield Guild(federation=federation, clock=clock)
