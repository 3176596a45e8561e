"""The workers at work: what waits goes out and comes in, and no error is lost."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.domain.limits import Limits
from fedirec.errors import (
    ForbiddenError,
    MalformedActivityError,
    RemoteUnavailableError,
    StorageFullError,
)
from fedirec.federation.context import Federation
from fedirec.signatures.digest import multibase_digest
from fedirec.storage import activities, deliveries, keys, received
from fedirec.storage.activities import LocalActivity
from fedirec.storage.database import Value
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue_depths import next_looks
from fedirec.storage.received import ReceivedActivity
from fedirec.workers.deliveries import delivery_line
from fedirec.workers.failures import describe, next_try_at
from fedirec.workers.loop import run_workers
from fedirec.workers.received import received_line
from tests.federation.peers_side.home import INSTANCE, MEMBER, make_federation
from tests.outgoing import loopback_transport
from tests.peers import Peer


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def publish(federation: Federation, *inboxes: tuple[str, str], number: int = 1) -> None:
    """Have an activity wait for some inboxes."""
    activity_id = ActivityId(f"{INSTANCE.origin}/activities/{number}")
    now = federation.now()
    activity = LocalActivity(
        id=activity_id,
        actor_id=MEMBER,
        type="Create",
        object_id=None,
        body='{"type":"Create"}',
        is_public=True,
        readers=(),
        published_at=now,
    )
    async with federation.database.transaction() as transaction:
        await activities.insert_activity(transaction, activity)
        await deliveries.enqueue(
            transaction,
            Leaving(
                activity_id=activity_id,
                actor_id=MEMBER,
                order_key=activity_id,
                first_try_at=now,
                expires_at=now + timedelta(days=5),
            ),
            [(InboxUrl(url), Host(host)) for url, host in inboxes],
        )


async def receive(federation: Federation, peer: Peer, number: int = 1) -> None:
    """Have an activity wait to be handled."""
    body = '{"type":"Like"}'
    item = ReceivedActivity(
        id=f"{number:02}",
        activity_key=f"https://peer.example/likes/{number}",
        actor_id=ActorId(f"{peer.origin}/users/bea"),
        signer_id=ActorId(f"{peer.origin}/users/bea"),
        host=Host(peer.host),
        type="Like",
        object_id=None,
        body=body,
        body_digest=multibase_digest(body.encode()),
        recipients=(),
        signature_digest=None,
        created_at=federation.now(),
    )
    async with federation.database.transaction() as transaction:
        await received.insert_received(transaction, [item])


async def states(federation: Federation, table: str) -> list[tuple[Value, ...]]:
    async with federation.database.reading() as reader:
        rows = await reader.fetch_all(
            f"select state, attempt, last_class, last_detail from {table}"  # noqa: S608
        )
    return [(row["state"], row["attempt"], row["last_class"], row["last_detail"]) for row in rows]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (a peer tells nobody what it got)
            await asyncio.sleep(0.02)


async def until_settled(federation: Federation) -> None:
    async with asyncio.timeout(60):
        while {row[0] for row in await states(federation, "deliveries")} & {"due", "leased"}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_what_waits_is_delivered_when_the_workers_are_woken(federation, peer, stranger):
    peer.answers("/inbox", 202)
    stranger.answers("/inbox", 500)
    stop, woken = asyncio.Event(), asyncio.Event()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_workers(federation, stop=stop, woken=woken))
        await publish(
            federation,
            (f"{peer.origin}/inbox", peer.host),
            (f"{stranger.origin}/inbox", stranger.host),
        )
        woken.set()
        await until_settled(federation)
        stop.set()

    found = sorted(row[:3] for row in await states(federation, "deliveries"))
    assert found == [("delivered", 1, "ok"), ("waiting", 1, "temporary")]
    assert len(peer.posts) == len(stranger.posts) == 1


@pytest.mark.rule("RX-08")
async def test_a_host_that_hangs_does_not_hold_up_the_others(database, clock, peer, stranger):
    is_over = asyncio.Event()

    async def hang(_request):
        await is_over.wait()
        return web.Response(status=202)

    stranger.behaves("/inbox", hang)
    peer.answers("/inbox", 202)
    stop = asyncio.Event()
    async with loopback_transport() as transport:
        federation = await make_federation(database, transport, clock, limits=Limits())
        for number in range(30):
            target = stranger if number < 20 else peer
            await publish(federation, (f"{target.origin}/inbox", target.host), number=number)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_workers(federation, stop=stop, woken=asyncio.Event()))
            await until(lambda: len(peer.posts) == 10)
            held = len(stranger.posts)
            stop.set()
            is_over.set()

    assert held <= federation.limits.deliveries_per_host


@pytest.mark.rule("ST-03")
async def test_an_error_of_ours_is_kept_with_the_delivery_and_ends_it_at_last(federation, clock):
    await publish(federation, ("https://peer.example/inbox", "peer.example"))
    async with federation.database.transaction() as transaction:
        await keys.retire_key(transaction, f"{MEMBER}#main-key", federation.now())
    line = delivery_line(federation)
    seen = []

    for _ in range(federation.limits.received_attempts):
        [claimed] = await line.claim(federation, line.slots)
        with pytest.raises(Exception, match="no RSA key") as caught:
            await line.work(federation, claimed)
        await line.fail(federation, claimed, caught.value)
        seen += await states(federation, "deliveries")
        clock.forward(days=1)

    assert [row[0] for row in seen] == ["waiting"] * 7 + ["dead"]
    assert "rotate-keys" in str(seen[-1][3])
    assert await line.claim(federation, line.slots) == []


async def test_a_delivery_that_is_handed_back_is_due_at_once(federation):
    await publish(federation, ("https://peer.example/inbox", "peer.example"))
    line = delivery_line(federation)
    claimed = await line.claim(federation, line.slots)

    await line.release(federation, claimed)

    again = await line.claim(federation, line.slots)
    assert [item.activity_id for item in again] == [item.activity_id for item in claimed]
    assert line.deadline < federation.limits.lease


@pytest.mark.rule("ST-03")
@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ForbiddenError("never"), "ignored"),
        (RemoteUnavailableError("not now"), "waiting"),
        (ZeroDivisionError("a slip of ours"), "waiting"),
        (TimeoutError(), "waiting"),
    ],
)
async def test_what_an_error_means_for_what_was_received(federation, peer, error, state):
    await receive(federation, peer)
    line = received_line(federation)
    [claimed] = await line.claim(federation, line.slots)

    await line.fail(federation, claimed, error)

    [(found, attempt, cls, detail)] = await states(federation, "received")
    assert (found, attempt, cls) == (state, 1, "error")
    assert type(error).__name__ in str(detail)


@pytest.mark.rule("ST-03")
async def test_what_fails_eight_times_is_dead_with_its_reason(federation, peer, clock):
    await receive(federation, peer)
    line = received_line(federation)

    for _ in range(federation.limits.received_attempts):
        [claimed] = await line.claim(federation, line.slots)
        await line.fail(federation, claimed, ZeroDivisionError("a slip of ours"))
        clock.forward(days=1)

    [(state, attempt, _cls, detail)] = await states(federation, "received")
    assert (state, attempt) == ("dead", 8)
    assert "a slip of ours" in str(detail)
    assert await line.claim(federation, line.slots) == []


@pytest.mark.rule("RX-12")
async def test_a_full_disk_kills_nothing_that_was_accepted(federation, peer, clock):
    await receive(federation, peer)
    await publish(federation, ("https://peer.example/inbox", "peer.example"))
    lines: tuple[Any, ...] = (received_line(federation), delivery_line(federation))

    for _ in range(federation.limits.received_attempts + 2):
        for line in lines:
            [claimed] = await line.claim(federation, line.slots)
            await line.fail(federation, claimed, StorageFullError("no space"))
        clock.forward(minutes=2)

    found = [await states(federation, table) for table in ("received", "deliveries")]
    assert [rows[0][:3] for rows in found] == [("waiting", 0, "away"), ("waiting", 1, "away")]


@pytest.mark.rule("RX-12")
async def test_what_is_lost_after_the_database_was_away_for_long_is_tried_again(
    federation, peer, clock
):
    await receive(federation, peer)
    line = received_line(federation)
    for _ in range(federation.limits.received_attempts):
        [claimed] = await line.claim(federation, line.slots)
        await line.fail(federation, claimed, StorageFullError("no space"))
        clock.forward(minutes=2)

    [lost] = await line.claim(federation, line.slots)
    clock.forward(minutes=2)
    [again] = await line.claim(federation, line.slots)

    assert (lost.attempt, again.attempt) == (1, 2)


async def test_what_was_received_and_is_handed_back_is_due_at_once(federation, peer):
    await receive(federation, peer)
    line = received_line(federation)
    claimed = await line.claim(federation, line.slots)

    await line.release(federation, claimed)

    assert len(await line.claim(federation, line.slots)) == 1


async def test_a_peers_own_wish_decides_when_to_try_again(federation):
    error = RemoteUnavailableError("busy", retry_after=timedelta(minutes=7))
    now = federation.now()

    at = next_try_at(federation, error, attempt=1, now=now)

    assert at == now + timedelta(minutes=7)


def test_a_slip_of_ours_is_kept_with_its_traceback():
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        text = describe(error)

    assert "test_working.py" in text
    assert len(text) <= 500


@pytest.mark.rule("RX-08")
async def test_a_worker_begins_with_few_however_much_is_due(federation):
    for number in range(40):
        host = f"peer{number}.example"
        await publish(federation, (f"https://{host}/inbox", host), number=number)
    line = delivery_line(federation)

    first = await line.claim(federation, line.slots)
    at_once = await line.claim(federation, line.slots - len(first))

    assert (len(first), at_once) == (4, ())


@pytest.mark.rule("ST-03")
async def test_what_may_have_ended_its_workers_runs_when_nothing_else_does(federation, clock):
    await publish(federation, ("https://poison.example/inbox", "poison.example"), number=1)
    for _ in range(3):  # as many workers began it, and were never heard of again
        assert len(await delivery_line(federation).claim(federation, 64)) == 1
        clock.forward(minutes=2)
    await publish(federation, ("https://peer.example/inbox", "peer.example"), number=2)
    line = delivery_line(federation)

    [other] = await line.claim(federation, line.slots)
    beside = await line.claim(federation, line.slots - 1)
    [alone] = await line.claim(federation, line.slots)
    await publish(federation, ("https://new.example/inbox", "new.example"), number=3)
    meanwhile = await line.claim(federation, line.slots - 1)

    assert (other.host, alone.host) == ("peer.example", "poison.example")
    assert (list(beside), list(meanwhile)) == ([], [])


@pytest.mark.rule("ST-03")
async def test_what_has_waited_long_to_run_alone_has_the_line_stop_for_it(federation, peer, clock):
    for number in (1, 2):
        await receive(federation, peer, number)
    for _ in range(3):  # as many workers began both, and were never heard of again
        line = received_line(federation)
        assert len(await line.claim(federation, line.slots)) == 2
        clock.forward(minutes=2)
    line = received_line(federation)
    seen: list[list[str]] = []

    async def look(free: int) -> None:
        """Look for more, with something new due."""
        await receive(federation, peer, len(seen) + 3)
        seen.append([each.id for each in await line.claim(federation, free)])

    await look(line.slots)
    clock.forward(minutes=6)
    await look(line.slots - 1)  # the first of the rest is under way still
    await look(line.slots)
    async with federation.database.reading() as reader:
        looks = await next_looks(reader)

    assert seen == [["03"], [], ["01"]]
    assert looks["received"] >= federation.now() - timedelta(minutes=6)


@pytest.mark.rule("ST-03")
async def test_the_rest_has_a_turn_between_two_that_run_alone(federation, peer, clock):
    for number in (1, 2):
        await receive(federation, peer, number)
    for _ in range(3):
        line = received_line(federation)
        assert len(await line.claim(federation, line.slots)) == 2
        clock.forward(minutes=2)
    line = received_line(federation)
    assert not await line.claim(federation, line.slots - 1)
    clock.forward(minutes=6)
    seen = []

    for number in (3, 4, 5):
        await receive(federation, peer, number)
        claimed = await line.claim(federation, line.slots)
        seen.append([each.id for each in claimed])
        for each in claimed:
            with pytest.raises(MalformedActivityError) as caught:
                await line.work(federation, each)
            await line.fail(federation, each, caught.value)

    assert seen == [["01"], ["03", "04"], ["02"]]
