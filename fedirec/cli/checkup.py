"""The checks of `fedirec doctor`: each looks at one thing, and says what to do about it."""

import resource
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from fedirec.community.checkup import (
    Finding,
    check_clock,
    check_disk,
    check_durability,
    check_hosts,
    check_integrity,
    check_keys,
    check_queue,
)
from fedirec.config import Settings, TcpAddress, settings_file
from fedirec.errors import ConfigurationError, FedirecError
from fedirec.server import check_place, is_served, space_of
from fedirec.storage import checkup
from fedirec.storage.database import Database
from fedirec.storage.migrate import check_schema
from fedirec.storage.open_mark import why_doubted
from fedirec.storage.opening import open_database

ENOUGH_FILES: Final = 1024


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
    yield check_disk(space_of(settings))
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
        yield await check_integrity(reader, database.engine)
        yield await check_durability(reader, database.engine)
        yield await check_keys(reader)
        for finding in await check_queue(reader, now, is_served=is_served(settings.data)):
            yield finding
        yield await check_hosts(reader, now)
        latest = await checkup.latest_instant(reader)
    yield await check_clock(database, latest, now)


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
