"""Deliveries: claimed fairly, leased once, in order, and never lost (ST-04, ST-05, RX-08)."""

import asyncio

import pytest

from fedirec.domain.actors import Host, InboxUrl
from fedirec.storage import peers, queue
from fedirec.storage.queue import Settlement
from fedirec.storage.queue_lists import list_deliveries
from fedirec.storage.received import insert_received
from tests.storage.queueing import ADA, an_inbox, claim, enqueue, settle, states
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
        activity_id=other.activity_id, inbox=other.inbox, token="first", state="gone"
    )
    async with storage.transaction() as transaction:
        held = await queue.settle_deliveries(
            transaction,
            [
                Settlement(activity_id=late.activity_id, inbox=late.inbox, token="x", state="gone"),
                stolen,
                Settlement(
                    activity_id=good.activity_id,
                    inbox=good.inbox,
                    token="first",
                    state="delivered",
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
    assert (len(row.last_detail or ""), row.settled_at) == (500, NOW)


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

    first = await claim(storage, per_host=8)
    second = await claim(storage, per_host=8, now=NOW + MINUTE / 4)
    await settle(storage, *first[:3])
    third = await claim(storage, per_host=8, now=NOW + MINUTE / 2)

    assert (len(first), len(second), len(third)) == (8, 0, 3)


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
        assert await queue.next_due_at(reader) is None


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


@pytest.mark.rule("ST-06")
async def test_a_host_whose_circuit_is_open_gets_one_probe_at_its_time(storage):
    host = Host("dead.example")
    await enqueue(storage, 1, *[an_inbox(host, number) for number in range(9)])
    async with storage.transaction() as transaction:
        for _ in range(peers.FAILURES_IN_A_ROW):
            await peers.record_failure(transaction, host, NOW, None, "refused")
        peer = await peers.find_peer(transaction, host)
    assert peer is not None
    assert peer.next_probe_at is not None

    before = await claim(storage)
    (probe,) = await claim(storage, now=peer.next_probe_at)
    during = await claim(storage, now=peer.next_probe_at)
    await settle(storage, probe, now=peer.next_probe_at)
    async with storage.transaction() as transaction:
        await peers.record_success(transaction, host, peer.next_probe_at)
    (second,) = await claim(storage, now=peer.next_probe_at)
    await settle(storage, second, now=peer.next_probe_at)
    async with storage.transaction() as transaction:
        await peers.record_success(transaction, host, peer.next_probe_at)
    rest = await claim(storage, now=peer.next_probe_at)

    assert (before, during, len(rest)) == ([], [], 7)


async def test_a_host_that_speaks_to_us_is_sent_to_at_once(storage):
    host = Host("back.example")
    await enqueue(storage, 1, an_inbox(host))
    async with storage.transaction() as transaction:
        for _ in range(peers.FAILURES_IN_A_ROW):
            await peers.record_failure(transaction, host, NOW, 502, None)
    assert await claim(storage) == []

    async with storage.transaction() as transaction:
        await peers.see_peer(transaction, host, NOW + MINUTE / 60)

    assert len(await claim(storage, now=NOW + MINUTE / 60)) == 1


async def test_the_next_look_is_at_what_is_due_first(storage):
    async with storage.reading() as reader:
        nothing = await queue.next_due_at(reader)
    await enqueue(storage, 1, an_inbox("peer.example"), now=NOW + 2 * MINUTE)
    async with storage.transaction() as transaction:
        delivery = await queue.next_due_at(transaction)
        await insert_received(transaction, [a_received(1, created_at=NOW + MINUTE)])
        received = await queue.next_due_at(transaction)

    assert (nothing, delivery, received) == (None, NOW + 2 * MINUTE, NOW + MINUTE)
