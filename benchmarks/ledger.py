"""Looks into a guild's database beside its server: to count, and to wait until all is done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from benchmarks.guild import Guild
from benchmarks.processes import wait_for
from fedirec.storage.database import Database, Reader
from fedirec.storage.opening import open_database
from fedirec.storage.statements import number, text

_LOOK_SECONDS: Final = 0.2


class Ledger:
    """One guild's rows; each question opens the database and closes it again."""

    def __init__(self, guild: Guild) -> None:
        self._url = guild.settings().database_url()

    def count(self, table: str, condition: str = "1 = 1") -> int:
        """Return how many rows of a table meet a condition."""

        async def ask() -> int:
            async with _opened(self._url) as database, database.reading() as reader:
                return await _count(reader, table, condition)

        return asyncio.run(ask())

    def texts(self, table: str, column: str, condition: str) -> list[str]:
        """Return a column of the rows of a table that meet a condition."""

        async def ask() -> list[str]:
            async with _opened(self._url) as database, database.reading() as reader:
                rows = await reader.fetch_all(
                    f"select {column} from {table} where {condition}"  # noqa: S608 - ours
                )
                return [text(row, column) for row in rows]

        return asyncio.run(ask())

    def wait_until_handled(self, seconds: float = 120) -> None:
        """Return once no received activity waits; raise TimeoutError otherwise."""
        self._wait_until_none("received", "state in ('due', 'waiting', 'leased')", seconds)

    def wait_until_sent(self, seconds: float = 120) -> None:
        """Return once nothing waits for its first try or is under way; TimeoutError otherwise."""
        self._wait_until_none("fan_outs", "1 = 1", seconds)
        self._wait_until_none("deliveries", "state in ('due', 'leased')", seconds)

    def cancel_all(self) -> None:
        """Give up what waits to be sent, as `fedirec queue cancel --all` does."""

        async def cancel() -> None:
            async with _opened(self._url) as database, database.transaction() as transaction:
                await transaction.execute(
                    "update deliveries set state = 'cancelled'"
                    " where state in ('due', 'waiting', 'held')"
                )

        asyncio.run(cancel())

    def _wait_until_none(self, table: str, condition: str, seconds: float) -> None:
        wait_for(
            lambda: self.count(table, condition) == 0,
            what=f"an empty {table}",
            seconds=seconds,
            every=_LOOK_SECONDS,
        )


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def _count(reader: Reader, table: str, condition: str) -> int:
    row = await reader.fetch_one(f"select count(*) as n from {table} where {condition}")  # noqa: S608 - ours
    return 0 if row is None else number(row, "n")
