"""X7: the names of peers cannot be looked up for a while, or only now and then."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.domain.retry import DeliveryClass
from fedirec.errors import RemoteUnavailableError
from fedirec.federation.context import Federation
from fedirec.federation.delivery import deliver
from fedirec.federation.remote_actors import look_up_key
from fedirec.storage.database import Database
from fedirec.storage.queue import ClaimedDelivery
from fedirec.transport.resolver import Lookup
from fedirec.web.refusals import refusal_of
from tests.federation.peers_side.home import MEMBER, Clock, make_federation
from tests.outgoing import loopback_transport, quick_limits
from tests.peers import Peer

NAME = "peer.test"


async def times_out(_name: str) -> Sequence[str]:
    """Say nothing, as a resolver that is away."""
    await asyncio.sleep(3600)
    return ()


async def fails(name: str) -> Sequence[str]:
    """Answer SERVFAIL."""
    raise OSError(f"temporary failure in name resolution: {name}")


async def knows_nobody(name: str) -> Sequence[str]:
    """Answer NXDOMAIN."""
    raise OSError(f"name or service not known: {name}")


async def knows_an_empty_name(_name: str) -> Sequence[str]:
    """Answer with no address."""
    return ()


def flaps() -> Lookup:
    """Fail each first time, and answer each second."""
    turns = itertools.count()

    async def look_up(name: str) -> Sequence[str]:
        return ["127.0.0.1"] if next(turns) % 2 else await fails(name)

    return look_up


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with Peer(name=NAME) as opened:
        yield opened


@pytest.fixture
async def home_with(
    database: Database, clock: Clock
) -> AsyncIterator[Callable[[Lookup], Awaitable[Federation]]]:
    """An instance that looks names up in this way."""
    opened = []

    async def make(lookup: Lookup) -> Federation:
        limits = quick_limits(dns_failure_kept=timedelta())
        transport = loopback_transport(limits=limits, lookup=lookup)
        opened.append(transport)
        return await make_federation(database, transport, clock, limits=limits)

    yield make
    for transport in opened:
        await transport.close()


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def claimed(federation: Federation, peer: Peer) -> ClaimedDelivery:
    """A delivery to the peer."""
    return ClaimedDelivery(
        activity_id=ActivityId("https://guild.example/activities/1"),
        inbox=InboxUrl(f"{peer.origin}/inbox"),
        host=Host(peer.host),
        actor_id=ActorId(MEMBER),
        attempt=1,
        body="{}",
        activity_type="Create",
        token="a",
        created_at=federation.now(),
        expires_at=federation.now() + timedelta(days=5),
    )


AWAY = pytest.mark.parametrize("lookup", [times_out, fails, knows_nobody, knows_an_empty_name])


@pytest.mark.rule("TR-12", "ST-06")
@AWAY
async def test_a_delivery_waits_and_counts_as_passing_trouble(home_with, peer, lookup):
    peer.add_actor("dan")
    federation = await home_with(lookup)

    result = await deliver(federation, claimed(federation, peer))

    assert result.cls is DeliveryClass.TEMPORARY
    assert result.status is None
    assert peer.received == []


@pytest.mark.rule("TR-12", "SG-19")
@AWAY
async def test_a_key_that_cannot_be_fetched_is_our_trouble_and_not_its_owners(
    home_with, peer, lookup
):
    dan = peer.add_actor("dan")
    federation = await home_with(lookup)

    with pytest.raises(RemoteUnavailableError) as caught:
        await look_up_key(federation, dan.key_id)

    told = refusal_of(caught.value)
    assert told.status == 503
    assert told.retry_after is not None
    assert peer.received == []


@pytest.mark.rule("TR-12")
async def test_names_that_come_and_go_are_used_when_they_are_there(home_with, peer):
    peer.add_actor("dan")
    federation = await home_with(flaps())

    results = [await deliver(federation, claimed(federation, peer)) for _ in range(2)]

    assert [result.cls for result in results] == [DeliveryClass.TEMPORARY, DeliveryClass.OK]
    assert len(peer.posts) == 1
