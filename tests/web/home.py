"""One instance with its door open on loopback: real server, real database, a visitor's eyes."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from fedirec.activitypub.identifiers import Instance
from fedirec.community.membership import add_member, make_token, prepare_instance
from fedirec.domain.actors import ActorId, Host
from fedirec.domain.limits import Limits
from fedirec.federation.context import Federation
from fedirec.federation.key_cache import KeyCache
from fedirec.storage.intake import Intake
from fedirec.storage.migrate import migrate
from fedirec.storage.opening import open_database
from fedirec.web.keys import WebOptions
from fedirec.web.routes import build_application
from fedirec.web.serving import GuardedRunner
from tests.databases import CountingDatabase, Counts
from tests.outgoing import loopback_transport, quick_limits

ACTIVITY_JSON = "application/activity+json"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Clock:
    """An hour that moves when told; starts now, so that peers' signatures fit."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.ticks = 1_000.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        """What rates are measured by; stands still unless told."""
        return self.ticks

    def forward(self, span: timedelta) -> None:
        """Let this much time pass."""
        self.now += span
        self.ticks += span.total_seconds()


class Dice:
    """Random bytes that differ each time and are the same in every run."""

    def __init__(self) -> None:
        self.thrown = 0

    def __call__(self, count: int) -> bytes:
        self.thrown += 1
        return self.thrown.to_bytes(count, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An answer as a visitor sees it; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The instance and how to knock at its door."""

    federation: Federation
    clock: Clock
    session: aiohttp.ClientSession = field(repr=False)
    port: int
    counts: Counts = field(repr=False)

    @property
    def instance(self) -> Instance:
        """Where it is."""
        return self.federation.instance

    def id(self, name: str) -> ActorId:
        """The actor id of somebody here."""
        return self.instance.member_id(name)

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        accept: str | None = ACTIVITY_JSON,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Seen:
        """Send one request, following nothing; `path` may be an id of this instance."""
        url = path if path[0] != "/" else f"http://127.0.0.1:{self.port}{path}"
        given = {"Accept": accept} if accept is not None else {}
        async with self.session.request(
            method,
            url,
            headers=given | dict(headers or {}),
            data=body or None,
            allow_redirects=False,
        ) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            return Seen(status=response.status, headers=names, body=await response.read())

    async def page(self, path: str) -> Seen:
        """Ask as a browser does."""
        return await self.ask(path, accept=HTML)

    async def say(self, raw: bytes, *, patience: float = 3.0) -> bytes:
        """Send raw bytes over a new connection and return all that comes until it closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            async with asyncio.timeout(patience):
                return await reader.read()
        finally:
            writer.close()

    async def token(self, name: str, *scopes: str) -> str:
        """A bearer token of a member."""
        return await make_token(self.federation, name, scopes or ("read", "write"))

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        async with self.federation.database.reading() as reader:
            row = await reader.fetch_one(f"select count(*) as found from {table}")  # noqa: S608
        assert row is not None
        return int(row["found"] or 0)


@asynccontextmanager
async def open_home(
    folder: Path,
    *,
    limits: Limits | None = None,
    options: WebOptions | None = None,
    domain: str | None = None,
    header_seconds: float = 10.0,
    url: str | None = None,
    **changes: Any,
) -> AsyncIterator[Home]:
    """Run an instance with the members ada and carol, without workers, for the block.

    `url` is where its database is, else a file in `folder`; it counts what it is asked for.
    """
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        host = Host(f"127.0.0.1:{port}")
        instance = Instance(
            domain=Host(domain or host), host=host, scheme="http", title="The Test Guild"
        )
        opened = await open_database(url or f"sqlite:///{folder / 'fedirec.db'}")
        database = CountingDatabase(opened)
        transport = loopback_transport()
        await migrate(database, now=clock())
        federation = Federation(
            instance=instance,
            database=database,
            transport=transport,
            keys=KeyCache(),
            limits=limits or quick_limits(),
            now=clock,
            randomness=Dice(),
            wake=lambda: None,
            **changes,
        )
        await prepare_instance(federation)
        for name in ("ada", "carol"):
            await add_member(federation, name, display_name=name.capitalize(), is_listed=True)
        intake = Intake(database)
        application = build_application(
            federation,
            intake,
            replace(options or WebOptions(version="0.1.0"), monotonic=clock.monotonic),
        )
        runner = GuardedRunner(application, header_seconds=header_seconds, drain_seconds=0.1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(intake.run())
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
                yield Home(
                    federation=federation,
                    clock=clock,
                    session=session,
                    port=port,
                    counts=database.counts,
                )
            await runner.cleanup()
            keeping.cancel()
        await transport.close()
        await database.close()
