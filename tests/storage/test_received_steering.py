"""A keeper's hand on what was received: dead things are shown, tried again, or ended."""

from datetime import timedelta
from typing import Any

import pytest

from fedirec.domain.queue_states import ReceivedState
from fedirec.storage import queue
from fedirec.storage.database import Database
from fedirec.storage.queue_depths import list_depths, list_worst_hosts, next_looks
from fedirec.storage.queue_lists import QueuedReceived, list_received
from fedirec.storage.received import insert_received
from fedirec.storage.received_steering import (
    cancel_received,
    flush_received,
    list_received_shape,
    retry_received,
)
from tests.storage.queueing import an_inbox, enqueue
from tests.storage.samples import (
    MINUTE,
    NOW,
    THEIRS,
    a_received,
    an_actor,
    save_actors,
    say,
)

DEAD, LATER, FRESH = (a_received(number).id for number in (1, 2, 3))
TRACE = "Traceback (most recent call last):\n  …\nKeyError: 'oak'"


@pytest.fixture
async def came(database):
    """Three activities: one is dead, one waits for its next try, one is due."""
    async with database.transaction() as transaction:
        await insert_received(transaction, [a_received(number) for number in (1, 2)])
        claimed = await queue.claim_received(
            transaction, now=NOW, limit=2, token="one", lease_until=NOW + MINUTE
        )
        assert len(claimed) == 2
        await queue.settle_received(
            transaction, id=DEAD, token="one", state=ReceivedState.DEAD, now=NOW, detail=TRACE
        )
        await queue.settle_received(
            transaction,
            id=LATER,
            token="one",
            state=ReceivedState.WAITING,
            now=NOW,
            next_at=NOW + 5 * MINUTE,
        )
        await insert_received(transaction, [a_received(3)])
    return database


async def listed(database: Database, **only: Any) -> dict[str, QueuedReceived]:
    async with database.reading() as reader:
        page = await list_received(reader, limit=10, **only)
    return {item.id: item for item in page.items}


async def test_each_state_is_listed_by_itself_and_an_id_in_any(came):
    assert set(await listed(came, state=ReceivedState.DEAD)) == {DEAD}
    assert set(await listed(came, state=ReceivedState.WAITING)) == {LATER}
    assert set(await listed(came, state="due")) == {FRESH}
    assert set(await listed(came, id=LATER)) == {LATER}
    assert set(await listed(came, host=THEIRS)) == {DEAD, LATER, FRESH}
    assert (await listed(came, state=ReceivedState.DEAD))[DEAD].last_detail == TRACE


async def test_what_is_dead_is_tried_anew(came):
    async with came.transaction() as transaction:
        assert await retry_received(transaction, NOW, id=DEAD) == 1
        claimed = await queue.claim_received(
            transaction, now=NOW, limit=9, token="two", lease_until=NOW + MINUTE
        )

    assert {item.id: item.attempt for item in claimed} == {DEAD: 1, FRESH: 1}


async def test_what_waits_is_brought_forward(came):
    async with came.transaction() as transaction:
        assert await flush_received(transaction, NOW) == 1

    assert set(await listed(came, state="due")) == {LATER, FRESH}


async def test_what_is_ended_stays_known_and_is_not_handled(came):
    async with came.transaction() as transaction:
        assert await cancel_received(transaction, NOW, host=THEIRS) == 3
        assert (
            await queue.claim_received(
                transaction, now=NOW + MINUTE * 9, limit=9, token="two", lease_until=NOW
            )
            == []
        )

    ended = await listed(came, host=THEIRS)
    assert {item.state for item in ended.values()} == {"ignored"}
    assert {item.last_class for item in ended.values()} == {"cancelled"}


async def test_what_waits_to_be_handled_has_a_shape_too(came):
    async with came.reading() as reader:
        (shape,) = await list_received_shape(reader, NOW + timedelta(minutes=10))

    assert (shape.host, shape.total, shape.under_1_hour) == (THEIRS, 2, 2)


@pytest.mark.rule("OP-06")
async def test_the_depths_tell_every_kind_of_work_by_state_and_the_worst_hosts(came):
    await save_actors(came, an_actor("ada"))
    async with came.transaction() as transaction:
        await say(transaction, 1)
    await enqueue(
        came, 1, an_inbox("a.example"), an_inbox("b.example", 1), an_inbox("b.example", 2)
    )

    async with came.reading() as reader:
        depths = {(each.work, each.state): each.depth for each in await list_depths(reader)}
        worst = {each.host: each.depth for each in await list_worst_hosts(reader, limit=1)}
        looks = await next_looks(reader)

    assert depths == {
        ("deliveries", "due"): 3,
        ("received", "dead"): 1,
        ("received", "due"): 1,
        ("received", "waiting"): 1,
    }
    assert worst == {"b.example": 2}
    assert looks == {"deliveries": NOW, "received": NOW}
