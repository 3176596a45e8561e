"""X6: the machine's clock jumps and drifts during traffic (ST-07). libfaketime moves it.

The monotonic clock goes on as it was, as it does when a keeper or NTP sets the hour. Peers keep the
right hour: whom we take for a day late or early is told 401, and says the same again later.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.chaos.invariants import settle_and_check
from tests.chaos.patience import PATIENCE_SECONDS, until
from tests.chaos.world import Act, World
from tests.missing import leave_out

pytestmark = [pytest.mark.on_demand, pytest.mark.rule("ST-07")]


@pytest.fixture
def engine() -> str:
    """On PostgreSQL the hour is the database's: `tests/storage/test_hours.py`."""
    return "sqlite"


@pytest.fixture
def set_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the clock of what is started from now on: `+0`, `-1d`, `+10y`, `+0 x5`."""
    hour = tmp_path / "hour"
    hour.write_text("+0")
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        leave_out("no libfaketime: install faketime")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(hour))
    monkeypatch.setenv("FAKETIME_CACHE_DURATION", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    monkeypatch.setenv("NO_FAKE_STAT", "1")

    def write(offset: str) -> None:
        newer = hour.with_name("newer")
        newer.write_text(offset)
        newer.replace(hour)

    return write


async def until_hour(world: World, ahead: timedelta) -> None:
    """Wait until the program's hour is so far ahead of ours; its answers tell."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with world.client.get(f"http://{world.prepared.host}/healthz") as response:
                told = parsedate_to_datetime(response.headers["Date"])
            if abs(told - datetime.now(UTC) - ahead) < timedelta(hours=1):
                return
            await asyncio.sleep(0.1)


async def talk(world: World, *, rounds: int = 2) -> list[int]:
    """Let everybody say something; return what peers and members were answered."""
    before = len(world.answers)
    for _ in range(rounds):
        for actor in world.actors:
            await world.say(actor, world.mention(actor, "ada"), to="ada")
        await world.do("ada", world.note("ada"))
    return [answer.status for answer in world.answers[before:]]


def are_sent(world: World, acts: Sequence[Act]) -> bool:
    """Whether every peer has what came of these acts."""
    made = {act.location for act in acts}
    return all(made <= {post.json()["id"] for post in peer.posts} for peer in world.peers)


@pytest.mark.parametrize("jump", ["+1d", "-1d", "+3650d"])
async def test_a_clock_that_jumps_and_comes_back_loses_and_doubles_nothing(
    world, program, database_url, set_clock, jump
):
    await program.start()
    before = await talk(world)

    set_clock(jump)
    await until_hour(world, timedelta(days=int(jump.removesuffix("d"))))
    meanwhile = await talk(world)
    said_meanwhile = world.acts[2:]
    await until(lambda: are_sent(world, said_meanwhile), expecting="what was said meanwhile")
    set_clock("+0")
    await until_hour(world, timedelta())
    after = await talk(world)

    assert set(before) == set(after) == {201, 202}
    assert meanwhile == [401, 401, 401, 201] * 2
    for said in world.said:
        if not said.is_accepted:
            await world.say_again(said)
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


@pytest.mark.parametrize("pace", ["x0.2", "x5"])
async def test_a_clock_that_drifts_loses_and_doubles_nothing(
    world, program, database_url, set_clock, pace
):
    await program.start()
    set_clock(f"+0 {pace}")

    said = [status for _ in range(5) for status in await talk(world)]
    await until(lambda: are_sent(world, world.acts), expecting="what members said, at the peers")
    set_clock("+0")

    assert set(said) == {201, 202}
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0
