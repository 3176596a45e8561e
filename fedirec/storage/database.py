"""The narrow waist: everything that touches the database goes through `Reader` and `Transaction`.

Tables are plain functions over these (`fedirec/storage/*.py`), one SQL text for both engines:
hand-written, in the common dialect of SQLite and PostgreSQL, because a layer above it costs four
times as much per statement, all of it on the event loop. Decided against: SQLAlchemy Core, and a
class per table.

SQL uses `:name` parameters. Values are str, int, bool, None; instants are microseconds since the
epoch, UTC (`to_microseconds`, `from_microseconds`); booleans come back as bool or as 0/1, so row
readers write `bool(row["…"])`.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from fedirec.storage.changes import Changes

Value = str | int | bool | None
Row = Mapping[str, Value]
Parameters = Mapping[str, Value]
Item = TypeVar("Item")
Result = TypeVar("Result")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reader(Protocol):
    """A consistent view for reading. Pages hold only this, so that they cannot write."""

    async def fetch_one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """Return the first row, or None."""
        ...

    async def fetch_all(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        """Return all rows; the statement bounds how many."""
        ...


class Transaction(Reader, Protocol):
    """A transaction: all of it is committed when its block ends, none if an error leaves it."""

    engine: str
    """`sqlite` or `postgresql`: for what locks rows, and for migrations, which differ."""

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run one statement; return the number of rows it changed."""
        ...

    async def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Run one statement for each of `rows`, in one hop."""
        ...


class Database(Protocol):
    """An open database. Two implementations: `sqlite.py` and `postgresql.py`.

    `read` and `run` are for whatever happens often; the blocks read more easily, and cost a hop for
    each statement.
    """

    engine: str
    changes: Changes

    def reading(self) -> AbstractAsyncContextManager[Reader]:
        """A reader for the length of the block."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction for the length of the block; never hold the network inside it."""
        ...

    async def read(self, work: Callable[[Reader], Coroutine[Any, Any, Result]]) -> Result:
        """Run a unit that only reads, and return its result; for the rest as `run`."""
        ...

    async def run(self, work: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        """Run a unit of work in a transaction of its own, commit it, and return its result.

        `work` awaits nothing but its transaction: on SQLite it runs whole in the writer's thread,
        ten times as quick as statement by statement. It touches nothing that the event loop does
        meanwhile. Cancelled, it may have been committed all the same.
        """
        ...

    async def close(self) -> None:
        """Finish what runs and close."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """A stretch of a list, newest first. `next_cursor` is None at its end."""

    items: tuple[Item, ...]
    next_cursor: str | None


def to_microseconds(instant: datetime) -> int:
    """Return an aware instant as microseconds since the epoch."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: Value) -> datetime:
    """Return the aware UTC instant stored as `value`; raises TypeError on anything but an int."""
    if not isinstance(value, int):
        message = f"an instant is stored as an integer, not {value!r}"
        raise TypeError(message)
    return _EPOCH + timedelta(microseconds=value)
