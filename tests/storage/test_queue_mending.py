"""Schedules after the clock jumped, and what nobody looks at."""

import pytest

from fedirec.domain.circuits import Sign
from fedirec.storage import queue
from fedirec.storage.database import Database
from fedirec.storage.queue_mending import end_all_leases, mend_queue
from fedirec.storage.received import insert_received
from tests.storage.queueing import an_inbox, claim, enqueue, settle, tell
from tests.storage.samples import DAY, MINUTE, NOW, a_received

WRONG = NOW + 3650 * DAY


async def mend(storage: Database) -> int:
    async with storage.transaction() as transaction:
        return await mend_queue(transaction, NOW, lease=MINUTE)


async def receive(storage: Database, number: int) -> list[queue.ClaimedReceived]:
    async with storage.transaction() as transaction:
        await insert_received(transaction, [a_received(number, created_at=WRONG)])
        return await queue.claim_received(
            transaction, now=NOW, limit=9, token="t", lease_until=NOW + MINUTE
        )


async def take(storage: Database, token: str) -> list[queue.ClaimedReceived]:
    async with storage.transaction() as transaction:
        return await queue.claim_received(
            transaction, now=NOW, limit=9, token=token, lease_until=NOW + MINUTE
        )


@pytest.mark.rule("ST-07")
async def test_what_was_planned_by_a_clock_ten_years_ahead_is_done_now(storage):
    await enqueue(storage, 1, an_inbox("tried.example"))
    for each in await claim(storage):
        await settle(storage, each, state="waiting", next_at=WRONG)
    await enqueue(storage, 2, an_inbox("new.example"), now=WRONG)
    assert (await claim(storage), await receive(storage, 1)) == ([], [])

    assert await mend(storage) == 3

    assert {each.host for each in await claim(storage)} == {"tried.example", "new.example"}
    assert len(await receive(storage, 2)) == 1


@pytest.mark.rule("ST-07")
async def test_a_lease_of_a_wrong_clock_ends_one_lease_from_now(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    async with storage.transaction() as transaction:
        await queue.claim_deliveries(
            transaction,
            now=NOW,
            limit=9,
            retries=9,
            per_host=9,
            token="lost",
            lease_until=WRONG,
        )

    assert await mend(storage) == 1

    assert await claim(storage, now=NOW + MINUTE / 2) == []
    assert len(await claim(storage, now=NOW + MINUTE)) == 1


@pytest.mark.rule("ST-07")
async def test_a_probe_of_a_wrong_clock_is_made_now(storage):
    await enqueue(storage, 1, an_inbox("dead.example"))
    await tell(storage, "dead.example", *[Sign.FAILS] * 5, now=WRONG)
    assert await claim(storage) == []

    assert await mend(storage) == 1

    assert len(await claim(storage)) == 1


async def test_what_was_planned_within_reason_stays_as_it_is(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    for each in await claim(storage):
        await settle(storage, each, state="waiting", next_at=NOW + DAY)

    assert await mend(storage) == 0
    assert await claim(storage, now=NOW + DAY - MINUTE) == []


async def test_what_is_due_and_looked_at_by_nobody_is_found_again(storage):
    await enqueue(storage, 1, an_inbox("new.example"), an_inbox("tried.example"))
    (again,) = [each for each in await claim(storage) if each.host == "tried.example"]
    await settle(storage, again, state="waiting", next_at=NOW + MINUTE)
    async with storage.transaction() as transaction:
        await transaction.execute("delete from delivery_hosts")
        await transaction.execute("update deliveries set next_at = 1")
        await mend_queue(transaction, NOW, lease=MINUTE)

    assert {each.host for each in await claim(storage)} == {"new.example", "tried.example"}


@pytest.mark.rule("ST-04")
async def test_after_a_crash_of_all_workers_no_lease_is_waited_for(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    (lost,) = await claim(storage)
    async with storage.transaction() as transaction:
        await insert_received(transaction, [a_received(1)])
    (handled,) = await take(storage, "lost")

    async with storage.transaction() as transaction:
        await end_all_leases(transaction, now=NOW, most=8)

    (again,) = await claim(storage, worker="two")
    assert (again.inbox, again.attempt) == (lost.inbox, 2)
    assert await settle(storage, lost) == [False]
    assert [each.id for each in await take(storage, "two")] == [handled.id]
