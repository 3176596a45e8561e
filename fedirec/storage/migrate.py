"""Brings the tables up to date: numbered files, forward only, one transaction each (ST-08).

What was applied is noted with its digest, so that an altered file and a database made by a newer
fedirec are refused. Processes that start at once wait for each other: on SQLite through
`begin immediate`, on PostgreSQL through an advisory lock.
"""

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from fedirec.errors import ConfigurationError
from fedirec.failpoints import failpoint
from fedirec.storage.database import Database, Reader, Row, Transaction, to_microseconds
from fedirec.storage.marks import Mark, check_marks, has_history
from fedirec.storage.search_index import index_all
from fedirec.storage.statements import number, text

_LOCK: Final = "select pg_advisory_xact_lock(7110428806394617)"  # any number, the same for ever
_TABLE: Final = (
    "create table if not exists migrations ("
    " number bigint primary key, name text not null, digest text not null,"
    " applied_at bigint not null)"
)
# What no SQL can say, in the same transaction as the tables it is about.
_THEN: Final[Mapping[str, Callable[[Transaction], Awaitable[None]]]] = {"0013_search": index_all}
# PostgreSQL sorts text by the database's locale, SQLite by bytes. Ids and cursors go by bytes on
# both (ST-09), whatever the locale the cluster was made with.
_BY_BYTES: Final = """
do $$
declare changed record;
begin
  for changed in
    select c.table_name as table_name,
      string_agg(format('alter column %I type text collate "C"', c.column_name), ', ') as changes
    from information_schema.columns c
    join information_schema.tables t
      on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
      and c.table_name <> 'migrations'
      and c.data_type = 'text' and c.collation_name is distinct from 'C'
    group by c.table_name
  loop
    execute format('alter table %I %s', changed.table_name, changed.changes);
  end loop;
end $$
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file of `migrations/`, as this engine runs it."""

    number: int
    name: str
    script: str

    @property
    def digest(self) -> str:
        """SHA-256 of the script, in hex."""
        return hashlib.sha256(self.script.encode()).hexdigest()


async def migrate(database: Database, *, now: datetime) -> list[str]:
    """Apply what is missing, in order; return the names of what this call applied.

    Raises ConfigurationError as `check_schema` does, but for what is pending.
    """
    known = list_migrations(database.engine)
    applied: list[str] = []
    while True:
        async with database.transaction() as transaction:
            migration = await _next(transaction, known)
            if migration is None:
                return applied
            await _apply(transaction, migration, now)
            failpoint("migration.written")
        failpoint("migration.committed")
        applied.append(migration.name)


async def check_schema(database: Database, *, allows: Mark | None = None) -> None:
    """Raise ConfigurationError unless the tables are the ones that this fedirec works with.

    A database that has moved, or is half moved, is refused but for the mark that `allows` names.
    """
    known = list_migrations(database.engine)
    async with database.reading() as reader:
        is_there = await has_history(reader, database.engine)
        rows = await _applied(reader) if is_there else []
    rows = check_marks(rows, allows)
    _check_history(rows, known)
    pending = len(known) - len(rows)
    if pending:
        message = (
            f"the database waits for {pending} migration(s), the first is {known[len(rows)].name}:"
            " run `fedirec database migrate`"
        )
        raise ConfigurationError(message)


def list_migrations(engine: str) -> list[Migration]:
    """Return the migrations of an engine in order, from this package's own files."""
    found = {}
    for file in files("fedirec.storage.migrations").iterdir():
        name, _, suffix = file.name.partition(".")
        if suffix in {"sql", f"{engine}.sql"}:
            script = file.read_text(encoding="utf-8")
            found[name] = Migration(number=int(name.partition("_")[0]), name=name, script=script)
    return sorted(found.values(), key=lambda migration: migration.number)


def split_script(script: str) -> list[str]:
    """Cut a script into its statements, each ending at a line's end; triggers stay whole."""
    statements, lines = [], []
    for line in script.splitlines():
        lines.append(line)
        statement = "\n".join(lines)
        if sqlite3.complete_statement(statement):
            statements.append(statement.strip())
            lines = []
    rest = [line for line in lines if line.strip() and not line.strip().startswith("--")]
    if rest:
        message = f"a migration ends in the middle of a statement: {rest[0]}"
        raise ConfigurationError(message)
    return statements


async def _next(transaction: Transaction, known: Sequence[Migration]) -> Migration | None:
    """Return the first migration not applied yet, holding off other processes until the commit."""
    if transaction.engine == "postgresql":
        await transaction.fetch_one(_LOCK)
    await transaction.execute(_TABLE)
    rows = check_marks(await _applied(transaction), None)
    _check_history(rows, known)
    return known[len(rows)] if len(rows) < len(known) else None


async def _apply(transaction: Transaction, migration: Migration, now: datetime) -> None:
    if transaction.engine == "postgresql":
        await transaction.execute(migration.script)
        await transaction.execute(_BY_BYTES)
    else:
        for statement in split_script(migration.script):
            await transaction.execute(statement)
    if migration.name in _THEN:
        await _THEN[migration.name](transaction)
    await transaction.execute(
        "insert into migrations (number, name, digest, applied_at)"
        " values (:number, :name, :digest, :now)",
        {
            "number": migration.number,
            "name": migration.name,
            "digest": migration.digest,
            "now": to_microseconds(now),
        },
    )


async def _applied(reader: Reader) -> Sequence[Row]:
    return await reader.fetch_all("select number, name, digest from migrations order by number")


def _check_history(rows: Sequence[Row], known: Sequence[Migration]) -> None:
    """Raise unless what was applied is the beginning of what we know, unaltered."""
    for place, row in enumerate(rows):
        if place >= len(known):
            message = (
                f"the database was made by a newer fedirec (it has {text(row, 'name')}): upgrade"
                " fedirec, or restore the backup taken before the upgrade"
            )
            raise ConfigurationError(message)
        migration = known[place]
        if (number(row, "number"), text(row, "digest")) != (migration.number, migration.digest):
            message = (
                f"the migration {migration.name} is not the one that was applied as"
                f" {text(row, 'name')}: install the released fedirec, whose files are unaltered"
            )
            raise ConfigurationError(message)
