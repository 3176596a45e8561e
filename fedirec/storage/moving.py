"""Takes a guild from SQLite to PostgreSQL: every table, row by row in the order of its key.

The file is locked for writing as long as it takes. Each batch is committed together with where it
ended, so that a move that was killed goes on from there. The tables come from the catalogue, so
that a new one needs nothing here. Until all of it is verified neither side serves by mistake: the
target is marked as half moved from the first row on, and the file as moved before the target opens.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from fedirec.errors import ConfigurationError, InvalidInputError
from fedirec.storage.catalogue import (
    Digest,
    Table,
    Values,
    count_rows,
    digest_table,
    list_tables,
    pages,
)
from fedirec.storage.database import Database, Parameters, Reader, Transaction
from fedirec.storage.marks import Mark, find_mark, set_mark, unset_mark
from fedirec.storage.migrate import check_schema, migrate
from fedirec.storage.queue_mending import end_all_leases
from fedirec.storage.statements import number, text

BATCH_BYTES: Final = 4 * 1024 * 1024
_BATCH_ROWS: Final = 5_000
_PROGRESS: Final = (
    "create table if not exists move_progress"
    " (name text primary key, last_key text not null, copied bigint not null)"
)
_HELD: Final = (
    "select table_name as name from information_schema.tables where table_type = 'BASE TABLE'"
    " and table_schema = current_schema() and table_name <> 'migrations' order by table_name"
)


class CopyingTransaction(Transaction, Protocol):
    """A transaction of PostgreSQL, which takes many rows at once."""

    async def copy_rows(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        """Write rows by COPY."""
        ...


class Target(Database, Protocol):
    """An open PostgreSQL database."""

    def transaction(self) -> AbstractAsyncContextManager[CopyingTransaction]:
        """See `Database`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one table is: `digest` once both sides were found alike."""

    table: str
    copied: int
    rows: int
    digest: str | None = None


async def move(
    source: Database,
    target: Target,
    *,
    where: str,
    now: Callable[[], datetime],
    most: int,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> list[Progress]:
    """Copy all of `source` to `target`, verify it, and mark `source` as moved.

    Called again after it was interrupted, it goes on where it stopped.

    Args:
        source: The SQLite database; nobody writes to it meanwhile.
        target: An empty PostgreSQL database, or one that this move was begun with.
        where: The target's address as people may see it, without a password.
        now: Returns the time.
        most: What was lost so many times in a row is dead, as when a lease runs out.
        tell: Called after every batch, and for every table that was verified.

    Raises:
        ConfigurationError: The target holds something else, or is not the same in the end.
        InvalidInputError: A row holds what PostgreSQL cannot.
    """
    await check_schema(source, allows=Mark.MOVED)
    moved_to = await find_mark(source, Mark.MOVED)
    async with source.transaction() as file:
        tables = await list_tables(file)
        await _begin(file, target, moved_to, now)
        for table in tables:
            await _copy(file, target, table, tell)
        verified = []
        for table in tables:
            verified.append(await _verify(file, target, table))
            tell(verified[-1])
        await set_mark(file, Mark.MOVED, where, now=now())
    await _finish(target, tables, now=now(), most=most)
    return verified


async def _begin(
    file: Reader, target: Target, moved_to: str | None, now: Callable[[], datetime]
) -> None:
    """Prepare an empty target, or find that it is the half of this very move."""
    place = await _place(file)
    begun = await find_mark(target, Mark.HALF)
    if begun is not None:
        if begun != place:
            message = "the target holds half of another guild: name an empty database"
            raise ConfigurationError(message)
        await check_schema(target, allows=Mark.HALF)
        return
    if moved_to is not None:
        message = f"this guild has moved to {moved_to} already: set FEDIREC_DATABASE to it"
        raise ConfigurationError(message)
    held = await _held(target)
    if held:
        message = f"the target is not empty, {held[0]} has rows: name an empty database"
        raise ConfigurationError(message)
    await migrate(target, now=now())
    async with target.transaction() as transaction:
        await transaction.execute(_PROGRESS)
        await set_mark(transaction, Mark.HALF, place, now=now())


async def _place(file: Reader) -> str:
    """Return what tells this guild from others: a digest of where it was founded."""
    rows = await file.fetch_all(
        "select name, value from instance where name in ('domain', 'host', 'guild') order by name"
    )
    return hashlib.sha256(json.dumps([dict(row) for row in rows]).encode()).hexdigest()


async def _held(target: Target) -> list[str]:
    """Return the tables of a PostgreSQL database that have rows."""
    async with target.reading() as reader:
        names = [text(row, "name") for row in await reader.fetch_all(_HELD)]
        return [
            name
            for name in names
            if await reader.fetch_one(f'select 1 as found from "{name}" limit 1') is not None  # noqa: S608 - catalogue
        ]


async def _copy(
    file: Reader, target: Target, table: Table, tell: Callable[[Progress], None]
) -> None:
    """Copy what is missing of one table; each batch is committed with the key it ended at."""
    rows = await count_rows(file, table)
    async with target.reading() as reader:
        done = await reader.fetch_one(
            "select last_key, copied from move_progress where name = :name", {"name": table.name}
        )
    after = None if done is None else tuple(json.loads(text(done, "last_key")))
    copied = 0 if done is None else number(done, "copied")
    async for batch in _batches(pages(file, table, after)):
        copied += len(batch)
        noted: Parameters = {
            "name": table.name,
            "last_key": json.dumps(table.key_of(batch[-1])),
            "copied": copied,
        }
        async with target.transaction() as transaction:
            await _write(transaction, table, batch)
            await transaction.execute(
                "insert into move_progress (name, last_key, copied)"
                " values (:name, :last_key, :copied) on conflict (name) do update"
                " set last_key = excluded.last_key, copied = excluded.copied",
                noted,
            )
        tell(Progress(table=table.name, copied=copied, rows=rows))


async def _write(transaction: CopyingTransaction, table: Table, rows: Sequence[Values]) -> None:
    try:
        await transaction.copy_rows(table.name, table.columns, rows)
    except InvalidInputError as error:
        keys = f"{table.key_of(rows[0])} to {table.key_of(rows[-1])}"
        message = f"among the rows {keys} of {table.name}: {error}"
        raise InvalidInputError(message) from error


async def _batches(source: AsyncIterator[list[Values]]) -> AsyncIterator[list[Values]]:
    """Gather pages into batches of some megabytes: few commits, and little memory."""
    batch: list[Values] = []
    size = 0
    async for page in source:
        batch += page
        size += sum(len(value) for row in page for value in row if isinstance(value, str))
        if size >= BATCH_BYTES or len(batch) >= _BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _verify(file: Reader, target: Target, table: Table) -> Progress:
    """Read a table on both sides, and find them alike."""

    async def theirs() -> Digest:
        async with target.reading() as reader:
            return await digest_table(reader, table)

    async with asyncio.TaskGroup() as tasks:
        here, there = tasks.create_task(digest_table(file, table)), tasks.create_task(theirs())
    expected, found = here.result(), there.result()
    if expected != found:
        message = (
            f"{table.name} differs: {expected.rows} rows in the file, {found.rows} in the target,"
            f" digests {expected.sha256[:12]} and {found.sha256[:12]}. Something wrote to one of"
            " them between two runs: nothing is lost, begin anew with an empty target"
        )
        raise ConfigurationError(message)
    return Progress(table=table.name, copied=found.rows, rows=expected.rows, digest=expected.sha256)


async def _finish(target: Target, tables: Sequence[Table], *, now: datetime, most: int) -> None:
    """Open the target: no worker is alive, so what was in hand when the file was left is due."""
    async with target.transaction() as transaction:
        await end_all_leases(transaction, now=now, most=most)
        await transaction.execute("drop table move_progress")
        await unset_mark(transaction, Mark.HALF)
    for table in tables:  # or the first plans would be made without knowing how large they are
        async with target.transaction() as transaction:
            await transaction.execute(f'analyze "{table.name}"')
