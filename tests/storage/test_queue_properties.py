"""Whatever happens in whatever order: one holder at a time, nothing lost, older before newer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedirec.domain.actors import Host, InboxUrl
from fedirec.domain.queue_states import DeliveryState
from fedirec.storage import deliveries, queue
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue import ClaimedDelivery, Settlement
from tests.storage.samples import DAY, NOW, actor_id, an_activity, an_actor, save_actors, say

LEASE = timedelta(seconds=60)
ADA = actor_id("ada")
HOSTS = [f"peer{number}.example" for number in range(3)]


@dataclass(frozen=True)
class Enqueue:
    """Something new is to be sent to some inboxes of some hosts."""

    number: int
    hosts: Sequence[str]
    key: str


@dataclass(frozen=True)
class Claim:
    """A worker asks for work."""

    worker: str
    limit: int
    per_host: int


@dataclass(frozen=True)
class Settle:
    """A worker comes back with the result of what it claimed first, on time or not."""

    worker: str
    is_delivered: bool


@dataclass(frozen=True)
class Wait:
    """Time goes by."""

    seconds: int


workers = st.sampled_from(["one", "two"])
steps = st.lists(
    st.one_of(
        st.builds(
            Enqueue,
            number=st.integers(0, 9),
            hosts=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3),
            key=st.sampled_from(["note", "other"]),
        ),
        st.builds(Claim, worker=workers, limit=st.integers(1, 6), per_host=st.integers(1, 3)),
        st.builds(Settle, worker=workers, is_delivered=st.booleans()),
        st.builds(Wait, seconds=st.sampled_from([1, 30, 61])),
    ),
    max_size=30,
)


class Model:
    """What must hold, beside a real database that has to keep it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.claims = 0
        self.keys: dict[tuple[str, str], str] = {}
        self.held: dict[tuple[str, str], tuple[str, datetime]] = {}
        self.done: set[tuple[str, str]] = set()
        self.in_hand: dict[str, list[ClaimedDelivery]] = {"one": [], "two": []}

    async def take(self, step: Enqueue | Claim | Settle | Wait) -> None:
        match step:
            case Enqueue():
                await self.enqueue(step)
            case Claim():
                await self.claim(step)
            case Settle():
                await self.settle(step)
            case Wait():
                self.now += timedelta(seconds=step.seconds)

    async def enqueue(self, step: Enqueue) -> None:
        activity_id = an_activity(step.number).id
        inboxes = [(InboxUrl(f"https://{host}/inbox"), Host(host)) for host in step.hosts]
        async with self.database.transaction() as transaction:
            await deliveries.enqueue(
                transaction,
                Leaving(
                    activity_id=activity_id,
                    actor_id=ADA,
                    order_key=step.key,
                    first_try_at=self.now,
                    expires_at=self.now + DAY,
                ),
                inboxes,
            )
        for inbox, _ in inboxes:
            self.keys.setdefault((activity_id, inbox), step.key)

    async def claim(self, step: Claim) -> None:
        self.claims += 1
        self.held = {key: held for key, held in self.held.items() if held[1] > self.now}
        token = f"{step.worker}-{self.claims}"
        async with self.database.transaction() as transaction:
            await queue.end_leases(transaction, now=self.now, most=1_000)
            claimed = await queue.claim_deliveries(
                transaction,
                now=self.now,
                limit=step.limit,
                retries=step.limit,
                per_host=step.per_host,
                token=token,
                lease_until=self.now + LEASE,
            ) or await queue.claim_suspect(
                transaction, now=self.now, token=token, lease_until=self.now + LEASE
            )
        assert len(claimed) <= step.limit
        for each in claimed:
            key = (each.activity_id, each.inbox)
            _, until = self.held.get(key, ("", self.now))
            assert until <= self.now, "handed to two workers at once"
            assert key not in self.done
            assert not self.unfinished_before(key), "newer before older"
            self.held[key] = (token, self.now + LEASE)
            self.in_hand[step.worker].append(each)
        for host in HOSTS:
            flying = [
                key
                for key, (_, until) in self.held.items()
                if until > self.now and key not in self.done and f"//{host}/" in key[1]
            ]
            asked = [each for each in claimed if each.host == host]
            assert not asked or len(flying) <= step.per_host

    def unfinished_before(self, key: tuple[str, str]) -> list[tuple[str, str]]:
        return [
            other
            for other, order_key in self.keys.items()
            if other[1] == key[1]
            and order_key == self.keys[key]
            and other[0] < key[0]
            and other not in self.done
        ]

    async def settle(self, step: Settle) -> None:
        if not self.in_hand[step.worker]:
            return
        claimed = self.in_hand[step.worker].pop(0)
        key = (claimed.activity_id, claimed.inbox)
        settlement = Settlement(
            activity_id=claimed.activity_id,
            inbox=claimed.inbox,
            token=claimed.token,
            state=DeliveryState.DELIVERED if step.is_delivered else DeliveryState.WAITING,
            next_at=None if step.is_delivered else self.now + timedelta(seconds=5),
        )
        async with self.database.transaction() as transaction:
            (is_ours,) = await queue.settle_deliveries(transaction, [settlement], now=self.now)
        assert is_ours == (self.held.get(key, ("", self.now))[0] == claimed.token)
        if is_ours:
            self.held.pop(key)
            if step.is_delivered:
                self.done.add(key)

    async def drain(self) -> None:
        """Whatever happened, what is left is claimed by somebody in the end."""
        for _ in range(200):
            self.now += timedelta(seconds=61)
            self.in_hand["one"].clear()
            await self.claim(Claim(worker="one", limit=6, per_host=3))
            while self.in_hand["one"]:
                await self.settle(Settle(worker="one", is_delivered=True))
            if self.done == set(self.keys):
                return
        message = f"never claimed: {set(self.keys) - self.done}"
        raise AssertionError(message)


@pytest.mark.rule("ST-04", "ST-05")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_no_order_of_events_breaks_the_queue(database, steps):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        for table in ("deliveries", "delivery_hosts", "activities"):
            await transaction.execute(f"delete from {table}")  # noqa: S608 - names above
        for number in range(10):
            await say(transaction, number)
    model = Model(database)

    for step in steps:
        await model.take(step)

    await model.drain()
