"""Where an activity goes: one inbox for each server, pages of a fan-out, nobody blocked (C5)."""

from dataclasses import replace

import pytest

from fedirec.domain.actors import Actor, Host, InboxUrl
from fedirec.domain.circuits import Sign
from fedirec.storage import activities, actors, blocks, deliveries, follows
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue_depths import next_looks
from fedirec.storage.queue_lists import list_deliveries
from tests.databases import CountingDatabase
from tests.storage.queueing import an_inbox, claim, settle, tell
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    OURS,
    actor_id,
    an_activity,
    an_actor,
    follow,
    save_actors,
    say,
)

ADA = actor_id("ada")
LEAVING = Leaving(
    activity_id=an_activity(1).id,
    actor_id=ADA,
    order_key="note",
    first_try_at=NOW,
    expires_at=NOW + DAY,
)


def a_follower(number: int) -> Actor:
    return an_actor(f"f{number}", f"peer{number}.example")


@pytest.fixture
async def storage(database):
    await save_actors(database, an_actor("ada"), an_actor("bea"))
    async with database.transaction() as transaction:
        await say(transaction, 1)
    return database


async def follow_ada(database: Database, *followers: Actor, is_accepted: bool = True) -> None:
    await save_actors(database, *followers)
    for follower in followers:
        await follow(database, follower.id, ADA, is_accepted=is_accepted)


async def enqueue(database: Database, limit: int = 500) -> int:
    async with database.transaction() as transaction:
        return await deliveries.enqueue_to_followers(
            transaction,
            Leaving(
                activity_id=an_activity(1).id,
                actor_id=ADA,
                order_key="note",
                first_try_at=NOW,
                expires_at=NOW + DAY,
            ),
            ADA,
            our_host=OURS,
            limit=limit,
        )


async def expand(database: Database, limit: int = 500) -> int | None:
    async with database.transaction() as transaction:
        return await deliveries.expand_fan_out(transaction, limit=limit, now=NOW)


async def inboxes(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as reader:
        page = await list_deliveries(reader, limit=500)
    return sorted((item.inbox, item.host) for item in page.items)


async def test_followers_elsewhere_get_it_once_for_each_inbox(storage):
    await follow_ada(
        storage,
        a_follower(1),
        an_actor("one", "big.example", shared_inbox=InboxUrl("https://big.example/inbox")),
        an_actor("two", "big.example", shared_inbox=InboxUrl("https://big.example/inbox")),
    )
    await follow(storage, actor_id("bea"), ADA)
    await follow_ada(storage, a_follower(9), is_accepted=False)

    assert await enqueue(storage) == 2

    assert await inboxes(storage) == [
        ("https://big.example/inbox", "big.example"),
        (a_follower(1).inbox, "peer1.example"),
    ]


@pytest.mark.rule("PA-01")
async def test_who_is_blocked_or_gone_gets_nothing(storage):
    hosts = ("bad.example", "sub.bad.example", "notbad.example", "xbadxexample")
    await follow_ada(storage, *[an_actor("zoe", host) for host in hosts])
    await follow_ada(storage, a_follower(1), a_follower(2), a_follower(3), a_follower(4))
    async with storage.transaction() as transaction:
        for owner, target, kind in (
            (blocks.INSTANCE, "bad.example", "host"),
            (blocks.INSTANCE, a_follower(1).id, "actor"),
            (ADA, a_follower(2).id, "actor"),
            (actor_id("bea"), a_follower(3).id, "actor"),
        ):
            await blocks.block(transaction, owner, target, kind=kind, reason=None, now=NOW)
        await actors.mark_gone(transaction, a_follower(4).id, NOW)

    await enqueue(storage)

    found = [host for _, host in await inboxes(storage)]
    assert sorted(found) == ["notbad.example", "peer3.example", "xbadxexample"]


async def test_a_large_audience_is_expanded_page_by_page(storage):
    followers = [a_follower(number) for number in range(25)]
    await follow_ada(storage, *followers)

    first = await enqueue(storage, limit=10)
    async with storage.reading() as reader:
        looks = await next_looks(reader)
    rest = [await expand(storage, limit=10) for _ in range(3)]

    assert (first, rest, looks["fan_outs"]) == (10, [10, 5, None], NOW)
    assert [inbox for inbox, _ in await inboxes(storage)] == sorted(
        follower.inbox for follower in followers
    )


async def test_an_audience_that_just_fits_leaves_nothing_to_expand(storage):
    await follow_ada(storage, *[a_follower(number) for number in range(10)])

    assert await enqueue(storage, limit=10) == 10
    assert await expand(storage) is None


async def test_a_page_written_twice_is_there_once(storage):
    await follow_ada(storage, *[a_follower(number) for number in range(5)])

    assert await enqueue(storage, limit=3) == 3
    assert await enqueue(storage, limit=3) == 0
    assert await expand(storage) == 2
    assert len(await inboxes(storage)) == 5


async def test_a_fan_out_goes_on_where_it_stopped_when_a_page_fails(storage):
    await follow_ada(storage, *[a_follower(number) for number in range(5)])
    await enqueue(storage, limit=2)

    async def fail_half_way() -> None:
        async with storage.transaction() as transaction:
            await deliveries.expand_fan_out(transaction, limit=2, now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_half_way()

    assert await expand(storage) == 3


async def test_five_hundred_followers_cost_few_statements(storage):
    followers = [a_follower(number) for number in range(300)]
    async with storage.transaction() as transaction:
        for follower in followers:
            await actors.save_actor(transaction, follower)
        await transaction.execute_many(
            "insert into follows values (:id, :ada, :id, 'accepted', 0, 0)",
            [{"id": follower.id, "ada": ADA} for follower in followers],
        )
    counting = CountingDatabase(storage)

    assert await enqueue(counting) == 300

    # what goes before it, where the page ends, the deliveries, the hosts to look at
    assert len(counting.counts.statements) == 4


@pytest.mark.rule("PA-03")
async def test_who_unfollows_meanwhile_is_passed_by_and_who_follows_breaks_nothing(storage):
    followers = [a_follower(number) for number in range(8)]
    await follow_ada(storage, *followers)
    await enqueue(storage, limit=3)

    async with storage.transaction() as transaction:
        for number in (2, 3, 6):  # the last of the page, the first of the next, one of the last
            await follows.remove_follow(transaction, a_follower(number).id, ADA)
    late = [an_actor("aaa", "a.example"), an_actor("zzz", "z.example")]
    await follow_ada(storage, *late)
    written = [await expand(storage, limit=3) for _ in range(3)]

    got = {inbox for inbox, _ in await inboxes(storage)}
    assert written == [3, 1, None]
    assert got >= {a_follower(number).inbox for number in (0, 1, 4, 5, 7)}
    assert got.isdisjoint({a_follower(3).inbox, a_follower(6).inbox})


async def test_a_page_of_one_server_alone_ends_no_fan_out(storage):
    shared = InboxUrl("https://big.example/inbox")
    await follow_ada(
        storage,
        *[an_actor(f"f{number}", "big.example", shared_inbox=shared) for number in range(6)],
        a_follower(9),
    )

    written = [await enqueue(storage, limit=2)] + [await expand(storage, limit=2) for _ in range(4)]

    assert written == [1, 0, 0, 1, None]


@pytest.mark.rule("ST-06")
async def test_what_is_ordinary_is_not_tried_where_nobody_answered_for_a_week(storage):
    dead, well = an_inbox("dead.example"), an_inbox("peer.example")
    await tell(storage, "dead.example", *[Sign.FAILS] * 5, now=NOW - 8 * DAY)

    for number, is_protective in ((1, False), (2, True)):
        async with storage.transaction() as transaction:
            if number > 1:
                await say(transaction, number, type="Delete")
            await deliveries.enqueue(
                transaction,
                replace(LEAVING, activity_id=an_activity(number).id, is_protective=is_protective),
                [dead, well],
            )

    async with storage.reading() as reader:
        page = await list_deliveries(reader, limit=9)
    assert [(each.host, each.state, each.attempt, each.last_class) for each in page.items] == [
        ("peer.example", "due", 0, None),
        ("dead.example", "due", 0, None),
        ("peer.example", "due", 0, None),
        ("dead.example", "expired", 0, deliveries.UNREACHABLE),
    ]


@pytest.mark.rule("ST-05")
async def test_what_is_deleted_is_not_sent_and_the_deletion_follows_what_was(storage):
    never, tried, other = (an_inbox(host) for host in ("a.example", "b.example", "c.example"))
    note = str(an_activity(1).object_id)
    async with storage.transaction() as transaction:
        await deliveries.enqueue(transaction, replace(LEAVING, order_key=note), [never, tried])
    for each in await claim(storage):
        if each.host == tried[1]:
            await settle(storage, each, state="waiting", next_at=NOW + MINUTE, cls="temporary")
        else:
            await settle(storage, each, state="due", next_at=NOW)
    async with storage.transaction() as transaction:
        await transaction.execute(
            "update deliveries set attempt = 0, last_class = null where host = :host",
            {"host": never[1]},
        )
        await say(transaction, 2, object_id=note, type="Delete")
        leaving = replace(LEAVING, activity_id=an_activity(2).id, order_key=note, takes_back=True)
        assert await deliveries.supersede(transaction, leaving, note, now=NOW) == 1
        await deliveries.enqueue(transaction, leaving, [never, tried, other])

    async with storage.reading() as reader:
        page = await list_deliveries(reader, limit=9)
    found = {(each.host, each.activity_id): each.state for each in page.items}
    assert found == {
        (never[1], an_activity(1).id): "cancelled",
        (tried[1], an_activity(1).id): "waiting",
        (tried[1], an_activity(2).id): "due",
        (other[1], an_activity(2).id): "due",
    }


async def test_a_deletion_ends_what_is_left_of_a_fan_out(storage):
    await follow_ada(storage, *[a_follower(number) for number in range(5)])
    await enqueue(storage, limit=2)

    async with storage.transaction() as transaction:
        note = str(an_activity(1).object_id)
        assert await deliveries.supersede(transaction, LEAVING, note, now=NOW) == 2

    assert await expand(storage) is None


async def test_the_inboxes_of_people_elsewhere_are_found_in_order(storage):
    shared = InboxUrl("https://big.example/inbox")
    big, small = an_actor("one", "big.example", shared_inbox=shared), a_follower(1)
    await save_actors(storage, big, small)
    ids = [small.id, big.id, ADA, "https://nobody.example/x", small.id]

    async with storage.reading() as reader:
        preferred = await deliveries.inboxes_of(reader, ids, prefer_shared=True)
        personal = await deliveries.inboxes_of(reader, ids, prefer_shared=False)
        none = await deliveries.inboxes_of(reader, [], prefer_shared=True)

    assert preferred == [(small.inbox, small.host), (shared, big.host)]
    assert personal == [(small.inbox, small.host), (big.inbox, big.host)]
    assert none == []


async def test_everybody_who_got_anything_about_an_object_is_known(storage):
    note = str(an_activity(1).object_id)
    async with storage.transaction() as transaction:
        await say(transaction, 2, object_id=note, type="Update")
        await say(transaction, 3)
        for number, host in (
            (1, "a.example"),
            (2, "a.example"),
            (2, "b.example"),
            (3, "c.example"),
        ):
            await deliveries.enqueue(
                transaction,
                Leaving(
                    activity_id=an_activity(number).id,
                    actor_id=ADA,
                    order_key=note,
                    first_try_at=NOW,
                    expires_at=NOW + DAY,
                ),
                [(InboxUrl(f"https://{host}/inbox"), Host(host))],
            )
        got = await deliveries.inboxes_that_got(transaction, note)

    assert [host for _, host in got] == ["a.example", "b.example"]


async def test_an_activity_comes_back_as_it_was_said(storage):
    said = an_activity(7, is_public=False, readers=("a", "b"), object_id=None, type="Follow")
    async with storage.transaction() as transaction:
        await activities.insert_activity(transaction, said)

        assert await activities.find_activity(transaction, said.id) == said
        assert await activities.find_activity(transaction, "x") is None
        public = await activities.list_outbox(
            transaction, ADA, public_only=True, before=None, limit=9
        )
        whole = await activities.list_outbox(
            transaction, ADA, public_only=False, before=None, limit=9
        )
    assert [each.id for each in public.items] == [an_activity(1).id]
    assert [each.id for each in whole.items] == [said.id, an_activity(1).id]


async def test_the_latest_activity_of_a_kind_about_an_object_is_found(storage):
    note = str(an_activity(1).object_id)
    async with storage.transaction() as transaction:
        for number, kind in ((2, "Accept"), (3, "Accept"), (4, "Update")):
            await say(transaction, number, object_id=note, type=kind)
        newest = await activities.find_newest(
            transaction, actor_id=ADA, type_="Accept", object_id=note
        )
        none = await activities.find_newest(
            transaction, actor_id=actor_id("bea"), type_="Accept", object_id=note
        )

    assert newest is not None
    assert (newest.id, none) == (an_activity(3).id, None)
