"""The power fails, or the connection breaks, in the middle of a commit: C15 and C16.

What was answered is there; what was not answered is resolved by asking again under the same key.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.chaos.between import between
from tests.chaos.invariants import rows_of, settle_and_check


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
