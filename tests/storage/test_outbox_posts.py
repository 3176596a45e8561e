"""What came of a POST is known by its idempotency key, once, and for a time."""

from dataclasses import replace

import pytest

from fedirec.domain.actors import ActivityId
from fedirec.errors import ConflictError
from fedirec.storage.database import Database
from fedirec.storage.outbox_posts import OutboxPost, find_done, prune_posts, record_post
from tests.storage.samples import DAY, NOW, actor_id, an_actor, save_actors

ADA = actor_id("ada")
POST = OutboxPost(actor_id=ADA, key="a-key", digest="zDigest", request_id="first")
CREATE, LIKE = ActivityId("https://guild.example/a/1"), ActivityId("https://guild.example/a/2")


async def record(database: Database, post: OutboxPost, *activity_ids: ActivityId) -> None:
    async with database.transaction() as transaction:
        for activity_id in activity_ids:
            await record_post(transaction, post, activity_id, NOW)


async def done(database: Database, key: str = POST.key) -> ActivityId | None:
    async with database.reading() as reader:
        found = await find_done(reader, ADA, key)
    return None if found is None else found.activity_id


async def test_the_first_activity_of_its_transaction_is_what_came_of_it(database):
    await save_actors(database, an_actor("ada"))

    await record(database, POST, CREATE, LIKE)

    assert await done(database) == CREATE
    assert await done(database, "another") is None


async def test_of_two_alike_at_once_the_later_one_is_undone(database):
    await save_actors(database, an_actor("ada"))
    await record(database, POST, CREATE)

    with pytest.raises(ConflictError, match="twice at once"):
        await record(database, replace(POST, request_id="second"), LIKE)

    assert await done(database) == CREATE


@pytest.mark.rule("RX-05")
async def test_keys_are_forgotten_in_their_time(database):
    await save_actors(database, an_actor("ada"))
    await record(database, POST, CREATE)

    async with database.transaction() as transaction:
        assert await prune_posts(transaction, NOW) == 0
        assert await prune_posts(transaction, NOW + DAY) == 1

    assert await done(database) is None
