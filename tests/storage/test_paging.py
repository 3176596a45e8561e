"""A walk page by page shows everything that was there, once, whoever writes meanwhile (ST-10)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedirec.domain.actors import Host
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.storage import (
    activities,
    cards,
    follows,
    inboxes,
    notifications,
    peers,
    reports,
)
from fedirec.storage.cards import read_card
from fedirec.storage.database import Database, Page
from fedirec.storage.inboxes import Source
from fedirec.storage.reports import Report
from tests.storage.samples import (
    MINUTE,
    NOW,
    a_note,
    actor_id,
    an_activity,
    an_actor,
    an_endorsement,
    follow,
    save_actors,
    save_endorsements,
    save_notes,
    say,
)

ADA, BEA = actor_id("ada"), actor_id("bea")


@dataclass(frozen=True)
class Walk:
    """A list with its pages; `write` adds one item, and `key` names the item numbered so."""

    write: Callable[..., Awaitable[None]]
    page: Callable[..., Awaitable[Page[Any]]]
    key: Callable[[int], str]
    of: Callable[..., str]


async def write_activity(database: Database, number: int) -> None:
    async with database.transaction() as transaction:
        await say(transaction, number)


async def write_note(database: Database, number: int) -> None:
    # Every third shares its instant with the two before it.
    await save_notes(database, a_note(number, published_at=NOW + (number // 3) * MINUTE))


async def write_endorsement(database: Database, number: int) -> None:
    await write_note(database, number)
    await save_endorsements(database, an_endorsement(number))


async def write_item(database: Database, number: int) -> None:
    await write_activity(database, number)
    async with database.transaction() as transaction:
        await inboxes.add_items(
            transaction,
            [ADA, BEA],
            id=f"{number:026d}",
            activity_id=an_activity(number).id,
            source=Source.ACTIVITIES,
            source_id=an_activity(number).id,
            object_id=None,
            now=NOW,
        )


async def write_notice(database: Database, number: int) -> None:
    notice = Notice(owner=ADA, kind=NoticeKind.LIKE, actor_id=BEA)
    async with database.transaction() as transaction:
        await notifications.add_notices(
            transaction, [notice], ulid=lambda: f"{number:026d}", now=NOW
        )


async def write_report(database: Database, number: int) -> None:
    report = Report(
        id=f"{number:026d}", reporter_id=BEA, objects=("x",), content="", received_at=NOW
    )
    async with database.transaction() as transaction:
        await reports.insert_report(transaction, report)


async def write_follower(database: Database, number: int) -> None:
    follower = an_actor(f"f{number:04d}")
    await save_actors(database, follower)
    await follow(database, follower.id, ADA)


async def write_followed(database: Database, number: int) -> None:
    followed = an_actor(f"f{number:04d}")
    await save_actors(database, followed)
    await follow(database, ADA, followed.id)


async def write_peer(database: Database, number: int) -> None:
    async with database.transaction() as transaction:
        await peers.see_peer(transaction, Host(f"p{number:04d}.example"), NOW)


def note_key(number: int) -> str:
    return a_note(number).id


def ulid_key(number: int) -> str:
    return f"{number:026d}"


WALKS = {
    "outbox": Walk(
        write_activity,
        lambda reader, **page: activities.list_outbox(reader, ADA, public_only=True, **page),
        lambda number: an_activity(number).id,
        lambda item: item.id,
    ),
    "about": Walk(
        write_endorsement,
        lambda reader, **page: cards.list_cards_about(reader, read_card, BEA, **page),
        note_key,
        lambda item: item.note_id,
    ),
    "by": Walk(
        write_endorsement,
        lambda reader, **page: cards.list_cards_by(reader, read_card, ADA, **page),
        note_key,
        lambda item: item.note_id,
    ),
    "latest": Walk(
        write_endorsement,
        lambda reader, **page: cards.list_latest_cards(reader, read_card, **page),
        note_key,
        lambda item: item.note_id,
    ),
    "inbox": Walk(
        write_item,
        lambda reader, **page: inboxes.list_inbox(reader, ADA, **page),
        ulid_key,
        lambda item: item.id,
    ),
    "notifications": Walk(
        write_notice,
        lambda reader, **page: notifications.list_notifications(reader, ADA, **page),
        ulid_key,
        lambda item: item.id,
    ),
    "reports": Walk(write_report, reports.list_reports, ulid_key, lambda item: item.id),
    "followers": Walk(
        write_follower,
        lambda reader, before, limit: follows.list_followers(
            reader, ADA, after=before, limit=limit
        ),
        lambda number: an_actor(f"f{number:04d}").id,
        str,
    ),
    "following": Walk(
        write_followed,
        lambda reader, before, limit: follows.list_following(
            reader, ADA, after=before, limit=limit
        ),
        lambda number: an_actor(f"f{number:04d}").id,
        str,
    ),
    "peers": Walk(
        write_peer,
        lambda reader, before, limit: peers.list_peers(reader, after=before, limit=limit),
        lambda number: f"p{number:04d}.example",
        lambda item: item.host,
    ),
}


async def walk_through(database: Database, walk: Walk, size: int, between: list[Any]) -> list[str]:
    """Take all pages; before each but the first, `between` gives what is written meanwhile."""
    seen: list[str] = []
    before = None
    while True:
        async with database.reading() as reader:
            page = await walk.page(reader, before=before, limit=size)
        assert len(page.items) <= size
        seen += [walk.of(item) for item in page.items]
        before = page.next_cursor
        if before is None:
            return seen
        for number in between.pop() if between else ():
            await walk.write(database, number)


@pytest.mark.rule("ST-10")
@pytest.mark.parametrize("name", WALKS)
async def test_a_writer_during_the_walk_makes_nothing_skipped_or_repeated(database, name):
    await save_actors(database, an_actor("ada"), an_actor("bea"))
    walk = WALKS[name]
    there, later = list(range(10, 31, 2)), [[11, 40], [9, 23, 41], [13], [8, 42]]
    for number in there:
        await walk.write(database, number)

    seen = await walk_through(database, walk, 3, later)

    assert len(seen) == len(set(seen))
    assert set(map(walk.key, there)) <= set(seen)
    assert seen in (sorted(seen), sorted(seen, reverse=True)) or name in {
        "about", "by", "latest",
    }  # fmt: skip


@pytest.mark.rule("ST-10")
@pytest.mark.parametrize("name", ["about", "outbox"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    there=st.sets(st.integers(0, 60), max_size=20),
    later=st.lists(st.sets(st.integers(0, 60), max_size=4), max_size=8),
    size=st.integers(1, 6),
)
async def test_no_order_of_writes_breaks_a_walk(database, name, there, later, size):
    walk = WALKS[name]
    meanwhile: list[set[int]] = []
    written = set(there)
    for numbers in later:
        meanwhile.append(numbers - written)
        written |= numbers
    await save_actors(database, an_actor("ada"), an_actor("bea"))
    async with database.transaction() as transaction:
        for table in ("notes", "activities"):
            await transaction.execute(f"delete from {table}")  # noqa: S608 - names above
    for number in there:
        await walk.write(database, number)

    seen = await walk_through(database, walk, size, meanwhile)

    assert len(seen) == len(set(seen))
    assert {walk.key(number) for number in there} <= set(seen)


async def test_the_last_page_says_so(database):
    await save_actors(database, an_actor("ada"))
    for number in range(4):
        await write_activity(database, number)

    async with database.reading() as reader:
        full = await activities.list_outbox(reader, ADA, public_only=True, before=None, limit=4)
        empty = await activities.list_outbox(reader, BEA, public_only=True, before=None, limit=4)

    assert (len(full.items), full.next_cursor) == (4, None)
    assert (empty.items, empty.next_cursor) == ((), None)
