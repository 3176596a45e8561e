"""What ends, is released or is looked at in the queue."""

import pytest

from fedirec.storage import deliveries, queue
from fedirec.storage.queue_lists import count_by_state, list_deliveries, list_received
from fedirec.storage.received import insert_received
from tests.storage.queueing import an_inbox, claim, enqueue
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    a_received,
    actor_id,
    an_activity,
)

ADA = actor_id("ada")


async def test_cancelled_deliveries_are_never_claimed(storage):
    await enqueue(storage, 1, an_inbox("blocked.example"), an_inbox("peer.example"))
    async with storage.transaction() as transaction:
        by_host = await queue.cancel_deliveries(transaction, host="blocked.example", now=NOW)
        by_other = await queue.cancel_deliveries(transaction, actor_id=actor_id("bea"), now=NOW)

    assert (by_host, by_other) == (1, 0)
    assert [each.host for each in await claim(storage)] == ["peer.example"]
    async with storage.transaction() as transaction:
        assert await queue.cancel_deliveries(transaction, actor_id=ADA, now=NOW) == 1
        with pytest.raises(ValueError, match="name a host or an actor"):
            await queue.cancel_deliveries(transaction, now=NOW)


async def test_what_is_past_its_time_expires_but_not_in_a_workers_hands(storage):
    await enqueue(storage, 1, an_inbox("a.example"), an_inbox("b.example"), expires_at=NOW + DAY)
    await claim(storage, limit=1, now=NOW + DAY)

    async with storage.transaction() as transaction:
        early = await deliveries.expire_deliveries(transaction, NOW)
        due = await deliveries.expire_deliveries(transaction, NOW + DAY)
        counts = await deliveries.count_states(transaction, [an_activity(1).id])

    assert (early, due) == (0, 1)
    assert counts == {"expired": 1, "leased": 1}


async def test_what_a_lease_ran_out_on_is_released(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    await claim(storage)
    async with storage.transaction() as transaction:
        await insert_received(transaction, [a_received(1)])
        await queue.claim_received(
            transaction, now=NOW, limit=1, token="t", lease_until=NOW + MINUTE
        )
        assert await queue.release_expired(transaction, NOW) == 0
        assert await queue.release_expired(transaction, NOW + MINUTE) == 2
        counts = await count_by_state(transaction)

    assert counts == {"deliveries": {"due": 1}, "received": {"due": 1}}


async def test_the_lists_show_every_row_once_by_state_and_host(storage):
    for number in range(6):
        await enqueue(storage, number, an_inbox("a.example"), an_inbox("b.example"))
    async with storage.transaction() as transaction:
        await insert_received(transaction, [a_received(number) for number in range(5)])
        await queue.cancel_deliveries(transaction, host="a.example", now=NOW)

    seen: list[tuple[str, str]] = []
    before = None
    async with storage.reading() as reader:
        while True:
            page = await list_deliveries(reader, before=before, limit=5)
            seen += [(each.activity_id, each.inbox) for each in page.items]
            before = page.next_cursor
            if before is None:
                break
        cancelled = await list_deliveries(reader, state="cancelled", host="a.example", limit=50)
        none = await list_deliveries(reader, state="cancelled", host="b.example", limit=50)
        received = await list_received(reader, state="due", limit=3)
        rest = await list_received(reader, before=received.next_cursor, limit=3)

    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 12
    assert (len(cancelled.items), len(none.items)) == (6, 0)
    assert [each.id for each in (*received.items, *rest.items)] == [
        a_received(number).id for number in (4, 3, 2, 1, 0)
    ]
