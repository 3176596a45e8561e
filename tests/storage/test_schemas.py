"""Both engines have the same tables, columns, keys and indexes, and order text the same way."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.storage import migrations
from fedirec.storage.database import Database, Reader
from fedirec.storage.opening import open_database

Schema = dict[str, set[Any]]
TABLES = Path(migrations.__file__).parent / "0001_instance.sql"
TABLE_INFO = "select * from pragma_table_info(:table)"
INDEX_LIST = "select * from pragma_index_list(:table)"
INDEX_INFO = "select name from pragma_index_info(:name)"
WORDS = "search_index"  # of words, which each engine has in its own way
SELECT_ONE = "select * from {} limit 1"


async def sqlite_schema(database: Database) -> tuple[Schema, Schema]:
    columns: Schema = {}
    indexes: Schema = {}
    async with database.reading() as reader:
        tables = await reader.fetch_all("select name from sqlite_master where type = 'table'")
        for table in sorted(str(row["name"]) for row in tables):
            if table.startswith(WORDS):
                continue
            info = await reader.fetch_all(TABLE_INFO, {"table": table})
            columns[table] = {
                (str(row["name"]), str(row["type"]).lower(), bool(row["notnull"] or row["pk"]))
                for row in info
            }
            indexes[table] = await sqlite_keys(reader, table, info)
    return columns, indexes


async def sqlite_keys(reader: Reader, table: str, info: Sequence[Any]) -> set[Any]:
    key = [row["name"] for row in sorted(info, key=lambda row: row["pk"]) if row["pk"]]
    found = {(tuple(key), True)}
    for index in await reader.fetch_all(INDEX_LIST, {"table": table}):
        parts = await reader.fetch_all(INDEX_INFO, {"name": index["name"]})
        found.add((tuple(part["name"] for part in parts), bool(index["unique"])))
    return found


async def postgresql_schema(database: Database) -> tuple[Schema, Schema]:
    columns: Schema = {}
    indexes: Schema = {}
    async with database.reading() as reader:
        rows = await reader.fetch_all(
            "select table_name, column_name, data_type, is_nullable, collation_name"
            " from information_schema.columns where table_schema = 'public'"
        )
        defined = await reader.fetch_all(
            "select tablename, indexdef from pg_indexes where schemaname = 'public'"
        )
    for row in rows:
        column = (row["column_name"], row["data_type"], row["is_nullable"] == "NO")
        columns.setdefault(str(row["table_name"]), set()).add(column)
    for row in defined:
        definition = str(row["indexdef"])
        if " using gin " in definition.lower():
            continue
        names = re.findall(r"\(([^()]*)\)", definition)[0].split(", ")
        is_unique = "create unique" in definition.lower()
        indexes.setdefault(str(row["tablename"]), set()).add((tuple(names), is_unique))
    return columns, indexes


@pytest.fixture
def both_templates(templates, server):
    return templates.sqlite(), templates.postgresql(server)


@pytest.fixture
async def both(both_templates, templates, server, tmp_path):
    """An open database of each engine."""
    file, name = both_templates
    copy = tmp_path / "copy.db"
    copy.write_bytes(file.read_bytes())
    async with templates.lent(server, name) as url:
        opened = [await open_database(f"sqlite:///{copy}"), await open_database(url)]
        yield opened
        for database in opened:
            await database.close()


async def test_the_schemas_of_both_engines_are_alike(both):
    sqlite_columns, sqlite_indexes = await sqlite_schema(both[0])
    postgresql_columns, postgresql_indexes = await postgresql_schema(both[1])

    assert sqlite_columns == postgresql_columns
    assert sqlite_indexes == postgresql_indexes


@pytest.mark.rule("ST-09")
async def test_every_text_on_postgresql_is_ordered_by_bytes(both):
    async with both[1].reading() as reader:
        others = await reader.fetch_all(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = 'public' and table_name <> 'migrations' and data_type = 'text'"
            " and collation_name is distinct from 'C'"
        )

    assert others == []


@pytest.mark.rule("ST-09")
async def test_text_is_ordered_and_compared_alike_on_both_engines(both):
    names = [
        "b",
        "B",
        "a",
        "Z",
        "é",
        "e",
        "e\N{COMBINING ACUTE ACCENT}",
        "_",
        "-",
        "10",
        "9",
        "ä",
        "\U0001f33f",
        "\N{FULLWIDTH TILDE}",
    ]

    orders = []
    for database in both:
        async with database.transaction() as transaction:
            for name in names:
                await transaction.execute(
                    "insert into instance (name, value) values (:name, '')", {"name": name}
                )
            rows = await transaction.fetch_all("select name from instance order by name")
            above = await transaction.fetch_all(
                "select name from instance where name > :name order by name", {"name": "Z"}
            )
            orders.append(([row["name"] for row in rows], [row["name"] for row in above]))
            await transaction.execute("delete from instance")

    assert orders[0] == orders[1]
    assert orders[0][0] == sorted(names, key=str.encode)


async def test_the_templates_hold_no_row(both):
    columns, _ = await sqlite_schema(both[0])

    for database in both:
        async with database.reading() as reader:
            for table in columns.keys() - {"migrations"}:
                assert await reader.fetch_all(SELECT_ONE.format(table)) == []


@pytest.mark.parametrize(
    ("table", "states"), [("deliveries", DeliveryState), ("received", ReceivedState)]
)
def test_a_tables_states_are_those_of_the_domain(table, states):
    made = TABLES.read_text().partition(f"create table {table} (")[2]

    allowed = re.search(r"check \(state in \((.*?)\)\)", made)

    assert allowed is not None
    assert {word.strip("' ") for word in allowed[1].split(",")} == set(states)
