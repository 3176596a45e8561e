"""What the writer stands on: a disk that failed, a file that was replaced, a log left behind."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from fedirec.errors import StorageFullError, StorageUnavailableError
from fedirec.storage.database import Database, Transaction
from fedirec.storage.sqlite import open_sqlite
from fedirec.storage.sqlite_ground import Ground


class DiskError(sqlite3.OperationalError):
    """What SQLite raises when a flush fails."""

    sqlite_errorname = "SQLITE_IOERR_FSYNC"


@pytest.fixture
def path(templates, tmp_path):
    """A migrated database's file."""
    shutil.copyfile(templates.sqlite(), tmp_path / "fedirec.db")
    return tmp_path / "fedirec.db"


@pytest.fixture
def connection(path):
    opened = sqlite3.connect(path, isolation_level=None)
    opened.execute("pragma journal_mode = wal")
    yield opened
    opened.close()


def say(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("insert into instance (name, value) values (?, 'x')", (name,))


async def say_in(database: Database, name: str) -> None:
    async def unit(transaction: Transaction) -> None:
        await transaction.execute(
            "insert into instance (name, value) values (:name, 'x')", {"name": name}
        )

    await database.run(unit)


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


@pytest.mark.rule("ST-01")
def test_after_a_failed_flush_the_log_begins_anew_before_anything_is_written(path, connection):
    ground = Ground(path)
    with ground.standing(connection):
        say(connection, "before")
    assert log_of(path).stat().st_size > 0

    with pytest.raises(DiskError), ground.standing(connection):
        raise DiskError
    with ground.standing(connection):
        rest = log_of(path).stat().st_size

    assert rest == 0


@pytest.mark.rule("ST-01")
def test_while_the_log_cannot_be_emptied_nothing_is_written(path, connection):
    ground = Ground(path)
    other = sqlite3.connect(path, isolation_level=None)
    say(connection, "before")
    other.execute("begin")
    other.execute("select * from instance").fetchall()
    say(connection, "after what the other reads")
    connection.execute("pragma busy_timeout = 10")

    with pytest.raises(DiskError), ground.standing(connection):
        raise DiskError
    with (
        pytest.raises(StorageUnavailableError, match="cannot be flushed"),
        ground.standing(connection),
    ):
        say(connection, "too early")
    other.execute("rollback")
    with ground.standing(connection):
        say(connection, "now")

    rows = connection.execute("select name from instance where name in ('too early', 'now')")
    assert rows.fetchall() == [("now",)]
    other.close()


def test_an_error_of_another_kind_casts_no_doubt(path, connection):
    ground = Ground(path)
    say(connection, "before")

    with pytest.raises(sqlite3.IntegrityError), ground.standing(connection):
        say(connection, "before")
    with ground.standing(connection):
        assert log_of(path).stat().st_size > 0


@pytest.mark.rule("ST-01")
@pytest.mark.parametrize("is_replaced", [True, False], ids=["replaced", "removed"])
async def test_nothing_is_written_to_a_file_that_is_not_there_any_more(path, is_replaced):
    database = await open_sqlite(path)
    await say_in(database, "before")
    other = path.with_name("other.db")
    shutil.copyfile(path, other)
    if is_replaced:
        other.rename(path)
    else:
        path.unlink()

    with pytest.raises(StorageUnavailableError, match="replaced or removed"):
        await say_in(database, "lost")
    with pytest.raises(StorageUnavailableError, match="replaced or removed"):
        async with database.transaction() as transaction:
            await transaction.execute("delete from instance")

    async with database.reading() as reader:
        assert await reader.fetch_all("select name from instance") == [{"name": "before"}]
    await database.close()


@pytest.mark.rule("ST-01")
async def test_a_log_left_by_a_crash_is_flushed_into_the_file_when_it_is_opened(
    path, connection, tmp_path
):
    say(connection, "committed")
    crashed = tmp_path / "crashed.db"  # what a crash at this instant leaves
    shutil.copyfile(path, crashed)
    shutil.copyfile(log_of(path), log_of(crashed))

    database = await open_sqlite(crashed, checks_integrity=True)

    assert log_of(crashed).stat().st_size == 0
    async with database.reading() as reader:
        assert await reader.fetch_all("select name from instance") == [{"name": "committed"}]
    await database.close()


@pytest.mark.rule("RX-12")
async def test_a_full_disk_is_told_as_such_and_passes(path):
    database = await open_sqlite(path)
    async with database.transaction() as transaction:
        pages = await transaction.fetch_one("pragma page_count")
        assert pages is not None
        await transaction.fetch_one(f"pragma max_page_count = {pages['page_count']}")

    with pytest.raises(StorageFullError, match="no space"):
        async with database.transaction() as transaction:
            await transaction.execute(
                "insert into instance (name, value) values ('a', :value)", {"value": "x" * 10**6}
            )
    async with database.transaction() as transaction:
        await transaction.fetch_one("pragma max_page_count = 100000")
    await say_in(database, "b")

    async with database.reading() as reader:
        assert await reader.fetch_all("select name from instance") == [{"name": "b"}]
    await database.close()
