"""A guild in use moves to PostgreSQL: same ids, same keys, and its followers hear it still."""

import asyncio

import pytest

from fedirec.storage.opening import open_database
from tests.chaos.fire import lines_of
from tests.chaos.invariants import rows_of, settle_and_check
from tests.chaos.patience import until
from tests.chaos.program import program_over
from tests.databases import temporary_database

FIRE_SECONDS = 1.5
WORDS = "Oak, ash and elm. " * 60
OLD_ACTIVITIES = """
insert into activities (id, actor_id, type, object_id, body, is_public, readers, published_at)
with recursive n(i) as (select 1 union all select i + 1 from n where i < :count)
select 'https://old.example/a/' || i, a.id, 'Arrive', 'https://old.example/n/' || i,
  '{"number":' || i || ',"words":"' || :words || '"}', true, '[]', i
from n join actors a on a.is_local and a.name = 'ada'"""
OLD_NOTES = """
insert into notes (id, actor_id, kind, is_local, visibility, body, content, url, published_at)
with recursive n(i) as (select 1 union all select i + 1 from n where i < :count)
select 'https://old.example/n/' || i, a.id, 'note', true, 'public',
  '{"number":' || i || ',"words":"' || :words || '"}', '<p>Old.</p>', 'https://old.example/' || i, i
from n join actors a on a.is_local and a.name = 'ada'"""

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
async def new_url(server):
    """The address of an empty PostgreSQL database."""
    async with temporary_database(server) as url:
        yield url


@pytest.fixture
async def mover(prepared, database_url, tmp_path):
    """The command that moves the guild, with a log of its own."""
    async with program_over(prepared, tmp_path / "data", database=database_url) as made:
        yield made


async def use_it(world, dice) -> None:
    """Let peers and members do what they do for a while."""
    async with asyncio.TaskGroup() as tasks:
        firing = [tasks.create_task(line.keep_on()) for line in lines_of(world, dice)]
        await asyncio.sleep(FIRE_SECONDS)
        for task in firing:
            task.cancel()


async def grow(url: str, count: int) -> None:
    """Let ada have said so much long ago: a note and an activity each."""
    opened = await open_database(url)
    try:
        async with opened.transaction() as transaction:
            for statement in (OLD_ACTIVITIES, OLD_NOTES):
                await transaction.execute(statement, {"count": count, "words": WORDS})
    finally:
        await opened.close()


async def identity(url: str) -> list[list[tuple[str, str]]]:
    """What makes the guild the one that others know: its actors, its keys, and what it said."""
    return [
        sorted((str(row["id"]), str(row[column])) for row in await rows_of(url, table))
        for table, column in (("actors", "name"), ("keys", "private_key"), ("activities", "body"))
    ]


def posted(peer) -> set[str]:
    """The ids of the activities that a peer got."""
    return {str(post.json()["id"]) for post in peer.posts}


@pytest.mark.parametrize(
    "count", [1_000, pytest.param(50_000, marks=pytest.mark.on_demand)], ids=["quick", "100k"]
)
async def test_a_guild_in_use_moves_and_goes_on_where_it_was(
    world, mover, database_url, new_url, dice, count
):
    program = world.program
    await program.start()
    await use_it(world, dice)
    await program.leave()
    program.words = ("serve", "--json", "--no-workers")
    await program.start()
    pending = await world.do("ada", world.note("ada"))
    while_served = await mover.command("database", "move", new_url)
    await program.leave()
    await grow(database_url, count)
    before = await identity(database_url)

    moved = await mover.command("database", "move", new_url)
    await mover.launch()
    at_the_file = await mover.ended()
    after = await identity(new_url)
    program.words = ("serve", "--json")
    await program.start(DATABASE=new_url)
    new = await world.do("ada", world.note("ada"))

    assert (while_served, moved, at_the_file) == (1, 0, 1)
    assert after == before
    heard = {pending.location, new.location}
    await until(
        lambda: all(heard <= posted(peer) for peer in world.peers),
        expecting="what was pending and what is new, at every follower's",
    )
    await settle_and_check(world, database=new_url)


async def test_a_move_that_was_killed_goes_on(world, program, mover, database_url, new_url):
    await program.start()
    await program.leave()
    await grow(database_url, 10_000)
    before = await identity(database_url)
    mover.words = ("database", "move", new_url)
    await mover.launch()
    await until(lambda: "copied actors" in mover.log.read_text(), expecting="some rows")

    await mover.kill()
    await program.launch(DATABASE=new_url)
    at_the_half = await program.ended()
    moved = await mover.command("database", "move", new_url)

    assert (at_the_half, moved) == (1, 0)
    assert await identity(new_url) == before
    assert "is not finished" in program.log.read_text()
