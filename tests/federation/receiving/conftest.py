"""One running instance for each file of tests, and a fresh peer at an address of its own for each.

Ids begin with a peer's address, so what one test leaves behind is not in the way of the next.
"""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
import pytest_asyncio

from tests.federation.receiving.door import Clock
from tests.fediverse import Home, running
from tests.keys import other_rsa_pair
from tests.peers import Peer, PeerActor

GENEROUS = {  # the bounds themselves have tests of their own
    "requests_per_host_minute": 100_000,
    "requests_per_unknown_host_minute": 100_000,
    "requests_per_actor_minute": 100_000,
}


@pytest.fixture(scope="session")
def addresses() -> Iterator[str]:
    """Loopback addresses, each once."""
    return (f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in count())


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The guild's hour."""
    return Clock()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> AsyncIterator[Home]:
    """The guild, with ada and ben."""
    folder = tmp_path_factory.mktemp("guild")
    async with running(folder, now=clock, limits=GENEROUS) as home:
        await home.add("ada", "ben")
        yield home


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
def alice(peer: Peer) -> PeerActor:
    """Somebody on the other server."""
    return peer.add_actor("alice")


@pytest.fixture
def mallory(stranger: Peer) -> PeerActor:
    """Somebody on the third server, who means no good, with a key of their own."""
    return stranger.add_actor("mallory", key=other_rsa_pair())
