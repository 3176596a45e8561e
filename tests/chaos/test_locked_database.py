"""X10: SQLite's file is locked, replaced, damaged, or without its log."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from fedirec.storage.open_mark import mark_of
from tests.chaos.invariants import settle_and_check
from tests.chaos.patience import until
from tests.chaos.world import World


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def path(database_url: str) -> Path:
    """The database file."""
    return Path(database_url.removeprefix("sqlite:///"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the one right to write, as another program does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


async def read(world: World, path: str) -> int:
    """What a page answers."""
    async with world.client.get(f"http://{world.prepared.host}{path}") as response:
        await response.read()
        return response.status


async def talk(world: World) -> None:
    """Let everybody say something, at once."""
    async with asyncio.TaskGroup() as tasks:
        for actor in world.actors:
            tasks.create_task(world.say(actor, world.mention(actor, "ada"), to="ada"))
        tasks.create_task(world.do("ada", world.note("ada")))


@pytest.mark.rule("ST-02")
async def test_a_lock_held_for_three_seconds_is_waited_for(world, program, database_url, path):
    await program.start()

    async with asyncio.TaskGroup() as tasks:
        with locked(path):
            tasks.create_task(talk(world))
            await asyncio.sleep(1)
            page = await read(world, "/@ada")
            await asyncio.sleep(2)

    assert page == 200
    assert {answer.status for answer in world.answers} == {201, 202}
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


@pytest.mark.rule("ST-02")
@pytest.mark.parametrize(
    "seconds", [8, pytest.param(30, marks=pytest.mark.on_demand)], ids=["8 s", "30 s"]
)
async def test_a_lock_held_for_longer_puts_writing_off_and_not_reading(
    world, program, database_url, path, seconds
):
    await program.start()

    with locked(path):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk(world))
            await asyncio.sleep(seconds)
            pages = [await read(world, page) for page in ("/", "/@ada", "/users/ada/outbox")]
        refused = [answer for answer in world.answers if answer.status not in {201, 202}]

    assert pages == [200, 200, 200]
    assert {answer.status for answer in world.answers} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    await settle_and_check(world, database=database_url)
    away = [event["line"] for event in program.events() if event.get("event") == "database.away"]
    assert len(away) <= 2 * len(set(away))
    assert await program.leave() == 0


async def test_without_the_log_that_a_crash_left_it_opens_what_is_whole_and_says_so(
    world, program, path
):
    await program.start()
    await talk(world)
    await program.kill()
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink()

    await program.start()
    [said] = [each for each in program.events() if each.get("event") == "database.log_gone"]
    page = await read(world, "/@ada")
    late = await world.say(world.actors[0], world.mention(world.actors[0], "ada"), to="ada")

    assert "restore a backup" in said["todo"]
    assert str(mark_of(path)) in said["todo"]
    assert page == 200
    assert late.is_accepted
    assert await program.leave() == 0
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []


@pytest.mark.rule("ST-02")
@pytest.mark.parametrize("damage", ["no database", "torn in the middle"])
async def test_a_damaged_file_is_refused_in_one_line(world, program, path, damage):
    await program.start()
    await talk(world)
    await program.kill()
    whole = path.read_bytes()
    page = 8192
    if damage == "no database":
        path.write_bytes(b"x" * len(whole))
    else:
        path.write_bytes(whole[: 2 * page] + b"\xff" * 4 * page + whole[6 * page :])

    await program.launch()
    code = await program.ended()

    assert code == 1
    assert "damaged" in program.log.read_text().splitlines()[-1]


@pytest.mark.rule("ST-01")
async def test_a_file_that_is_replaced_under_it_takes_nothing_any_more(
    world, program, database_url, path
):
    await program.start()
    copy = path.with_name("copy.db")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)

    shutil.move(copy, path)
    lost = await world.say(world.actors[0], world.mention(world.actors[0], "ada"), to="ada")
    page = await read(world, "/@ada")

    assert not lost.is_accepted
    assert world.answers[-1].status == 503
    assert page == 200
    await until(
        # the whole line: what is killed while it writes one leaves the half of it
        lambda: re.search("replaced or removed.*\n", program.log.read_text()) is not None,
        expecting="a word of it",
    )
    await program.kill()
    for end in ("-wal", "-shm"):  # of the file that is gone
        path.with_name(path.name + end).unlink()
    await program.start()
    await settle_and_check(world, database=database_url)
