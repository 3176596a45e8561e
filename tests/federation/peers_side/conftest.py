"""An instance without doors, and scripted peers on loopback that it talks with."""

from collections.abc import AsyncIterator

import pytest

from fedirec.federation.context import Federation
from fedirec.storage.database import Database
from fedirec.transport.client import HttpTransport
from tests.federation.peers_side.home import Clock, make_federation
from tests.outgoing import loopback_transport, quick_limits
from tests.peers import Peer


@pytest.fixture
def engine() -> str:
    """SQLite alone, but where the queue is at work: what these tests ask of storage, its own do."""
    return "sqlite"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    async with loopback_transport(limits=quick_limits()) as transport:
        yield transport


@pytest.fixture
async def federation(database: Database, transport: HttpTransport, clock: Clock) -> Federation:
    return await make_federation(database, transport, clock)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with Peer() as peer:
        yield peer


@pytest.fixture
async def stranger() -> AsyncIterator[Peer]:
    async with Peer(address="127.0.0.2") as stranger:
        yield stranger
