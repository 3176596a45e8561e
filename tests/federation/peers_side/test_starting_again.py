"""A start with much to send: quick to begin, and gentle to every host, however many workers."""

import asyncio
import secrets
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from fedirec.domain.limits import Limits
from fedirec.federation.key_cache import KeyCache
from fedirec.storage.opening import open_database
from fedirec.workers.loop import run_workers
from tests.federation.peers_side.home import Clock, make_federation
from tests.federation.peers_side.test_working import publish
from tests.outgoing import loopback_transport

HOSTS = 10
ADDRESSES = [f"127.0.5.{number}" for number in range(1, HOSTS + 1)]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Going(Clock):
    """The hour as it is."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class Hosts:
    """Servers that take everything after a moment, and count how much they are sent at once."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.got: Counter[str] = Counter()
        self.urls: list[tuple[str, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.now[request.host] += 1
        self.got[request.host] += 1
        self.most[request.host] = max(self.most[request.host], self.now[request.host])
        await request.read()
        await asyncio.sleep(0.01)
        self.now[request.host] -= 1
        return web.Response(status=202)


@pytest.fixture
async def hosts():
    made = Hosts()
    application = web.Application()
    application.router.add_post("/inbox", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    for address in ADDRESSES:
        site = web.TCPSite(runner, address, 0)
        await site.start()
        port = runner.addresses[-1][1]
        made.urls.append((f"http://{address}:{port}/inbox", f"{address}:{port}"))
    yield made
    await runner.cleanup()


@pytest.mark.rule("RX-08")
@pytest.mark.parametrize(
    "count", [20, pytest.param(500, marks=pytest.mark.on_demand)], ids=["200", "5000"]
)
async def test_what_waited_never_falls_upon_a_host_all_at_once(
    database, database_url, hosts, count
):
    limits, stop = Limits(), asyncio.Event()
    async with AsyncExitStack() as stack:
        first = await make_federation(
            database, await stack.enter_async_context(loopback_transport()), Going(), limits=limits
        )
        other = await open_database(database_url)
        stack.push_async_callback(other.close)
        federations = [
            replace(first, randomness=secrets.token_bytes),
            replace(first, randomness=secrets.token_bytes, keys=KeyCache(), database=other),
        ]
        for number in range(count):
            await publish(federations[0], *hosts.urls, number=number)

        async with asyncio.TaskGroup() as tasks, asyncio.timeout(300):
            for federation in federations:
                tasks.create_task(run_workers(federation, stop=stop, woken=asyncio.Event()))
            while sum(hosts.got.values()) < count * HOSTS:  # noqa: ASYNC110 (hosts tell nobody)
                await asyncio.sleep(0.05)
            stop.set()

    assert max(hosts.most.values()) <= limits.deliveries_per_host
    assert set(hosts.got.values()) == {count}
