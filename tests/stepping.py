"""A real database that stands still before each of its steps, so that others can go between."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fedirec.storage.database import Database, Parameters, Reader, Row, Transaction

_WAITING = (
    "select 1 as found from pg_locks where not granted"
    " and pid in (select pid from pg_stat_activity where datname = current_database())"
)
Step = Callable[[], Awaitable[None]]


class _SteppingTransaction:
    def __init__(self, inner: Transaction, step: Step) -> None:
        self.engine = inner.engine
        self._inner = inner
        self._step = step

    async def fetch_one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        await self._step()
        return await self._inner.fetch_one(sql, parameters)

    async def fetch_all(self, sql: str, parameters: Parameters | None = None) -> Any:
        await self._step()
        return await self._inner.fetch_all(sql, parameters)

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        await self._step()
        return await self._inner.execute(sql, parameters)

    async def execute_many(self, sql: str, rows: Any) -> None:
        await self._step()
        await self._inner.execute_many(sql, rows)


class SteppingDatabase:
    """A real database that awaits `step` before each unit.

    On PostgreSQL, where others may commit meanwhile, also before each statement of a transaction.
    """

    def __init__(self, inner: Database, step: Step) -> None:
        self.engine = inner.engine
        self._inner = inner
        self._step = step

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        await self._step()
        async with self._inner.reading() as reader:
            yield reader

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        await self._step()
        async with self._inner.transaction() as transaction:
            yield self._stepping(transaction)

    async def read(self, work: Callable[[Reader], Coroutine[Any, Any, Any]]) -> Any:
        await self._step()
        return await self._inner.read(work)

    async def run(self, work: Callable[[Transaction], Coroutine[Any, Any, Any]]) -> Any:
        await self._step()
        return await self._inner.run(lambda transaction: work(self._stepping(transaction)))

    async def close(self) -> None:
        await self._inner.close()

    def _stepping(self, transaction: Transaction) -> Transaction:
        return (
            transaction
            if self.engine == "sqlite"
            else _SteppingTransaction(transaction, self._step)
        )


async def waits_for_a_lock(database: Database) -> bool:
    """Whether somebody in this PostgreSQL database waits for what another holds."""
    async with database.reading() as reader:
        return await reader.fetch_one(_WAITING) is not None
