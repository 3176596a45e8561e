"""Several real instances in one process, joined by real signed HTTP over loopback."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from fedirec.activitypub.documents import JsonObject
from fedirec.community.membership import add_member
from fedirec.config import Settings, build_settings
from fedirec.domain.actors import Actor, ActorId
from fedirec.federation.context import Federation
from fedirec.server import serve
from fedirec.storage import actors

ACTIVITY_JSON = "application/activity+json"
PATIENCE_SECONDS = 15.0
NO_FLOOR = {"free_space_bytes": 0, "free_space_percent": 0}  # whoever tests may have a full disk

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One running instance: its context, and a visitor's eyes from outside."""

    federation: Federation
    client: aiohttp.ClientSession
    port: int

    @property
    def origin(self) -> str:
        """Where its ids are."""
        return self.federation.instance.origin

    async def add(self, *names: str) -> None:
        """Add members."""
        for name in names:
            await add_member(self.federation, name, display_name=name.capitalize())

    def handle(self, name: str) -> str:
        """The handle of somebody here."""
        return f"@{name}@{self.federation.instance.domain}"

    def id(self, name: str) -> ActorId:
        """The actor id of somebody here."""
        return self.federation.instance.member_id(name)

    async def actor(self, actor_id: str) -> Actor:
        """An actor as this instance knows it."""
        async with self.federation.database.reading() as reader:
            return await actors.get_actor(reader, ActorId(actor_id))

    async def get(self, url: str, *, accept: str = ACTIVITY_JSON) -> tuple[int, JsonObject]:
        """Fetch as a stranger who signs nothing: the status, and the document if it is one."""
        async with self.client.get(url, headers={"Accept": accept}) as response:
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, await response.json(content_type=None) if is_json else {}

    async def page(self, url: str) -> tuple[int, str]:
        """Fetch a page as a person's browser does."""
        async with self.client.get(url, headers={"Accept": "text/html"}) as response:
            return response.status, await response.text()


def utc_now() -> datetime:
    """The hour of this machine."""
    return datetime.now(UTC)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def settings_values(folder: Path, port: int, **values: object) -> dict[str, object]:
    """Return the settings of an instance on loopback that boosts at once; `values` come on top."""
    host = f"127.0.0.1:{port}"
    limits = values.pop("limits", {})
    assert isinstance(limits, dict)
    return {
        "domain": host,
        "host": f"http://{host}",
        "listen": host,
        "data": str(folder),
        "test_network": "127.0.0.0/8",
        "title": "The Test Guild",
        "log_level": "warning",
        "limits": {"announce_delay": "0s", **NO_FLOOR, **limits},
        **values,
    }


def settings_at(folder: Path, port: int, **values: object) -> Settings:
    """Return `settings_values`, checked."""
    return build_settings(settings_values(folder, port, **values), heeds_environment=False)


def visitor(settings: Settings) -> aiohttp.ClientSession:
    """Return a stranger's client; it trusts the authority that the instance trusts, if any."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))


@asynccontextmanager
async def running(
    folder: Path, *, port: int = 0, now: Callable[[], datetime] = utc_now, **values: object
) -> AsyncIterator[Home]:
    """Run a whole instance, doors and workers, on a loopback port, a free one by default."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        port = listener.getsockname()[1]
        settings = settings_at(folder, port, **values)
        stop, is_ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks, visitor(settings) as client:
            tasks.create_task(
                serve(settings, stop=stop, ready=is_ready.set_result, listener=listener, now=now)
            )
            try:
                yield Home(federation=await is_ready, client=client, port=port)
            finally:
                stop.set()


@asynccontextmanager
async def running_together(
    folder: Path, *names: str, **values: Any
) -> AsyncIterator[tuple[Home, ...]]:
    """Run several instances, each in a folder of its own."""
    async with AsyncExitStack() as stack:
        yield tuple(
            [await stack.enter_async_context(running(folder / name, **values)) for name in names]
        )


async def eventually(
    look: Callable[[], Awaitable[Found | None]], *, expecting: str = "it"
) -> Found:
    """Look again and again until something is found; fails after fifteen seconds."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        found = await look()
        if found is not None and found is not False:
            return found
        if asyncio.get_running_loop().time() > deadline:
            message = f"{expecting} did not happen within {PATIENCE_SECONDS:.0f} s"
            raise AssertionError(message)
        await asyncio.sleep(0.05)
