"""X3: the disk fills up and has space again. Nothing accepted is lost, and nobody has to help."""

import asyncio
import os
import resource
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.chaos.invariants import settle_and_check
from tests.chaos.prepared import Prepared
from tests.chaos.program import Program, program_over
from tests.chaos.world import World, world_around
from tests.peers import Answer

MIB = 1_048_576
PAGES = ("/", "/@ada", "/users/ada", "/users/ada/outbox", "/jobs")


class Disk:
    """A disk of 64 MiB of the test's own; `ballast` is what else lies on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, *, leaving: int) -> None:
        """Leave no more than this many bytes free, also while somebody writes beside it."""
        with self._ballast.open("ab") as file:
            part = self._free() - leaving
            while part > 0:
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, part)
                    part = self._free() - leaving
                except OSError:  # less is free by now, or the disk needs some of it for its books
                    part //= 2

    def _free(self) -> int:
        figures = os.statvfs(self.folder)
        return figures.f_bavail * figures.f_frsize

    def clear(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink()


@pytest.fixture
def engine() -> str:
    """PostgreSQL's disk is its keeper's; `test_database_away.py` has what it says when full."""
    return "sqlite"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "fedirec-test", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:  # a right that a container may lack and nobody can install
        pytest.skip(f"a disk of one's own needs the right to mount: {done.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


@pytest.fixture
async def database_url(prepared: Prepared, disk: Disk) -> AsyncIterator[str]:
    async with prepared.copied(disk.folder) as url:
        yield url


@pytest.fixture
async def program(prepared: Prepared, database_url: str, tmp_path: Path) -> AsyncIterator[Program]:
    """`serve`, with its log on another disk: the log is ours to read."""
    async with program_over(prepared, tmp_path / "data", database=database_url) as made:
        yield made


async def read_all(world: World) -> list[int]:
    """The statuses of some public pages."""
    statuses = []
    for path in PAGES:
        async with world.client.get(f"http://{world.prepared.host}{path}") as response:
            statuses.append(response.status)
            await response.read()
    return statuses


def assert_put_off(answer: Answer, *statuses: int) -> None:
    """It was refused for now, with the time to come back."""
    assert answer.status in statuses, answer
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.rule("RX-12")
async def test_below_the_floor_news_is_put_off_and_the_rest_goes_on(
    world, program, disk, database_url
):
    await program.start(LIMITS__FREE_SPACE_BYTES=str(16 * MIB), LIMITS__FREE_SPACE_PERCENT="0")
    pia = world.actors[0]
    mention = await world.say(pia, world.mention(pia, "ada"), to="ada")
    told = await world.do("ada", world.note("ada"))
    note_id = await world.made_by(told)

    disk.fill(leaving=8 * MIB)
    await asyncio.sleep(1.1)  # for so long the last look counts
    late = await world.say(pia, world.mention(pia, "ada"), to="ada")
    assert_put_off(world.answers[-1], 507)
    put_off = await world.do("ada", world.note("ada"))
    assert_put_off(world.answers[-1], 507)
    deleted = await world.do("ada", {"type": "Delete", "object": note_id})
    gone = await world.say(pia, pia.activity("Delete", mention.activity["object"]["id"]), to="ada")
    pages = await read_all(world)

    assert (late.is_accepted, put_off.location) == (False, None)
    assert deleted.location is not None
    assert gone.is_accepted
    assert pages == [200] * len(PAGES)
    disk.clear()
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


@pytest.mark.rule("RX-12", "ST-01")
async def test_a_disk_that_is_full_to_the_last_byte_loses_nothing(
    world, program, disk, database_url
):
    await program.start(LIMITS__FREE_SPACE_BYTES="0", LIMITS__FREE_SPACE_PERCENT="0")

    disk.fill(leaving=0)
    for _ in range(40):  # the log has some space of its own
        for actor in world.actors:
            await world.say(actor, world.mention(actor, "ada"), to="ada")
        await world.do("ada", world.note("ada"))
    refused = [answer for answer in world.answers if answer.status not in {201, 202}]
    pages = await read_all(world)

    assert len(refused) >= 10
    for answer in refused:
        assert_put_off(answer, 507, 503)
    assert pages == [200] * len(PAGES)
    disk.clear()
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


@pytest.mark.rule("RX-12", "ST-01")
async def test_a_quota_on_the_size_of_files_loses_nothing(prepared, tmp_path):
    async with (
        prepared.copied(tmp_path) as url,
        program_over(prepared, tmp_path / "data", database=url) as program,
        world_around(prepared, program) as world,
    ):
        await program.start()
        room = (tmp_path / "fedirec.db").stat().st_size + MIB
        _, most = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)

        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (room, most))
        refused: list[Answer] = []
        for _ in range(100):  # how soon the log is that long depends on when it begins anew
            for actor in world.actors:
                await world.say(actor, world.mention(actor, "ada"), to="ada")
            refused = [answer for answer in world.answers if answer.status != 202]
            if len(refused) > len(world.actors):
                break

        assert refused
        for answer in refused:
            assert_put_off(answer, 503, 507)
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (most, most))
        await settle_and_check(world, database=url)
        assert await program.leave() == 0
