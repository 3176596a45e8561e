"""Received activities: each once, for everybody whose inbox it was put in (OR-17)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from fedirec.domain.queue_states import ReceivedState
from fedirec.storage import inboxes, queue
from fedirec.storage.database import Database, Transaction
from fedirec.storage.inboxes import Source
from fedirec.storage.queue import ClaimedReceived
from fedirec.storage.received import (
    Kept,
    ReceivedActivity,
    find_received,
    insert_received,
    prune_received,
    settle_handled,
)
from fedirec.storage.seen_signatures import forget_before, insert_seen
from tests.storage.samples import DAY, MINUTE, NOW, a_received, actor_id

ADA, BEA = actor_id("ada"), actor_id("bea")


async def keep(database: Database, *items: ReceivedActivity) -> list[Kept]:
    async with database.transaction() as transaction:
        return await insert_received(transaction, items)


async def claim(
    database: Database, now: datetime = NOW, worker: str = "one"
) -> list[ClaimedReceived]:
    async with database.transaction() as transaction:
        await queue.end_received_leases(transaction, now=now, most=8)
        return await queue.claim_received(
            transaction, now=now, limit=10, token=worker, lease_until=now + MINUTE
        )


async def settle(
    database: Database,
    claimed: ClaimedReceived,
    state: str = "handled",
    now: datetime = NOW,
    **more: Any,
) -> bool:
    async with database.transaction() as transaction:
        return await queue.settle_received(
            transaction,
            id=claimed.id,
            token=claimed.token,
            state=ReceivedState(state),
            now=now,
            **more,
        )


async def show(transaction: Transaction, received_id: str) -> None:
    await inboxes.add_items(
        transaction,
        [ADA, BEA],
        id=received_id,
        activity_id=None,
        source=Source.RECEIVED,
        source_id=received_id,
        object_id=None,
        now=NOW,
    )


async def test_what_is_new_is_kept_and_found(database):
    item = a_received(1, recipients=(ADA,), object_id="https://peer.example/notes/1")

    assert await keep(database, item) == [Kept.NEW]

    async with database.reading() as reader:
        assert await find_received(reader, item.activity_key, item.actor_id) == item
        assert await find_received(reader, item.activity_key, BEA) is None


@pytest.mark.rule("OR-17")
async def test_a_repeat_changes_nothing(database):
    item = a_received(1, recipients=(ADA,))
    await keep(database, item)
    await settle(database, (await claim(database))[0])

    kept = await keep(database, replace(item, id=a_received(2).id))

    assert kept == [Kept.REPEATED]
    assert await claim(database, now=NOW + DAY) == []


@pytest.mark.rule("OR-17")
async def test_the_same_activity_in_a_second_inbox_is_handled_for_both(database):
    await keep(database, a_received(1, recipients=(ADA,)))
    await settle(database, (await claim(database))[0])

    kept = await keep(database, a_received(1, id=a_received(2).id, recipients=(BEA,)))

    assert kept == [Kept.ADDED_RECIPIENT]
    (again,) = await claim(database)
    assert (again.id, again.recipients, again.attempt) == (a_received(1).id, (ADA, BEA), 1)


@pytest.mark.rule("OR-17")
@pytest.mark.parametrize("is_batch", [False, True], ids=["alone", "batch"])
async def test_a_recipient_who_comes_while_a_worker_has_it_is_not_forgotten(database, is_batch):
    async def end(claimed: ClaimedReceived) -> bool:
        if not is_batch:
            return await settle(database, claimed)
        async with database.transaction() as transaction:
            return await settle_handled(transaction, [(claimed.id, claimed.token)], now=NOW)

    await keep(database, a_received(1, recipients=(ADA,)))
    (claimed,) = await claim(database)
    await keep(database, a_received(1, id=a_received(2).id, recipients=(BEA,)))

    assert await end(claimed)

    (again,) = await claim(database)
    assert (again.recipients, again.attempt) == ((ADA, BEA), 1)
    assert await end(again)
    assert await claim(database, now=NOW + DAY) == []


@pytest.mark.rule("OR-17")
async def test_the_shared_inbox_after_a_personal_one_is_a_repeat(database):
    await keep(database, a_received(1, recipients=(ADA,)))

    assert await keep(database, a_received(1, id=a_received(2).id)) == [Kept.REPEATED]


@pytest.mark.rule("OR-17")
async def test_another_body_under_a_known_id_is_dropped(database):
    first = a_received(1, recipients=(ADA,))
    await keep(database, first)

    other = a_received(1, id=a_received(2).id, body="{}", body_digest="other", recipients=(BEA,))

    assert await keep(database, other) == [Kept.CONFLICT]
    async with database.reading() as reader:
        assert await find_received(reader, first.activity_key, first.actor_id) == first


@pytest.mark.rule("OR-17")
async def test_two_actors_may_use_the_same_id(database):
    first = a_received(1)
    second = replace(a_received(2), activity_key=first.activity_key, actor_id=BEA)

    assert await keep(database, first, second) == [Kept.NEW, Kept.NEW]


async def test_repeats_within_a_batch_are_seen_in_the_order_given(database):
    batch = [
        a_received(1, recipients=(ADA,)),
        a_received(1, id=a_received(2).id, recipients=(ADA,)),
        a_received(1, id=a_received(3).id, recipients=(BEA,)),
        a_received(1, id=a_received(4).id, body_digest="other"),
        a_received(5),
    ]

    kept = await keep(database, *batch)

    assert kept == [Kept.NEW, Kept.REPEATED, Kept.ADDED_RECIPIENT, Kept.CONFLICT, Kept.NEW]


async def test_a_large_batch_is_kept_whole(database):
    batch = [a_received(number, recipients=(ADA, BEA)) for number in range(300)]

    assert set(await keep(database, *batch)) == {Kept.NEW}
    assert set(await keep(database, *batch)) == {Kept.REPEATED}


async def test_what_is_handled_is_pruned_when_its_time_is_over(database):
    await keep(database, a_received(1, recipients=(ADA,)), a_received(2), a_received(3))
    first, second, _ = await claim(database)
    await settle(database, first, now=NOW)
    await settle(database, second, now=NOW + DAY)

    async with database.transaction() as transaction:
        assert await prune_received(transaction, NOW + DAY, limit=10) == 1
        rows = await transaction.fetch_all("select id from received order by id")
        recipients = await transaction.fetch_all("select actor_id from received_recipients")

    assert [row["id"] for row in rows] == [a_received(2).id, a_received(3).id]
    assert recipients == []


@pytest.mark.parametrize(
    ("type_", "is_kept"),
    [
        ("Create", True),
        ("Announce", True),
        ("Update", True),
        ("Offer", True),
        ("Follow", False),
        ("Like", False),
    ],
)
async def test_what_an_inbox_shows_outlives_its_time_if_it_says_something(database, type_, is_kept):
    await keep(database, a_received(1, type=type_), a_received(2, type=type_))
    for claimed in await claim(database):
        await settle(database, claimed)

    async with database.transaction() as transaction:
        await show(transaction, a_received(1).id)
        pruned = await prune_received(transaction, NOW + DAY, limit=10)
        again = await prune_received(transaction, NOW + DAY, limit=10)
        rows = await transaction.fetch_all("select id from received")
        items = await transaction.fetch_all("select source_id from inbox_items")

    shown = [a_received(1).id] if is_kept else []
    assert (pruned, again) == (2, 0)
    assert [row["id"] for row in rows] == shown
    assert {row["source_id"] for row in items} == set(shown)


async def test_what_stays_does_not_stand_in_the_way_of_what_goes(database):
    await keep(database, *(a_received(number) for number in range(4)))
    for claimed in await claim(database):
        await settle(database, claimed)

    async with database.transaction() as transaction:
        for number in range(2):
            await show(transaction, a_received(number).id)
        pruned = [await prune_received(transaction, NOW + DAY, limit=2) for _ in range(3)]
        rows = await transaction.fetch_all("select id from received order by id")

    assert pruned == [2, 2, 0]
    assert [row["id"] for row in rows] == [a_received(number).id for number in range(2)]


async def test_a_lost_lease_settles_nothing(database):
    await keep(database, a_received(1))
    (first,) = await claim(database, worker="first")
    (second,) = await claim(database, now=NOW + MINUTE, worker="second")

    assert (first.attempt, second.attempt) == (1, 2)
    assert not await settle(database, first, state="dead", now=NOW + MINUTE)
    assert await settle(database, second, now=NOW + MINUTE)


@pytest.mark.rule("ST-04")
async def test_a_batch_that_was_handled_tells_when_one_lease_of_it_was_lost(database):
    await keep(database, a_received(1))
    [late] = await claim(database, worker="first")
    [other] = await claim(database, now=NOW + MINUTE, worker="second")
    await keep(database, a_received(2))
    [mate] = await claim(database, now=NOW + MINUTE, worker="first")

    async with database.transaction() as transaction:
        told = [
            await settle_handled(transaction, leases, now=NOW + MINUTE)
            for leases in (
                [(late.id, late.token)],
                [(late.id, late.token), (mate.id, mate.token)],
                [(other.id, other.token)],
            )
        ]

    assert told == [False, False, True]


@pytest.mark.rule("ST-04")
async def test_a_lease_that_was_ended_is_nobodys_though_nobody_took_the_item_yet(database):
    await keep(database, a_received(1))
    [late] = await claim(database)

    async with database.transaction() as transaction:
        ended = await queue.end_received_leases(transaction, now=NOW + MINUTE, most=8)
        told = await settle_handled(transaction, [(late.id, late.token)], now=NOW + MINUTE)

    assert (ended, told) == (1, False)
    assert not await settle(database, late, now=NOW + MINUTE)


async def test_what_failed_comes_back_when_it_is_due(database):
    await keep(database, a_received(1))
    (claimed,) = await claim(database)
    await settle(
        database, claimed, state="waiting", next_at=NOW + MINUTE, cls="error", detail="x" * 9_000
    )

    assert await claim(database, now=NOW + MINUTE / 2) == []
    (again,) = await claim(database, now=NOW + MINUTE)
    assert again.attempt == 2


@pytest.mark.rule("SG-09")
async def test_a_signature_is_remembered_until_it_is_forgotten(database):
    early, late = (f"{int(at.timestamp()):08x}" for at in (NOW, NOW + DAY))

    async with database.transaction() as transaction:
        first = await insert_seen(transaction, [f"{early}a", f"{early}b", f"{early}a"])
        second = await insert_seen(transaction, [f"{early}b", f"{late}c"])
        forgotten = await forget_before(transaction, NOW + DAY)
        left = await transaction.fetch_all("select digest from seen_signatures")

    assert first == {f"{early}a", f"{early}b"}
    assert second == {f"{late}c"}
    assert forgotten == 2
    assert [row["digest"] for row in left] == [f"{late}c"]


@pytest.mark.rule("ST-03")
async def test_what_is_handed_back_is_as_suspect_as_before(database):
    await keep(database, a_received(1))
    for minutes in range(2):
        await claim(database, now=NOW + minutes * MINUTE)
    now = NOW + 2 * MINUTE
    [claimed] = await claim(database, now=now)
    await settle(database, claimed, state="due", next_at=now, now=now)

    again = await claim(database, now=now)
    lost_thrice = await claim(database, now=now + MINUTE)

    assert (len(again), len(lost_thrice)) == (1, 0)


@pytest.mark.rule("ST-03")
async def test_what_its_workers_never_end_is_passed_by_runs_alone_and_is_dead_at_last(database):
    await keep(database, a_received(1))
    now = NOW
    for _ in range(3):
        assert len(await claim(database, now=now)) == 1
        now += MINUTE
    await keep(database, a_received(2, created_at=now))

    (rest,) = await claim(database, now=now)
    alone = []
    for _ in range(6):
        async with database.transaction() as transaction:
            await queue.end_received_leases(transaction, now=now, most=8)
            alone += await queue.claim_received(
                transaction,
                now=now,
                limit=1,
                token="alone",
                lease_until=now + MINUTE,
                is_suspect=True,
            )
        now += MINUTE

    assert rest.id == a_received(2).id
    assert [(each.id, each.attempt) for each in alone] == [
        (a_received(1).id, attempt) for attempt in range(4, 9)
    ]
    async with database.reading() as reader:
        row = await reader.fetch_one("select state, last_class from received where state = 'dead'")
    assert row is not None
    assert row["last_class"] == "lost"
