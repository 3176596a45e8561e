"""What `fedirec doctor` asks the database. Reads only; may walk whole tables, as nobody waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.circuits import LOST_AFTER
from fedirec.storage.database import Reader, to_microseconds
from fedirec.storage.statements import instant, text

SHOWN: Final = 20

_QUICK_CHECK: Final = f"pragma quick_check({SHOWN})"
_FOREIGN_KEYS: Final = "pragma foreign_key_check"
_DURABLE: Final = (
    "select name, setting from pg_settings"
    " where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'"
    " order by name"
)
# Ids are made in the order of time, so the last id is of the latest instant.
_LATEST: Final = (
    "select created_at as at from received where id = (select max(id) from received)",
    "select published_at as at from activities where id = (select max(id) from activities)",
)
_WITHOUT_KEY: Final = (
    "select a.id as id from actors a where a.is_local and a.gone_at is null and not exists ("
    " select 1 from keys k where k.actor_id = a.id and k.kind = 'rsa' and k.retired_at is null)"
    " order by a.id limit :limit"
)
_UNREACHABLE: Final = (
    "select host, opened_at from peers where circuit = 'open' and opened_at <= :before"
    " order by host"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachableHost:
    """A host that has not answered for a week, and since when."""

    host: str
    since: datetime


async def find_damage(reader: Reader, engine: str) -> list[str]:
    """Return what is broken in a SQLite file, the first of it; PostgreSQL looks after itself."""
    if engine != "sqlite":
        return []
    checked = await reader.fetch_all(_QUICK_CHECK)
    damage = [str(value) for row in checked for value in row.values() if value != "ok"]
    orphans = await reader.fetch_all(_FOREIGN_KEYS)
    named = sorted({f"{row['table']} refers to what is not in {row['parent']}" for row in orphans})
    return [*damage, *named][:SHOWN]


async def database_version(reader: Reader, engine: str) -> str:
    """Return the version of the database, such as `SQLite 3.46.1`."""
    if engine == "sqlite":
        row = await reader.fetch_one("select 'SQLite ' || sqlite_version() as version")
    else:
        row = await reader.fetch_one(
            "select 'PostgreSQL ' || current_setting('server_version') as version"
        )
    return engine if row is None else text(row, "version")


async def list_careless_settings(reader: Reader, engine: str) -> list[str]:
    """Return the settings of a PostgreSQL server under which a commit may be lost."""
    if engine != "postgresql":
        return []
    return [text(row, "name") for row in await reader.fetch_all(_DURABLE)]


async def latest_instant(reader: Reader) -> datetime | None:
    """Return when the latest thing that is stored was made, by the clock of that time."""
    found = [row for sql in _LATEST if (row := await reader.fetch_one(sql)) is not None]
    return max((instant(row, "at") for row in found), default=None)


async def list_actors_without_key(reader: Reader) -> list[str]:
    """Return actors of ours that cannot sign, the first of them."""
    return [text(row, "id") for row in await reader.fetch_all(_WITHOUT_KEY, {"limit": SHOWN})]


async def list_unreachable(
    reader: Reader, now: datetime, *, after: timedelta = LOST_AFTER
) -> list[UnreachableHost]:
    """Return the hosts that have not answered for so long, by name."""
    rows = await reader.fetch_all(_UNREACHABLE, {"before": to_microseconds(now - after)})
    return [
        UnreachableHost(host=text(row, "host"), since=instant(row, "opened_at")) for row in rows
    ]
