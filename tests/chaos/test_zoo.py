"""X5: every bad peer at once, and three honest ones beside them, who are not kept waiting."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, InboxUrl
from fedirec.domain.follows import FollowState
from fedirec.storage import actors
from fedirec.storage.database import Database, from_microseconds
from fedirec.storage.follows import Follow, save_follow
from fedirec.storage.opening import open_database
from tests.chaos.patience import PATIENCE_SECONDS, until
from tests.chaos.world import World
from tests.chaos.zoo import Animal, open_zoo

NOTES = 4
TIMEOUTS = {
    "LIMITS__LEASE": "20s",
    "LIMITS__DELIVERY_TIMEOUT": "6s",
    "LIMITS__CONNECT_TIMEOUT": "6s",
    "LIMITS__FIRST_BYTE_TIMEOUT": "6s",
}
PATIENT = ("aeons", "never")
HANGING = ("blackhole", "hangs", "dripping", "late")


@pytest.fixture
async def zoo() -> AsyncIterator[list[Animal]]:
    async with open_zoo() as opened:
        yield opened


async def befriend(database_url: str, zoo: Sequence[Animal], followed: str) -> None:
    """Have somebody of each bad peer follow a member; nobody has to be asked for that."""
    database = await open_database(database_url)
    now = datetime.now(UTC)
    async with database.transaction() as transaction:
        for animal in zoo:
            await actors.save_actor(transaction, actor_of(animal, now))
            await save_follow(
                transaction,
                Follow(
                    follower_id=ActorId(animal.id),
                    followed_id=ActorId(followed),
                    activity_id=f"{animal.id}#follow",
                    state=FollowState.ACCEPTED,
                    requested_at=now,
                    accepted_at=now,
                ),
            )
    await database.close()


def actor_of(animal: Animal, now: datetime) -> Actor:
    """The one who lives there."""
    host = Host(animal.host)
    return Actor(
        id=ActorId(animal.id),
        kind=ActorKind.PERSON,
        is_local=False,
        host=host,
        name=animal.name,
        handle_domain=host,
        display_name=animal.name,
        summary="",
        url=animal.id,
        inbox=InboxUrl(animal.inbox),
        outbox=None,
        followers=None,
        following=None,
        featured=None,
        shared_inbox=None,
        fetched_at=now,
    )


async def rows_of(database: Database) -> list[dict[str, Any]]:
    """All deliveries."""
    async with database.reading() as reader:
        found = await reader.fetch_all(
            "select activity_id, host, state, attempt, last_class, last_detail, next_at"
            " from deliveries order by activity_id"
        )
    return [dict(row) for row in found]


async def tried(database: Database) -> list[dict[str, Any]]:
    """All deliveries, once each was tried."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            rows = await rows_of(database)
            if all(row["last_class"] for row in rows):
                return rows
            await asyncio.sleep(0.1)


def are_served(world: World) -> bool:
    """Whether each honest peer has everything."""
    return all(len(peer.posts) == NOTES for peer in world.peers)


@pytest.mark.rule("ST-06", "RX-08")
async def test_bad_peers_cost_their_own_slots_and_nobody_else_anything(
    world, program, database_url, zoo
):
    await befriend(database_url, zoo, world.prepared.id("ada"))
    await program.start(**TIMEOUTS)
    database = await open_database(database_url)

    told = [await world.do("ada", world.note("ada")) for _ in range(NOTES)]
    await until(lambda: are_served(world), expecting="the honest peers to be served")
    meanwhile = await rows_of(database)

    rows = await tried(database)
    at = datetime.now(UTC)
    await database.close()

    hosts = {animal.host for animal in zoo if animal.name in HANGING}
    given_up = [row for row in meanwhile if row["host"] in hosts and row["last_class"]]
    assert given_up == [], "an honest peer waited for a bad one"
    for peer in world.peers:
        assert [post.json()["id"] for post in peer.posts] == [act.location for act in told]
    for animal in zoo:
        own = [row for row in rows if row["host"] == animal.host]
        assert len(own) == NOTES
        assert_as_ruled(animal, own)
        assert_waits_are_sane(animal, own, at)
        assert animal.most <= 8, f"{animal.name} had {animal.most} at once"
        if animal.name in HANGING[:3]:
            assert animal.most <= 2, f"{animal.name} had {animal.most} at once"
        assert not any(request.startswith("POST /round") for request in animal.requests)
    assert await program.leave() == 0


def assert_as_ruled(animal: Animal, rows: Sequence[dict[str, Any]]) -> None:
    """Each row is what the table of reliability §3 says of such an answer."""
    if animal.name == "alternates":
        assert {row["state"] for row in rows} == {"delivered", "waiting"}
        return
    for row in rows:
        assert (row["state"], row["last_class"]) == animal.expected, (animal.name, row)


def assert_waits_are_sane(animal: Animal, rows: Sequence[dict[str, Any]], at: datetime) -> None:
    """Nobody is asked again within seconds, and whoever asks for aeons gets a day."""
    for row in rows:
        wait = from_microseconds(row["next_at"]) - at
        if row["last_class"] in {"temporary", "busy", "moved", "missing"}:
            assert row["attempt"] == 1, row
            longest = timedelta(days=1) if animal.name in PATIENT else timedelta(minutes=1.5)
            assert wait <= longest, row
