"""What ends, is released or is looked at in the queue."""

import pytest

from fedirec.domain.circuits import Sign
from fedirec.domain.queue_states import DeliveryState
from fedirec.storage import deliveries, queue
from fedirec.storage.queue_lists import list_deliveries
from tests.storage.queueing import an_inbox, claim, enqueue, settle, states, tell
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    actor_id,
)

ADA = actor_id("ada")


async def test_cancelled_deliveries_are_never_claimed(storage):
    await enqueue(storage, 1, an_inbox("blocked.example"), an_inbox("peer.example"))

    async with storage.transaction() as transaction:
        assert await deliveries.cancel_to(transaction, "blocked.example", now=NOW) == 1
        assert await deliveries.cancel_to(transaction, "blocked.example", now=NOW) == 0

    assert [each.host for each in await claim(storage)] == ["peer.example"]


@pytest.mark.rule("ST-04")
async def test_a_lease_that_was_ended_is_nobodys_though_nobody_took_the_item_yet(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    [late] = await claim(storage)

    async with storage.transaction() as transaction:
        ended = await queue.end_leases(transaction, now=NOW + MINUTE, most=8)
    is_ours = await settle(storage, late, now=NOW + MINUTE)

    assert (ended, is_ours) == (1, [False])
    assert list((await states(storage)).values()) == ["waiting"]


@pytest.mark.rule("ST-03")
async def test_what_is_handed_back_is_as_suspect_as_before(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    for minutes in range(2):
        await claim(storage, now=NOW + minutes * MINUTE)
    now = NOW + 2 * MINUTE
    claimed = await claim(storage, now=now)
    await settle(storage, *claimed, state="due", next_at=now, now=now)

    again = await claim(storage, now=now)
    lost_thrice = await claim(storage, now=now + MINUTE)

    assert [len(each) for each in (claimed, again, lost_thrice)] == [1, 1, 0]


async def test_what_was_tried_expires_in_its_time_but_not_in_a_workers_hands(storage):
    hosts = ("tried.example", "in-hand.example", "untried.example")
    await enqueue(storage, 1, *map(an_inbox, hosts[:2]), expires_at=NOW + DAY)
    tried = {str(each.host): each for each in await claim(storage)}
    await settle(storage, tried["tried.example"], state="waiting", next_at=NOW + 2 * DAY)
    await settle(storage, tried["in-hand.example"], state="waiting", next_at=NOW + DAY)
    await claim(storage, now=NOW + DAY)
    await enqueue(storage, 2, an_inbox(hosts[2]), expires_at=NOW + DAY)

    async with storage.transaction() as transaction:
        early = await deliveries.expire_deliveries(transaction, NOW)
        due = await deliveries.expire_deliveries(transaction, NOW + DAY)

    assert (early, due) == (0, 1)
    assert sorted((await states(storage)).values()) == ["due", "expired", "leased"]


@pytest.mark.rule("ST-06")
async def test_what_waited_untried_for_a_host_that_is_down_ends_in_its_time_too(storage):
    down, away = an_inbox("down.example"), an_inbox("away.example")
    ends_at = NOW + DAY
    for number in range(3):
        await enqueue(storage, number, down, away, expires_at=ends_at)
    for host in ("down.example", "away.example"):
        await tell(storage, host, *[Sign.FAILS] * 5, now=NOW)
    [probe] = await claim(storage, now=ends_at, limit=1)  # the other one: we were away ourselves
    await settle(storage, probe, state="waiting", next_at=ends_at + MINUTE, now=ends_at)
    await tell(storage, probe.host, Sign.FAILS, now=ends_at)

    async with storage.transaction() as transaction:
        assert await deliveries.expire_deliveries(transaction, ends_at) == 3

    async with storage.reading() as reader:
        page = await list_deliveries(reader, host=probe.host, limit=9)
        other = await list_deliveries(reader, limit=9)
    ended = [(each.state, each.attempt, each.last_class) for each in page.items]
    assert sorted(ended, key=str) == [
        ("expired", 0, deliveries.UNREACHABLE),
        ("expired", 0, deliveries.UNREACHABLE),
        ("expired", 1, None),
    ]
    assert {each.state for each in other.items if each.host != probe.host} == {"due"}


async def test_the_list_shows_every_row_once_by_state_and_host(storage):
    for number in range(6):
        await enqueue(storage, number, an_inbox("a.example"), an_inbox("b.example"))
    async with storage.transaction() as transaction:
        await deliveries.cancel_to(transaction, "a.example", now=NOW)

    seen: list[tuple[str, str]] = []
    before = None
    async with storage.reading() as reader:
        while True:
            page = await list_deliveries(reader, before=before, limit=5)
            seen += [(each.activity_id, each.inbox) for each in page.items]
            before = page.next_cursor
            if before is None:
                break
        due = await list_deliveries(reader, state=DeliveryState.DUE, host="b.example", limit=50)
        none = await list_deliveries(reader, state=DeliveryState.DUE, host="a.example", limit=50)

    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 12
    assert (len(due.items), len(none.items)) == (6, 0)


async def test_hosts_with_nothing_left_to_send_hold_up_nobody(storage):
    stale = [an_inbox(f"host{number}.example") for number in range(6)]
    await enqueue(storage, 1, *stale)
    async with storage.transaction() as transaction:
        for _inbox, host in stale:
            await deliveries.cancel_to(transaction, host, now=NOW)
    await enqueue(storage, 2, an_inbox("peer.example"))

    assert [each.host for each in await claim(storage, limit=2)] == ["peer.example"]
