"""Several processes over one database: frozen past their lease, or founding it at once (X11)."""

import asyncio
import signal
from contextlib import AsyncExitStack

import pytest

from fedirec.storage.migrate import list_migrations
from tests.chaos.fire import lines_of
from tests.chaos.invariants import rows_of, settle_and_check
from tests.chaos.patience import until
from tests.chaos.program import program_over


@pytest.fixture
async def workers(world, prepared, database_url, tmp_path):
    """The program without workers, and two workers that are not started yet."""
    world.program.words = ("serve", "--json", "--no-workers")
    async with AsyncExitStack() as stack:
        for _ in range(2):
            worker = program_over(
                prepared, tmp_path / "data", database=database_url, words=("worker",)
            )
            world.others.append(await stack.enter_async_context(worker))
        yield world.others


@pytest.mark.rule("ST-04")
async def test_a_delivery_taken_over_from_a_frozen_worker_is_not_settled_by_it(
    world, program, workers, database_url
):
    frozen, awake = workers
    await program.start()
    await frozen.start(failpoints="delivery.claimed=stop")
    await world.do("ada", world.note("ada"))
    await frozen.frozen()

    await awake.start()
    await until(lambda: all(peer.posts for peer in world.peers), expecting="the note everywhere")
    await settle_and_check(world, database=database_url)
    await thawed(frozen)

    await settle_and_check(world, database=database_url)
    settled = await rows_of(database_url, "deliveries")
    assert [(row["attempt"], row["state"]) for row in settled] == [(2, "delivered")] * 3


@pytest.mark.rule("ST-04")
async def test_an_activity_taken_over_from_a_frozen_worker_has_its_effect_once(
    world, program, workers, database_url
):
    frozen, awake = workers
    pia = world.actors[0]
    await program.start()
    await frozen.start(failpoints="received.claimed=stop")
    await world.say(pia, world.mention(pia, "ada"), to="ada")
    await frozen.frozen()

    await awake.start()
    await settle_and_check(world, database=database_url)
    await thawed(frozen)

    await settle_and_check(world, database=database_url)
    [row] = await rows_of(database_url, "received")
    assert (row["attempt"], row["state"]) == (2, "handled")


async def thawed(worker) -> None:
    """Let a worker go on, and wait until it has done with what it held: late, and in vain."""
    worker.send(signal.SIGCONT)
    late = ("delivery.lease_lost", "received.lease_lost", "line.item_failed")
    await until(lambda: any(map(worker.count_events, late)), expecting="a late result")
    assert await worker.leave() == 0


@pytest.mark.on_demand
@pytest.mark.rule("ST-04")
async def test_frozen_at_any_moment_under_fire_nothing_is_lost_or_doubled(
    world, program, workers, database_url, dice
):
    for each in (program, *workers):
        await each.start()

    async with asyncio.TaskGroup() as tasks:
        firing = [tasks.create_task(line.keep_on()) for line in lines_of(world, dice)]
        for worker in workers:
            await asyncio.sleep(dice.uniform(0.1, 1))
            worker.send(signal.SIGSTOP)
            await asyncio.sleep(dice.uniform(3, 5))  # about the length of a lease, and more
            worker.send(signal.SIGCONT)
        for task in firing:
            task.cancel()

    await settle_and_check(world, database=database_url)


@pytest.mark.rule("ST-08")
async def test_three_that_start_at_once_on_an_empty_database_found_it_once(
    prepared, tmp_path, empty_url, engine
):
    async with AsyncExitStack() as stack:
        programs = [
            await stack.enter_async_context(program_over(prepared, tmp_path, database=empty_url))
            for _ in range(3)
        ]
        address = prepared.host.partition(":")[0]
        for program in programs:
            await program.launch(LISTEN=f"{address}:0")
        for program in programs:
            await program.ready()

        actors = await rows_of(empty_url, "actors")
        keys = await rows_of(empty_url, "keys")
        numbers = [row["number"] for row in await rows_of(empty_url, "migrations")]
        for program in programs:
            assert await program.leave() == 0

    assert len(actors) == 2
    assert sorted(str(row["kind"]) for row in keys) == ["ed25519", "ed25519", "rsa", "rsa"]
    assert sorted(map(str, numbers)) == sorted(str(each.number) for each in list_migrations(engine))
