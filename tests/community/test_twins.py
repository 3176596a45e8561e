"""The same POST of a client at two processes of one guild: whichever is done, both answer with it.

The later one is stopped before each of its steps in turn, and the earlier one is done there.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

import pytest

from fedirec.community.client_outbox import submit
from fedirec.federation.context import Federation
from fedirec.server import open_federation
from tests.community.client import WORDS, endorsement_of, note
from tests.community.guild import Clock, Guild
from tests.fediverse import free_port, settings_at
from tests.stepping import SteppingDatabase, waits_for_a_lock

PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """A guild, and a second process of it with connections of its own."""

    guild: Guild
    other: Federation
    ada: str
    bob: str

    async def do(self, name: str, document: dict[str, Any]) -> str:
        """Do something that is no twin; return the activity's id."""
        return await submit(self.guild.federation, name, document)

    async def add(self, name: str) -> str:
        """Add a member; return their name."""
        [added] = await self.guild.add(name)
        return added

    async def noted(self) -> str:
        """A note of ada's; its id."""
        made = await self.do(self.ada, note())
        [row] = await self.guild.rows("select object_id from activities where id = :id", id=made)
        return str(row["object_id"])

    async def offered(self, ben: str) -> str:
        """An offer of ada's to somebody, which waits; its id."""
        return await self.do(self.ada, await an_offer_to(self, ben))


@pytest.fixture
async def two(tmp_path, database_url):
    clock = Clock()
    limits = {"open_offers_per_endorser": 1_000}
    settings = settings_at(tmp_path, free_port(), database=database_url, limits=limits)
    async with (
        open_federation(settings, is_founding=True, now=clock) as one,
        open_federation(settings, now=clock) as other,
    ):
        guild = Guild(federation=one, clock=clock)
        ada, bob = await guild.add("ada", "bob")
        yield Two(guild=guild, other=other, ada=ada, bob=bob)


async def a_create(two: Two) -> Any:
    return two.ada, note()


async def a_deletion(two: Two) -> Any:
    return two.ada, {"type": "Delete", "object": await two.noted()}


async def an_update(two: Two) -> Any:
    changed = {"id": await two.noted(), "type": "Note", "content": "<p>Good night.</p>"}
    return two.ada, {"type": "Update", "object": changed}


async def a_pin(two: Two) -> Any:
    featured = (await two.guild.actor(two.ada)).featured
    return two.ada, {"type": "Add", "object": await two.noted(), "target": featured}


async def an_unpinning(two: Two) -> Any:
    name, pinned = await a_pin(two)
    await two.do(name, pinned)
    return name, pinned | {"type": "Remove"}


async def a_follow(two: Two) -> Any:
    return two.ada, {"type": "Follow", "object": two.guild.id(two.bob)}


async def a_like(two: Two) -> Any:
    return two.ada, {"type": "Like", "object": await two.noted()}


async def a_boost(two: Two) -> Any:
    return two.ada, {"type": "Announce", "object": await two.noted()}


async def a_block(two: Two) -> Any:
    return two.ada, {"type": "Block", "object": two.guild.id(two.bob)}


async def an_undoing(two: Two) -> Any:
    return two.ada, {"type": "Undo", "object": await two.do(*await a_like(two))}


async def an_offer_to(two: Two, ben: str) -> Any:
    return {"type": "Offer", "object": endorsement_of(two.guild.id(ben))}


async def an_offer(two: Two) -> Any:
    return two.ada, await an_offer_to(two, await two.add("ben"))


async def an_amendment(two: Two) -> Any:
    ben = await two.add("ben")
    offer = await two.guild.offer(await two.offered(ben))
    amended = await an_offer_to(two, ben)
    amended["object"] |= {"id": offer.note_id, "content": f"{WORDS} Twice."}
    return two.ada, amended


async def a_retraction(two: Two) -> Any:
    return two.ada, {"type": "Undo", "object": await two.offered(await two.add("ben"))}


async def an_agreement(two: Two) -> Any:
    ben = await two.add("ben")
    return ben, {"type": "Accept", "object": await two.offered(ben)}


async def a_refusal(two: Two) -> Any:
    ben = await two.add("ben")
    return ben, {"type": "Reject", "object": await two.offered(ben)}


async def a_withdrawal(two: Two) -> Any:
    ben, accept = await an_agreement(two)
    offer = await two.guild.offer(accept["object"])
    await two.do(ben, accept)
    return two.ada, {"type": "Delete", "object": offer.note_id}


ACTS = [
    a_create, a_deletion, an_update, a_pin, an_unpinning, a_follow, a_like, a_boost, a_block,
    an_undoing, an_offer, an_amendment, a_retraction, an_agreement, a_refusal,
    a_withdrawal,
]  # fmt: skip


@dataclass(slots=True)
class Interruption:
    """The twin, to be done before the step with this number."""

    two: Two
    number: int
    twin: Callable[[], Coroutine[Any, Any, str]]
    steps: int = 0
    done: "asyncio.Task[str] | None" = None

    async def __call__(self) -> None:
        self.steps += 1
        if self.steps == self.number:
            self.done = asyncio.get_running_loop().create_task(self.twin())
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not (self.done.done() or await self._is_waiting()):
                    await asyncio.wait([self.done], timeout=0.005)

    async def _is_waiting(self) -> bool:
        """Whether the twin waits for what the later one holds."""
        database = self.two.other.database
        return database.engine != "sqlite" and await waits_for_a_lock(database)


@pytest.mark.slow
@pytest.mark.rule("ST-01")
@pytest.mark.parametrize("act", ACTS)
async def test_whenever_its_twin_is_done_the_answer_is_what_was_done(two, act):
    for number in count(2):  # before the first step it is no twin but a repeat
        name, document = await act(two)
        key = f"{act.__name__} {number}"
        twin = partial(submit, two.guild.federation, name, document, key=key)
        interruption = Interruption(two, number, twin)
        database = SteppingDatabase(two.other.database, interruption)

        made = await submit(replace(two.other, database=database), name, document, key=key)

        if interruption.done is None:
            break
        assert await interruption.done == made, number
    assert number > 3
