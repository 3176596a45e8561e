"""Migrations: once, in order, all or nothing, whoever starts at the same time."""

import asyncio
import sys
from pathlib import Path

import pytest

from fedirec.errors import ConfigurationError
from fedirec.storage.migrate import check_schema, list_migrations, migrate, split_script
from fedirec.storage.opening import open_database
from tests.storage.samples import NOW

ROOT = Path(__file__).resolve().parents[2]
MIGRATE = """
import asyncio, sys
from datetime import UTC, datetime
from fedirec.storage.migrate import migrate
from fedirec.storage.opening import open_database

async def main():
    database = await open_database(sys.argv[1])
    print(*await migrate(database, now=datetime.now(UTC)))
    await database.close()

asyncio.run(main())
"""


@pytest.fixture
async def empty(empty_url):
    database = await open_database(empty_url)
    yield database
    await database.close()


@pytest.fixture
async def migrated(empty):
    await migrate(empty, now=NOW)
    return empty


async def test_an_empty_database_gets_all_migrations_once(empty):
    names = [migration.name for migration in list_migrations(empty.engine)]

    first, second = await migrate(empty, now=NOW), await migrate(empty, now=NOW)

    assert (first, second) == (names, [])
    await check_schema(empty)


async def test_a_database_without_tables_is_refused_until_migrated(empty):
    with pytest.raises(ConfigurationError, match="fedirec database migrate"):
        await check_schema(empty)


@pytest.mark.rule("ST-08")
async def test_a_pending_migration_is_refused(migrated):
    async with migrated.transaction() as transaction:
        last = list_migrations(migrated.engine)[-1].number
        await transaction.execute("delete from migrations where number = :last", {"last": last})

    with pytest.raises(ConfigurationError, match="waits for 1 migration"):
        await check_schema(migrated)


@pytest.mark.rule("ST-08")
async def test_a_database_from_the_future_is_refused(migrated):
    async with migrated.transaction() as transaction:
        await transaction.execute(
            "insert into migrations (number, name, digest, applied_at)"
            " values (9999, '9999_later', 'x', 0)"
        )

    for refused in (check_schema(migrated), migrate(migrated, now=NOW)):
        with pytest.raises(ConfigurationError, match="made by a newer fedirec"):
            await refused


@pytest.mark.rule("ST-08")
async def test_an_altered_file_is_refused(migrated):
    async with migrated.transaction() as transaction:
        await transaction.execute("update migrations set digest = 'other' where number = 1")

    with pytest.raises(ConfigurationError, match="0001_instance is not the one that was applied"):
        await check_schema(migrated)


@pytest.mark.rule("ST-08")
async def test_a_migration_that_fails_half_way_leaves_nothing_of_itself(empty):
    first = list_migrations(empty.engine)[0]
    taken = first.script.rpartition("create table ")[2].partition(" ")[0]
    async with empty.transaction() as transaction:
        await transaction.execute(f"create table {taken} (id text)")

    with pytest.raises(Exception, match=taken):
        await migrate(empty, now=NOW)

    async with empty.transaction() as transaction:
        await transaction.execute(f"drop table {taken}")
    assert (await migrate(empty, now=NOW))[0] == first.name


@pytest.mark.rule("ST-08")
async def test_processes_that_start_at_once_migrate_once(engine, empty_url):
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, empty_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]

    outputs = [(await process.communicate())[0].decode().split() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0]
    names = [migration.name for migration in list_migrations(engine)]
    assert sorted(name for output in outputs for name in output) == names


def test_the_numbers_of_the_files_have_no_gap_and_both_engines_have_each():
    sqlite, postgresql = list_migrations("sqlite"), list_migrations("postgresql")

    assert [migration.number for migration in sqlite] == list(range(1, len(sqlite) + 1))
    assert [migration.name for migration in sqlite] == [each.name for each in postgresql]


def test_a_script_is_cut_at_its_statements_and_triggers_stay_whole():
    script = (
        "-- why\ncreate table a (b text default ';');\n"
        "create trigger c after insert on a begin\n  delete from a;\nend;\n-- the end\n"
    )

    statements = split_script(script)

    assert [statement.split()[-1] for statement in statements] == ["';');", "end;"]


def test_a_script_that_ends_in_the_middle_is_refused():
    with pytest.raises(ConfigurationError, match="middle of a statement"):
        split_script("create table a (b text)")
