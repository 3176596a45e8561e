"""Other servers: whether they answer, whom we hear, and who follows whom."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fedirec.domain.actors import Host
from fedirec.domain.follows import FollowState
from fedirec.storage import actors, blocks, follows, peers
from fedirec.storage.blocks import INSTANCE
from fedirec.storage.database import Database, Reader
from fedirec.storage.follows import Follow
from fedirec.storage.peers import Peer
from tests.storage.samples import DAY, MINUTE, NOW, THEIRS, actor_id, an_actor, follow, save_actors

ADA, BEA, ZOE = actor_id("ada"), actor_id("bea"), actor_id("zoe", THEIRS)


async def fail(
    database: Database, times: int, now: datetime = NOW, step: timedelta = timedelta()
) -> Peer:
    async with database.transaction() as transaction:
        for _ in range(times):
            await peers.record_failure(transaction, THEIRS, now, 502, "bad gateway")
            now += step
        return await known_peer(transaction)


async def succeed(database: Database, now: datetime = NOW) -> Peer:
    async with database.transaction() as transaction:
        await peers.record_success(transaction, THEIRS, now)
        return await known_peer(transaction)


async def known_peer(reader: Reader) -> Peer:
    peer = await peers.find_peer(reader, THEIRS)
    assert peer is not None
    return peer


async def test_a_host_is_remembered_from_when_it_was_first_seen(database):
    async with database.transaction() as transaction:
        assert await peers.find_peer(transaction, THEIRS) is None
        await peers.see_peer(transaction, THEIRS, NOW)
        await peers.see_peer(transaction, THEIRS, NOW + DAY)
        await peers.set_scheme(transaction, THEIRS, "rfc9421", NOW + DAY)
        peer = await peers.find_peer(transaction, THEIRS)
        await peers.set_scheme(transaction, THEIRS, None, NOW + 2 * DAY)
        forgotten = await peers.find_peer(transaction, THEIRS)

    assert peer is not None
    assert (peer.first_seen_at, peer.last_seen_at) == (NOW, NOW + DAY)
    assert (peer.scheme, peer.scheme_at) == ("rfc9421", NOW + DAY)
    assert (peer.circuit, peer.failures, peer.next_probe_at) == ("closed", 0, None)
    assert forgotten is not None
    assert forgotten.scheme is None


@pytest.mark.rule("ST-06")
async def test_a_circuit_opens_after_five_failures_within_ten_minutes(database):
    before = await fail(database, 4)
    after = await fail(database, 1, NOW + 9 * MINUTE)

    assert (before.circuit, before.next_probe_at) == ("closed", None)
    assert (after.circuit, after.opened_at) == ("open", NOW + 9 * MINUTE)
    assert after.next_probe_at == NOW + 14 * MINUTE
    assert (after.failures, after.last_status, after.last_detail) == (5, 502, "bad gateway")


@pytest.mark.rule("ST-06")
async def test_a_circuit_opens_after_twenty_failures_however_slow(database):
    before = await fail(database, 19, step=5 * MINUTE)
    after = await fail(database, 1, NOW + 100 * MINUTE)

    assert (before.circuit, after.circuit) == ("closed", "open")


@pytest.mark.rule("ST-06")
async def test_probes_come_at_intervals_that_double_up_to_six_hours(database):
    peer = await fail(database, 5)
    minutes, now = [], NOW
    for _ in range(10):
        assert peer.next_probe_at is not None
        minutes.append((peer.next_probe_at - now) / MINUTE)
        now = peer.next_probe_at
        peer = await fail(database, 1, now)

    assert minutes == [5, 10, 20, 40, 80, 160, 320, 360, 360, 360]


async def test_what_was_under_way_when_the_circuit_opened_is_no_probe(database):
    opened = await fail(database, 5)

    after = await fail(database, 3, NOW + MINUTE)

    assert (after.next_probe_at, after.failures) == (opened.next_probe_at, 8)


async def test_a_circuit_closes_in_two_steps_or_at_once_when_the_host_speaks(database):
    await fail(database, 5)
    half = await succeed(database, NOW + 5 * MINUTE)
    closed = await succeed(database, NOW + 6 * MINUTE)
    reopened = await fail(database, 5, NOW + DAY)
    async with database.transaction() as transaction:
        await peers.see_peer(transaction, THEIRS, NOW + DAY)
        heard = await known_peer(transaction)

    assert (half.circuit, half.failures, half.next_probe_at) == ("half_open", 0, None)
    assert (closed.circuit, closed.last_success_at) == ("closed", NOW + 6 * MINUTE)
    assert (reopened.circuit, heard.circuit, heard.failures) == ("open", "closed", 0)


async def test_a_half_open_circuit_opens_again_at_the_first_failure(database):
    await fail(database, 5)
    await succeed(database, NOW + 5 * MINUTE)

    again = await fail(database, 1, NOW + 6 * MINUTE)

    assert (again.circuit, again.next_probe_at) == ("open", NOW + 11 * MINUTE)


async def test_a_host_that_was_never_seen_may_succeed_first(database):
    peer = await succeed(database)

    assert (peer.circuit, peer.last_success_at) == ("closed", NOW)


@pytest.mark.rule("RX-05")
async def test_hosts_are_forgotten_when_asked_or_after_their_time(database):
    async with database.transaction() as transaction:
        for host in ("a.example", "b.example", "c.example"):
            await peers.see_peer(transaction, Host(host), NOW)
        await peers.record_failure(transaction, Host("b.example"), NOW + DAY, None, None)
        assert await peers.forget_peer(transaction, Host("a.example"))
        assert not await peers.forget_peer(transaction, Host("a.example"))
        assert await peers.prune_peers(transaction, NOW + DAY) == 1
        left = await peers.list_peers(transaction)

    assert [peer.host for peer in left.items] == ["b.example"]


async def test_a_block_is_renewed_listed_and_ended(database):
    async with database.transaction() as transaction:
        for reason in ("first", "second"):
            await blocks.block(
                transaction, INSTANCE, "bad.example", kind="host", reason=reason, now=NOW
            )
        await blocks.block(transaction, ADA, ZOE, kind="actor", reason=None, now=NOW)
        (listed,) = await blocks.list_blocks(transaction, INSTANCE)
        assert (listed.target, listed.kind, listed.reason) == ("bad.example", "host", "second")
        assert await blocks.blocked_hosts(transaction) == {"bad.example"}
        assert await blocks.unblock(transaction, INSTANCE, "bad.example")
        assert not await blocks.unblock(transaction, INSTANCE, "bad.example")
        assert await blocks.blocked_hosts(transaction) == frozenset()


async def test_a_members_block_is_theirs_alone(database):
    await save_actors(database, an_actor("zoe", THEIRS))
    async with database.transaction() as transaction:
        await blocks.block(transaction, ADA, ZOE, kind="actor", reason=None, now=NOW)
        await blocks.block(transaction, BEA, THEIRS, kind="host", reason=None, now=NOW)
        owners = [
            owner
            for owner in (ADA, BEA, INSTANCE, actor_id("cy"))
            if await blocks.is_actor_blocked(transaction, owner, ZOE)
        ]

    assert owners == [ADA, BEA]


async def test_the_allow_list_holds_hosts_once(database):
    async with database.transaction() as transaction:
        await blocks.allow_host(transaction, THEIRS, NOW)
        await blocks.allow_host(transaction, THEIRS, NOW)
        assert await blocks.allowed_hosts(transaction) == {THEIRS}
        assert await blocks.disallow_host(transaction, THEIRS)
        assert not await blocks.disallow_host(transaction, THEIRS)
        assert await blocks.allowed_hosts(transaction) == frozenset()


@pytest.fixture
async def known(database):
    await save_actors(database, an_actor("ada"), an_actor("bea"), an_actor("zoe", THEIRS))
    return database


async def test_a_follow_is_asked_accepted_and_ended(known):
    asked = Follow(
        follower_id=ZOE,
        followed_id=ADA,
        activity_id="follow-1",
        state=FollowState.REQUESTED,
        requested_at=NOW,
        accepted_at=None,
    )
    async with known.transaction() as transaction:
        await follows.save_follow(transaction, asked)
        assert await follows.find_follow(transaction, ZOE, ADA) == asked
        assert await follows.find_follow_by_activity(transaction, "follow-1") == asked
        assert await follows.list_requests(transaction, ADA) == [asked]
        assert not await follows.is_follower(transaction, ZOE, ADA)
        assert await follows.accept_follow(transaction, ZOE, ADA, NOW + DAY)
        assert not await follows.accept_follow(transaction, ZOE, ADA, NOW + DAY)
        assert not await follows.accept_follow(transaction, BEA, ADA, NOW)
        assert await follows.is_follower(transaction, ZOE, ADA)
        assert not await follows.is_follower(transaction, ADA, ZOE)
        assert await follows.list_requests(transaction, ADA) == []
        accepted = replace(asked, state=FollowState.ACCEPTED, accepted_at=NOW + DAY)
        assert await follows.find_follow(transaction, ZOE, ADA) == accepted
        assert await follows.remove_follow(transaction, ZOE, ADA)
        assert not await follows.remove_follow(transaction, ZOE, ADA)
        assert await follows.find_follow_by_activity(transaction, "follow-1") is None


async def test_asking_again_takes_no_acceptance_back(known):
    await follow(known, ZOE, ADA)
    async with known.transaction() as transaction:
        accepted = await follows.find_follow(transaction, ZOE, ADA)
        assert accepted is not None
        again = replace(
            accepted, activity_id="again", state=FollowState.REQUESTED, accepted_at=None
        )
        await follows.save_follow(transaction, again)
        kept = await follows.find_follow(transaction, ZOE, ADA)

    assert kept == replace(accepted, activity_id="again")


async def test_severing_two_ends_it_both_ways_and_no_other(known):
    for follower, followed in ((ZOE, ADA), (ADA, ZOE), (BEA, ADA)):
        await follow(known, follower, followed)

    async with known.transaction() as transaction:
        await follows.sever(transaction, ADA, ZOE)
        left = await follows.list_followers(transaction, ADA, after=None, limit=9)
        following = await follows.list_following(transaction, ADA, after=None, limit=9)

    assert (left.items, following.items) == ((BEA,), ())


async def test_followers_here_are_told_from_those_elsewhere_and_those_who_left(known):
    cy = an_actor("cy")
    await save_actors(known, cy)
    for follower in (ZOE, BEA, cy.id):
        await follow(known, follower, ADA)
    async with known.transaction() as transaction:
        await actors.mark_gone(transaction, cy.id, NOW)
        assert await follows.local_followers(transaction, ADA) == [BEA]
