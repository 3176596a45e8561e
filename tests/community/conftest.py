"""One open guild for each file of tests, and for each test a fresh server of others."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
import pytest_asyncio

from fedirec.storage.database import Database
from tests.community.accounts import House, open_house
from tests.community.client import Client, member
from tests.community.guild import SPEAKS_OURS, Guild, open_guild
from tests.fediverse import Home, running
from tests.peers import Peer, PeerActor


@pytest.fixture(scope="session")
def addresses() -> Iterator[str]:
    """Loopback addresses, each once: a host is a stranger in each test."""
    return (f"127.1.{number // 250 + 1}.{number % 250 + 1}" for number in count())


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def guild(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guild]:
    """A guild, its members added by each test."""
    async with open_guild(tmp_path_factory.mktemp("guild")) as guild:
        yield guild


@pytest_asyncio.fixture(loop_scope="module")
async def peer(addresses: Iterator[str]) -> AsyncIterator[Peer]:
    """Another server."""
    async with Peer(address=next(addresses)) as peer:
        yield peer


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(addresses: Iterator[str]) -> AsyncIterator[Peer]:
    """A third server."""
    async with Peer(address=next(addresses)) as stranger:
        yield stranger


@pytest.fixture
def bea(peer: Peer) -> PeerActor:
    """Somebody on the other server, which knows endorsements."""
    return peer.add_actor("bea", interactionPolicy=SPEAKS_OURS)


@pytest.fixture
def dan(peer: Peer) -> PeerActor:
    """Somebody on the other server, who is a stranger to endorsements."""
    return peer.add_actor("dan")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """A guild with its doors open."""
    async with running(tmp_path_factory.mktemp("guild")) as home:
        yield home


@pytest_asyncio.fixture(loop_scope="module")
async def ada(home: Home) -> Client:
    """A member's application."""
    return await member(home, "ada")


@pytest_asyncio.fixture(loop_scope="module")
async def ben(home: Home) -> Client:
    """Another one's."""
    return await member(home, "ben")


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """A guild's accounts, on each engine, with a database of the test's own."""
    async with open_house(database) as house:
        yield house
