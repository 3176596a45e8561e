"""A unit of work that runs whole inside SQLite's writer thread: one hop for all its statements.

A hop to a thread and back costs as much as five queries, and a unit of ten statements that hops for
each loses the interpreter's lock ten times. So the coroutine itself goes to the thread: it awaits
nothing but its transaction, whose methods never suspend there.
"""

import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from fedirec.errors import (
    ConfigurationError,
    ConflictError,
    FedirecError,
    InvalidInputError,
    StorageFullError,
    StorageUnavailableError,
)
from fedirec.storage.changes import Changes
from fedirec.storage.database import Parameters, Reader, Row, Transaction
from fedirec.storage.statements import check_texts

_PASSING: Final = ("BUSY", "LOCKED", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "INTERRUPT")
_BROKEN: Final = ("CORRUPT", "NOTADB")

Result = TypeVar("Result")


DRIVER_ERRORS: Final = (sqlite3.DatabaseError, UnicodeEncodeError, OverflowError, ValueError)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours; what is left is a mistake in a statement."""
    try:
        yield
    except DRIVER_ERRORS as error:
        ours = ours_for(error)
        if ours is None:
            raise
        raise ours from error


def ours_for(error: Exception) -> FedirecError | None:
    """Return our error for one of the driver's; None where there is none."""
    if isinstance(error, sqlite3.IntegrityError):
        return ConflictError(str(error))
    if isinstance(error, UnicodeEncodeError | OverflowError):
        return InvalidInputError(f"expected what a database can store, found {error}")
    if isinstance(error, sqlite3.DatabaseError):
        return _ours(error)
    if "connection" in str(error).lower():  # aiosqlite's word for a closed one
        return StorageUnavailableError(f"the database is closed: {error}")
    return None


def read_unit(
    connection: sqlite3.Connection, work: Callable[[Reader], Coroutine[Any, Any, Result]]
) -> Result:
    """Run a unit that only reads, in the thread that owns `connection`. Raises as `run_unit`."""
    with translated():
        connection.execute("begin")
    try:
        return _drive(work(_UnitTransaction(connection)))
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def _ours(error: sqlite3.DatabaseError) -> FedirecError | None:
    """Return what an error of SQLite's is called here; None for a mistake in a statement."""
    name = getattr(error, "sqlite_errorname", "") or ""
    parts = name.split("_")
    if "FULL" in parts:
        return StorageFullError(f"no space is left for the database: {error} ({name})")
    if any(part in parts for part in _PASSING):
        return StorageUnavailableError(f"the database cannot be used now: {error} ({name})")
    if any(part in parts for part in _BROKEN):
        return ConfigurationError(f"the database file is damaged: {error}; restore a backup")
    return None


def run_unit(
    connection: sqlite3.Connection,
    work: Callable[[Transaction], Coroutine[Any, Any, Result]],
    changes: Changes,
) -> Result:
    """Run a unit of work in the thread that owns `connection`, commit it, and note what it wrote.

    Raises what `work` raises, after a rollback; RuntimeError if it awaits anything but its
    transaction, since nobody would wake it here.
    """
    with translated():
        connection.execute("begin immediate")
    unit = _UnitTransaction(connection)
    try:
        result = _drive(work(unit))
        with translated():
            connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            with translated():
                connection.execute("rollback")
        raise
    finally:
        changes.note(unit.ran)
    return result


def rows_of(cursor: sqlite3.Cursor) -> list[Row]:
    """Return all rows that a statement found, by column name."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def first_of(cursor: sqlite3.Cursor) -> Row | None:
    """Return the first row that a statement found, by column name."""
    row = cursor.fetchone()
    if row is None:
        return None
    return dict(zip((column[0] for column in cursor.description), row, strict=True))


def changed_by(cursor: sqlite3.Cursor) -> int:
    """Return how many rows a statement changed."""
    return max(cursor.rowcount, 0)


class _UnitTransaction:
    """Statements that are run at once, in the thread we are in already."""

    engine = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.ran: list[str] = []

    async def fetch_one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """See `Reader`."""
        return self._run(sql, parameters, first_of)

    async def fetch_all(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        """See `Reader`."""
        return self._run(sql, parameters, rows_of)

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """See `Transaction`."""
        return self._run(sql, parameters, changed_by)

    async def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """See `Transaction`."""
        for row in rows:
            check_texts(row)
        self.ran.append(sql)
        with translated():
            self._connection.executemany(sql, rows).close()

    def _run(
        self,
        sql: str,
        parameters: Parameters | None,
        read: Callable[[sqlite3.Cursor], Result],
    ) -> Result:
        given = parameters or {}
        check_texts(given)
        self.ran.append(sql)
        try:  # a `with` here costs a fifth of a small statement
            cursor = self._connection.execute(sql, given)
            try:
                return read(cursor)
            finally:
                cursor.close()
        except DRIVER_ERRORS as error:
            ours = ours_for(error)
            if ours is None:
                raise
            raise ours from error


def _drive(unit: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that never suspends to its end."""
    try:
        unit.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    unit.close()
    message = "a unit of work awaits nothing but its transaction"
    raise RuntimeError(message)
