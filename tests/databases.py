"""Databases for tests: SQLite files and PostgreSQL databases, each a copy of one migrated template.

The PostgreSQL cluster is the one that FEDIREC_TEST_POSTGRESQL names, or is started once for the run
from an installed server, under an unprivileged user, on a unix socket.
"""

import asyncio
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

import asyncpg

from fedirec.storage.database import Database, Parameters, Reader, Row, Transaction
from fedirec.storage.migrate import migrate
from fedirec.storage.opening import open_database

Result = TypeVar("Result")

SHARED: Final = "FEDIREC_TEST_SHARED"
NAMED: Final = "FEDIREC_TEST_POSTGRESQL"
_MADE_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LOGIN: Final = "fedirec"
# Nothing here has to survive a power cut.
_SETTINGS: Final = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    " -c max_connections=200 -c shared_buffers=64MB -c autovacuum=off"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL server: the address of a database in it is `prefix`, its name, `suffix`."""

    prefix: str
    suffix: str

    def url(self, name: str) -> str:
        """The address of the database called `name`."""
        return f"{self.prefix}{name}{self.suffix}"

    async def run(self, statement: str) -> None:
        """Run one statement beside all databases."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def make_shared_folder() -> str:
    """Name the folder that all processes of this run share, for the cluster."""
    if SHARED not in os.environ:
        os.environ[SHARED] = tempfile.mkdtemp(prefix="fedirec-tests-")
    return os.environ[SHARED]


def remove_shared_folder(folder: str) -> None:
    """Stop the cluster, if any process of the run started one, and remove the folder."""
    cluster = Path(folder) / "cluster"
    if (cluster / "postmaster.pid").exists():
        stop_cluster(cluster)
    shutil.rmtree(folder, ignore_errors=True)


def find_server() -> Server | None:
    """Return the server named by the environment, or the run's own, started if need be; or None."""
    named = os.environ.get(NAMED)
    if named:
        prefix, _, rest = named.rpartition("/")
        _, separator, options = rest.partition("?")
        return Server(prefix=f"{prefix}/", suffix=separator + options)
    if not has_programs():
        return None
    shared = Path(make_shared_folder())
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "cluster" / "postmaster.pid").exists():
            make_cluster(shared)
    return server_in(shared)


def server_in(shared: Path) -> Server:
    """The server whose cluster stands in a folder."""
    return Server(prefix=f"postgresql://{_LOGIN}@/", suffix=f"?host={shared / 'cluster'}")


def has_programs() -> bool:
    """Whether PostgreSQL's programs are here."""
    return _program("initdb") is not None


def make_cluster(shared: Path, *, settings: str = "") -> None:
    """Make and start a cluster in a folder; its locale does not sort by bytes (ST-09)."""
    cluster = shared / "cluster"
    cluster.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shared.chmod(0o755)
        account = _account()
        os.chown(cluster, account.pw_uid, account.pw_gid)
    run_unprivileged(
        "initdb", "-D", str(cluster), "-U", _LOGIN, "-A", "trust", "-E", "UTF8", "--no-sync",
        "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US",
    )  # fmt: skip
    start_cluster(cluster, settings=settings)


def start_cluster(cluster: Path, *, settings: str = "") -> None:
    """Start a cluster that was made."""
    options = f"{_SETTINGS} -c unix_socket_directories='{cluster}' {settings}"
    log = str(cluster / "log")
    run_unprivileged("pg_ctl", "start", "-D", str(cluster), "-w", "-s", "-l", log, "-o", options)


def stop_cluster(cluster: Path) -> None:
    """End a cluster at once, as a crash would."""
    run_unprivileged("pg_ctl", "stop", "-D", str(cluster), "-m", "immediate", "-w")


def run_unprivileged(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, which refuse to work for root."""
    path = _program(program)
    assert path is not None, program
    command = [path, *arguments]
    if os.geteuid() == 0:
        account = _account()
        user = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        command = ["setpriv", *user, *command]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", timeout=60)  # noqa: S603 - programs found above
    assert ran.returncode == 0, f"{program}: {ran.stdout}{ran.stderr}"


def _account() -> pwd.struct_passwd:
    names = {account.pw_name: account for account in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _program(name: str) -> str | None:
    on_path = shutil.which(name)
    if on_path is not None:
        return on_path
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else None


@dataclass(slots=True, kw_only=True)
class Templates:
    """One migrated, empty database of each engine, made when first asked for and then copied."""

    folder: Path
    _sqlite: Path | None = None
    _server: Server | None = None
    _postgresql: str | None = None
    _copies: list[str] = field(default_factory=list)
    _idle: list[str] = field(default_factory=list)

    def sqlite(self) -> Path:
        """A migrated SQLite file, closed."""
        if self._sqlite is None:
            path = self.folder / "template.db"
            asyncio.run(_make(f"sqlite:///{path}"))
            self._sqlite = path
        return self._sqlite

    def server(self) -> Server | None:
        """The PostgreSQL server, or None if there is none."""
        if self._server is None:
            self._server = find_server()
        return self._server

    def postgresql(self, server: Server) -> str:
        """The name of a migrated PostgreSQL database that nobody is connected to."""
        if self._postgresql is None:
            name = f"fedirec_template_{uuid4().hex}"
            asyncio.run(_create_and_make(server, name))
            self._postgresql = name
        return self._postgresql

    @asynccontextmanager
    async def lent(self, server: Server, template: str) -> AsyncIterator[str]:
        """The address of a copy for the length of the block, as empty as the template.

        Copying costs 200 ms and emptying 20: a copy is lent again. What changes the tables
        themselves takes a `temporary_database`.
        """
        name = self._idle.pop() if self._idle else f"fedirec_{uuid4().hex}"
        if name in self._copies:
            await _empty(server.url(name))
        else:
            await server.run(f"create database {name} template {template}")
            self._copies.append(name)
        try:
            yield server.url(name)
        finally:
            self._idle.append(name)

    def close(self) -> None:
        """Drop what was made in the server, which may outlive the run."""
        if self._server is not None and self._postgresql is not None:
            asyncio.run(_drop(self._server, [self._postgresql, *self._copies]))


async def _make(url: str) -> None:
    database = await open_database(url)
    try:
        await migrate(database, now=_MADE_AT)
    finally:
        await database.close()


async def _drop(server: Server, names: Sequence[str]) -> None:
    for name in names:
        await server.run(f"drop database if exists {name} with (force)")


async def _empty(url: str) -> None:
    """Delete all rows, in no order: foreign keys are not looked at meanwhile."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "select tablename from pg_tables where schemaname = 'public'"
            " and tablename <> 'migrations'"
        )
        names = [str(row["tablename"]) for row in tables]
        deletions = "; ".join(f"delete from {name}" for name in names)  # noqa: S608 - catalogue
        try:
            await connection.execute(f"set session_replication_role = replica; {deletions}")
        except asyncpg.InsufficientPrivilegeError:  # a named server, and no superuser there
            await connection.execute(f"truncate {', '.join(names)}")
    finally:
        await connection.close()


async def _create_and_make(server: Server, name: str) -> None:
    await server.run(f"create database {name}")
    await _make(server.url(name))


@asynccontextmanager
async def temporary_database(server: Server, template: str | None = None) -> AsyncIterator[str]:
    """The address of a new PostgreSQL database, empty or a copy, for the length of the block."""
    name = f"fedirec_{uuid4().hex}"
    source = f" template {template}" if template else ""
    await server.run(f"create database {name}{source}")
    try:
        yield server.url(name)
    finally:
        await server.run(f"drop database {name} with (force)")


@dataclass(slots=True, kw_only=True)
class Counts:
    """What a `CountingDatabase` was asked to do."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, sql: str) -> None:
        """Note a statement."""
        self.statements.append(sql)

    def clear(self) -> None:
        """Start again from nothing."""
        self.statements.clear()
        self.commits = 0


class _CountingTransaction:
    def __init__(self, inner: Transaction, counts: Counts) -> None:
        self.engine = inner.engine
        self._inner = inner
        self._counts = counts

    async def fetch_one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        self._counts.add(sql)
        return await self._inner.fetch_one(sql, parameters)

    async def fetch_all(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        self._counts.add(sql)
        return await self._inner.fetch_all(sql, parameters)

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        self._counts.add(sql)
        return await self._inner.execute(sql, parameters)

    async def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        self._counts.add(sql)
        await self._inner.execute_many(sql, rows)


class CountingDatabase:
    """A real database that says how many statements and commits it was asked for."""

    def __init__(self, inner: Database) -> None:
        self.engine = inner.engine
        self.changes = inner.changes
        self.counts = Counts()
        self._inner = inner

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        async with self._inner.reading() as reader:
            yield _CountingTransaction(reader, self.counts)  # type: ignore[arg-type]  # only read

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self._inner.transaction() as transaction:
            self.counts.begun.set()
            yield _CountingTransaction(transaction, self.counts)
        self.counts.commits += 1

    async def read(self, work: Callable[[Reader], Coroutine[Any, Any, Result]]) -> Result:
        async def counted(reader: Reader) -> Result:
            return await work(_CountingTransaction(reader, self.counts))  # type: ignore[arg-type]  # only read

        return await self._inner.read(counted)

    async def run(self, work: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        loop = asyncio.get_running_loop()

        async def counted(transaction: Transaction) -> Result:
            loop.call_soon_threadsafe(self.counts.begun.set)
            return await work(_CountingTransaction(transaction, self.counts))

        result = await self._inner.run(counted)
        self.counts.commits += 1
        return result

    async def close(self) -> None:
        await self._inner.close()


def count_by_engine(nodeids: Sequence[str]) -> Mapping[str, int]:
    """Count the tests that ran on each engine, by the name of their parameter."""
    return {
        engine: sum(engine in nodeid.partition("[")[2] for nodeid in nodeids)
        for engine in ("sqlite", "postgresql")
    }
