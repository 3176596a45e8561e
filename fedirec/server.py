"""The composition root: builds one instance from its settings, and owns its life.

Settings become database, transport and context; those become the HTTP door and the clock door.
Nothing here decides anything about the guild. Two instances in one process are two calls.
"""

import asyncio
import fcntl
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Final

import structlog
from aiohttp import web

from fedirec.activitypub.identifiers import Instance
from fedirec.community.membership import prepare_instance
from fedirec.config import Settings
from fedirec.errors import ConfigurationError
from fedirec.federation.context import Federation
from fedirec.federation.key_cache import KeyCache
from fedirec.storage.clock import DatabaseClock
from fedirec.storage.database import Database
from fedirec.storage.instance import find_value, set_value
from fedirec.storage.intake import Intake
from fedirec.storage.migrate import check_schema, migrate
from fedirec.storage.open_mark import why_doubted
from fedirec.storage.opening import follow_hints, open_database
from fedirec.storage.queue_mending import end_all_leases
from fedirec.storage.space import SpaceWatch
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.client import HttpTransport
from fedirec.web.keys import WebOptions
from fedirec.web.routes import build_application
from fedirec.web.serving import GuardedRunner
from fedirec.workers.history import SECONDS as HISTORY_SECONDS
from fedirec.workers.history import Historian
from fedirec.workers.loop import repeat, run_workers
from fedirec.workers.watchdog import watch_loop

DRAIN_SECONDS: Final = 30.0  # OP-07
DOOR_SECONDS: Final = 12.0
"""For requests under way; aiohttp gives them as much again before it cuts the connection."""
LOCK_NAME: Final = "serving.lock"
WORKING_NAME: Final = "working.lock"
_LOCK_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """Return the time by this machine."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_federation(
    settings: Settings,
    *,
    wake: Callable[[], None] = lambda: None,
    is_founding: bool = False,
    now: Callable[[], datetime] | None = None,
) -> AsyncIterator[Federation]:
    """Open the instance of `settings` for the length of the block.

    `wake` is told when something new waits. `is_founding` makes what is missing: data folder,
    tables, the instance's own actors; without it that is refused. `now` returns the time: ours for
    SQLite, PostgreSQL's own. Raises ConfigurationError when settings, database and ids do not fit.
    """
    async with AsyncExitStack() as stack:
        _prepare_data(settings, is_founding=is_founding)
        database = await open_database(settings.database_url(), checks_integrity=is_founding)
        stack.push_async_callback(database.close)
        now = now or await _clock_of(database)
        if is_founding:
            await migrate(database, now=now())
        await check_schema(database)
        await check_place(database, settings.instance())
        transport = _transport(settings)
        stack.push_async_callback(transport.close)
        federation = Federation(
            instance=settings.instance(),
            database=database,
            transport=transport,
            keys=KeyCache(),
            limits=settings.limits,
            now=now,
            randomness=secrets.token_bytes,
            wake=wake,
            is_allow_list=settings.allow_list,
            is_authorized_fetch=settings.authorized_fetch,
            space=space_of(settings),
        )
        if is_founding:
            await found(federation)
        yield federation


async def found(federation: Federation) -> None:
    """Note where this instance is, once and for all, and make its own actors if missing.

    A new one is logged as a warning: `serve` founds too, and a mistyped domain would be for ever.
    """
    place = _place(federation.instance)
    async with federation.database.transaction() as transaction:
        missing = [name for name in place if await find_value(transaction, name) is None]
        for name in missing:
            await set_value(transaction, name, place[name])
    if missing:
        log.warning("instance.founded", **place)
    await prepare_instance(federation)


async def check_place(database: Database, instance: Instance) -> None:
    """Refuse settings that name another place than the one this database was founded for (OP-03).

    Every id ever given out, and every key, belongs to that place.
    """
    async with database.reading() as reader:
        for name, now_said in _place(instance).items():
            founded = await find_value(reader, name)
            if founded is not None and founded != now_said:
                message = (
                    f"this database was founded with {name} {founded}, and the settings say "
                    f"{now_said}: ids and keys can never move, so set FEDIREC_{name.upper()} back"
                )
                raise ConfigurationError(message)


async def serve(
    settings: Settings,
    *,
    stop: asyncio.Event,
    has_workers: bool = True,
    ready: Callable[[Federation], None] = lambda _federation: None,
    listener: socket.socket | None = None,
    now: Callable[[], datetime] | None = None,
) -> None:
    """Run an instance until `stop` is set; then drain: the door first, then the work, then storage.

    Args:
        settings: Checked settings.
        stop: Set it to stop; what is under way has 30 seconds.
        has_workers: Deliver and handle here too, or leave that to `fedirec worker`.
        ready: Called once, when requests are answered.
        listener: A bound socket to use instead of `settings.listen`.
        now: Returns the time; see `open_federation`.
    """
    bells = _Bells()
    async with open_federation(settings, wake=bells.ring, is_founding=True, now=now) as federation:
        intake = Intake(federation.database, tell=federation.counts.commits.observe)
        as_worker = _working(federation, settings) if has_workers else nullcontext()
        with holding(settings.data / LOCK_NAME):
            async with as_worker, asyncio.TaskGroup() as tasks:
                beside = _beside(tasks, federation, settings, bells)
                beside.append(tasks.create_task(intake.run()))
                working = [_work(federation, stop, bells)] if has_workers else []
                lines = [tasks.create_task(line) for line in working]
                application = _application(federation, intake, settings)
                async with _listening(application, settings, listener) as where:
                    log.info("instance.ready", at=where, origin=federation.instance.origin)
                    ready(federation)
                    await stop.wait()
                    log.info("instance.stopping")
                    stopping_at = time.monotonic()
                await _drain(lines, seconds=DRAIN_SECONDS - (time.monotonic() - stopping_at))
                # the door is closed, so nobody waits for a commit any more
                _cancel(beside)
    log.info("instance.stopped")


async def work(settings: Settings, *, stop: asyncio.Event) -> None:
    """Deliver and handle until `stop` is set, without the HTTP door."""
    bells = _Bells()
    async with (
        open_federation(settings, wake=bells.ring, is_founding=True) as federation,
        _working(federation, settings),
        asyncio.TaskGroup() as tasks,
    ):
        beside = _beside(tasks, federation, settings, bells)
        working = tasks.create_task(_work(federation, stop, bells))
        log.info("worker.ready", origin=federation.instance.origin)
        await stop.wait()
        log.info("worker.stopping")
        await _drain([working])
        _cancel(beside)
    log.info("worker.stopped")


def user_agent(instance: Instance) -> str:
    """Return what we call ourselves to peers; Mastodon's logs show it to their keepers."""
    return f"fedirec/{version('fedirec')} (+{instance.origin}/)"


def is_served(data: Path) -> bool:
    """Whether a `serve` on this machine holds the data folder."""
    path = data / LOCK_NAME
    if not path.exists():
        return False
    with path.open("rb") as file:
        return not _lock(file, fcntl.LOCK_EX)


@contextmanager
def holding(path: Path, *, is_alone: bool = False) -> Iterator[None]:
    """Hold a lock file of the data folder for the block: with others of its kind, or alone.

    Raises ConfigurationError when the lock is held the other way.
    """
    with path.open("ab") as file:
        _hold(file, path, is_alone=is_alone)
        yield


@asynccontextmanager
async def _working(federation: Federation, settings: Settings) -> AsyncIterator[None]:
    """Be a worker for the block.

    With SQLite all workers are on this machine: the only one takes back at once what a crash left
    in nobody's hands, and does not wait until the leases are over.
    """
    path, now, limits = settings.data / WORKING_NAME, federation.now(), federation.limits
    with path.open("ab") as file:
        if federation.database.engine == "sqlite" and _lock(file, fcntl.LOCK_EX):
            most = limits.received_attempts
            await federation.database.run(
                lambda transaction: end_all_leases(transaction, now=now, most=most)
            )
        _hold(file, path, is_alone=False)
        yield


def _hold(file: IO[bytes], path: Path, *, is_alone: bool) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS  # a command may be looking who holds it
    while not _lock(file, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH):
        if time.monotonic() > deadline:
            who = "a `fedirec serve` or `fedirec worker`" if is_alone else "`database move`"
            message = f"{who} is at work in {path.parent}: wait until it has ended, or stop it"
            raise ConfigurationError(message)
        time.sleep(0.02)


def _lock(file: IO[bytes], how: int) -> bool:
    """Take a lock if it is to be had now."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Bells:
    """Who is told that due work was written: the workers here, and other processes."""

    def __init__(self) -> None:
        self.here = asyncio.Event()
        self.elsewhere = asyncio.Event()

    def ring(self) -> None:
        self.here.set()
        self.elsewhere.set()


async def _work(federation: Federation, stop: asyncio.Event, bells: _Bells) -> None:
    await run_workers(federation, stop=stop, woken=bells.here)


def _beside(
    tasks: asyncio.TaskGroup, federation: Federation, settings: Settings, bells: _Bells
) -> list[asyncio.Task[None]]:
    """Start what a process does besides its work: watch itself, and keep in step with others."""
    url, database = settings.database_url(), federation.database
    hints = follow_hints(url, database, heard=bells.here.set, told=bells.elsewhere)
    started = [tasks.create_task(hints), tasks.create_task(watch_loop(federation.counts))]
    never = asyncio.Event()  # each process writes what it counted, door and worker alike
    writing = repeat(federation, Historian().write, never, never, HISTORY_SECONDS)
    started.append(tasks.create_task(writing))
    if isinstance(federation.now, DatabaseClock):
        started.append(tasks.create_task(federation.now.keep()))
    return started


def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


async def _clock_of(database: Database) -> Callable[[], datetime]:
    if database.engine == "sqlite":
        return utc_now
    clock = DatabaseClock(database)
    await clock.look()
    return clock


def _transport(settings: Settings) -> HttpTransport:
    return HttpTransport(
        limits=settings.limits,
        policy=AddressPolicy(test_networks=settings.test_network, ports=frozenset(settings.ports)),
        ca_file=settings.ca_file,
        user_agent=user_agent(settings.instance()),
        allow_http=bool(settings.test_network),
    )


def space_of(settings: Settings) -> SpaceWatch:
    """Return what watches the disk that the database lies on."""
    file = settings.sqlite_file()
    return SpaceWatch(
        settings.data if file is None else file.parent,
        least_bytes=settings.limits.free_space_bytes,
        least_percent=settings.limits.free_space_percent,
    )


def _application(federation: Federation, intake: Intake, settings: Settings) -> web.Application:
    options = WebOptions(
        trusted_proxies=settings.trusted_proxies,
        version=version("fedirec"),
        metrics_digest=settings.metrics_digest(),
    )
    return build_application(federation, intake, options)


def _prepare_data(settings: Settings, *, is_founding: bool) -> None:
    file = settings.sqlite_file()
    if is_founding:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # OP-04
    elif file is not None and not file.is_file():
        message = f"no database at {file}: run `fedirec init` first"
        raise ConfigurationError(message)
    doubt = None if file is None else why_doubted(file)
    if doubt is not None:
        log.error("database.log_gone", todo=doubt)


@asynccontextmanager
async def _listening(
    application: web.Application, settings: Settings, listener: socket.socket | None
) -> AsyncIterator[str]:
    """Answer requests for the length of the block; yields where."""
    runner = GuardedRunner(application, drain_seconds=DOOR_SECONDS)
    await runner.setup()
    try:
        site = _site(runner, settings, listener)
        try:
            await site.start()
        except OSError as error:
            message = f"cannot listen on {settings.listen}: {error.strerror}; is it in use?"
            raise ConfigurationError(message) from error
        yield site.name
    finally:
        await runner.cleanup()


def _site(
    runner: web.AppRunner, settings: Settings, listener: socket.socket | None
) -> web.BaseSite:
    if listener is not None:
        return web.SockSite(runner, listener)
    address = settings.listen_address()
    if isinstance(address, Path):
        return web.UnixSite(runner, address)
    reuse_port = settings.shared_port or None
    return web.TCPSite(runner, address.host, address.port, reuse_port=reuse_port)


async def _drain(working: list[asyncio.Task[None]], *, seconds: float = DRAIN_SECONDS) -> None:
    """Give running work its time to end; what does not is cancelled, and its lease runs out."""
    if not working:
        return
    _, late = await asyncio.wait(working, timeout=max(0.0, seconds))
    for task in late:
        log.warning("worker.cancelled", seconds=seconds)
        task.cancel()


def _place(instance: Instance) -> dict[str, str]:
    host = instance.host if instance.scheme == "https" else f"{instance.scheme}://{instance.host}"
    return {"domain": instance.domain, "host": host, "guild": instance.guild_name}
