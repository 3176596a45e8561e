"""What follows when an inbox is not where it was: its actor is asked, once, and believed."""

from dataclasses import replace
from typing import Any

import pytest

from fedirec.domain.actors import Actor, Host, InboxUrl
from fedirec.domain.follows import FollowState
from fedirec.federation.context import Federation
from fedirec.federation.delivery import deliver
from fedirec.federation.inbox_moves import ask_after_inbox
from fedirec.federation.remote_actors import refresh_actor
from fedirec.federation.settling import settle
from fedirec.storage import actors, follows
from fedirec.storage.follows import Follow
from tests.federation.peers_side.home import MEMBER
from tests.federation.peers_side.test_delivery import claim, enqueue
from tests.peers import Peer, PeerActor

OLD = "/old/inbox"


async def know(federation: Federation, bea: PeerActor, **changes: Any) -> Actor:
    """Know an actor as it was before."""
    known = replace(await refresh_actor(federation, bea.id), **changes)
    async with federation.database.transaction() as transaction:
        await actors.save_actor(transaction, known)
    return known


async def attempt(federation: Federation, count: int = 1) -> None:
    claimed = await claim(federation)
    assert len(claimed) == count
    results = [await deliver(federation, each) for each in claimed]
    await settle(federation, results)
    for result in results:
        await ask_after_inbox(federation, result)


def asked(peer: Peer, bea: PeerActor) -> int:
    path = bea.id.removeprefix(peer.origin)
    return len([request for request in peer.received if request.path == path])


@pytest.mark.parametrize("status", [301, 308, 404])
async def test_what_waits_follows_an_inbox_to_where_its_actor_has_it(
    federation, peer, clock, status
):
    bea = peer.add_actor("bea")
    await know(federation, bea, inbox=InboxUrl(f"{peer.origin}{OLD}"), shared_inbox=None)
    peer.answers(OLD, status, {"Location": f"{peer.origin}/nowhere"})
    await enqueue(federation, f"{peer.origin}{OLD}", peer.host)

    clock.forward(minutes=1)
    await attempt(federation)
    await attempt(federation)

    assert [request.path for request in peer.posts][-1] == bea.inbox.removeprefix(peer.origin)
    assert await claim(federation) == []


async def test_all_that_waits_follows_an_inbox_though_it_was_written_down_for_another_host(
    federation, peer, clock
):
    bea = peer.add_actor("bea")
    await know(federation, bea, inbox=InboxUrl(f"{peer.origin}{OLD}"), shared_inbox=None)
    peer.answers(OLD, 404)
    await enqueue(federation, f"{peer.origin}{OLD}", Host("bridged.example"))

    await attempt(federation)
    await attempt(federation)

    assert [request.path for request in peer.posts][-1] == bea.inbox.removeprefix(peer.origin)


async def test_an_actor_whose_inbox_is_missing_is_asked_once_an_hour(federation, peer, clock):
    bea = peer.add_actor("bea")
    await know(federation, bea, shared_inbox=None)
    peer.answers(bea.inbox.removeprefix(peer.origin), 404)
    await enqueue(federation, bea.inbox, peer.host)
    before = asked(peer, bea)

    for _ in range(3):
        await attempt(federation)
        clock.forward(minutes=20)

    assert asked(peer, bea) - before == 1


@pytest.mark.parametrize(("is_gone", "is_follower"), [(True, False), (False, True)])
async def test_who_is_gone_with_their_inbox_is_followed_no_longer(
    federation, peer, is_gone, is_follower
):
    bea = peer.add_actor("bea")
    known = await know(federation, bea, shared_inbox=None)
    follow = Follow(
        follower_id=known.id,
        followed_id=MEMBER,
        activity_id="follow-1",
        state=FollowState.ACCEPTED,
        requested_at=federation.now(),
        accepted_at=federation.now(),
    )
    async with federation.database.transaction() as transaction:
        await follows.save_follow(transaction, follow)
    peer.answers(bea.inbox.removeprefix(peer.origin), 410)
    if is_gone:
        peer.answers(bea.id.removeprefix(peer.origin), 410)
    await enqueue(federation, bea.inbox, peer.host)

    await attempt(federation)

    async with federation.database.reading() as reader:
        assert await follows.is_follower(reader, known.id, MEMBER) is is_follower
        assert (await actors.find_actor(reader, known.id) is None) is is_gone
