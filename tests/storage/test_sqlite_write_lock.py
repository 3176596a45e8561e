"""Writers of one process while another program holds the file."""

import asyncio
import shutil
import sqlite3
from contextlib import suppress

import pytest

from fedirec.errors import StorageUnavailableError
from fedirec.storage.sqlite import open_sqlite
from fedirec.storage.sqlite_write_lock import WriteLock


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def is_busy() -> StorageUnavailableError:
    """What a unit ends with when SQLite waited in vain."""
    error = StorageUnavailableError("database is locked")
    error.__cause__ = sqlite3.OperationalError()
    error.__cause__.sqlite_errorname = "SQLITE_BUSY"
    return error


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def write_lock(clock):
    return WriteLock(busy_seconds=5, monotonic=clock)


async def test_units_write_in_order(write_lock):
    seen = []

    async def unit(number: int) -> None:
        async with write_lock.taken():
            seen.append(number)
            await asyncio.sleep(0)
            seen.append(number)

    await asyncio.gather(*(unit(number) for number in range(3)))

    assert seen == [0, 0, 1, 1, 2, 2]


@pytest.mark.rule("ST-02")
@pytest.mark.parametrize(("waited", "is_tried"), [(5, False), (4, True)])
async def test_who_waited_behind_one_that_waited_in_vain_is_not_tried(
    write_lock, clock, waited, is_tried
):
    tried = []

    async def first() -> None:
        async with write_lock.taken():
            await asyncio.sleep(0.01)
            clock.now += waited
            raise is_busy()

    async def second() -> None:
        async with write_lock.taken():
            tried.append(1)

    ended = await asyncio.gather(first(), second(), return_exceptions=True)

    assert [type(each) for each in ended] == [
        StorageUnavailableError,
        type(None) if is_tried else StorageUnavailableError,
    ]
    assert bool(tried) is is_tried


async def test_who_comes_after_it_is_tried(write_lock, clock):
    with suppress(StorageUnavailableError):
        async with write_lock.taken():
            clock.now += 60
            raise is_busy()

    async with write_lock.taken():
        tried = True

    assert tried


@pytest.fixture
def path(templates, tmp_path):
    """A migrated file of its own; made before the loop runs, as a template runs one itself."""
    copy = tmp_path / "fedirec.db"
    shutil.copyfile(templates.sqlite(), copy)
    return copy


@pytest.mark.rule("ST-02")
async def test_many_writers_wait_no_longer_than_one(path):
    database = await open_sqlite(path, busy_seconds=0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def write() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("delete from instance")

    ended = await asyncio.gather(*(write() for _ in range(50)), return_exceptions=True)
    waits = (loop.time() - began) / 0.2

    assert {type(each) for each in ended} == {StorageUnavailableError}
    assert waits < 10  # of fifty
    other.close()
    await write()
    await database.close()
