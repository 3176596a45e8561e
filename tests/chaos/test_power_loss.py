"""The power fails, or the connection breaks, in the middle of a commit: C15 and C16.

What was answered is there; what was not answered is resolved by asking again under the same key.
"""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.chaos.between import between
from tests.chaos.fire import lines_of
from tests.chaos.invariants import rows_of, settle_and_check
from tests.chaos.power import disk_under

CUTS: Final = 3
FIRE_SECONDS: Final = 1.0
WRITE_AND_DIE: Final = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute(f"pragma synchronous = {sys.argv[2]}")
connection.execute("insert into told values (1)")
connection.commit()
os.kill(os.getpid(), 9)
"""


@pytest.mark.rule("ST-01", "ST-02")
@pytest.mark.parametrize("engine", ["sqlite"])
async def test_what_was_answered_is_there_though_all_that_was_not_flushed_is_lost(
    world, program, database_url, tmp_path, dice, engine
):
    disk = disk_under(Path(database_url.removeprefix("sqlite:///")), tmp_path)
    program.environment = disk.environment
    lines = lines_of(world, dice)
    verdicts = []
    for _ in range(CUTS):
        await program.start()
        async with asyncio.TaskGroup() as tasks:
            firing = [tasks.create_task(line.keep_on()) for line in lines]
            await asyncio.sleep(dice.uniform(FIRE_SECONDS / 2, FIRE_SECONDS))
            program.send(signal.SIGKILL)
            for task in firing:
                task.cancel()
        await program.kill()
        verdicts.append(disk.cut())

    await program.start()
    assert verdicts == ["ok"] * CUTS
    assert any(said.is_accepted for said in world.said)
    await settle_and_check(world, database=database_url)


@pytest.mark.parametrize(("synchronous", "survives"), [("full", 1), ("normal", 0), ("off", 0)])
def test_a_cut_takes_what_was_committed_and_not_flushed(tmp_path, synchronous, survives):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "told.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table told (number)")
    disk = disk_under(file, tmp_path)

    command = [sys.executable, "-c", WRITE_AND_DIE, str(file), synchronous]
    ended = subprocess.run(command, env=disk.environment, check=False, timeout=60)  # noqa: S603 - ours

    assert (ended.returncode, disk.cut()) == (-signal.SIGKILL, "ok")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select count(*) from told").fetchone() == (survives,)


@pytest.mark.rule("ST-02")
@pytest.mark.parametrize("engine", ["sqlite"])
async def test_without_what_sqlite_kept_in_memory_all_is_read_from_the_log(
    world, program, database_url, engine
):
    pia = world.actors[0]
    await program.start()
    for _ in range(5):
        await world.say(pia, world.mention(pia, "ada"), to="ada")
        await world.do("ada", world.note("ada"))

    await program.kill()
    file = Path(database_url.removeprefix("sqlite:///"))
    assert file.with_name(f"{file.name}-wal").stat().st_size > 0
    file.with_name(f"{file.name}-shm").unlink()

    await program.start()
    assert all(said.is_accepted for said in world.said)
    await settle_and_check(world, database=database_url)


@pytest.mark.rule("ST-01")
@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize("arrives", [True, False], ids=["it happened", "it did not"])
async def test_a_commit_whose_answer_is_lost_is_resolved_by_asking_again(
    world, program, database_url, engine, arrives
):
    pia = world.actors[0]
    with TemporaryDirectory(prefix="between-") as folder:  # sockets need short paths
        async with between(database_url, Path(folder)) as (breaking, address):
            await program.start(DATABASE=address)
            breaking.break_commit(arrives=arrives, after=b"insert into outbox_posts")
            await world.do("ada", world.note("ada"))
            breaking.break_commit(arrives=arrives, after=b"insert into received")
            await world.say(pia, world.mention(pia, "ada"), to="ada")

            assert breaking.broken == 2
            assert [answer.status for answer in world.answers] == [503, 503]
            assert len(await rows_of(database_url, "activities")) == arrives
            assert len(await rows_of(database_url, "received")) == arrives
            await settle_and_check(world, database=database_url)
            await program.kill()
    assert len(await rows_of(database_url, "received")) == 1
