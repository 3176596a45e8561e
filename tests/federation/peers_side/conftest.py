"""An instance without doors, and scripted peers on loopback that it talks with."""

import pytest

from tests.federation.peers_side.home import Clock, make_federation
from tests.outgoing import loopback_transport, quick_limits
from tests.peers import Peer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def transport():
    async with loopback_transport(limits=quick_limits()) as transport:
        yield transport


@pytest.fixture
async def federation(database, transport, clock):
    return await make_federation(database, transport, clock)


@pytest.fixture
async def peer():
    async with Peer() as peer:
        yield peer


@pytest.fixture
async def stranger():
    async with Peer(address="127.0.0.2") as stranger:
        yield stranger
