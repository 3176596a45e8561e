"""Pieces of statements that both engines read alike: rows of values, lists, pages, and row readers.

Statements over many rows come in few lengths (powers of two), so that each engine prepares few of
them. Nothing here runs anything but what it is handed.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from fedirec.errors import InvalidInputError
from fedirec.storage.database import (
    Page,
    Parameters,
    Row,
    Transaction,
    Value,
    from_microseconds,
    to_microseconds,
)

LAST: Final = "\U0010ffff"
"""Sorts after every text that is stored: where a walk from the newest begins."""

MAX_PAGE: Final = 500
_MAX_ROWS: Final = 128
_FEW: Final = 8
_FAR: Final = 2**62
_MICROSECONDS: Final = re.compile(r"-?[0-9]{1,18}")

T = TypeVar("T")


def check_texts(parameters: Parameters) -> None:
    """Raise InvalidInputError for a NUL, which PostgreSQL cannot store and SQLite can (HT-09)."""
    for name, value in parameters.items():
        if isinstance(value, str) and "\0" in value:
            message = f"text holds no NUL character, found one in {name}"
            raise InvalidInputError(message)


def values_list(columns: Mapping[str, str], count: int) -> str:
    """Return `count` rows of parameters `:column_0`, …, each cast to the column's SQL type.

    Casts, since PostgreSQL cannot tell the type of a parameter that stands alone.
    """
    rows = (
        "(" + ", ".join(f"cast(:{name}_{row} as {kind})" for name, kind in columns.items()) + ")"
        for row in range(count)
    )
    return ", ".join(rows)


def numbered(rows: Sequence[Parameters]) -> dict[str, Value]:
    """Return the parameters of `values_list` for these rows."""
    if not rows:
        return {}
    names = tuple(rows[0])
    values = (row[name] for row in rows for name in names)
    return dict(zip(_numbered_names(names, len(rows)), values, strict=True))


@lru_cache(512)
def _numbered_names(names: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(f"{name}_{place}" for place in range(count) for name in names)


def in_chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut rows into pieces of at most 128: up to 8 as they are, powers of two beyond."""
    start, size = 0, _MAX_ROWS
    while start < len(rows):
        left = len(rows) - start
        while size > max(left, _FEW):
            size //= 2
        size = min(size, left)
        yield rows[start : start + size]
        start += size


async def insert_rows(
    transaction: Transaction, table: str, rows: Sequence[Parameters], *, on_conflict: str = ""
) -> int:
    """Insert rows that all have the same columns; return how many were written.

    Args:
        transaction: Where to write.
        table: A table's name, never anything from outside.
        rows: Column → value.
        on_conflict: The text after `on conflict`, such as `do nothing`.
    """
    written = 0
    for chunk in in_chunks(rows):
        sql = _insertion(table, tuple(chunk[0]), len(chunk), on_conflict)
        written += await transaction.execute(sql, numbered(chunk))
    return written


async def insert_new_rows(
    transaction: Transaction, table: str, rows: Sequence[Parameters], *, returning: str
) -> list[Row]:
    """Insert those rows that conflict with nothing; return the columns `returning` of each."""
    written: list[Row] = []
    for chunk in in_chunks(rows):
        insertion = _insertion(table, tuple(chunk[0]), len(chunk), "do nothing")
        sql = f"{insertion} returning {returning}"
        written += await transaction.fetch_all(sql, numbered(chunk))
    return written


@lru_cache(512)
def _insertion(table: str, names: tuple[str, ...], count: int, on_conflict: str) -> str:
    places = ", ".join(
        "(" + ", ".join(f":{name}_{place}" for name in names) + ")" for place in range(count)
    )
    tail = f" on conflict {on_conflict}" if on_conflict else ""
    return f"insert into {table} ({', '.join(names)}) values {places}{tail}"  # noqa: S608 - names of ours


def listed(name: str, values: Sequence[Value]) -> tuple[str, dict[str, Value]]:
    """Return `(:name_0, …)` for `in`, and its parameters, filled up to a power of two.

    Raises ValueError for an empty list, which no SQL can say; at most 128 pass in one statement.
    """
    if not values:
        message = "an empty list cannot be asked for"
        raise ValueError(message)
    size = 1 << (len(values) - 1).bit_length()
    filled = [*values, *[values[-1]] * (size - len(values))]
    places = ", ".join(f":{name}_{place}" for place in range(size))
    return f"({places})", {f"{name}_{place}": value for place, value in enumerate(filled)}


def bounded(limit: int) -> int:
    """Return a page size within 1 and 500 (ST-10)."""
    return max(1, min(limit, MAX_PAGE))


def page_of(
    rows: Sequence[Row], limit: int, read: Callable[[Row], T], cursor: Callable[[Row], str]
) -> Page[T]:
    """Return the page of rows that were asked for with one more than `limit`."""
    size = bounded(limit)
    shown = rows[:size]
    next_cursor = cursor(shown[-1]) if len(rows) > size else None
    return Page(items=tuple(read(row) for row in shown), next_cursor=next_cursor)


def dated_cursor(row: Row, *, at: str, key: str) -> str:
    """Return where a walk by instant and key stands: `microseconds~key`."""
    return f"{row[at]}~{row[key]}"


def after_cursor(before: str | None) -> dict[str, Value]:
    """Return the parameters `before_at` and `before_key` of a `dated_cursor`; None is the start.

    Raises InvalidInputError with field `before` for anything we never gave out.
    """
    if before is None:
        return {"before_at": _FAR, "before_key": LAST}
    at, separator, key = before.partition("~")
    if not separator or _MICROSECONDS.fullmatch(at) is None:
        message = f"expected a cursor of ours, found {before[:80]!r}"
        raise InvalidInputError(message, field="before")
    return {"before_at": int(at), "before_key": key}


def text(row: Row, name: str) -> str:
    """Read a text column that is never null."""
    value = row[name]
    if not isinstance(value, str):
        message = f"{name} is stored as text, not {value!r}"
        raise TypeError(message)
    return value


def text_or_none(row: Row, name: str) -> str | None:
    """Read a text column."""
    return None if row[name] is None else text(row, name)


def number(row: Row, name: str) -> int:
    """Read an integer column that is never null."""
    value = row[name]
    if not isinstance(value, int):
        message = f"{name} is stored as an integer, not {value!r}"
        raise TypeError(message)
    return value


def number_or_none(row: Row, name: str) -> int | None:
    """Read an integer column."""
    return None if row[name] is None else number(row, name)


def instant(row: Row, name: str) -> datetime:
    """Read an instant that is never null."""
    return from_microseconds(row[name])


def instant_or_none(row: Row, name: str) -> datetime | None:
    """Read an instant."""
    return None if row[name] is None else from_microseconds(row[name])


def microseconds_or_none(value: datetime | None) -> int | None:
    """Return an instant as it is stored."""
    return None if value is None else to_microseconds(value)


def texts(row: Row, name: str) -> tuple[str, ...]:
    """Read a list of texts that is stored whole."""
    return tuple(str(item) for item in json.loads(text(row, name)))


def as_json(value: object) -> str:
    """Write a list that is only ever read whole."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
