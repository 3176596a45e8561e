"""X5: bad peers who speak to us, and whose keys we must fetch to believe them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Final

import pytest

from tests.chaos.invariants import settle_and_check
from tests.chaos.world import World
from tests.misbehaviour import (
    Behaviour,
    drips,
    drips_headers,
    hangs,
    hangs_up,
    is_endless,
    sends,
)
from tests.peers import Peer, PeerActor

ROUNDS: Final = 5
BAD: Final[dict[str, Behaviour]] = {
    "hangs": hangs(),
    "drips": drips(),
    "dripsheaders": drips_headers(),
    "endless": is_endless(),
    "hangsup": hangs_up(),
    "garbage": sends(b"lorem ipsum dolor\r\n\r\n"),
    "torn": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"),
    "nojson": sends(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n"
        b"Content-Length: 4\r\n\r\n{{{{"
    ),
}
STATUSES: Final = {"failing": 500, "gateway": 502, "busy": 429, "missing": 404, "gone": 410}
TIMEOUTS: Final = {"LIMITS__FETCH_TIMEOUT": "5s", "LIMITS__FIRST_BYTE_TIMEOUT": "5s"}


@pytest.fixture
async def liars() -> AsyncIterator[list[PeerActor]]:
    """People whose servers do not give out their keys as they should."""
    async with AsyncExitStack() as stack:
        people = []
        names = (*BAD, *STATUSES, "circles")
        for number, name in enumerate(names, 1):
            peer = await stack.enter_async_context(Peer(address=f"127.0.8.{number}"))
            person = peer.add_actor(name)
            path = f"/users/{name}"
            if name in BAD:
                peer.behaves(path, BAD[name])
            elif name == "circles":
                peer.redirects(path, person.id)
            else:
                peer.answers(path, STATUSES[name], {"Retry-After": "-1"})
            people.append(person)
        yield people


async def shout(world: World, person: PeerActor) -> list[int]:
    """Speak to a member, over and over; return what was answered."""
    inbox = f"{world.prepared.id('ada')}/inbox"
    return [await person.post(inbox, world.mention(person, "ada")) for _ in range(ROUNDS)]


async def talk(world: World) -> None:
    """Let the honest ones speak."""
    for _ in range(ROUNDS):
        for actor in world.actors:
            said = await world.say(actor, world.mention(actor, "ada"), to="ada")
            assert said.is_accepted


def fetched(people: Sequence[PeerActor]) -> int:
    """How many requests they got."""
    return sum(len(person.peer.received) for person in people)


@pytest.mark.rule("RX-10", "SG-13", "SG-19")
async def test_who_cannot_be_believed_holds_nobody_up(world, program, database_url, liars):
    await program.start(**TIMEOUTS)

    async with asyncio.TaskGroup() as tasks:
        shouting = {person.name: tasks.create_task(shout(world, person)) for person in liars}
        await talk(world)
        is_waiting = not shouting["hangs"].done()

    assert is_waiting, "an honest peer waited for a bad one"
    for name, task in shouting.items():
        assert set(task.result()) <= {401, 503}, name
    assert {shouting[name].result()[0] for name in ("hangs", "failing", "garbage")} == {503}
    assert fetched(liars) <= 5 * len(liars)
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0
