"""What tables there are, read from the database itself, and a walk through all rows of one.

For what has to work on every table, those of later migrations included: moving to another engine.
The index of words is no table: each engine makes its own from `searchable`.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final, NamedTuple

import orjson

from fedirec.errors import InvalidInputError
from fedirec.storage.database import Reader, Value
from fedirec.storage.statements import number, text

PAGE_ROWS: Final = 64  # a row may hold a body of a megabyte

_TABLES: Final = (
    "select name from sqlite_master where type = 'table'"
    " and name not like 'sqlite\\_%' escape '\\' and name not like 'search\\_index%' escape '\\'"
    " and name <> 'migrations' order by name"
)
_COLUMNS: Final = "select name, type, pk from pragma_table_info(:name) order by cid"
_PARENTS: Final = 'select distinct "table" as parent from pragma_foreign_key_list(:name)'

Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table by its name; `key` are the columns of its primary key, in order."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    booleans: frozenset[str]

    def key_of(self, row: Values) -> Values:
        """Return the key of a row of `columns`."""
        return tuple(row[self.columns.index(column)] for column in self.key)


class Digest(NamedTuple):
    """How many rows a table has, and the SHA-256 of all of them in the order of their keys."""

    rows: int
    sha256: str


async def list_tables(reader: Reader) -> list[Table]:
    """Return the tables of a SQLite database but `migrations`, those that others refer to first."""
    names = [text(row, "name") for row in await reader.fetch_all(_TABLES)]
    parents = {
        name: {
            text(row, "parent")
            for row in await reader.fetch_all(_PARENTS, {"name": name})
            if row["parent"] != name
        }
        for name in names
    }
    return [await _table(reader, name) for name in TopologicalSorter(parents).static_order()]


async def count_rows(reader: Reader, table: Table) -> int:
    """Return how many rows a table has."""
    row = await reader.fetch_one(f'select count(*) as "rows" from "{table.name}"')  # noqa: S608 - catalogue
    return 0 if row is None else number(row, "rows")


async def pages(reader: Reader, table: Table, after: Values | None) -> AsyncIterator[list[Values]]:
    """Walk through a table by its key, from behind `after`; the same values on both engines.

    Raises InvalidInputError for a text with a NUL, which only SQLite can hold.
    """
    first, following = _page_sql(table, has_cursor=False), _page_sql(table, has_cursor=True)
    while True:
        cursor = {f"key_{place}": value for place, value in enumerate(after or ())}
        rows = await reader.fetch_all(following if after else first, cursor)
        page = [_values(table, [row[name] for name in table.columns]) for row in rows]
        if page:
            yield page
            after = table.key_of(page[-1])
        if len(page) < PAGE_ROWS:
            return


async def digest_table(reader: Reader, table: Table) -> Digest:
    """Return the digest of a whole table, a page at a time: alike on both engines."""
    digest, rows = hashlib.sha256(), 0
    async for page in pages(reader, table, None):
        rows += len(page)
        for row in page:
            digest.update(orjson.dumps(row))
    return Digest(rows, digest.hexdigest())


async def _table(reader: Reader, name: str) -> Table:
    rows = await reader.fetch_all(_COLUMNS, {"name": name})
    keyed = sorted((number(row, "pk"), text(row, "name")) for row in rows if row["pk"])
    return Table(
        name=name,
        columns=tuple(text(row, "name") for row in rows),
        key=tuple(column for _, column in keyed),
        booleans=frozenset(
            text(row, "name") for row in rows if text(row, "type").lower() == "boolean"
        ),
    )


def _page_sql(table: Table, *, has_cursor: bool) -> str:
    columns = ", ".join(f'"{column}"' for column in table.columns)
    key = ", ".join(f'"{column}"' for column in table.key)
    places = ", ".join(f":key_{place}" for place in range(len(table.key)))
    condition = f" where ({key}) > ({places})" if has_cursor else ""
    return f'select {columns} from "{table.name}"{condition} order by {key} limit {PAGE_ROWS}'  # noqa: S608 - catalogue


def _values(table: Table, row: Sequence[Value]) -> Values:
    """Return a row as both engines would have it; SQLite keeps booleans as numbers."""
    for column, value in zip(table.columns, row, strict=True):
        if isinstance(value, str) and "\0" in value:
            key = table.key_of(tuple(row))
            message = f"{column} of {key} in {table.name} has a NUL, which only SQLite can hold"
            raise InvalidInputError(message)
    return tuple(
        bool(value) if column in table.booleans and value is not None else value
        for column, value in zip(table.columns, row, strict=True)
    )
