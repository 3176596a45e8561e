"""The composition root: builds one instance from its settings, and owns its life.

Settings become database, transport and context; those become the HTTP door and the clock door.
Nothing here decides anything about the guild. Two instances in one process are two calls.
"""

import asyncio
import fcntl
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from fedirec.activitypub.identifiers import Instance
from fedirec.community.membership import prepare_instance
from fedirec.config import Settings, TcpAddress
from fedirec.errors import ConfigurationError
from fedirec.federation.context import Federation
from fedirec.federation.key_cache import KeyCache
from fedirec.storage.database import Database
from fedirec.storage.instance import find_value, set_value
from fedirec.storage.intake import Intake
from fedirec.storage.migrate import check_schema, migrate
from fedirec.storage.opening import open_database
from fedirec.storage.space import SpaceWatch
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.client import HttpTransport
from fedirec.web.keys import WebOptions
from fedirec.web.routes import build_application
from fedirec.web.serving import GuardedRunner
from fedirec.workers.loop import run_workers

DRAIN_SECONDS: Final = 30.0  # OP-07
LOCK_NAME: Final = "serving.lock"
_SQLITE: Final = "sqlite:///"

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """Return the hour of this machine."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_federation(
    settings: Settings,
    *,
    wake: Callable[[], None] = lambda: None,
    is_founding: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Federation]:
    """Open the instance of `settings` for the length of the block.

    `wake` is told when something new waits. `is_founding` makes what is missing: data folder,
    tables, the instance's own actors; without it that is refused. Raises ConfigurationError when
    settings, database and stored ids do not fit together.
    """
    async with AsyncExitStack() as stack:
        _prepare_data(settings, is_founding=is_founding)
        database = await open_database(settings.database_url(), checks_integrity=is_founding)
        stack.push_async_callback(database.close)
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
            space=_space(settings),
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
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Run an instance until `stop` is set; then drain: the door first, then the work, then storage.

    Args:
        settings: Checked settings.
        stop: Set it to stop; what is under way has 30 seconds.
        has_workers: Deliver and handle here too, or leave that to `fedirec worker`.
        ready: Called once, when requests are answered.
        listener: A bound socket to use instead of `settings.listen`.
        now: Returns the hour.
    """
    woken = asyncio.Event()
    async with open_federation(settings, wake=woken.set, is_founding=True, now=now) as federation:
        intake = Intake(federation.database, tell=federation.counts.commits.observe)
        with _holding_lock(settings.data):
            async with asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(intake.run())
                working = [run_workers(federation, stop=stop, woken=woken)] if has_workers else []
                lines = [tasks.create_task(line) for line in working]
                application = _application(federation, intake, settings)
                async with _listening(application, settings, listener) as where:
                    log.info("instance.ready", at=where, origin=federation.instance.origin)
                    ready(federation)
                    await stop.wait()
                    log.info("instance.stopping")
                await _drain(lines)
                # the door is closed, so nobody waits for a commit any more
                keeping.cancel()
    log.info("instance.stopped")


async def work(settings: Settings, *, stop: asyncio.Event) -> None:
    """Deliver and handle until `stop` is set, without the HTTP door."""
    woken = asyncio.Event()
    async with (
        open_federation(settings, wake=woken.set, is_founding=True) as federation,
        asyncio.TaskGroup() as tasks,
    ):
        log.info("worker.ready", origin=federation.instance.origin)
        working = tasks.create_task(run_workers(federation, stop=stop, woken=woken))
        await stop.wait()
        await _drain([working])


def user_agent(instance: Instance) -> str:
    """Return what we call ourselves to peers; Mastodon's logs show it to their keepers."""
    return f"fedirec/{version('fedirec')} (+{instance.origin}/)"


def is_served(data: Path) -> bool:
    """Whether a `serve` on this machine holds the data folder."""
    path = data / LOCK_NAME
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _transport(settings: Settings) -> HttpTransport:
    return HttpTransport(
        limits=settings.limits,
        policy=AddressPolicy(test_networks=settings.test_network, ports=frozenset(settings.ports)),
        ca_file=settings.ca_file,
        user_agent=user_agent(settings.instance()),
        allow_http=bool(settings.test_network),
    )


def _space(settings: Settings) -> SpaceWatch:
    url = settings.database_url()
    is_file = url.startswith(_SQLITE)
    return SpaceWatch(
        Path(url.removeprefix(_SQLITE)).parent if is_file else settings.data,
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
    url = settings.database_url()
    if is_founding:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # OP-04
    elif url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        message = f"no database at {url.removeprefix(_SQLITE)}: run `fedirec init` first"
        raise ConfigurationError(message)


@contextmanager
def _holding_lock(data: Path) -> Iterator[None]:
    """Show commands that somebody serves; several processes may, on PostgreSQL."""
    with (data / LOCK_NAME).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@asynccontextmanager
async def _listening(
    application: web.Application, settings: Settings, listener: socket.socket | None
) -> AsyncIterator[str]:
    """Answer requests for the length of the block; yields where."""
    runner = GuardedRunner(application, drain_seconds=DRAIN_SECONDS)
    await runner.setup()
    try:
        site = _site(runner, settings.listen_address(), listener)
        try:
            await site.start()
        except OSError as error:
            message = f"cannot listen on {settings.listen}: {error.strerror}; is it in use?"
            raise ConfigurationError(message) from error
        yield site.name
    finally:
        await runner.cleanup()


def _site(
    runner: web.AppRunner, address: TcpAddress | Path, listener: socket.socket | None
) -> web.BaseSite:
    if listener is not None:
        return web.SockSite(runner, listener)
    if isinstance(address, Path):
        return web.UnixSite(runner, address)
    return web.TCPSite(runner, address.host, address.port)


async def _drain(working: list[asyncio.Task[None]], *, seconds: float = DRAIN_SECONDS) -> None:
    """Give running work its time to end; what does not is cancelled, and its lease runs out."""
    if not working:
        return
    _, late = await asyncio.wait(working, timeout=seconds)
    for task in late:
        log.warning("worker.cancelled", seconds=seconds)
        task.cancel()


def _place(instance: Instance) -> dict[str, str]:
    host = instance.host if instance.scheme == "https" else f"{instance.scheme}://{instance.host}"
    return {"domain": instance.domain, "host": host, "guild": instance.guild_name}
