"""X4: the disk fails to flush. Nothing is called kept that is not, and it all goes on after."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.chaos.invariants import settle_and_check
from tests.chaos.patience import until
from tests.chaos.program import Program

pytestmark = pytest.mark.on_demand  # strace, and the right to watch other processes


@pytest.fixture
def engine() -> str:
    """PostgreSQL ends itself when a flush fails; to us that is a database that is away."""
    return "sqlite"


@asynccontextmanager
async def failing(program: Program, *, calls: str, every: int = 1) -> AsyncIterator[None]:
    """Have system calls of the program answer EIO for the length of the block."""
    words = ["-f", "-qq", "-p", str(program.pid), "-e", f"trace={calls}"]
    inject = f"inject={calls}:error=EIO:when=1+{every}"
    tracer = await asyncio.create_subprocess_exec(
        "strace", *words, "-e", inject, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: is_traced(program.pid), expecting="strace")
        yield
    finally:
        with suppress(ProcessLookupError):  # it ends with the program
            tracer.send_signal(signal.SIGINT)  # it lets go, and the program runs on
        await tracer.wait()


def is_traced(pid: int) -> bool:
    """Whether all threads of a process are watched."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return all("TracerPid:\t0\n" not in (thread / "status").read_text() for thread in threads)


@pytest.mark.rule("ST-01")
@pytest.mark.parametrize(
    ("calls", "every"),
    [("fsync,fdatasync", 1), ("fsync,fdatasync", 2), ("pwrite64", 3)],
    ids=["no flush works", "every other flush fails", "every third write fails"],
)
async def test_nothing_is_accepted_that_could_not_be_flushed(
    world, program, database_url, calls, every
):
    await program.start()
    pia, quin, rosa = world.actors
    before = await world.say(pia, world.mention(pia, "ada"), to="ada")

    async with failing(program, calls=calls, every=every):
        for _ in range(5):
            for actor in (pia, quin, rosa):
                await world.say(actor, world.mention(actor, "ada"), to="ada")
            await world.do("ada", world.note("ada"))
        async with world.client.get(f"http://{world.prepared.host}/@ada") as page:
            read = page.status

    refused = [answer for answer in world.answers if answer.status not in {201, 202}]
    assert before.is_accepted
    assert refused
    assert {answer.status for answer in refused} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    if every == 1:
        assert len(refused) == 20
    assert read == 200
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


@pytest.mark.rule("ST-01")
async def test_killed_while_the_disk_fails_it_has_all_that_was_accepted(
    world, program, database_url
):
    await program.start()
    for actor in world.actors:
        await world.say(actor, world.mention(actor, "ada"), to="ada")

    async with failing(program, calls="fsync,fdatasync", every=2):
        for _ in range(5):
            for actor in world.actors:
                await world.say(actor, world.mention(actor, "ada"), to="ada")
        await program.kill()
    await program.start()

    await settle_and_check(world, database=database_url)
