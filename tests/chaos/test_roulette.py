"""`kill -9` at random moments, under fire from three honest peers and the members (X1).

One program over one database serves all rounds; each begins with a start and ends with a kill. The
run prints its seed (`--chaos-seed`); `--chaos-rounds 200` plays as long as a release asks for.
"""

import asyncio
import signal
from typing import Final

import pytest

from tests.chaos.fire import lines_of
from tests.chaos.invariants import settle_and_check

FIRE_SECONDS: Final = 0.8
"""The longest that a round lasts after the start."""
START_SECONDS: Final = 1.2
"""The longest that a start lasts that is killed itself."""
_DRAINED_EVERY: Final = 20


@pytest.mark.rule("ST-01")
async def test_killed_at_any_moment_nothing_accepted_is_lost_or_doubled(
    world, program, database_url, dice, request
):
    rounds = request.config.getoption("--chaos-rounds")
    lines = lines_of(world, dice)
    for number in range(1, rounds + 1):
        await one_round(program, lines, dice)
        if number % _DRAINED_EVERY == 0 or number == rounds:
            await program.start()
            await settle_and_check(world, database=database_url)
            await program.kill()

    assert min(len(world.said), len(world.acts)) > rounds


async def one_round(program, lines, dice) -> None:
    """Start, be under fire for a while, die; now and then die while starting."""
    if dice.random() < 0.1:
        await program.launch()
        await asyncio.sleep(dice.uniform(0, START_SECONDS))
    else:
        await program.start()
        async with asyncio.TaskGroup() as tasks:
            firing = [tasks.create_task(line.keep_on()) for line in lines]
            await asyncio.sleep(dice.uniform(0, FIRE_SECONDS))
            program.send(signal.SIGKILL)
            for task in firing:
                task.cancel()
    await program.kill()
