"""What SQLite alone needs: its settings, its file, other processes at the same file."""

import asyncio
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from fedirec.errors import ConfigurationError, StorageUnavailableError
from fedirec.storage.sqlite import network_filesystem, open_sqlite

ROOT = Path(__file__).resolve().parents[2]
HAMMER = """
import asyncio, sys
from pathlib import Path
from fedirec.storage.sqlite import open_sqlite

async def main():
    database = await open_sqlite(Path(sys.argv[1]))
    for place in range(40):
        async with database.transaction() as transaction:
            row = await transaction.fetch_one("select value from instance where name = 'count'")
            await transaction.execute(
                "update instance set value = :value where name = 'count'",
                {"value": str(int(row["value"]) + 1)},
            )
    await database.close()

asyncio.run(main())
"""
MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/x /export nfs4 rw 0 0
/dev/sdb1 /export/local\\040disk xfs rw 0 0
//box/share /mnt/share cifs rw 0 0
tmpfs
"""


@pytest.fixture
def path(templates, tmp_path):
    copy = tmp_path / "fedirec.db"
    copy.write_bytes(templates.sqlite().read_bytes())
    return copy


@pytest.mark.rule("ST-02")
async def test_every_connection_has_the_safe_settings(tmp_path):
    database = await open_sqlite(tmp_path / "new.db")
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "page_size": 8192,
        "cache_size": -16384,
    }

    for open_unit in (database.reading, database.transaction):
        async with open_unit() as unit:
            for name, value in wanted.items():
                row = await unit.fetch_one(f"pragma {name}")
                assert row is not None
                assert list(row.values()) == [value], name
    await database.close()


@pytest.mark.rule("SG-18")
async def test_the_file_and_its_companions_are_for_our_eyes_only(tmp_path):
    path = tmp_path / "new.db"
    path.touch(mode=0o666)
    path.chmod(0o666)

    database = await open_sqlite(path)
    async with database.transaction() as transaction:
        await transaction.execute("create table made (a text)")

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    await database.close()
    assert modes == {f"new.db{end}": 0o600 for end in ("", "-open", "-shm", "-wal")}


async def test_a_folder_that_is_not_there_is_a_wrong_setting(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot open the database"):
        await open_sqlite(tmp_path / "nowhere" / "fedirec.db")


@pytest.mark.rule("ST-02")
async def test_processes_that_write_at_once_lose_nothing_and_see_no_lock(path):
    with sqlite3.connect(path) as connection:
        connection.execute("insert into instance (name, value) values ('count', '0')")
    connection.close()

    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", HAMMER, str(path), cwd=ROOT)
        for _ in range(2)
    ]
    codes = [await process.wait() for process in processes]

    connection = sqlite3.connect(path)
    (count,) = connection.execute("select value from instance where name = 'count'").fetchone()
    connection.close()
    assert (codes, count) == ([0, 0], "80")


@pytest.mark.rule("ST-02")
async def test_a_lock_that_is_never_given_back_is_passing_trouble(path):
    database = await open_sqlite(path, busy_seconds=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")

    with pytest.raises(StorageUnavailableError):
        async with database.transaction() as transaction:
            await transaction.execute("delete from instance")
    async with database.reading() as reader:
        assert await reader.fetch_all("select name from instance") == []

    other.execute("rollback")
    other.close()
    async with database.transaction() as transaction:
        await transaction.execute("delete from instance")
    await database.close()


async def test_a_full_disk_is_passing_trouble(path):
    database = await open_sqlite(path)
    async with database.transaction() as transaction:
        pages = await transaction.fetch_one("pragma page_count")
        assert pages is not None
        await transaction.fetch_one(f"pragma max_page_count = {pages['page_count']}")

    with pytest.raises(StorageUnavailableError, match="FULL"):
        async with database.transaction() as transaction:
            await transaction.execute(
                "insert into instance (name, value) values ('a', :value)", {"value": "x" * 10**6}
            )

    async with database.reading() as reader:
        assert await reader.fetch_all("select name from instance") == []
    await database.close()


@pytest.mark.rule("ST-02")
async def test_damage_is_found_when_the_last_process_did_not_close(path):
    page = 8192
    whole = path.read_bytes()
    path.write_bytes(whole[:page] + b"\xff" * page + whole[2 * page :])
    path.with_name("fedirec.db-wal").write_bytes(b"left behind")

    with pytest.raises(ConfigurationError, match="damaged"):
        await open_sqlite(path, checks_integrity=True)


async def test_an_unclean_end_without_damage_opens(path):
    path.with_name("fedirec.db-wal").write_bytes(b"left behind")

    database = await open_sqlite(path, checks_integrity=True)

    async with database.reading() as reader:
        assert await reader.fetch_all("select name from instance") == []
    await database.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at as one\n" * 10)

    with pytest.raises(ConfigurationError, match="damaged"):
        await open_sqlite(path)


@pytest.mark.rule("ST-02")
@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/srv/fedirec.db", None),
        ("/export/ada/fedirec.db", "nfs4"),
        ("/export/local disk/fedirec.db", None),
        ("/mnt/share/guild/fedirec.db", "cifs"),
    ],
)
def test_a_network_filesystem_is_told_by_its_mount(place, kind):
    assert network_filesystem(Path(place), MOUNTS) == kind


def test_without_a_list_of_mounts_nothing_is_refused():
    assert network_filesystem(Path("/srv/fedirec.db"), "") is None


async def test_two_that_open_a_new_file_at_once_both_get_it(tmp_path):
    holder = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    holder.execute("begin exclusive")

    async with asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(open_sqlite(tmp_path / "new.db"))
        await asyncio.sleep(0.1)
        assert not opening.done()
        holder.execute("commit")

    holder.close()
    await opening.result().close()


async def test_a_file_that_stays_locked_is_passing_trouble(tmp_path):
    holder = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    holder.execute("begin exclusive")

    with pytest.raises(StorageUnavailableError):
        await open_sqlite(tmp_path / "new.db", busy_seconds=0.05)

    holder.close()


@pytest.mark.rule("ST-02")
async def test_a_database_on_a_network_filesystem_is_refused(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path} nfs4 rw 0 0")

    with pytest.raises(ConfigurationError, match="local disk"):
        await open_sqlite(tmp_path / "fedirec.db", mounts=mounts)
