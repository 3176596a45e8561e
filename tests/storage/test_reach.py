"""How far what was said has come, counted by server."""

import pytest

from fedirec.storage import reach
from fedirec.storage.database import Database
from fedirec.storage.reach import Reach
from tests.storage.queueing import ADA, an_inbox, claim, enqueue, settle
from tests.storage.samples import an_activity, an_actor, save_actors, say

NOTE = str(an_activity(1).object_id)


@pytest.fixture
async def said(database):
    """Ada's note, its Create on the way to three servers, of which two have it."""
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await say(transaction, 1)
    await enqueue(database, 1, *(an_inbox(f"{name}.example") for name in "abc"), order_key=NOTE)
    for claimed in await claim(database):
        is_c = claimed.host == "c.example"
        await settle(
            database, claimed, state="gone" if is_c else "delivered",
            cls="rejected" if is_c else "ok", status=400 if is_c else 202,
        )  # fmt: skip
    return database


async def counted(database: Database, id_: str = NOTE) -> Reach:
    async with database.reading() as reader:
        return await reach.count_reached(reader, id_)


async def missed(database: Database, id_: str = NOTE) -> dict[str, str]:
    async with database.reading() as reader:
        page = await reach.list_missed(reader, id_, limit=10)
    return {each.host: f"{each.state} {each.last_class} {each.last_status}" for each in page.items}


async def test_servers_that_got_it_are_counted_and_the_others_named(said):
    assert await counted(said) == Reach(reached=2, total=3, is_spreading=False)
    assert await counted(said, an_activity(1).id) == await counted(said)
    assert await missed(said) == {"c.example": "gone rejected 400"}


async def test_what_was_said_last_about_an_object_counts_at_each_inbox(said):
    async with said.transaction() as transaction:
        await say(transaction, 2, type="Update", object_id=NOTE)
    await enqueue(said, 2, an_inbox("a.example"), an_inbox("d.example"), order_key=NOTE)

    assert await counted(said) == Reach(reached=1, total=4, is_spreading=False)
    assert set(await missed(said)) == {"a.example", "c.example", "d.example"}
    assert await counted(said, an_activity(1).id) == Reach(reached=2, total=3, is_spreading=False)


async def test_a_boost_by_somebody_else_is_another_matter(said):
    async with said.transaction() as transaction:
        await say(transaction, 2, type="Announce", object_id=NOTE)
    await enqueue(said, 2, an_inbox("a.example"))

    assert (await counted(said)).reached == 2


async def test_a_server_with_two_inboxes_got_it_when_both_did(said):
    async with said.transaction() as transaction:
        await say(transaction, 2)
    await enqueue(said, 2, an_inbox("e.example", 1), an_inbox("e.example", 2))
    first, second = await claim(said)

    await settle(said, first)
    assert await counted(said, an_activity(2).id) == Reach(reached=0, total=1, is_spreading=False)

    await settle(said, second)
    assert await counted(said, an_activity(2).id) == Reach(reached=1, total=1, is_spreading=False)


async def test_a_fan_out_that_goes_on_says_so(said):
    async with said.transaction() as transaction:
        await transaction.execute(
            "insert into fan_outs (activity_id, actor_id, followed_id, our_host, order_key, cursor,"
            " due_at, expires_at) values (:id, :ada, :ada, 'x', 'x', '', 1, 2)",
            {"id": an_activity(1).id, "ada": ADA},
        )

    assert (await counted(said)).is_spreading


async def test_missing_servers_are_listed_page_by_page(said):
    async with said.transaction() as transaction:
        await say(transaction, 2)
    await enqueue(said, 2, *(an_inbox(f"{number}.example") for number in range(5)))

    async with said.reading() as reader:
        first = await reach.list_missed(reader, an_activity(2).id, limit=3)
        rest = await reach.list_missed(reader, an_activity(2).id, after=first.next_cursor, limit=3)

    assert [each.host for each in (*first.items, *rest.items)] == [
        f"{number}.example" for number in range(5)
    ]
    assert rest.next_cursor is None


async def test_the_author_is_who_said_it_first_and_nobody_of_what_is_unknown(said):
    async with said.reading() as reader:
        assert await reach.find_author(reader, NOTE) == ADA
        assert await reach.find_author(reader, an_activity(1).id) == ADA
        assert await reach.find_author(reader, "https://elsewhere.example/1") is None
        assert (await reach.count_reached(reader, "https://elsewhere.example/1")).total == 0
