"""Other servers: whether they answer, whom we hear, and who follows whom."""

from dataclasses import replace

import pytest

from fedirec.domain.actors import Host
from fedirec.domain.circuits import CircuitState, Sign
from fedirec.domain.follows import FollowState
from fedirec.storage import actors, blocks, follows, peers, schemes
from fedirec.storage.blocks import INSTANCE
from fedirec.storage.circuits import HostSigns, note_signs
from fedirec.storage.database import Reader
from fedirec.storage.follows import Follow
from fedirec.storage.peers import Peer
from tests.databases import CountingDatabase
from tests.storage.queueing import tell
from tests.storage.samples import DAY, MINUTE, NOW, THEIRS, actor_id, an_actor, follow, save_actors

ADA, BEA, ZOE = actor_id("ada"), actor_id("bea"), actor_id("zoe", THEIRS)


async def known_peer(reader: Reader) -> Peer:
    peer = await peers.find_peer(reader, THEIRS)
    assert peer is not None
    return peer


async def test_a_host_is_remembered_from_when_it_was_first_seen(database):
    async with database.transaction() as transaction:
        assert await peers.find_peer(transaction, THEIRS) is None
        await peers.see_peer(transaction, THEIRS, NOW)
        await peers.see_peer(transaction, THEIRS, NOW + DAY)
        await schemes.set_scheme(transaction, THEIRS, "rfc9421", NOW + DAY)
        peer = await peers.find_peer(transaction, THEIRS)
        await schemes.set_scheme(transaction, THEIRS, None, NOW + 2 * DAY)
        forgotten = await peers.find_peer(transaction, THEIRS)

    assert peer is not None
    assert (peer.first_seen_at, peer.last_seen_at) == (NOW, NOW + DAY)
    assert (peer.scheme, peer.scheme_at) == ("rfc9421", NOW + DAY)
    assert (peer.circuit, peer.failures, peer.next_probe_at) == ("closed", 0, None)
    assert forgotten is not None
    assert forgotten.scheme is None


@pytest.mark.rule("ST-06")
async def test_a_circuit_is_kept_from_one_settlement_to_the_next(database):
    for minute in range(4):
        await tell(database, THEIRS, Sign.FAILS, now=NOW + minute * MINUTE)
    opened = await tell(database, THEIRS, Sign.FAILS, now=NOW + 9 * MINUTE)
    async with database.reading() as reader:
        peer = await known_peer(reader)
    half = await tell(database, THEIRS, Sign.ANSWERS, now=NOW + 14 * MINUTE)
    refused = await tell(database, THEIRS, Sign.REFUSES, now=NOW + 15 * MINUTE)

    assert peer.health == opened
    assert (opened.state, opened.opened_at) == (CircuitState.OPEN, NOW + 9 * MINUTE)
    assert (peer.failures, peer.last_status, peer.last_detail) == (5, 502, "bad gateway")
    assert (half.state, half.half_open_at) == (CircuitState.HALF_OPEN, NOW + 14 * MINUTE)
    assert (refused.state, refused.refused_at) == (CircuitState.CLOSED, NOW + 15 * MINUTE)


async def test_a_circuit_closes_at_once_when_the_host_speaks(database):
    await tell(database, THEIRS, *[Sign.FAILS] * 5)
    async with database.transaction() as transaction:
        await peers.see_peer(transaction, THEIRS, NOW + DAY)
        heard = await known_peer(transaction)

    assert (heard.circuit, heard.failures, heard.next_probe_at) == ("closed", 0, None)


async def test_a_host_that_was_never_seen_may_answer_first(database):
    await tell(database, THEIRS, Sign.ANSWERS)

    async with database.reading() as reader:
        peer = await known_peer(reader)
    assert (peer.circuit, peer.last_success_at, peer.last_failure_at) == ("closed", NOW, None)


async def test_settling_costs_the_same_statements_however_many_hosts(database):
    counts = []
    for hosts in (8, 128):
        counting = CountingDatabase(database)
        noted = [HostSigns(host=Host(f"h{n}.example"), signs=(Sign.FAILS,)) for n in range(hosts)]
        async with counting.transaction() as transaction:
            await note_signs(transaction, noted, NOW)
        counts.append(len(counting.counts.statements))

    assert counts == [2, 2]


async def test_a_host_that_is_well_is_written_down_once_a_minute(counting):
    for _ in range(6):  # it cannot grow further
        await tell(counting, THEIRS, Sign.ANSWERS)
    before = len(counting.counts.statements)

    await tell(counting, THEIRS, Sign.ANSWERS, now=NOW + MINUTE / 2)
    quiet = len(counting.counts.statements) - before
    await tell(counting, THEIRS, Sign.ANSWERS, now=NOW + MINUTE)

    assert len(counting.counts.statements) - before == 2 * quiet + 1


@pytest.mark.rule("RX-05")
async def test_hosts_are_forgotten_when_asked_or_after_their_time(database):
    async with database.transaction() as transaction:
        for host in ("a.example", "b.example", "c.example"):
            await peers.see_peer(transaction, Host(host), NOW)
        tried = HostSigns(host=Host("b.example"), signs=(Sign.FAILS,))
        await note_signs(transaction, [tried], NOW + DAY)
        assert await peers.forget_peer(transaction, Host("a.example"), NOW)
        assert not await peers.forget_peer(transaction, Host("a.example"), NOW)
        assert await peers.prune_peers(transaction, NOW + DAY, most=9) == 1
        left = await peers.list_peers(transaction)

    assert [peer.host for peer in left.items] == ["b.example"]


@pytest.mark.rule("RX-05")
async def test_of_too_many_hosts_those_used_longest_ago_are_forgotten(database):
    async with database.transaction() as transaction:
        for number in range(6):
            await peers.see_peer(transaction, Host(f"h{number}.example"), NOW + number * MINUTE)
        tried = HostSigns(host=Host("h0.example"), signs=(Sign.FAILS,))
        await note_signs(transaction, [tried], NOW + DAY)
        assert await peers.prune_peers(transaction, NOW - DAY, most=3) == 3
        left = await peers.list_peers(transaction)

    assert [peer.host for peer in left.items] == ["h0.example", "h4.example", "h5.example"]


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
