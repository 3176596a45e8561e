"""Several processes over one database: work is shared, done once, and ended in order (OP-07)."""

import asyncio
import json
import signal
from contextlib import AsyncExitStack

import pytest

from tests.chaos.fire import lines_of
from tests.chaos.invariants import rows_of, settle_and_check
from tests.chaos.patience import until
from tests.chaos.program import program_over
from tests.misbehaviour import hangs, is_late

FIRE_SECONDS = 2.0
SERVE = ("serve", "--json", "--no-workers")
WORKER = ("worker",)


@pytest.fixture
async def beside(engine, world, prepared, database_url, tmp_path):
    """Who works beside the door: on PostgreSQL a second one at the same port, and two workers."""
    world.program.words = SERVE
    kinds = [WORKER] if engine == "sqlite" else [SERVE, WORKER, WORKER]
    async with AsyncExitStack() as stack:
        for words in kinds:
            made = program_over(prepared, tmp_path / "data", database=database_url, words=words)
            world.others.append(await stack.enter_async_context(made))
        if engine == "postgresql":
            for program in (world.program, *world.others):
                program.settings["SHARED_PORT"] = "true"
        yield world.others


async def under_fire(world, dice, seconds: float) -> None:
    """Let peers and members do what they do for a while."""
    async with asyncio.TaskGroup() as tasks:
        firing = [tasks.create_task(line.keep_on()) for line in lines_of(world, dice)]
        await asyncio.sleep(seconds)
        for task in firing:
            task.cancel()


@pytest.mark.rule("ST-02", "ST-04")
async def test_processes_side_by_side_lose_nothing_and_lock_nobody_out(
    world, program, beside, database_url, dice
):
    for each in (program, *beside):
        await each.start()

    await under_fire(world, dice, FIRE_SECONDS)

    await settle_and_check(world, database=database_url)
    assert [answer.status for answer in world.answers if answer.status >= 500] == []
    assert [await each.leave() for each in (program, *beside)] == [0] * (1 + len(beside))
    assert "database is locked" not in "".join(each.log.read_text() for each in (program, *beside))


@pytest.mark.rule("OP-07")
async def test_one_after_the_other_is_restarted_and_nothing_is_lost(
    world, program, beside, database_url, dice
):
    for each in (program, *beside):
        await each.start()

    async with asyncio.TaskGroup() as tasks:
        firing = tasks.create_task(under_fire(world, dice, FIRE_SECONDS))
        codes = []
        for each in (program, *beside):
            codes.append(await each.leave())
            await each.start()
        await firing

    await settle_and_check(world, database=database_url)
    assert codes == [0] * (1 + len(beside))


@pytest.mark.rule("OP-07")
async def test_told_to_stop_under_fire_it_answers_for_everything_that_it_kept(
    world, program, database_url, dice
):
    await program.start()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(under_fire(world, dice, FIRE_SECONDS))
        await asyncio.sleep(FIRE_SECONDS / 2)
        code = await program.leave()

    kept = {
        str(row["activity_key"]).split(" ")[0] for row in await rows_of(database_url, "received")
    }
    answered = {said.activity["id"] for said in world.said if said.is_accepted}
    leased = [
        row
        for table in ("deliveries", "received")
        for row in await rows_of(database_url, table)
        if row["state"] == "leased"
    ]
    assert code == 0
    assert kept <= answered
    assert leased == []


@pytest.mark.rule("OP-07")
async def test_what_is_on_its_way_when_told_to_stop_arrives_and_is_recorded(
    world, program, database_url
):
    late = world.peers[0]
    (actor,) = late.actors.values()
    late.behaves(actor.inbox.removeprefix(late.origin), is_late(0.5))
    await program.start()
    await world.do("ada", world.note("ada"))
    await until(lambda: late.posts, expecting="a delivery under way")

    code = await program.leave()

    rows = await rows_of(database_url, "deliveries")
    assert code == 0
    assert [(row["state"], row["attempt"]) for row in rows] == [("delivered", 1)] * 3


@pytest.mark.rule("OP-07")
async def test_a_request_under_way_when_told_to_stop_is_answered(world, program):
    pia = world.actors[0]
    stranger = world.peers[0].add_actor("sam")
    world.peers[0].behaves(
        stranger.id.removeprefix(world.peers[0].origin),
        is_late(0.7, body=json.dumps(stranger.document()).encode()),
    )
    await program.start()
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(world.say(stranger, world.mention(stranger, "ada"), to="ada"))
        await until(
            lambda: any(one.path in stranger.id for one in world.peers[0].received),
            expecting="a look at the stranger's key",
        )
        program.send(signal.SIGTERM)
        said = await asked

    refused = await world.say(pia, world.mention(pia, "ada"), to="ada")
    assert said.is_accepted
    assert not refused.is_accepted
    assert await program.ended() == 0


async def test_told_twice_to_stop_it_ends_at_once(world, program):
    for peer in world.peers:
        (actor,) = peer.actors.values()
        peer.behaves(actor.inbox.removeprefix(peer.origin), hangs())
    await program.start(LIMITS__DELIVERY_TIMEOUT="40s", LIMITS__LEASE="60s")
    await world.do("ada", world.note("ada"))
    await until(lambda: world.peers[0].posts, expecting="a delivery under way")

    program.send(signal.SIGTERM)
    await until(lambda: program.count_events("instance.stopping") == 1, expecting="stopping")
    program.send(signal.SIGTERM)

    assert await program.ended() == -signal.SIGTERM
