"""One address, one open database: which engine it is stands in the scheme."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fedirec.errors import ConfigurationError
from fedirec.storage.database import Database
from fedirec.storage.hints import exchange_hints, watch_commits
from fedirec.storage.sqlite import SqliteDatabase, open_sqlite

if TYPE_CHECKING:
    from fedirec.storage.postgresql import PostgresqlDatabase

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = ("postgresql://", "postgres://")


async def open_database(url: str, *, checks_integrity: bool = False) -> Database:
    """Open `sqlite:///folder/file` (`sqlite:////…` for an absolute path) or `postgresql://…`.

    Args:
        url: The address.
        checks_integrity: On SQLite, look for damage when whoever had it open did not close it.

    Raises:
        ConfigurationError: It cannot be opened, now or ever, as it is set.
        StorageUnavailableError: Nobody answers at the address now.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        path = Path(url.removeprefix(_SQLITE))
        return await open_sqlite(path, checks_integrity=checks_integrity)
    return await open_postgresql_at(url)


async def open_postgresql_at(url: str) -> "PostgresqlDatabase":
    """Open `postgresql://…`; raises as `open_database`."""
    if not url.startswith(_POSTGRESQL):
        found = f"{url.partition(':')[0]}:…"
        message = f"expected sqlite:///… or postgresql://… as database, found {found}"
        raise ConfigurationError(message)
    try:
        # asyncpg is an optional extra, and costs 40 ms that SQLite's users need not pay.
        from fedirec.storage.postgresql import open_postgresql  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "PostgreSQL needs asyncpg: install fedirec[postgresql]"
        raise ConfigurationError(message) from error
    return await open_postgresql(url)


async def follow_hints(
    url: str, database: Database, *, heard: Callable[[], None], told: asyncio.Event
) -> None:
    """Pass hints between this process and others on the same database, until cancelled.

    Args:
        url: The address that `database` was opened at.
        database: The open database.
        heard: Called when another process may have written due work.
        told: Set by whoever writes due work here.
    """
    if isinstance(database, SqliteDatabase):
        await watch_commits(database.version, heard=heard)
    else:
        from fedirec.storage.postgresql import open_session  # noqa: PLC0415 - as above

        await exchange_hints(lambda: open_session(url), heard=heard, told=told)
