"""What a block of a host covers: the database says it as the domain does, wherever it is asked."""

from itertools import product
from typing import Final

import pytest

from fedirec.domain.actors import ActorId, Host
from fedirec.domain.moderation import HostVerdict, admit_host
from fedirec.storage import blocks, cards, deliveries
from fedirec.storage.blocks import INSTANCE, covers
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from tests.storage.queueing import ADA, an_inbox, enqueue
from tests.storage.samples import (
    DAY,
    NOW,
    OURS,
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

HOSTS: Final = (
    "bad.example",
    "bad.example:8443",
    "bad.example:443",
    "sub.bad.example",
    "sub.bad.example:8443",
    "a.b.bad.example",
    "notbad.example",
    "bad.example.org",
    "bad.example.org:8443",
    "b_d.example",
    "x.b_d.example",
    "b%d.example",
    "x.b%d.example:8443",
    "%.example",
    "_",
    "example",
    "203.0.113.7",
    "203.0.113.7:8443",
    "[2001:db8::1]",
    "[2001:db8::1]:8443",
    "[2001:db8::1:8443]",
)
PAIRS: Final = tuple(product(HOSTS, HOSTS))


def is_covered(host: str, target: str) -> bool:
    """Whether the domain refuses a host when this target is blocked."""
    verdict = admit_host(Host(host), blocked=frozenset({target}), allowed=None)
    return verdict is HostVerdict.BLOCKED


@pytest.mark.rule("PA-01", "ST-09")
async def test_the_database_and_the_domain_agree_on_what_a_block_covers(database):
    condition = covers("cast(:target as text)", "cast(:host as text)")
    found = set()
    async with database.reading() as reader:
        for target, host in PAIRS:
            sql = f"select 1 as found where {condition}"
            if await reader.fetch_one(sql, {"target": target, "host": host}) is not None:
                found.add((target, host))

    assert found == {(target, host) for target, host in PAIRS if is_covered(host, target)}


def test_the_table_holds_blocks_of_every_kind():
    covered = {(target, host) for target, host in PAIRS if is_covered(host, target)}

    assert ("bad.example", "sub.bad.example:8443") in covered
    assert ("bad.example:8443", "sub.bad.example:8443") in covered
    assert ("[2001:db8::1]", "[2001:db8::1]:8443") in covered
    assert not covered & {
        ("bad.example:8443", "bad.example"),
        ("bad.example", "notbad.example"),
        ("b_d.example", "bad.example"),
        ("%.example", "x.bad.example"),
    }


async def block(database: Database, target: str) -> None:
    async with database.transaction() as transaction:
        await blocks.block(transaction, INSTANCE, target, kind="host", reason=None, now=NOW)


# Each place that asks, with a host that only its port sets apart, and one next to it.
BLOCKED: Final = "sub.bad.example:8443"
HEARD: Final = "notbad.example:8443"


def zoe(host: str) -> ActorId:
    return actor_id("zoe", host)


@pytest.mark.rule("PA-01")
async def test_an_actor_is_blocked_with_their_host(database):
    await save_actors(database, an_actor("zoe", BLOCKED), an_actor("zoe", HEARD))
    await block(database, "bad.example")

    async with database.reading() as reader:
        for owner in (INSTANCE, ADA):
            assert await blocks.is_actor_blocked(reader, owner, zoe(BLOCKED))
            assert not await blocks.is_actor_blocked(reader, owner, zoe(HEARD))
        assert await blocks.list_blockers(reader, zoe(BLOCKED)) == {INSTANCE}
        assert await blocks.list_blockers(reader, zoe(HEARD)) == frozenset()


@pytest.mark.rule("PA-01")
async def test_nothing_goes_to_followers_on_a_blocked_host(database):
    await save_actors(database, an_actor("ada"), an_actor("zoe", BLOCKED), an_actor("zoe", HEARD))
    for host in (BLOCKED, HEARD):
        await follow(database, zoe(host), ADA)
    await block(database, "bad.example")

    async with database.transaction() as transaction:
        await say(transaction, 1)
        written = await deliveries.enqueue_to_followers(
            transaction,
            Leaving(
                activity_id=an_activity(1).id,
                actor_id=ADA,
                order_key="x",
                first_try_at=NOW,
                expires_at=NOW + DAY,
            ),
            ADA,
            our_host=OURS,
            limit=9,
        )

    assert written == 1


@pytest.mark.rule("PA-01")
async def test_what_waits_for_a_blocked_host_is_dropped(storage):
    await enqueue(storage, 1, an_inbox(BLOCKED), an_inbox(HEARD))

    async with storage.transaction() as transaction:
        assert await deliveries.cancel_to(transaction, "bad.example", now=NOW) == 1


@pytest.mark.rule("PA-01")
async def test_no_page_shows_somebody_on_a_blocked_host(database):
    for number, host in enumerate((BLOCKED, HEARD)):
        await save_actors(database, an_actor("bea", OURS))
        await save_notes(database, a_note(number, actor_id=zoe(host)))
        await save_endorsements(database, an_endorsement(number, endorser_id=zoe(host)))
    await block(database, "bad.example")

    async with database.reading() as reader:
        shown = [await cards.find_card(reader, a_note(number).id) for number in range(2)]

    assert [card is None for card in shown] == [True, False]
