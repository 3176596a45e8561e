"""What is said twice of an object reaches each follower in order, whoever expands it (P5)."""

import asyncio
from datetime import datetime

import pytest

from fedirec.storage import deliveries, follows
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue_lists import list_deliveries
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    OURS,
    actor_id,
    an_activity,
    an_actor,
    follow,
    save_actors,
    say,
)

ADA = actor_id("ada")
A_PAGE = 2
A_WHILE = 0.3  # seconds for somebody to run into a lock


@pytest.fixture
async def storage(database):
    """Ada has said something, and then something else of it."""
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await say(transaction, 1)
        await say(transaction, 2, object_id=an_activity(1).object_id, type="Update")
    return database


def leaving(number: int) -> Leaving:
    return Leaving(
        activity_id=an_activity(number).id,
        actor_id=ADA,
        order_key="note",
        first_try_at=NOW,
        expires_at=NOW + DAY,
    )


async def have_followers(database: Database, count: int) -> None:
    followers = [an_actor(f"f{number}", f"peer{number}.example") for number in range(count)]
    await save_actors(database, *followers)
    for follower in followers:
        await follow(database, follower.id, ADA)


async def publish(database: Database, number: int) -> int:
    async with database.transaction() as transaction:
        return await deliveries.enqueue_to_followers(
            transaction, leaving(number), ADA, our_host=OURS, limit=A_PAGE
        )


async def expand(database: Database, now: datetime = NOW) -> int | None:
    async with database.transaction() as transaction:
        return await deliveries.expand_fan_out(transaction, limit=A_PAGE, now=now)


async def told_of(database: Database, number: int) -> set[str]:
    async with database.reading() as reader:
        page = await list_deliveries(reader, activity_id=an_activity(number).id, limit=50)
    return {item.inbox for item in page.items}


@pytest.mark.rule("ST-05")
async def test_a_deletion_waits_for_the_page_in_hand_and_ends_what_is_left(storage):
    await have_followers(storage, 9)
    await publish(storage, 1)
    note = str(an_activity(1).object_id)

    async def delete() -> int:
        async with storage.transaction() as transaction:
            return await deliveries.supersede(transaction, leaving(1), note, now=NOW)

    async with asyncio.TaskGroup() as tasks, storage.transaction() as transaction:
        await deliveries.expand_fan_out(transaction, limit=A_PAGE, now=NOW)
        deleting = tasks.create_task(delete())
        await asyncio.wait({deleting}, timeout=A_WHILE)

    assert await deleting == 4
    assert await expand(storage) is None


async def test_what_follows_about_an_object_waits_for_the_page_in_another_workers_hands(storage):
    await have_followers(storage, 9)
    await publish(storage, 1)
    async with storage.transaction() as transaction:
        await transaction.execute("update fan_outs set due_at = due_at + 1")  # the later looks due
    await publish(storage, 2)

    async with asyncio.TaskGroup() as tasks, storage.transaction() as transaction:
        await deliveries.expand_fan_out(transaction, limit=A_PAGE, now=NOW + MINUTE)
        expanding = tasks.create_task(expand(storage, NOW + MINUTE))
        await asyncio.wait({expanding}, timeout=A_WHILE)

    assert await told_of(storage, 2) == set()
    for _ in range(9):
        await expand(storage, NOW + MINUTE)
        assert await told_of(storage, 2) <= await told_of(storage, 1)
    assert len(await told_of(storage, 2)) == 9


async def test_what_follows_about_an_object_reaches_nobody_first_when_followers_leave(storage):
    await have_followers(storage, 5)
    await publish(storage, 1)
    async with storage.transaction() as transaction:
        await follows.remove_follow(transaction, actor_id("f0", "peer0.example"), ADA)

    assert await publish(storage, 2) == 0

    assert [await expand(storage) for _ in range(5)] == [2, 1, 2, 2, None]
