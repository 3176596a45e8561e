"""ST-03: what ends its worker each time is set aside, shown, and in nobody's way."""

import asyncio
import json
import sys
from typing import Any

import pytest

from fedirec.storage.opening import open_database
from tests.chaos.program import Program, clean_environment
from tests.fediverse import eventually

SETTINGS = {
    "LIMITS__LEASE": "2s",
    "LIMITS__DELIVERY_TIMEOUT": "1s",
    "LIMITS__RECEIVED_ATTEMPTS": "4",
}
LIVES_FOR_SECONDS = 12.0  # several leases


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def dies(program: Program) -> bool:
    """Whether the program ends while it handles what waits; it is started with a trap for that."""
    await program.launch(failpoints="received.applied=kill", **SETTINGS)
    try:
        await program.ended(seconds=LIVES_FOR_SECONDS)
    except TimeoutError:
        await program.kill()
        return False
    return True


async def dead_of(program: Program) -> list[dict[str, Any]]:
    """What `fedirec queue dead` shows."""
    command = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fedirec",
        "queue",
        "dead",
        "--json",
        cwd=program.folder,
        env=clean_environment(program.settings),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await command.communicate()
    return [json.loads(line) for line in told.splitlines()]


@pytest.mark.on_demand
@pytest.mark.rule("ST-03")
async def test_what_ends_its_worker_each_time_is_set_aside_and_shown(world, program, database_url):
    pia, quin, _ = world.actors
    await program.start(failpoints="received.applied=kill", **SETTINGS)
    poison = await world.say(pia, world.mention(pia, "ada"), to="ada")
    await program.ended()

    deaths = 1
    while deaths < 10 and await dies(program):
        deaths += 1
    await program.start(**SETTINGS)
    good = await world.say(quin, world.mention(quin, "ada"), to="ada")
    database = await open_database(database_url)

    async def states() -> dict[str, str]:
        async with database.reading() as reader:
            rows = await reader.fetch_all("select activity_key, state from received")
        return {str(row["activity_key"]): str(row["state"]) for row in rows}

    async def is_handled() -> bool:
        return (await states())[str(good.activity["id"])] == "handled"

    await eventually(is_handled, expecting="what came after it")
    found = await states()
    shown = await dead_of(program)
    await database.close()

    assert deaths == 4
    assert found[str(poison.activity["id"])] == "dead"
    assert poison.activity["id"] in json.dumps(shown)
    assert await program.leave() == 0
