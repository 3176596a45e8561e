"""The only file that knows aiosqlite: one writer behind a lock, a few readers, each with a thread.

WAL with `synchronous = full`: a commit is on the disk before it is answered (ST-02, P1). Every
await is a hop to a thread (33 µs), so a unit's first statement takes `begin` along.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

from fedirec.errors import ConfigurationError
from fedirec.storage.changes import Changes
from fedirec.storage.database import Database, Parameters, Reader, Row, Transaction
from fedirec.storage.open_mark import OpenMark
from fedirec.storage.sqlite_ground import Ground, checkpoint
from fedirec.storage.sqlite_units import (
    changed_by,
    first_of,
    read_unit,
    rows_of,
    run_unit,
    translated,
)
from fedirec.storage.sqlite_write_lock import WriteLock
from fedirec.storage.statements import check_texts

BUSY_SECONDS: Final = 5.0
MOUNTS: Final = Path("/proc/self/mounts")
_STATEMENTS_KEPT: Final = 256
_ROWS_FETCHED: Final = 64
_PRAGMAS: Final = (
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma cache_size = -16384",  # KiB; what is read comes by the memory map
    "pragma mmap_size = 268435456",
    "pragma temp_store = memory",
)

Result = TypeVar("Result")


class _Connection(aiosqlite.Connection):
    """A connection that can run a whole piece of work in its thread, in one hop."""

    async def open(self) -> None:
        """Connect; a thread that cannot is waited for, as it speaks to the loop at its end."""
        try:
            _ = await self
        except BaseException:
            self._thread.join()
            raise

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in the connection's thread; raise errors of ours."""
        with translated():
            result: Result = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]  # aiosqlite's own way in, for subclasses
        return result


class _Writer(_Connection):
    """The connection that writes, as long as it stands on firm ground."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: Path) -> None:
        super().__init__(connect, _ROWS_FETCHED)
        self._ground = Ground(path)

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """See `_Connection`."""

        def whole(connection: sqlite3.Connection) -> Result:
            with self._ground.standing(connection):
                return work(connection)

        return await super().run(whole)


class _SqliteReader:
    """Statements of one unit on one connection; `begin` goes along with the first."""

    engine = "sqlite"

    def __init__(self, connection: _Connection, *, begin: str) -> None:
        self._connection = connection
        self._begin: str | None = begin
        self._ran: list[str] = []

    async def fetch_one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """See `Reader`."""
        return await self._run(sql, parameters or {}, first_of)

    async def fetch_all(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        """See `Reader`."""
        return await self._run(sql, parameters or {}, rows_of)

    async def end(self, word: str) -> None:
        """Commit or roll back, if anything ran at all."""
        if self._begin is not None:
            return

        def work(connection: sqlite3.Connection) -> None:
            try:
                if connection.in_transaction:
                    connection.execute(word)
            finally:
                self._ended()

        await self._connection.run(work)

    def _ended(self) -> None:
        """Called in the connection's thread, also when nobody waits for the end any more."""

    async def _run(
        self, sql: str, parameters: Parameters, work: Callable[[sqlite3.Cursor], Result]
    ) -> Result:
        check_texts(parameters)
        self._ran.append(sql)
        begin, self._begin = self._begin, None

        def whole(connection: sqlite3.Connection) -> Result:
            if begin is not None:
                connection.execute(begin)
            cursor = connection.execute(sql, parameters)
            try:
                return work(cursor)
            finally:
                cursor.close()

        return await self._connection.run(whole)


class _SqliteTransaction(_SqliteReader):
    """A reader that may also write; what it wrote is noted when it ends."""

    def __init__(self, connection: _Connection, *, begin: str, changes: Changes) -> None:
        super().__init__(connection, begin=begin)
        self._changes = changes

    def _ended(self) -> None:
        self._changes.note(self._ran)

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """See `Transaction`."""
        return await self._run(sql, parameters or {}, changed_by)

    async def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """See `Transaction`."""
        for row in rows:
            check_texts(row)
        self._ran.append(sql)
        begin, self._begin = self._begin, None

        def whole(connection: sqlite3.Connection) -> None:
            if begin is not None:
                connection.execute(begin)
            connection.executemany(sql, rows).close()

        await self._connection.run(whole)


class SqliteDatabase:
    """An open database file."""

    engine = "sqlite"

    def __init__(
        self,
        mark: OpenMark,
        writer: _Connection,
        readers: Sequence[_Connection],
        *,
        write_lock: WriteLock,
    ) -> None:
        self.changes = Changes()
        self._mark = mark
        self._writer = writer
        self._write_lock = write_lock
        self._connections = (writer, *readers)
        self._idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        for connection in readers:
            self._idle.put_nowait(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        """See `Database`. The view is that of the first statement."""
        connection = await self._idle.get()
        reader = _SqliteReader(connection, begin="begin")
        try:
            try:
                yield reader
            finally:
                await reader.end("rollback")
        finally:
            self._idle.put_nowait(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """See `Database`. Writers of this process queue here, those of others in SQLite."""
        async with self._write_lock.taken():
            transaction = _SqliteTransaction(
                self._writer, begin="begin immediate", changes=self.changes
            )
            try:
                yield transaction
                await transaction.end("commit")
            except BaseException:
                # Also when cancelled: the thread works in order, so the next unit comes after this.
                await transaction.end("rollback")
                raise

    async def read(self, work: Callable[[Reader], Coroutine[Any, Any, Result]]) -> Result:
        """See `Database`. All of it happens in a reader's thread, in one hop."""
        connection = await self._idle.get()
        try:
            return await connection.run(lambda held: read_unit(held, work))
        finally:
            self._idle.put_nowait(connection)

    async def run(self, work: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        """See `Database`. All of it happens in the writer's thread, in one hop."""
        async with self._write_lock.taken():
            return await self._writer.run(
                lambda connection: run_unit(connection, work, self.changes)
            )

    async def version(self) -> int:
        """Return a number that changes when another process has committed: 10 µs, and a hop."""
        return await self._writer.run(_version)

    async def close(self) -> None:
        """See `Database`."""
        for connection in reversed(self._connections):
            await connection.close()
        self._mark.take_away()


async def open_sqlite(
    path: Path,
    *,
    readers: int = 2,
    checks_integrity: bool = False,
    busy_seconds: float = BUSY_SECONDS,
    mounts: Path = MOUNTS,
) -> Database:
    """Open the database file, made with mode 0600 if it is not there.

    Args:
        path: The file; its folder exists.
        readers: How many units may read at once.
        checks_integrity: Look for damage first, if whoever had it open before did not close it.
        busy_seconds: How long to wait for another process that writes.
        mounts: Where Linux says which filesystem lies where.

    Raises:
        ConfigurationError: It cannot be opened, lies on a network filesystem, or is damaged.
    """
    mark = OpenMark(path)
    was_left = checks_integrity and _has_rest(path)
    _check_place(path, mounts)
    _create(path)
    opened: list[_Connection] = []
    try:
        opened.append(await _connect(path, busy_seconds, is_writer=True))
        for _ in range(readers):
            opened.append(await _connect(path, busy_seconds, is_writer=False))  # noqa: PERF401 - closed below, if one fails
        if was_left:
            await opened[0].run(_check)
            await opened[0].run(checkpoint)  # what was left may never have been flushed
    except BaseException:
        for connection in opened:
            await connection.close()
        raise
    mark.leave()
    return SqliteDatabase(
        mark, opened[0], opened[1:], write_lock=WriteLock(busy_seconds=busy_seconds)
    )


def network_filesystem(path: Path, mounts: str) -> str | None:
    """Return the type of the network filesystem that holds `path`, or None.

    Args:
        path: A file that need not be there yet.
        mounts: The text of Linux's `/proc/self/mounts`; empty elsewhere.
    """
    kinds = {
        Path(fields[1].replace("\\040", " ")): fields[2]
        for fields in (line.split() for line in mounts.splitlines())
        if len(fields) > 2  # noqa: PLR2004 - device, folder, type
    }
    absolute = path.absolute()
    nearest = next((parent for parent in (absolute, *absolute.parents) if parent in kinds), None)
    kind = kinds.get(nearest, "") if nearest is not None else ""
    is_remote = kind.startswith(("nfs", "cifs", "smb", "fuse.sshfs", "ceph", "glusterfs", "afs"))
    return kind if is_remote else None


def _check_place(path: Path, mounts: Path) -> None:
    listed = mounts.read_text(encoding="utf-8", errors="replace") if mounts.exists() else ""
    filesystem = network_filesystem(path, listed)
    if filesystem is not None:
        message = f"{path} lies on {filesystem}, where SQLite's locks do not hold: use a local disk"
        raise ConfigurationError(message)


def _has_rest(path: Path) -> bool:
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def _create(path: Path) -> None:
    """Make the file private before anything is in it (SG-18), and its name last a power cut."""
    try:
        if path.exists():
            path.chmod(0o600)
            return
        path.touch(mode=0o600)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        message = f"cannot open the database {path}: {error.strerror}"
        raise ConfigurationError(message) from error


async def _connect(path: Path, busy_seconds: float, *, is_writer: bool) -> _Connection:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            path,
            timeout=busy_seconds,
            isolation_level=None,  # we say begin and commit ourselves
            cached_statements=_STATEMENTS_KEPT,
            check_same_thread=False,  # closed by its own thread, but freed by any
        )
        connection.execute("pragma page_size = 8192")  # before the first table: two bodies a page
        _use_wal(connection, busy_seconds)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute(f"pragma query_only = {'off' if is_writer else 'on'}")
        return connection

    with translated():
        connection = _Writer(connect, path) if is_writer else _Connection(connect, _ROWS_FETCHED)
        await connection.open()
    return connection


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch to WAL; several processes may try at once, and SQLite does not wait for this lock."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("pragma data_version").fetchone()
    return int(version)


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("pragma quick_check(1)").fetchone()
    if verdict != "ok":
        message = f"the database was not closed and is damaged: {verdict}; restore a backup"
        raise ConfigurationError(message)
