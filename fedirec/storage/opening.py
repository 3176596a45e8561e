"""One address, one open database: which engine it is stands in the scheme."""

from pathlib import Path
from typing import Final

from fedirec.errors import ConfigurationError
from fedirec.storage.database import Database
from fedirec.storage.sqlite import open_sqlite

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
    if url.startswith(_POSTGRESQL):
        try:
            # asyncpg is an optional extra, and costs 40 ms that SQLite's users need not pay.
            from fedirec.storage.postgresql import open_postgresql  # noqa: PLC0415
        except ModuleNotFoundError as error:
            message = "PostgreSQL needs asyncpg: install fedirec[postgresql]"
            raise ConfigurationError(message) from error
        return await open_postgresql(url)
    message = f"expected sqlite:///… or postgresql://… as database, found {url.partition(':')[0]}:…"
    raise ConfigurationError(message)
