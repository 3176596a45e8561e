"""A guild moves from SQLite to PostgreSQL with every row of every table, or not at all."""

import re
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

import pytest

from fedirec.errors import ConfigurationError, InvalidInputError
from fedirec.storage import queue
from fedirec.storage.catalogue import Table, list_tables
from fedirec.storage.database import Database, Reader, Transaction, Value
from fedirec.storage.migrate import check_schema, migrate
from fedirec.storage.moving import Progress, move
from fedirec.storage.opening import open_database, open_postgresql_at
from fedirec.storage.received import insert_received
from tests.databases import temporary_database
from tests.storage.queueing import an_inbox, claim, enqueue
from tests.storage.samples import MINUTE, NOW, a_received, an_actor, save_actors, say

WHERE = "postgresql://database.example/guild"
ROWS = 7
MOST = 8
LARGE = "x" * 70_000  # a page of these is a batch
ODD = "é e\u0301 \U0001f33f \u2028 \u202e ' \" \\ \t\r\n \x01 \ufeff \U0010fffd"
_CHOICE = re.compile(r"(\w+) text[^,]*?check \(\w+ in \(([^)]*)\)\)", re.IGNORECASE)


def now() -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def file(templates, tmp_path):
    """The migrated file of a guild."""
    path = tmp_path / "guild.db"
    shutil.copyfile(templates.sqlite(), path)
    return path


@pytest.fixture
async def source(file):
    """The database of a guild that has rows in every table."""
    database = await open_database(f"sqlite:///{file}")
    try:
        async with database.transaction() as transaction:
            for table in await list_tables(transaction):
                await fill(transaction, table)
            for name in ("deliveries", "received"):  # as after an orderly end
                await transaction.execute(
                    f"update {name} set state = 'waiting' where state = 'leased'"  # noqa: S608 - ours
                )
        yield database
    finally:
        await database.close()


@pytest.fixture
async def empty(file):
    """The database of a guild that has no rows yet."""
    database = await open_database(f"sqlite:///{file}")
    yield database
    await database.close()


@pytest.fixture
async def target(server):
    """An empty PostgreSQL database."""
    async with temporary_database(server) as url:
        database = await open_postgresql_at(url)
        yield database
        await database.close()


async def fill(transaction: Transaction, table: Table) -> None:
    """Write rows into any table, as its catalogue says they may be."""
    made = await transaction.fetch_one(
        "select sql from sqlite_master where name = :name", {"name": table.name}
    )
    assert made is not None
    choices = {
        column: [word.strip(" '") for word in words.split(",")]
        for column, words in _CHOICE.findall(str(made["sql"]))
    }
    info = await transaction.fetch_all(
        'select name, type, pk, "notnull" as needed from pragma_table_info(:name)',
        {"name": table.name},
    )
    parents = await transaction.fetch_all(
        'select "from" as name, "table" as parent, "to" as key from pragma_foreign_key_list(:name)',
        {"name": table.name},
    )
    for number in range(ROWS):
        row: dict[str, Value] = {}
        for column in info:
            name = str(column["name"])
            row[name] = value_of(str(column["type"]).lower(), name, number, choices.get(name))
            if not column["needed"] and not column["pk"] and number % 3 == 2:
                row[name] = None
        for parent in parents:
            found = await transaction.fetch_all(
                f'select "{parent["key"]}" as key from "{parent["parent"]}" order by 1'  # noqa: S608 - catalogue
            )
            row[str(parent["name"])] = found[number]["key"]
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(f":{name}" for name in row)
        await transaction.execute(f'insert into "{table.name}" ({names}) values ({places})', row)  # noqa: S608 - catalogue


def value_of(kind: str, column: str, number: int, choices: Sequence[str] | None) -> Value:
    """Return the `number`-th value for a column; odd ones among them."""
    if choices:
        return choices[number % len(choices)]
    match kind:
        case "text":
            return f"{column} {number} {ODD}"
        case "bigint":
            return (2**63 - 1, -(2**63), 0)[number % 3] if number < 3 else number
        case "integer":
            return (2**31 - 1, -(2**31), 0)[number % 3] if number < 3 else number
        case "boolean":
            return number % 2 == 0
    raise AssertionError(kind)


async def all_rows(reader: Reader, table: Table) -> list[tuple[Value, ...]]:
    """Every row of a table; how SQLite writes booleans set aside."""
    rows = await reader.fetch_all(f'select * from "{table.name}"')  # noqa: S608 - catalogue
    read = [
        tuple(
            bool(row[column]) if column in table.booleans else row[column]
            for column in table.columns
        )
        for row in rows
    ]
    return sorted(read, key=repr)


async def everything(database: Database, tables: Sequence[Table]) -> dict[str, object]:
    async with database.reading() as reader:
        return {table.name: await all_rows(reader, table) for table in tables}


async def tables_of(source: Database) -> list[Table]:
    async with source.reading() as reader:
        return await list_tables(reader)


class InterruptionError(Exception):
    """Ends a move where a test wants it to."""


def until(count: int):
    """Say nothing `count` times, and then interrupt."""
    told: list[Progress] = []

    def tell(progress: Progress) -> None:
        told.append(progress)
        if len(told) == count:
            raise InterruptionError

    return tell


async def test_every_row_of_every_table_is_there_after_a_move(source, target):
    tables = await tables_of(source)
    before = await everything(source, tables)

    moved = await move(source, target, where=WHERE, now=now, most=MOST)

    assert {progress.table: progress.rows for progress in moved} == {
        table.name: ROWS for table in tables
    }
    assert await everything(target, tables) == before
    await check_schema(target)


async def receive(database: Database, token: str) -> list[queue.ClaimedReceived]:
    async with database.transaction() as transaction:
        return await queue.claim_received(
            transaction, now=NOW, limit=9, token=token, lease_until=NOW + MINUTE
        )


async def test_what_was_in_hand_is_claimed_after_a_move(empty, target):
    await save_actors(empty, an_actor("ada"))
    async with empty.transaction() as transaction:
        await say(transaction, 1)
        await insert_received(transaction, [a_received(1)])
    await enqueue(empty, 1, an_inbox("peer.example"))
    had = await claim(empty, worker="old"), await receive(empty, "old")

    await move(empty, target, where=WHERE, now=lambda: NOW, most=MOST)

    found = await claim(target, worker="new"), await receive(target, "new")
    assert [[each.attempt for each in line] for line in had] == [[1], [1]]
    assert [[each.attempt for each in line] for line in found] == [[2], [2]]


async def test_a_table_that_nobody_thought_of_moves_too(source, target, templates):
    await move(source, target, where=WHERE, now=now, most=MOST)

    async with source.reading() as reader:
        there = await reader.fetch_all(
            "select name from sqlite_master where type = 'table'"
            " and substr(name, 1, 12) <> 'search_index'"
        )
    async with target.reading() as reader:
        for row in there:
            held = await reader.fetch_one(f'select count(*) as held from "{row["name"]}"')  # noqa: S608 - catalogue
            assert held is not None
            assert held["held"], f"nothing of {row['name']} has moved"


@pytest.mark.parametrize("steps", [1, 2, 20, 40])
async def test_a_move_that_was_interrupted_goes_on_where_it_stopped(source, target, steps):
    tables = await tables_of(source)
    await have_large_bodies(source)
    before = await everything(source, tables)
    with pytest.raises(InterruptionError):
        await move(source, target, where=WHERE, now=now, most=MOST, tell=until(steps))
    told: list[Progress] = []

    await move(source, target, where=WHERE, now=now, most=MOST, tell=told.append)

    copied = [progress for progress in told if progress.digest is None]
    assert await everything(target, tables) == before
    assert len(copied) < len(tables) + 4
    assert await is_refused(source)


async def have_large_bodies(source: Database) -> None:
    """Let the oldest actor have said so much that it takes several batches."""
    async with source.transaction() as transaction:
        actor = await transaction.fetch_one("select id from actors order by id limit 1")
        assert actor is not None
        await transaction.execute_many(
            "insert into activities (id, actor_id, type, object_id, body, is_public, readers,"
            " published_at) values (:id, :actor_id, 'Create', null, :body, true, '[]', 1)",
            [
                {"id": f"large {number:03d}", "actor_id": actor["id"], "body": LARGE}
                for number in range(200)
            ],
        )


async def is_refused(database: Database) -> bool:
    """Whether no command or server would open a database."""
    try:
        await check_schema(database)
    except ConfigurationError:
        with pytest.raises(ConfigurationError):
            await migrate(database, now=now())
        return True
    return False


async def test_a_table_is_copied_in_batches_that_go_on_in_its_middle(source, target):
    await have_large_bodies(source)
    told: list[Progress] = []

    def stop_in_the_middle(progress: Progress) -> None:
        told.append(progress)
        if progress.table == "activities" and progress.copied < progress.rows:
            raise InterruptionError

    with pytest.raises(InterruptionError):
        await move(source, target, where=WHERE, now=now, most=MOST, tell=stop_in_the_middle)
    again: list[Progress] = []
    await move(source, target, where=WHERE, now=now, most=MOST, tell=again.append)

    middle = told[-1]
    following = next(progress for progress in again if progress.table == "activities")
    assert 0 < middle.copied < following.copied


async def test_half_a_move_is_served_on_neither_side_but_the_old_one(source, target):
    with pytest.raises(InterruptionError):
        await move(source, target, where=WHERE, now=now, most=MOST, tell=until(5))

    assert await is_refused(target)
    assert not await is_refused(source)


async def test_a_guild_that_has_moved_says_where_and_moves_no_more(source, target, server):
    await move(source, target, where=WHERE, now=now, most=MOST)

    with pytest.raises(ConfigurationError, match=re.escape(WHERE)):
        await check_schema(source)
    async with temporary_database(server) as url:
        other = await open_postgresql_at(url)
        with pytest.raises(ConfigurationError, match="has moved to"):
            await move(source, other, where=url, now=now, most=MOST)
        await other.close()


async def test_a_move_that_ended_before_the_target_was_opened_is_finished(source, target):
    tables = await tables_of(source)
    with pytest.raises(InterruptionError):
        await move(source, target, where=WHERE, now=now, most=MOST, tell=until(2 * len(tables)))
    async with source.transaction() as transaction:
        await transaction.execute(
            "insert into migrations (number, name, digest, applied_at)"
            " values (1000001, 'moved to another database', 'there', 0)"
        )

    await move(source, target, where=WHERE, now=now, most=MOST)

    await check_schema(target)


async def test_what_was_written_between_two_runs_is_found_out(source, target):
    with pytest.raises(InterruptionError):
        await move(source, target, where=WHERE, now=now, most=MOST, tell=until(30))
    async with source.transaction() as transaction:
        await transaction.execute(
            "update actors set summary = summary || '!' where id = (select min(id) from actors)"
        )

    with pytest.raises(ConfigurationError, match="actors differs: 7 rows in the file, 7 in"):
        await move(source, target, where=WHERE, now=now, most=MOST)

    assert not await is_refused(source)
    assert await is_refused(target)


async def test_a_target_that_is_not_empty_is_refused(source, target):
    await migrate(target, now=now())
    async with target.transaction() as transaction:
        await transaction.execute("insert into allowed_hosts (host, created_at) values ('x', 1)")

    with pytest.raises(ConfigurationError, match="not empty, allowed_hosts has rows"):
        await move(source, target, where=WHERE, now=now, most=MOST)


async def test_half_of_another_guild_is_refused(source, target):
    with pytest.raises(InterruptionError):
        await move(source, target, where=WHERE, now=now, most=MOST, tell=until(1))
    async with source.transaction() as transaction:
        await transaction.execute("insert into instance (name, value) values ('domain', 'other')")

    with pytest.raises(ConfigurationError, match="half of another guild"):
        await move(source, target, where=WHERE, now=now, most=MOST)


@pytest.mark.rule("HT-09")
async def test_a_text_that_only_sqlite_can_hold_is_named(source, target):
    async with source.transaction() as transaction:
        await transaction.execute(
            "insert into allowed_hosts (host, created_at) values ('a' || char(0) || 'b', 1)"
        )

    with pytest.raises(InvalidInputError, match=r"host of .* in allowed_hosts has a NUL"):
        await move(source, target, where=WHERE, now=now, most=MOST)

    assert not await is_refused(source)


async def test_nobody_writes_to_the_file_while_it_moves(source, target, file):
    locked = []

    def look(_progress: Progress) -> None:
        with closing(sqlite3.connect(file, timeout=0)) as another:
            try:
                another.execute("begin immediate")
            except sqlite3.OperationalError as error:
                locked.append(str(error))

    await move(source, target, where=WHERE, now=now, most=MOST, tell=look)

    assert set(locked) == {"database is locked"}
