"""The only file that knows asyncpg: a pool, and `:name` turned into `$1` once a statement.

A unit holds one connection (acquiring costs five times a query). Nothing in fedirec changes a
session's state, so a connection goes back to the pool without the reset that asyncpg would run.
"""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import asyncpg

from fedirec.errors import (
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    OvertakenError,
    StorageFullError,
    StorageUnavailableError,
)
from fedirec.storage.changes import Changes
from fedirec.storage.database import Parameters, Reader, Row, Transaction, Value
from fedirec.storage.statements import check_texts

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    _Connection = PoolConnectionProxy[asyncpg.Record]
    _Pool = asyncpg.Pool[asyncpg.Record]

Result = TypeVar("Result")

_STATEMENTS_KEPT: Final = 512
_ACQUIRE_SECONDS: Final = 10.0
_STATEMENT_SECONDS: Final = 30.0
_PASSING: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,  # a fail-over under way
    asyncpg.PostgresIOError,
    asyncpg.LockNotAvailableError,
    asyncpg.InternalClientError,  # asyncpg 0.32's word when a connection is cut between two states
    asyncpg.InvalidCachedStatementError,  # another process migrated; the next try prepares anew
    OSError,
    TimeoutError,
)
_OVERTAKEN: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_GONE: Final = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    OSError,
)
# Quoted text, comments and casts are left alone; the one group is a parameter's name.
_PARAMETER: Final = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$\$.*?\$\$|::|:([A-Za-z_]\w*)""",
    re.DOTALL,
)


class Statement(NamedTuple):
    """A statement as PostgreSQL reads it; the parameter `$n` is called `names[n - 1]`."""

    sql: str
    names: tuple[str, ...]


def translate(sql: str) -> Statement:
    """Turn `:name` into `$n`, each name one number, outside strings, comments and `::` casts."""
    numbers: dict[str, int] = {}

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0]
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    translated = _PARAMETER.sub(replace, sql)
    return Statement(translated, tuple(numbers))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the driver's errors into ours; what is left is a mistake in a statement."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise ConflictError(str(error)) from error
    except (asyncpg.DataError, UnicodeEncodeError) as error:
        message = f"expected what a database can store, found {error}"
        raise InvalidInputError(message) from error
    except asyncpg.DiskFullError as error:
        message = f"no space is left for the database: {error}"
        raise StorageFullError(message) from error
    except _OVERTAKEN as error:
        message = f"another transaction went first: {error}"
        raise OvertakenError(message) from error
    except _PASSING as error:
        message = f"the database cannot be used now: {type(error).__name__} {error}"
        raise StorageUnavailableError(message) from error
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):
            message = f"expected what a database can store, found {error}"
            raise InvalidInputError(message) from error
        message = f"the connection to the database is closed: {error}"
        raise StorageUnavailableError(message) from error


class _Translator:
    """The statements of one open database, each translated once."""

    def __init__(self) -> None:
        self._translate = lru_cache(maxsize=_STATEMENTS_KEPT)(translate)

    def bind(self, sql: str, parameters: Parameters | None) -> tuple[str, list[Value]]:
        """Return the statement and its arguments in order."""
        statement = self._translate(sql)
        given = parameters or {}
        check_texts(given)
        return statement.sql, [given[name] for name in statement.names]


class PostgresqlTransaction:
    """Statements of one unit on one connection."""

    engine = "postgresql"

    def __init__(self, connection: "_Connection", translator: _Translator) -> None:
        self._connection = connection
        self._translator = translator
        self.ran: list[str] = []

    async def fetch_one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """See `Reader`."""
        text, values = self._bind(sql, parameters)
        with _translated():
            record = await self._connection.fetchrow(text, *values)
        return None if record is None else dict(record)

    async def fetch_all(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        """See `Reader`."""
        text, values = self._bind(sql, parameters)
        with _translated():
            records = await self._connection.fetch(text, *values)
        return [dict(record) for record in records]

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """See `Transaction`. Without parameters the text may hold several statements."""
        text, values = self._bind(sql, parameters)
        with _translated():
            status = await self._connection.execute(text, *values)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """See `Transaction`."""
        self.ran.append(sql)
        bound = [self._translator.bind(sql, row) for row in rows]
        if bound:
            with _translated():
                await self._connection.executemany(bound[0][0], [values for _, values in bound])

    async def copy_rows(
        self, table: str, columns: Sequence[str], rows: Sequence[tuple[Value, ...]]
    ) -> None:
        """See `moving.CopyingTransaction`."""
        with _translated():
            await self._connection.copy_records_to_table(table, columns=columns, records=rows)

    def _bind(self, sql: str, parameters: Parameters | None) -> tuple[str, list[Value]]:
        self.ran.append(sql)
        return self._translator.bind(sql, parameters)


class PostgresqlSession:
    """A connection outside the pool, which hears what others notify: see `hints.Session`."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """See `Session`. What this connection sends itself is not heard."""
        own = self._connection.get_server_pid()

        def pass_on(_connection: object, pid: int, _channel: str, _payload: object) -> None:
            if pid != own:
                heard()

        with _translated():
            await self._connection.add_listener(channel, pass_on)

    async def notify(self, channel: str) -> None:
        """See `Session`."""
        with _translated():
            await self._connection.execute(f'notify "{channel}"')

    async def greet(self) -> None:
        """See `Session`."""
        with _translated():
            await self._connection.execute("select 1")


class PostgresqlDatabase:
    """An open pool of connections to one database."""

    engine = "postgresql"

    def __init__(self, pool: "_Pool") -> None:
        self.changes = Changes()
        self._pool = pool
        self._translator = _Translator()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        """See `Database`. The view is that of the first statement."""
        async with self._unit(isolation="repeatable_read", is_readonly=True) as transaction:
            yield transaction

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresqlTransaction]:
        """See `Database`. Read committed: each statement sees what others committed before it."""
        async with self._unit(isolation="read_committed", is_readonly=False) as transaction:
            yield transaction

    async def read(self, work: Callable[[Reader], Coroutine[Any, Any, Result]]) -> Result:
        """See `Database`."""
        async with self.reading() as reader:
            return await work(reader)

    async def run(self, work: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        """See `Database`. Here each statement is a round trip, so the loop goes on meanwhile."""
        async with self.transaction() as transaction:
            return await work(transaction)

    async def close(self) -> None:
        """See `Database`."""
        await self._pool.close()

    @asynccontextmanager
    async def _unit(
        self, *, isolation: str, is_readonly: bool
    ) -> AsyncIterator[PostgresqlTransaction]:
        with _translated():
            connection = await self._pool.acquire(timeout=_ACQUIRE_SECONDS)
        try:
            transaction = connection.transaction(
                isolation=isolation,  # type: ignore[arg-type]  # a literal type of the stubs
                readonly=is_readonly,
            )
            with _translated():
                await transaction.start()
            unit = PostgresqlTransaction(connection, self._translator)
            try:
                yield unit
            except BaseException:
                with suppress(*_GONE):  # a connection that is lost takes its transaction along
                    await transaction.rollback()
                raise
            try:
                with _translated():
                    await transaction.commit()
            finally:
                if not is_readonly:
                    self.changes.note(unit.ran)
        finally:
            with suppress(*_GONE):  # the pool has thrown it away by then
                await self._pool.release(connection)


async def open_postgresql(url: str, *, size: int = 10) -> PostgresqlDatabase:
    """Open a pool of at most `size` connections to the database at `url`.

    Raises:
        ConfigurationError: The address, the name or the password is wrong.
        StorageUnavailableError: Nobody answers there now.
    """
    with _opening():
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            reset=_keep,
            statement_cache_size=_STATEMENTS_KEPT,
            command_timeout=_STATEMENT_SECONDS,
            # whatever the server's default is: what was answered is on its disk (P1)
            server_settings={"application_name": "fedirec", "synchronous_commit": "on"},
        )
    return PostgresqlDatabase(pool)


@asynccontextmanager
async def open_session(url: str) -> AsyncIterator[PostgresqlSession]:
    """Open a connection outside the pool for the block; raises as `open_postgresql`.

    What it sends is no more than a hint, so its commits do not wait for the disk.
    """
    with _opening():
        connection = await asyncpg.connect(
            url,
            command_timeout=_ACQUIRE_SECONDS,
            server_settings={"application_name": "fedirec hints", "synchronous_commit": "off"},
        )
    try:
        yield PostgresqlSession(connection)
    finally:
        connection.terminate()  # nothing is under way, and a server that hangs is not waited for


@contextmanager
def _opening() -> Iterator[None]:
    """Tell settings that will never work from trouble that passes."""
    try:
        with _translated():
            yield
    except (
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.ClientConfigurationError,
        InvalidInputError,
    ) as error:
        message = f"cannot open the PostgreSQL database: {error}"
        raise ConfigurationError(message) from error
    except ValueError as error:  # may quote a part of the address, so it is not shown
        message = "the address of the PostgreSQL database cannot be read: is a part not quoted?"
        raise ConfigurationError(message) from error


async def _keep(_connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Leave the session as it is."""
