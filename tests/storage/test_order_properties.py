"""Create before Update before Delete, through outages of any shape; no word of what is gone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedirec.domain.actors import Host
from fedirec.storage import deliveries, queue
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue import ClaimedDelivery
from tests.storage.queueing import ADA, an_inbox, settle
from tests.storage.samples import DAY, MINUTE, NOW, an_activity, an_actor, save_actors, say

HOSTS = [Host(f"peer{number}.example") for number in range(2)]


@dataclass(frozen=True)
class Say:
    """Somebody makes, changes or deletes a note, whichever comes next for it."""

    note: int
    is_last: bool


@dataclass(frozen=True)
class Send:
    """A worker tries what is due; each outcome is for one attempt, in turn."""

    outcomes: Sequence[str]


outcomes = st.sampled_from(["taken", "taken, answer lost", "down", "worker died"])
steps = st.lists(
    st.one_of(
        st.builds(Say, note=st.integers(0, 1), is_last=st.booleans()),
        st.builds(Send, outcomes=st.lists(outcomes, min_size=1, max_size=3)),
    ),
    max_size=25,
)


@dataclass
class World:
    """What was said and tried, and what arrived where, beside a database that has to agree."""

    database: Database
    now: datetime = NOW
    said: dict[int, list[str]] = field(default_factory=lambda: {0: [], 1: []})
    kinds: dict[str, str] = field(default_factory=dict)
    tried: set[tuple[str, str]] = field(default_factory=set)
    arrived: list[tuple[str, str]] = field(default_factory=list)
    tried_before_the_end: dict[int, set[str]] = field(default_factory=dict)

    async def say(self, step: Say) -> None:
        before = self.said[step.note]
        if before and self.kinds[before[-1]] == "Delete":
            return
        kind = "Create" if not before else "Delete" if step.is_last else "Update"
        number, note = len(self.kinds), f"https://guild.example/notes/{step.note}"
        activity_id = an_activity(number).id
        leaving = Leaving(
            activity_id=activity_id,
            actor_id=ADA,
            order_key=note,
            first_try_at=self.now,
            expires_at=self.now + 100 * DAY,
            takes_back=kind == "Delete",
            is_first=kind == "Create",
        )
        async with self.database.transaction() as transaction:
            await say(transaction, number, type=kind, object_id=note)
            if kind == "Delete":
                self.tried_before_the_end[step.note] = {
                    host for each, host in self.tried if each in before
                }
                await deliveries.supersede(transaction, leaving, note, now=self.now)
            await deliveries.enqueue(transaction, leaving, [an_inbox(host) for host in HOSTS])
        before.append(activity_id)
        self.kinds[activity_id] = kind

    async def send(self, step: Send) -> int:
        self.now += 2 * MINUTE
        claimed = await self.claim(len(step.outcomes))
        for each, outcome in zip(claimed, step.outcomes, strict=False):
            self.tried.add((each.activity_id, each.host))
            if outcome.startswith("taken"):
                self.arrived.append((each.activity_id, each.host))
            if outcome == "taken":
                await settle(self.database, each, now=self.now)
            elif outcome != "worker died":
                again = self.now + timedelta(seconds=30)
                await settle(self.database, each, state="waiting", next_at=again, cls="temporary")
        return len(claimed)

    async def claim(self, limit: int) -> list[ClaimedDelivery]:
        async with self.database.transaction() as transaction:
            await queue.end_leases(transaction, now=self.now, most=1_000)
            until = self.now + MINUTE
            claimed = await queue.claim_deliveries(
                transaction,
                now=self.now,
                limit=limit,
                retries=limit,
                per_host=8,
                token=f"{self.now}",
                lease_until=until,
            )
            return claimed or await queue.claim_suspect(
                transaction, now=self.now, token=f"{self.now}", lease_until=until
            )

    def check(self) -> None:
        for note, activities in self.said.items():
            for host in HOSTS:
                came = [each for each, where in self.arrived if where == host]
                first = [each for each in dict.fromkeys(came) if each in activities]
                assert first == sorted(first), "later before earlier"
                if note not in self.tried_before_the_end:
                    assert first == activities, "something was lost"
                elif host in self.tried_before_the_end[note]:
                    assert first[-1:] == activities[-1:], "a ghost is left"
                else:
                    assert first == [], "told of what never was there"


@pytest.mark.rule("ST-05")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_through_any_outage_a_note_is_made_changed_and_deleted_in_order(database, steps):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        for table in ("deliveries", "delivery_hosts", "activities", "peers"):
            await transaction.execute(f"delete from {table}")  # noqa: S608 - names above
    world = World(database)

    for step in steps:
        await (world.say(step) if isinstance(step, Say) else world.send(step))
    while await world.send(Send(["taken"] * 4)):
        pass

    world.check()
