"""Remote actors and their keys: whose they are, and what a stranger can make us fetch."""

import asyncio
from datetime import timedelta

import pytest

from fedirec.errors import (
    GoneError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
)
from fedirec.federation.actor_documents import keep_actor, read_actor
from fedirec.federation.remote_actors import (
    get_or_fetch_actor,
    is_gone_at_origin,
    refresh_actor,
)
from fedirec.storage import actors, peers
from tests.federation.peers_side.home import INSTANCE, MEMBER, count_rows, key_entry


async def test_an_unknown_actor_is_fetched_and_kept(federation, peer):
    bea = peer.add_actor("bea")

    actor = await get_or_fetch_actor(federation, bea.id)
    again = await get_or_fetch_actor(federation, bea.id)

    async with federation.database.reading() as reader:
        stored = await actors.get_actor(reader, actor.id)
        seen = await peers.find_peer(reader, peer.host)
    assert stored == actor == again
    assert (actor.inbox, actor.shared_inbox) == (bea.inbox, f"{peer.origin}/inbox")
    assert actor.fetched_at == federation.now()
    assert seen is not None
    assert len(peer.received) == 1


async def test_an_actor_over_its_age_is_fetched_anew(federation, peer, clock):
    bea = peer.add_actor("bea")
    await get_or_fetch_actor(federation, bea.id)
    peer.serve("/users/bea", bea.document(name="Bea B."))
    clock.forward(hours=25)

    actor = await get_or_fetch_actor(federation, bea.id, max_age=timedelta(hours=24))

    assert actor.display_name == "Bea B."


async def test_an_old_copy_is_better_than_none_while_the_peer_is_down(federation, peer, clock):
    bea = peer.add_actor("bea")
    known = await get_or_fetch_actor(federation, bea.id)
    peer.answers("/users/bea", 503)
    clock.forward(hours=25)

    actor = await get_or_fetch_actor(federation, bea.id, max_age=timedelta(hours=24))

    assert actor == known


async def test_our_own_actors_are_never_fetched(federation):
    ada = await get_or_fetch_actor(federation, MEMBER)

    with pytest.raises(NotFoundError):
        await get_or_fetch_actor(federation, INSTANCE.member_id("nobody"))

    assert ada.is_local


@pytest.mark.rule("SG-13")
async def test_many_who_ask_for_one_actor_cause_one_fetch(federation, peer):
    bea = peer.add_actor("bea")

    await asyncio.gather(*(get_or_fetch_actor(federation, bea.id) for _ in range(20)))

    assert len(peer.received) == 1


@pytest.mark.rule("SG-13")
async def test_a_failed_fetch_stands_for_five_minutes(federation, peer, clock):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", 500)
    for _ in range(5):
        with pytest.raises(RemoteUnavailableError):
            await refresh_actor(federation, bea.id)
    peer.serve("/users/bea", bea.document())
    clock.forward(minutes=6)

    actor = await refresh_actor(federation, bea.id)

    assert actor.id == bea.id
    assert len(peer.received) == 2


@pytest.mark.rule("TR-06")
async def test_an_actor_whose_inbox_is_somebody_elses_is_refused(federation, peer, stranger):
    bea = peer.add_actor("bea", inbox=f"{stranger.origin}/inbox")

    with pytest.raises(RemoteRefusedError, match="inbox"):
        await get_or_fetch_actor(federation, bea.id)

    assert await count_rows(federation.database, "remote_keys") == 0


@pytest.mark.rule("TR-06")
async def test_a_shared_inbox_elsewhere_is_not_used(federation, peer, stranger):
    bea = peer.add_actor("bea", endpoints={"sharedInbox": f"{stranger.origin}/inbox"})

    actor = await get_or_fetch_actor(federation, bea.id)

    assert actor.shared_inbox is None


@pytest.mark.parametrize(
    "changes",
    [{"type": "Note"}, {"inbox": None}, {"id": None}, {"inbox": "nonsense"}],
)
async def test_what_is_no_actor_is_refused(federation, peer, changes):
    bea = peer.add_actor("bea", **changes)

    with pytest.raises(RemoteRefusedError):
        await get_or_fetch_actor(federation, bea.id)


@pytest.mark.rule("SG-15")
@pytest.mark.parametrize(("status", "is_gone"), [(410, True), (404, False), (500, False)])
async def test_an_actor_is_gone_when_its_server_says_410(federation, peer, status, is_gone):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", status)

    assert await is_gone_at_origin(federation, bea.id) is is_gone
    assert await is_gone_at_origin(federation, bea.id) is is_gone
    assert len(peer.received) == 1


@pytest.mark.rule("SG-13", "SG-15")
async def test_whether_a_living_actor_is_gone_is_asked_once(federation, peer):
    bea = peer.add_actor("bea")

    answers = [await is_gone_at_origin(federation, bea.id) for _ in range(5)]

    assert answers == [False] * 5
    assert len(peer.received) == 1


async def test_a_deleted_actor_is_an_error_of_its_own(federation, peer):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", 410)

    with pytest.raises(GoneError):
        await get_or_fetch_actor(federation, bea.id)


async def test_one_of_ours_cannot_be_learnt_from_outside(federation, peer):
    bea = peer.add_actor("bea")
    forged = bea.document(
        id=MEMBER, inbox=f"{MEMBER}/inbox", publicKey=key_entry(f"{MEMBER}#k", MEMBER)
    )

    with pytest.raises(RemoteRefusedError, match="ours"):
        await keep_actor(federation, read_actor(federation, forged))
