"""How hot queries find their rows: by an index, however many there are."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from fedirec.domain.actors import Host, InboxUrl
from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.storage import (
    activities,
    actors,
    blocks,
    cards,
    deliveries,
    endorsements,
    follows,
    inboxes,
    keys,
    notes,
    notifications,
    offers,
    peers,
    queue,
    queue_depths,
    reach,
    reactions,
    received_steering,
    stamps,
    tombstones,
)
from fedirec.storage.cards import read_card
from fedirec.storage.database import Database, Parameters, Reader, Row, Transaction
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue_lists import list_deliveries, list_received
from fedirec.storage.queue_steering import (
    FAILED,
    UNFINISHED,
    Choice,
    cancel,
    flush,
    hold,
    list_shape,
    release,
    retry,
)
from fedirec.storage.received import find_received, insert_received, prune_received
from fedirec.storage.received_steering import list_received_shape
from tests.databases import CountingDatabase
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    THEIRS,
    a_received,
    actor_id,
    an_activity,
    an_actor,
    save_actors,
    say,
)

ADA = actor_id("ada")
PAGE: dict[str, Any] = {"before": None, "limit": 20}
# Small by nature: a few rows, read whole.
SMALL = {"blocks", "fan_outs"}

READS: dict[str, Callable[[Reader], Awaitable[object]]] = {
    "actor": lambda r: actors.find_actor(r, ADA),
    "handle": lambda r: actors.find_by_handle(r, "ada", THEIRS),
    "behind an inbox": lambda r: actors.list_by_inbox(r, InboxUrl("x"), limit=3),
    "collection": lambda r: actors.find_by_followers(r, "x"),
    "local": lambda r: actors.local_of(r, ["a", "b", "c"]),
    "remote key": lambda r: keys.find_remote_key(r, "x"),
    "keys": lambda r: keys.list_keys(r, ADA, now=NOW),
    "received": lambda r: find_received(r, "x", ADA),
    "blocked": lambda r: blocks.is_actor_blocked(r, "x", ADA),
    "peer": lambda r: peers.find_peer(r, THEIRS),
    "outbox": lambda r: activities.list_outbox(r, ADA, public_only=True, **PAGE),
    "whole outbox": lambda r: activities.list_outbox(r, ADA, public_only=False, **PAGE),
    "newest": lambda r: activities.find_newest(r, actor_id=ADA, type_="Create", object_id="x"),
    "inbox": lambda r: inboxes.list_inbox(r, ADA, **PAGE),
    "notifications": lambda r: notifications.list_notifications(r, ADA, **PAGE),
    "note": lambda r: notes.find_note(r, "x"),
    "direct": lambda r: notes.find_latest_direct(r, ADA, ADA, since=NOW),
    "tombstone": lambda r: tombstones.find_tombstone(r, "x"),
    "follow": lambda r: follows.find_follow(r, ADA, ADA),
    "follow activity": lambda r: follows.find_follow_by_activity(r, "x"),
    "followers": lambda r: follows.list_followers(r, ADA, after=None, limit=20),
    "following": lambda r: follows.list_following(r, ADA, after=None, limit=20),
    "local followers": lambda r: follows.local_followers(r, ADA),
    "inboxes": lambda r: deliveries.inboxes_of(r, ["a", "b"], prefer_shared=True),
    "inboxes that got": lambda r: deliveries.inboxes_that_got(r, "x"),
    "about": lambda r: cards.list_cards_about(r, read_card, ADA, **PAGE),
    "context": lambda r: cards.list_cards_in(r, read_card, "the-hall", **PAGE),
    "by": lambda r: cards.list_cards_by(r, read_card, ADA, **PAGE),
    "latest": lambda r: cards.list_latest_cards(r, read_card, **PAGE),
    "jobs": lambda r: cards.list_open_jobs(r, cards.read_job, now=NOW, **PAGE),
    "consent": lambda r: endorsements.list_by_consent(r, "x"),
    "due checks": lambda r: endorsements.list_due_checks(r, now=NOW, limit=20),
    "offer": lambda r: offers.newest_offer(r, "x"),
    "question": lambda r: offers.find_by_question(r, "x"),
    "reply": lambda r: offers.find_by_reply(r, "x"),
    "open offers": lambda r: offers.count_open(
        r, endorser_id=ADA, endorsed_id=ADA, host=THEIRS, now=NOW
    ),
    "questions": lambda r: offers.count_questions(
        r, endorsed_id=ADA, endorser_id=ADA, guild_id=ADA, host=THEIRS, now=NOW
    ),
    "stamp": lambda r: stamps.find_stamp(r, "x"),
    "stamps": lambda r: stamps.list_stamps_of(r, "x"),
    "reaction": lambda r: reactions.find_by_activity(r, "x"),
}


class Explaining:
    """A transaction that keeps the plan of each statement before it runs it."""

    def __init__(self, inner: Transaction) -> None:
        self.engine = inner.engine
        self.inner = inner
        self.plans: list[list[str]] = []

    async def explain(self, sql: str, parameters: Parameters | None) -> None:
        word = "explain query plan" if self.engine == "sqlite" else "explain"
        rows = await self.inner.fetch_all(f"{word} {sql}", parameters)
        self.plans.append([str(row.get("detail", row.get("QUERY PLAN"))) for row in rows])

    async def fetch_one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        await self.explain(sql, parameters)
        return await self.inner.fetch_one(sql, parameters)

    async def fetch_all(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        await self.explain(sql, parameters)
        return await self.inner.fetch_all(sql, parameters)

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        await self.explain(sql, parameters)
        return await self.inner.execute(sql, parameters)

    async def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        await self.inner.execute_many(sql, rows)

    @property
    def scanned(self) -> set[str]:
        """The tables that are read whole."""
        found = set()
        for plan in self.plans:
            for line in plan:
                scan = re.match(r"SCAN (\w+)|.*Seq Scan on (\w+)", line.strip())
                if scan and "VIRTUAL" not in line and "CONSTANT ROW" not in line:
                    found.add(scan[1] or scan[2])
        return found


@pytest.fixture
async def busy(database):
    """A database with deliveries to many hosts, and received activities, that wait."""
    await save_actors(database, an_actor("ada"), an_actor("zoe", THEIRS))
    hosts = [Host(f"p{number}.example") for number in range(40)]
    async with database.transaction() as transaction:
        for number in range(3):
            await say(transaction, number)
            await deliveries.enqueue(
                transaction,
                Leaving(
                    activity_id=an_activity(number).id,
                    actor_id=ADA,
                    order_key="x",
                    first_try_at=NOW,
                    expires_at=NOW + DAY,
                ),
                [(InboxUrl(f"https://{host}/inbox"), host) for host in hosts],
            )
        await insert_received(transaction, [a_received(number) for number in range(3)])
    return database


async def explained(
    database: Database, call: Callable[[Transaction], Awaitable[object]]
) -> Explaining:
    async with database.transaction() as transaction:
        if database.engine == "postgresql":  # as if there were too many rows to read them all
            await transaction.execute("set local enable_seqscan = off")
        explaining = Explaining(transaction)
        await call(explaining)
    assert explaining.plans
    return explaining


@pytest.mark.parametrize("name", READS)
async def test_a_hot_query_reads_no_table_whole(database, name):
    explaining = await explained(database, READS[name])

    assert explaining.scanned - SMALL == set(), explaining.plans


async def test_a_query_without_an_index_would_be_noticed(database):
    async def read(reader: Reader) -> None:
        await reader.fetch_all("select id from notes where content = :text", {"text": "x"})

    assert (await explained(database, read)).scanned == {"notes"}


async def test_keeping_and_repeating_what_is_received_reads_no_table_whole(busy):
    items = [a_received(number, recipients=(ADA,)) for number in range(2, 6)]

    explaining = await explained(busy, lambda t: insert_received(t, items))

    assert explaining.scanned - {"values", "SUBQUERY"} == set(), explaining.plans


async def test_pruning_what_was_received_reads_no_table_whole(busy):
    async with busy.transaction() as transaction:
        await transaction.execute("update received set settled_at = 1, type = 'Follow'")

    explaining = await explained(busy, lambda t: prune_received(t, NOW, limit=20))

    assert len(explaining.plans) > 1
    assert explaining.scanned == set(), explaining.plans


async def test_the_queue_reads_no_table_whole(busy):
    async def work(transaction: Transaction) -> None:
        await queue.end_leases(transaction, now=NOW, most=8)
        lease: dict[str, Any] = {"now": NOW, "token": "t", "lease_until": NOW + MINUTE}
        await queue.claim_suspect(transaction, **lease)
        claimed = await queue.claim_deliveries(
            transaction, limit=64, retries=32, per_host=1, **lease
        )
        settlements = [
            queue.Settlement(
                activity_id=each.activity_id,
                inbox=each.inbox,
                token="t",
                state=DeliveryState.DELIVERED,
            )
            for each in claimed
        ]
        assert all(await queue.settle_deliveries(transaction, settlements, now=NOW))
        received = await queue.claim_received(
            transaction, now=NOW, limit=64, token="t", lease_until=NOW + MINUTE
        )
        await queue.settle_received(
            transaction, id=received[0].id, token="t", state=ReceivedState.HANDLED, now=NOW
        )

    explaining = await explained(busy, work)

    # made by the statement itself: what it picked, host by host
    named = {"settled", "looked", "wanted", "picked", "flying", "SUBQUERY"}
    named |= {f"{name}_{place}" for name in ("of_host", "due", "waiting") for place in range(64)}
    assert explaining.scanned - SMALL - named == set(), explaining.plans


@pytest.mark.parametrize("waiting", [1, 200])
async def test_a_claim_costs_the_same_statements_however_much_waits(database, waiting):
    counting = CountingDatabase(database)
    hosts = [Host(f"p{each}.example") for each in range(waiting)]
    inboxes = [(InboxUrl(f"https://{host}/inbox"), host) for host in hosts]
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await say(transaction, 1)
        await deliveries.enqueue(
            transaction,
            Leaving(
                activity_id=an_activity(1).id,
                actor_id=ADA,
                order_key="x",
                first_try_at=NOW,
                expires_at=NOW + DAY,
            ),
            inboxes,
        )

    async with counting.transaction() as transaction:
        await queue.claim_deliveries(
            transaction,
            now=NOW,
            limit=64,
            retries=32,
            per_host=8,
            token="t",
            lease_until=NOW + MINUTE,
        )

    # hosts of either lane, theirs alone, circuits, leased, lease, bodies, how each host is signed
    # for; look again if cut short
    assert len(counting.counts.statements) in range(7, 10)


async def test_an_empty_claim_is_a_look_at_either_lane(counting):
    async with counting.transaction() as transaction:
        await queue.claim_deliveries(
            transaction,
            now=NOW,
            limit=64,
            retries=32,
            per_host=8,
            token="t",
            lease_until=NOW + MINUTE,
        )

    assert len(counting.counts.statements) == 2


def forgive_walks_of_what_is_unfinished(explaining: Explaining) -> None:
    """Take the lines away that walk such an index: there that is the purpose."""
    of_unfinished = re.compile(
        r"(INDEX|Index Scan using|Bitmap Index Scan on)"
        r" (deliveries_(due|aside|leased)|received_(due|dead|leased)|peers_down)\b"
    )
    for plan in explaining.plans:
        plan[:] = [line for line in plan if not of_unfinished.search(line)]


async def test_what_is_over_its_time_is_found_without_what_was_settled(busy):
    async with busy.transaction() as transaction:
        await transaction.execute("update deliveries set state = 'held' where host = 'p1.example'")

    explaining = await explained(busy, lambda t: deliveries.expire_deliveries(t, NOW + 2 * DAY))

    forgive_walks_of_what_is_unfinished(explaining)
    assert explaining.scanned == set(), explaining.plans
    plans = str(explaining.plans)
    assert "deliveries_by_host" not in plans, plans


async def test_what_keepers_do_to_the_queue_is_found_without_what_was_settled(busy):
    choice = Choice(host="p1.example")

    async def act(transaction: Transaction) -> None:
        await hold(transaction, choice)
        await release(transaction, choice, NOW)
        await flush(transaction, choice, NOW)
        await retry(transaction, choice, NOW)
        await cancel(transaction, choice, NOW)
        await deliveries.cancel_to(transaction, "p2.example", now=NOW)

    explaining = await explained(busy, act)

    forgive_walks_of_what_is_unfinished(explaining)
    plans = [line for plan in explaining.plans for line in plan]
    assert not [
        line for line in plans if re.search(r"SCAN deliveries|Seq Scan on deliveries", line)
    ]


async def test_what_keepers_and_probes_look_at_reads_no_table_whole(busy):
    async with busy.transaction() as transaction:
        await transaction.execute(
            "update deliveries set state = 'held' where host in ('p1.example', 'p2.example')"
        )

    async def look(transaction: Transaction) -> None:
        await queue_depths.list_depths(transaction)
        await queue_depths.list_worst_hosts(transaction, limit=10)
        await queue_depths.next_looks(transaction)
        await queue_depths.count_hosts_down(transaction)
        for state in (*UNFINISHED, *FAILED):
            await list_deliveries(transaction, state=state, limit=20)
        for each in (*received_steering.UNFINISHED, ReceivedState.DEAD):
            await list_received(transaction, state=each, limit=20)
        await list_shape(transaction, NOW)
        await list_received_shape(transaction, NOW)
        await reach.count_reached(transaction, an_activity(1).id)
        await reach.list_missed(transaction, an_activity(1).id, limit=20)

    explaining = await explained(busy, look)

    forgive_walks_of_what_is_unfinished(explaining)
    made_on_the_way = {
        "about", "all_of_them", "chosen", "items", "missed", "n", "newest", "servers", "unfinished",
    }  # fmt: skip
    assert explaining.scanned - SMALL - made_on_the_way == set(), explaining.plans
