"""The checks of `fedirec doctor`: each looks at one thing, and says what to do about it."""

import resource
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from fedirec.config import Settings, TcpAddress, settings_file
from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.errors import ConfigurationError, FedirecError
from fedirec.server import check_place, is_served, space_of
from fedirec.storage import checkup
from fedirec.storage.clock import DatabaseClock
from fedirec.storage.database import Database, Reader
from fedirec.storage.migrate import check_schema
from fedirec.storage.open_mark import why_doubted
from fedirec.storage.opening import open_database
from fedirec.storage.queue_depths import list_depths, next_looks

ENOUGH_FILES: Final = 1024
CLOCK_SECONDS: Final = 30
LATE: Final = timedelta(minutes=5)
_MEBIBYTE: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found. `todo` is None when all is well; `is_wrong`: it must not stay so."""

    id: str
    says: str
    todo: str | None = None
    is_wrong: bool = True

    @property
    def state(self) -> str:
        """`well`, `mind` for what a keeper should know, or `wrong`."""
        if self.todo is None:
            return "well"
        return "wrong" if self.is_wrong else "mind"


async def check_all(settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    """Make every check that can be made; what cannot be opened ends what hangs on it."""
    for finding in (
        *_check_settings(settings),
        *_check_folder(settings),
        *_check_machine(settings),
    ):
        yield finding
    doubt = _doubt(settings)
    if doubt is not None:
        yield doubt
    try:
        database = await _open(settings)
    except FedirecError as error:
        yield Finding(id="database", says="cannot be opened", todo=str(error))
        return
    try:
        async for finding in _check_database(database, settings, now):
            yield finding
    except FedirecError as error:
        yield Finding(id="database", says="cannot be read", todo=str(error))
    finally:
        await database.close()


def _check_settings(settings: Settings) -> Iterator[Finding]:
    instance = settings.instance()
    yield Finding(
        id="settings", says=f"@{instance.guild_name}@{instance.domain}, {instance.origin}/"
    )
    address = settings.listen_address()
    if isinstance(address, TcpAddress) and not _is_loopback(address.host):
        todo = "fedirec speaks plain HTTP: listen on 127.0.0.1, and let a proxy with TLS in front"
        says = f"{settings.listen} is open to other machines"
        yield Finding(id="listen", says=says, todo=todo, is_wrong=False)
    if settings.test_network:
        yield Finding(
            id="test network",
            says="private addresses may be contacted",
            todo="unset FEDIREC_TEST_NETWORK unless this is a test",
            is_wrong=False,
        )


def _check_folder(settings: Settings) -> Iterator[Finding]:
    """Look at who may read what lies here: keys are in the database, tokens in the settings."""
    data = settings.data
    if not data.is_dir():
        yield Finding(id="data", says=f"there is no folder {data}", todo="run `fedirec init` first")
        return
    written = [path for path in (settings_file(),) if path.is_file()]
    open_ones = [path for path in (data, *_database_files(settings), *written) if _is_open(path)]
    if open_ones:
        names = " ".join(str(path) for path in open_ones)
        todo = f"others on this machine could read keys: run `chmod -R go= {names}`"
        yield Finding(id="data", says=f"{names} can be read by others", todo=todo)
    else:
        yield Finding(id="data", says=f"{data} is yours alone")


def _check_machine(settings: Settings) -> Iterator[Finding]:
    watch = space_of(settings)
    space = watch.ask()
    says = "cannot be asked" if space is None else f"{space.free_bytes // _MEBIBYTE:,} MiB are free"
    todo = "nothing new is taken in: make space, or lower `free_space_bytes` (docs/operations.md)"
    yield Finding(id="disk", says=says, todo=todo if watch.is_low() else None)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    is_few = most != resource.RLIM_INFINITY and most < ENOUGH_FILES
    todo = f"raise it to {ENOUGH_FILES} or more: `ulimit -n`, or LimitNOFILE= of systemd"
    yield Finding(
        id="open files", says=f"at most {most}", todo=todo if is_few else None, is_wrong=False
    )


def _doubt(settings: Settings) -> Finding | None:
    path = settings.sqlite_file()
    todo = None if path is None else why_doubted(path)
    return (
        None if todo is None else Finding(id="log", says="the last changes may be lost", todo=todo)
    )


async def _open(settings: Settings) -> Database:
    path = settings.sqlite_file()
    if path is not None and not path.is_file():
        message = f"there is no {path}: run `fedirec init`, or restore a backup"
        raise ConfigurationError(message)
    return await open_database(settings.database_url())


async def _check_database(
    database: Database, settings: Settings, now: datetime
) -> AsyncIterator[Finding]:
    await check_schema(database)
    await check_place(database, settings.instance())
    yield Finding(
        id="database", says=f"{database.engine}, and its tables are those of this version"
    )
    async with database.reading() as reader:
        yield await _check_integrity(reader, database.engine)
        yield await _check_durability(reader, database.engine)
        yield await _check_keys(reader)
        for finding in await _check_queue(reader, settings, now):
            yield finding
        yield await _check_hosts(reader, now)
        latest = await checkup.latest_instant(reader)
    yield await _check_clock(database, latest, now)


async def _check_integrity(reader: Reader, engine: str) -> Finding:
    damage = await checkup.find_damage(reader, engine)
    todo = "stop fedirec, keep a copy of the files, and restore a backup"
    says = "; ".join(damage) or "whole"
    return Finding(id="integrity", says=says, todo=todo if damage else None)


async def _check_durability(reader: Reader, engine: str) -> Finding:
    careless = await checkup.list_careless_settings(reader, engine)
    names = ", ".join(careless)
    todo = f"set {names} to on: what was accepted may be lost when the power fails"
    says = f"{names} is off" if careless else "a commit is on the disk before it is answered"
    return Finding(id="durability", says=says, todo=todo if careless else None)


async def _check_keys(reader: Reader) -> Finding:
    without = await checkup.list_actors_without_key(reader)
    todo = "restore a backup: nobody believes what they say without a key"
    says = f"none for {' '.join(without)}" if without else "everybody here can sign"
    return Finding(id="keys", says=says, todo=todo if without else None)


async def _check_queue(reader: Reader, settings: Settings, now: datetime) -> list[Finding]:
    looks = await next_looks(reader)
    late = max((now - at for at in looks.values()), default=timedelta())
    is_late = late > LATE
    served = is_served(settings.data)
    todo = (
        "see the log of `fedirec serve`" if served else "start `fedirec serve`: nobody works here"
    )
    says = f"work is late by {_span(late)}" if is_late else "nothing is late"
    dead = [
        depth
        for depth in await list_depths(reader)
        if depth.state in (DeliveryState.DEAD, ReceivedState.DEAD)
    ]
    count = sum(depth.depth for depth in dead)
    return [
        Finding(id="queue", says=says, todo=todo if is_late else None),
        Finding(
            id="dead",
            says=f"{count} failed here again and again"
            if count
            else "nothing failed for good here",
            todo="`fedirec queue dead` shows why; then `queue retry` or `queue cancel`"
            if count
            else None,
        ),
    ]


async def _check_hosts(reader: Reader, now: datetime) -> Finding:
    hosts = await checkup.list_unreachable(reader, now)
    shown = " ".join(each.host for each in hosts[: checkup.SHOWN])
    return Finding(
        id="hosts",
        says=f"{len(hosts)} have not answered for a week: {shown}"
        if hosts
        else "all answered lately",
        todo="nothing, if they are gone; else `fedirec peer probe HOST`" if hosts else None,
        is_wrong=False,
    )


async def _check_clock(database: Database, latest: datetime | None, now: datetime) -> Finding:
    """Compare this machine's clock with the database's, and with what was written last."""
    behind = timedelta() if latest is None else latest - now
    if database.engine == "postgresql":
        clock = DatabaseClock(database)
        await clock.look()
        behind = max(behind, abs(clock() - now))
    is_off = behind.total_seconds() > CLOCK_SECONDS
    todo = "set it, and let it be kept (chrony, systemd-timesyncd): signatures carry the hour"
    says = f"off by {_span(behind)}" if is_off else "agrees with the database"
    return Finding(id="clock", says=says, todo=todo if is_off else None)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database_files(settings: Settings) -> list[Path]:
    path = settings.sqlite_file()
    if path is None:
        return []
    names = (path.name, f"{path.name}-wal", f"{path.name}-shm")
    return [found for name in names if (found := path.with_name(name)).exists()]


def _is_open(path: Path) -> bool:
    """Whether anybody but its owner may do anything with it."""
    return bool(path.stat().st_mode & 0o077)


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return f"{int(span.total_seconds())} seconds"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"  # noqa: PLR2004 - two hours
