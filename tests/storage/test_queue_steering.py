"""A keeper's hand on the queue: what is under way is left alone, the rest obeys."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from fedirec.domain.actors import Host, InboxUrl
from fedirec.domain.circuits import Sign
from fedirec.domain.queue_states import DeliveryState
from fedirec.storage import deliveries, queue
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue import ClaimedDelivery, Settlement
from fedirec.storage.queue_lists import list_deliveries
from fedirec.storage.queue_steering import (
    Choice,
    cancel,
    flush,
    hold,
    list_shape,
    release,
    retry,
)
from tests.storage.queueing import tell
from tests.storage.samples import NOW, actor_id, an_actor, save_actors, say

MOST = 2  # workers that may end in the middle of one
NEAR, FAR = Host("near.example"), Host("far.example")


@pytest.fixture
async def waiting(database):
    """Two activities, each on its way to an inbox at two hosts; returns the first one's id."""
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        said = [await say(transaction, number) for number in (1, 2)]
        for activity in said:
            await deliveries.enqueue(
                transaction,
                Leaving(
                    activity_id=activity.id,
                    actor_id=actor_id("ada"),
                    order_key=activity.id,
                    first_try_at=NOW,
                    expires_at=NOW + timedelta(hours=1),
                ),
                [(InboxUrl(f"https://{host}/inbox"), host) for host in (NEAR, FAR)],
            )
    return said[0].id


async def states(database: Database) -> Counter[str]:
    async with database.reading() as reader:
        page = await list_deliveries(reader, limit=50)
    return Counter(item.state for item in page.items)


async def claim(database: Database, now: datetime) -> list[ClaimedDelivery]:
    async with database.transaction() as transaction:
        return await queue.claim_deliveries(
            transaction,
            now=now,
            retries=64,
            limit=10,
            per_host=10,
            token="worker",
            lease_until=now + timedelta(minutes=1),
        )


async def lose_all(database: Database, now: datetime) -> None:
    """Claim everything, and have the worker end in the middle of it."""
    assert len(await claim(database, now)) == 4
    async with database.transaction() as transaction:
        await queue.end_leases(transaction, now=now + timedelta(minutes=1), most=MOST)


async def settle(
    database: Database,
    claimed: list[ClaimedDelivery],
    state: str,
    *,
    next_at: datetime | None = None,
) -> None:
    async with database.transaction() as transaction:
        settlements = [
            Settlement(
                activity_id=item.activity_id,
                inbox=item.inbox,
                token="worker",
                state=DeliveryState(state),
                next_at=next_at,
            )
            for item in claimed
        ]
        await queue.settle_deliveries(transaction, settlements, now=NOW)


async def test_what_is_held_is_not_claimed_until_it_is_released(database, waiting):
    async with database.transaction() as transaction:
        assert await hold(transaction, Choice(host=FAR)) == 2

    claimed = await claim(database, NOW)
    assert {item.host for item in claimed} == {NEAR}

    async with database.transaction() as transaction:
        assert await release(transaction, Choice(), NOW) == 2
    assert {item.host for item in await claim(database, NOW)} == {FAR}


async def test_a_flush_brings_the_next_try_forward(database, waiting):
    later = NOW + timedelta(minutes=30)
    await settle(database, await claim(database, NOW), "waiting", next_at=later)
    assert await claim(database, NOW + timedelta(minutes=1)) == []

    async with database.transaction() as transaction:
        assert await flush(transaction, Choice(activity_id=waiting), NOW) == 2

    claimed = await claim(database, NOW + timedelta(minutes=1))
    assert {item.activity_id for item in claimed} == {waiting}
    assert {item.attempt for item in claimed} == {2}


@pytest.mark.parametrize("is_tried", [False, True], ids=["untried", "tried"])
async def test_a_flush_probes_a_host_that_is_down_at_once(database, waiting, is_tried):
    if is_tried:
        later = NOW + timedelta(hours=6)
        await settle(database, await claim(database, NOW), "waiting", next_at=later)
    for host in (NEAR, FAR):
        circuit = await tell(database, host, *[Sign.FAILS] * 5, now=NOW)
        assert circuit.next_at is not None
    assert await claim(database, NOW + timedelta(seconds=1)) == []

    at = NOW + timedelta(seconds=2)
    async with database.transaction() as transaction:
        assert await flush(transaction, Choice(host=FAR), at) == (2 if is_tried else 0)

    assert [item.host for item in await claim(database, at)] == [FAR]


async def test_a_retry_begins_anew_with_what_was_given_up(database, waiting):
    await settle(database, await claim(database, NOW), "expired")
    late = NOW + timedelta(days=3)

    async with database.transaction() as transaction:
        assert await retry(transaction, Choice(host=NEAR), late) == 2

    claimed = await claim(database, late)
    assert {(item.host, item.attempt) for item in claimed} == {(NEAR, 1)}
    assert {item.expires_at for item in claimed} == {late + timedelta(days=1)}
    assert await states(database) == {"leased": 2, "expired": 2}


async def test_a_retry_forgets_how_many_workers_ended_in_the_middle_of_it(database, waiting):
    for number in range(MOST):
        at = NOW + number * timedelta(minutes=1)
        await lose_all(database, at)
    assert await states(database) == {"dead": 4}
    late = NOW + timedelta(hours=2)

    async with database.transaction() as transaction:
        assert await retry(transaction, Choice(), late) == 4
    await lose_all(database, late)

    assert await states(database) == {"waiting": 4}


async def test_what_is_cancelled_is_over(database, waiting):
    async with database.transaction() as transaction:
        assert await cancel(transaction, Choice(activity_id=waiting, host=FAR), NOW) == 1

    assert await states(database) == {"due": 3, "cancelled": 1}
    async with database.transaction() as transaction:
        assert await retry(transaction, Choice(), NOW) == 0


async def test_what_is_under_way_is_left_to_its_worker(database, waiting):
    await claim(database, NOW)

    async with database.transaction() as transaction:
        assert await hold(transaction, Choice()) == 0
        assert await cancel(transaction, Choice(), NOW) == 0
        assert await flush(transaction, Choice(), NOW) == 0

    assert await states(database) == {"leased": 4}


async def test_the_shape_counts_by_host_and_age(database, waiting):
    async with database.transaction() as transaction:
        await cancel(transaction, Choice(activity_id=waiting, host=NEAR), NOW)

    async with database.reading() as reader:
        fresh = await list_shape(reader, NOW + timedelta(minutes=1))
        older = await list_shape(reader, NOW + timedelta(hours=3))

    assert [(shape.host, shape.total, shape.under_5_minutes) for shape in fresh] == [
        (FAR, 2, 2),
        (NEAR, 1, 1),
    ]
    assert [(shape.under_5_minutes, shape.under_1_hour, shape.under_1_day) for shape in older] == [
        (0, 0, 2),
        (0, 0, 1),
    ]
    assert {shape.oldest_at for shape in older} == {NOW}


async def test_one_activitys_deliveries_are_listed_page_by_page(database, waiting):
    async with database.reading() as reader:
        first = await list_deliveries(reader, activity_id=waiting, limit=1)
        rest = await list_deliveries(
            reader, activity_id=waiting, before=first.next_cursor, limit=50
        )

    assert [item.activity_id for item in (*first.items, *rest.items)] == [waiting, waiting]
    assert rest.next_cursor is None


@pytest.mark.rule("ST-05")
async def test_what_is_about_the_same_waits_for_what_a_keeper_holds(database, waiting):
    async with database.transaction() as transaction:
        await transaction.execute("update deliveries set order_key = 'note'")
        await hold(transaction, Choice(activity_id=waiting))

    meanwhile = await claim(database, NOW)
    async with database.transaction() as transaction:
        await release(transaction, Choice(activity_id=waiting), NOW)
    released = await claim(database, NOW)

    assert meanwhile == []
    assert {each.activity_id for each in released} == {waiting}
