"""Deliveries: claimed fairly, leased once, in order, and never lost (ST-04, ST-05, RX-08)."""

import asyncio
from datetime import datetime, timedelta

import pytest

from fedirec.domain.actors import Host, InboxUrl
from fedirec.domain.circuits import Sign
from fedirec.domain.queue_states import DeliveryState
from fedirec.storage import peers, queue, queue_steering
from fedirec.storage.database import Database
from fedirec.storage.queue import ClaimedDelivery, Settlement
from fedirec.storage.queue_depths import next_looks
from fedirec.storage.queue_lists import list_deliveries
from fedirec.storage.received import insert_received
from tests.storage.queueing import ADA, an_inbox, claim, enqueue, settle, states, tell
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    a_received,
    an_activity,
)


async def test_a_delivery_is_claimed_with_what_it_takes_to_send_it(storage):
    inbox, host = an_inbox("peer.example")
    await enqueue(storage, 1, (inbox, host))

    (claimed,) = await claim(storage)

    assert claimed.activity_id == an_activity(1).id
    assert (claimed.inbox, claimed.host, claimed.actor_id) == (inbox, host, ADA)
    assert (claimed.body, claimed.activity_type) == (an_activity(1).body, "Create")
    assert (claimed.attempt, claimed.token) == (1, "one")
    assert (claimed.created_at, claimed.expires_at) == (NOW, NOW + 5 * DAY)


async def test_an_inbox_gets_an_activity_once(storage):
    inbox = an_inbox("peer.example")

    assert await enqueue(storage, 1, inbox, inbox) == 1
    assert await enqueue(storage, 1, inbox, an_inbox("other.example")) == 1
    assert await enqueue(storage, 1) == 0
    assert len(await claim(storage)) == 2


@pytest.mark.rule("ST-04")
async def test_what_is_leased_is_not_claimed_again_until_the_lease_runs_out(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    (first,) = await claim(storage, worker="first")

    assert await claim(storage, worker="second", now=NOW + MINUTE / 2) == []
    (second,) = await claim(storage, worker="second", now=NOW + MINUTE)

    assert (second.attempt, second.token) == (2, "second")
    assert await settle(storage, first, state="gone", now=NOW + MINUTE) == [False]
    assert await settle(storage, second, now=NOW + MINUTE) == [True]
    assert set((await states(storage)).values()) == {"delivered"}


@pytest.mark.rule("ST-04")
async def test_a_late_result_in_a_batch_is_told_apart(storage):
    await enqueue(storage, 1, *[an_inbox(f"peer{number}.example") for number in range(3)])
    first = await claim(storage, limit=2, worker="first")
    late, good = first
    (other,) = await claim(storage, worker="second")
    stolen = Settlement(
        activity_id=other.activity_id, inbox=other.inbox, token="first", state=DeliveryState.GONE
    )
    async with storage.transaction() as transaction:
        held = await queue.settle_deliveries(
            transaction,
            [
                Settlement(
                    activity_id=late.activity_id,
                    inbox=late.inbox,
                    token="x",
                    state=DeliveryState.GONE,
                ),
                stolen,
                Settlement(
                    activity_id=good.activity_id,
                    inbox=good.inbox,
                    token="first",
                    state=DeliveryState.DELIVERED,
                    cls="ok",
                    status=202,
                ),
            ],
            now=NOW,
        )

    assert held == [False, False, True]
    assert sorted((await states(storage)).values()) == ["delivered", "leased", "leased"]


async def test_how_an_attempt_ended_is_written_down_and_cut_to_size(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    (claimed,) = await claim(storage)

    held = await settle(storage, claimed, state="gone", cls="gone", status=410, detail="y" * 9_000)

    async with storage.reading() as reader:
        page = await list_deliveries(reader, limit=1)
    assert held == [True]
    (row,) = page.items
    assert (row.state, row.last_class, row.last_status) == ("gone", "gone", 410)
    assert (len(row.last_detail or ""), row.settled_at) == (4_000, NOW)


async def test_what_failed_waits_for_its_next_try(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    (claimed,) = await claim(storage)
    await settle(storage, claimed, state="waiting", next_at=NOW + MINUTE, cls="temporary")

    assert await claim(storage, now=NOW + MINUTE / 2) == []
    (again,) = await claim(storage, now=NOW + MINUTE)
    assert again.attempt == 2


async def test_a_delayed_delivery_waits_for_its_first_try(storage):
    await enqueue(storage, 1, an_inbox("peer.example"), now=NOW + MINUTE)

    assert await claim(storage) == []
    assert len(await claim(storage, now=NOW + MINUTE)) == 1


@pytest.mark.rule("RX-08")
async def test_one_host_never_has_more_than_its_share_in_flight(storage):
    await enqueue(storage, 1, *[an_inbox("slow.example", number) for number in range(20)])

    first = await claim(storage)
    second = await claim(storage, now=NOW + MINUTE / 4)
    await settle(storage, first[0])
    third = await claim(storage, now=NOW + MINUTE / 2)

    assert (len(first), len(second), len(third)) == (2, 0, 1)


@pytest.mark.rule("RX-08")
async def test_workers_at_the_same_moment_share_the_share_of_a_host(storage):
    inboxes = [an_inbox("slow.example", number) for number in range(20)]
    for number in range(4):  # a look of its own for each
        await enqueue(storage, number, *inboxes, now=NOW + number * MINUTE / 60)

    claims = await asyncio.gather(
        *(claim(storage, limit=1, worker=f"{worker}", now=NOW + MINUTE) for worker in range(6))
    )

    assert sum(len(claimed) for claimed in claims) <= 2


@pytest.mark.rule("RX-08")
async def test_a_host_that_answers_gets_more_at_once_until_it_fails(storage):
    host = Host("peer.example")
    await enqueue(storage, 1, *[an_inbox(host, number) for number in range(60)])
    sizes = []
    for sign in [Sign.ANSWERS] * 4 + [Sign.FAILS]:
        claimed = await claim(storage)
        sizes.append(len(claimed))
        await settle(storage, *claimed, sign=sign)

    sizes.append(len(await claim(storage)))

    assert sizes == [2, 4, 8, 8, 8, 0]  # eight failures in a row have opened its circuit


@pytest.mark.rule("RX-08", "ST-06")
async def test_a_backlog_to_one_host_does_not_hold_up_the_others(storage):
    long_ago = NOW - DAY
    await enqueue(
        storage, 1, *[an_inbox("back.example", number) for number in range(200)], now=long_ago
    )
    await enqueue(storage, 2, *[an_inbox(f"peer{number}.example") for number in range(10)])

    claimed = await claim(storage, limit=32, per_host=8)

    hosts = [each.host for each in claimed]
    assert len(set(hosts)) == 11
    assert hosts.count(Host("back.example")) <= 8


async def test_everything_is_claimed_in_the_end_however_little_at_a_time(storage):
    inboxes = [an_inbox(f"peer{number % 7}.example", number) for number in range(50)]
    await enqueue(storage, 1, *inboxes)
    seen: list[InboxUrl] = []

    now = NOW
    while claimed := await claim(storage, limit=3, per_host=2, now=now):
        seen += [each.inbox for each in claimed]
        await settle(storage, *claimed, now=now)
        now += MINUTE / 60

    assert sorted(seen) == sorted(inbox for inbox, _ in inboxes)
    async with storage.reading() as reader:
        assert await next_looks(reader) == {}


@pytest.mark.rule("ST-04")
async def test_workers_at_the_same_moment_never_get_the_same(storage):
    inboxes = [an_inbox(f"peer{number % 10}.example", number) for number in range(60)]
    await enqueue(storage, 1, *inboxes)
    seen: list[InboxUrl] = []
    now = NOW

    while len(seen) < len(inboxes):
        claims = await asyncio.gather(
            *(claim(storage, limit=8, worker=f"{worker}", now=now) for worker in range(4))
        )
        claimed = [each for one in claims for each in one]
        seen += [each.inbox for each in claimed]
        for each in claimed:
            await settle(storage, each, now=now)
        now += MINUTE / 60

    assert sorted(seen) == sorted(inbox for inbox, _ in inboxes)


@pytest.mark.rule("ST-05")
async def test_of_two_about_one_object_the_older_goes_first(storage):
    inbox = an_inbox("peer.example")
    await enqueue(storage, 2, inbox, order_key="note")
    await enqueue(storage, 1, inbox, order_key="note")
    await enqueue(storage, 3, inbox, order_key="other")

    first = await claim(storage)
    await settle(storage, first[0], state="waiting", next_at=NOW + DAY)
    blocked = await claim(storage, now=NOW + MINUTE)
    await settle(storage, *blocked, now=NOW + MINUTE)
    (tried_again,) = await claim(storage, now=NOW + DAY)
    await settle(storage, tried_again, now=NOW + DAY)
    (last,) = await claim(storage, now=NOW + DAY)

    assert [each.activity_id for each in first] == [an_activity(1).id, an_activity(3).id]
    assert [each.activity_id for each in blocked] == [an_activity(3).id]  # its lease ran out
    assert tried_again.activity_id == an_activity(1).id
    assert last.activity_id == an_activity(2).id


async def test_what_waited_for_a_cancelled_one_is_sent(storage):
    inbox = an_inbox("peer.example")
    for number in (1, 2):
        await enqueue(storage, number, inbox, order_key="note")
    (first,) = await claim(storage)
    await settle(storage, first, state="waiting", next_at=NOW + DAY)
    assert await claim(storage) == []

    async with storage.transaction() as transaction:
        choice = queue_steering.Choice(activity_id=an_activity(1).id)
        assert await queue_steering.cancel(transaction, choice, NOW) == 1

    assert [each.activity_id for each in await claim(storage)] == [an_activity(2).id]


@pytest.mark.rule("ST-06")
async def test_a_host_whose_circuit_is_open_gets_one_probe_at_its_time(storage):
    host = Host("dead.example")
    await enqueue(storage, 1, *[an_inbox(host, number) for number in range(9)])
    opened = await tell(storage, host, *[Sign.FAILS] * 5)
    assert opened.next_at is not None

    before = await claim(storage)
    (probe,) = await claim(storage, now=opened.next_at)
    during = await claim(storage, now=opened.next_at)
    waiting_again = opened.next_at + 10 * MINUTE
    await settle(
        storage, probe, state="waiting", next_at=waiting_again, sign=Sign.FAILS, now=opened.next_at
    )
    after = await claim(storage, now=waiting_again - MINUTE)
    second = await claim(storage, now=waiting_again)

    assert (before, during, after, len(second)) == ([], [], [], 1)
    assert {each.attempt for each in second} == {1}  # the others lost no attempt


@pytest.mark.rule("ST-06")
async def test_a_host_that_is_back_gets_one_then_two_then_four_in_a_second(storage):
    host = Host("back.example")
    await enqueue(storage, 1, *[an_inbox(host, number) for number in range(30)])
    opened = await tell(storage, host, *[Sign.FAILS] * 5)
    assert opened.next_at is not None
    (probe,) = await claim(storage, now=opened.next_at)
    await settle(storage, probe, sign=Sign.ANSWERS, now=opened.next_at)
    released = []

    for half_seconds in range(9):
        now = opened.next_at + half_seconds * timedelta(seconds=0.5)
        claimed = await claim(storage, now=now)
        released.append(len(claimed))
        await settle(storage, *claimed, sign=Sign.ANSWERS, now=now)

    assert released[:6] == [1, 0, 2, 0, 4, 0]
    assert released[6:] == [8, 8, 6]  # closed


async def test_a_host_that_speaks_to_us_is_sent_to_at_once(storage):
    host = Host("back.example")
    await enqueue(storage, 1, an_inbox(host))
    await tell(storage, host, *[Sign.FAILS] * 5)
    assert await claim(storage) == []

    async with storage.transaction() as transaction:
        await peers.see_peer(transaction, host, NOW + MINUTE / 60)

    assert len(await claim(storage, now=NOW + MINUTE / 60)) == 1


@pytest.mark.rule("ST-06", "RX-08")
async def test_what_is_new_never_waits_for_what_is_tried_again(storage):
    failing = [an_inbox(f"slow{number}.example") for number in range(40)]
    await enqueue(storage, 1, *failing)
    for each in await claim(storage):
        await settle(storage, each, state="waiting", next_at=NOW + MINUTE)
    await enqueue(
        storage, 2, *[an_inbox(f"peer{number}.example") for number in range(9)], now=NOW + MINUTE
    )

    claimed = await claim(storage, limit=16, retries=8, now=NOW + MINUTE)
    more = await claim(storage, limit=16, retries=0, now=NOW + MINUTE)

    tried_before = [each for each in claimed if each.attempt > 1]
    assert (len(claimed), len(tried_before)) == (16, 8)
    assert [each.attempt for each in more] == [1]


@pytest.mark.rule("ST-03")
async def test_what_its_workers_never_end_is_passed_by_and_then_runs_alone(storage):
    await enqueue(storage, 1, an_inbox("poison.example"))
    now = NOW
    for _ in range(3):
        assert len(await claim(storage, now=now)) == 1
        now += MINUTE
    await enqueue(storage, 2, an_inbox("peer.example"), now=now)

    rest = await claim(storage, now=now)
    (alone,) = await claim_alone(storage, now)
    none = await claim_alone(storage, now)

    assert [each.host for each in rest] == ["peer.example"]
    assert (alone.host, alone.attempt, none) == ("poison.example", 4, [])


@pytest.mark.rule("ST-03")
async def test_what_was_lost_eight_times_in_a_row_is_dead_and_says_so(storage):
    await enqueue(storage, 1, an_inbox("poison.example"))
    now = NOW
    for attempt in range(8):
        claimed = await (claim(storage, now=now) if attempt < 3 else claim_alone(storage, now))
        assert len(claimed) == 1
        now += MINUTE
        async with storage.transaction() as transaction:
            await queue.end_leases(transaction, now=now, most=8)

    async with storage.reading() as reader:
        (row,) = (await list_deliveries(reader, limit=1)).items
    assert (row.state, row.attempt, row.last_class, row.settled_at) == ("dead", 8, "lost", now)
    assert await claim_alone(storage, now) == []


@pytest.mark.rule("ST-03")
async def test_one_result_clears_an_item_of_suspicion(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    now = NOW
    for _ in range(3):
        await claim(storage, now=now)
        now += MINUTE
    assert await claim(storage, now=now) == []
    (alone,) = await claim_alone(storage, now)

    await settle(storage, alone, state="waiting", next_at=now + MINUTE, now=now)

    assert len(await claim(storage, now=now + MINUTE)) == 1


async def test_the_next_look_is_at_what_is_due_first(storage):
    async with storage.reading() as reader:
        nothing = await next_looks(reader)
    await enqueue(storage, 1, an_inbox("peer.example"), now=NOW + 2 * MINUTE)
    async with storage.transaction() as transaction:
        await insert_received(transaction, [a_received(1, created_at=NOW + MINUTE)])
        looks = await next_looks(transaction)

    assert (nothing, looks) == ({}, {"deliveries": NOW + 2 * MINUTE, "received": NOW + MINUTE})


async def claim_alone(storage: Database, now: datetime) -> list[ClaimedDelivery]:
    async with storage.transaction() as transaction:
        return await queue.claim_suspect(
            transaction, now=now, token="alone", lease_until=now + MINUTE
        )
