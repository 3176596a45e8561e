"""Members follow and stop following, here and elsewhere, whatever state the other server is in."""

from dataclasses import replace
from typing import Any

import pytest

from fedirec.community import following
from fedirec.community.moderation import block_host, unblock_host
from fedirec.domain.follows import FollowState
from fedirec.errors import (
    BlockedError,
    InvalidInputError,
    NotFoundError,
    RemoteUnavailableError,
)
from fedirec.storage import actors, blocks, follows
from tests.misbehaviour import hangs_up

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def follow_of(guild, follower, followed) -> Any:
    """The follow between two actors as it stands, or None."""
    async with guild.federation.database.reading() as reader:
        return await follows.find_follow(reader, follower, followed)


async def notices_for(guild, name) -> list[Any]:
    """What somebody is told, by kind."""
    found = await guild.rows(
        "select kind from notifications where owner_id = :owner order by id", owner=guild.id(name)
    )
    return [row["kind"] for row in found]


async def test_a_member_follows_another_at_once(guild):
    ada, ben = await guild.add("ada", "ben")

    made = await following.follow(guild.federation, ada, guild.handle(ben))

    assert made.state is FollowState.ACCEPTED
    assert await notices_for(guild, ben) == ["follow"]
    sent = await guild.rows("select * from deliveries where actor_id = :id", id=guild.id(ada))
    assert sent == []


async def test_a_follow_elsewhere_waits_for_its_accept(guild, bea):
    [ada] = await guild.add("ada")

    made = await following.follow(guild.federation, ada, bea.handle)
    [sent] = await guild.sent(bea, "Follow")
    assert made.state is FollowState.REQUESTED
    assert (sent["id"], sent["object"]) == (made.activity_id, bea.id)
    await guild.hear(bea, bea.activity("Accept", sent))

    found = await follow_of(guild, guild.id(ada), bea.id)
    assert found.state is FollowState.ACCEPTED
    again = await following.follow(guild.federation, ada, bea.handle)
    assert again.state is FollowState.ACCEPTED


async def test_somebody_who_looks_at_followers_first_may_take_their_time_and_refuse(guild, peer):
    [ada] = await guild.add("ada")
    shy = peer.add_actor("shy", manuallyApprovesFollowers=True)
    made = await following.follow(guild.federation, ada, shy.handle)

    await guild.keep_up(days=2)
    assert (await follow_of(guild, guild.id(ada), shy.id)).state is FollowState.REQUESTED
    await guild.hear(shy, shy.activity("Reject", made.activity_id))

    assert await follow_of(guild, guild.id(ada), shy.id) is None


async def test_a_member_who_looks_at_followers_first_is_asked(guild, bea):
    [ada] = await guild.add("ada")
    async with guild.federation.database.transaction() as transaction:
        await actors.save_actor(transaction, replace(await guild.actor(ada), is_locked=True))

    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))

    found = await follow_of(guild, bea.id, guild.id(ada))
    assert found.state is FollowState.REQUESTED
    assert await notices_for(guild, ada) == ["follow_request"]
    assert await guild.sent(bea, "Accept") == []


async def test_nobody_follows_themselves(guild):
    [ada] = await guild.add("ada")

    with pytest.raises(InvalidInputError, match="themselves") as refusal:
        await following.follow(guild.federation, ada, guild.handle(ada))

    assert refusal.value.field == "handle"


@pytest.mark.parametrize("handle", ["", "bea", "@@peer.example", "@bea@", "@be a@peer.example"])
async def test_what_is_no_handle_is_refused_without_a_request(guild, handle):
    [ada] = await guild.add("ada")

    for act in (following.follow, following.unfollow):
        with pytest.raises(InvalidInputError):
            await act(guild.federation, ada, handle)


async def test_a_handle_that_nobody_has_here_or_there_is_not_found(guild, peer):
    [ada] = await guild.add("ada")

    for handle in (guild.handle("nobody"), f"@nobody@{peer.host}"):
        with pytest.raises(NotFoundError, match="nobody"):
            await following.follow(guild.federation, ada, handle)


async def test_a_server_that_is_down_is_said_to_be_and_nothing_is_kept(guild, peer):
    [ada] = await guild.add("ada")
    peer.behaves("/.well-known/webfinger", hangs_up())

    with pytest.raises(RemoteUnavailableError):
        await following.follow(guild.federation, ada, f"@bea@{peer.host}")

    known = await guild.rows("select * from actors where host = :host", host=peer.host)
    assert known == []


async def test_a_member_unfollows_somebody_whose_server_is_down(guild, peer, bea):
    [ada] = await guild.add("ada")
    made = await following.follow(guild.federation, ada, bea.handle)
    await guild.hear(bea, bea.activity("Accept", made.activity_id))
    await guild.send()
    peer.behaves("/.well-known/webfinger", hangs_up())
    peer.behaves("/users/bea", hangs_up())

    await following.unfollow(guild.federation, ada, bea.handle)

    assert await follow_of(guild, guild.id(ada), bea.id) is None
    [undo] = await guild.sent(bea, "Undo")
    assert undo["object"]["id"] == made.activity_id


async def test_nobody_unfollows_whom_they_do_not_follow(guild, bea):
    ada, ben = await guild.add("ada", "ben")

    for handle in (guild.handle(ben), bea.handle):
        with pytest.raises(NotFoundError, match="does not follow"):
            await following.unfollow(guild.federation, ada, handle)


async def test_a_blocked_host_is_not_asked_for_anybody(guild, peer, bea):
    [ada] = await guild.add("ada")
    await block_host(guild.federation, peer.host)

    with pytest.raises(BlockedError):
        await following.follow(guild.federation, ada, bea.handle)

    assert peer.received == []
    await unblock_host(guild.federation, peer.host)
    await following.follow(guild.federation, ada, bea.handle)


async def test_who_blocks_a_member_gets_no_follower_of_them(guild):
    ada, ben = await guild.add("ada", "ben")
    async with guild.federation.database.transaction() as transaction:
        await blocks.block(
            transaction,
            guild.id(ben),
            guild.id(ada),
            kind="actor",
            reason=None,
            now=guild.clock.now,
        )

    with pytest.raises(NotFoundError, match="takes no followers"):
        await following.follow(guild.federation, ada, guild.handle(ben))

    assert await notices_for(guild, ben) == []


async def test_whoever_moved_away_is_followed_at_the_new_home_alone(guild, peer):
    [ada] = await guild.add("ada")
    old = peer.add_actor("old")
    new = peer.add_actor("new", alsoKnownAs=[old.id])
    made = await following.follow(guild.federation, ada, old.handle)
    await guild.hear(old, old.activity("Accept", made.activity_id))
    peer.serve("/users/old", old.document(movedTo=new.id))

    assert await guild.hear(old, old.activity("Move", old.id, target=new.id)) is None

    found = await follow_of(guild, guild.id(ada), new.id)
    assert found.state is FollowState.REQUESTED
    guild.clock.forward(minutes=1)
    assert {sent["object"] for sent in await guild.sent(new, "Follow")} == {old.id, new.id}


@pytest.mark.rule("OR-06")
@pytest.mark.parametrize("kind", ["Accept", "Reject"])
async def test_an_answer_that_embeds_the_follow_under_another_id_counts(guild, bea, kind):
    [ada] = await guild.add("ada")
    await following.follow(guild.federation, ada, bea.handle)
    inner = {"id": f"{bea.id}#made-up", "type": "Follow", "actor": guild.id(ada), "object": bea.id}

    assert await guild.hear(bea, bea.activity(kind, inner)) is None

    found = await follow_of(guild, guild.id(ada), bea.id)
    assert (found is not None and found.state is FollowState.ACCEPTED) == (kind == "Accept")


@pytest.mark.rule("OR-06")
async def test_an_acceptance_taken_back_ends_the_follow_and_only_by_who_gave_it(guild, peer, bea):
    [ada] = await guild.add("ada")
    made = await following.follow(guild.federation, ada, bea.handle)
    accept = bea.activity("Accept", made.activity_id)
    await guild.hear(bea, accept)
    eve = peer.add_actor("eve")

    said = await guild.hear(eve, eve.activity("Undo", {**accept, "actor": eve.id}))
    assert said == "undoes nothing known here"
    assert await guild.hear(bea, bea.activity("Undo", accept)) is None

    assert await follow_of(guild, guild.id(ada), bea.id) is None


@pytest.mark.parametrize("inner", [{"type": "Block"}, {"type": "Arrive"}, {}])
async def test_an_undo_of_what_is_not_known_changes_nothing(guild, bea, inner):
    [ada] = await guild.add("ada")
    undone = {"id": f"{bea.id}#{len(inner)}", "actor": bea.id, "object": guild.id(ada), **inner}

    assert await guild.hear(bea, bea.activity("Undo", undone)) == "undoes nothing known here"


async def test_a_follow_is_undone_by_its_two_actors_too(guild, bea):
    [ada] = await guild.add("ada")
    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
    again = {"id": f"{bea.id}#lost", "type": "Follow", "actor": bea.id, "object": guild.id(ada)}

    assert await guild.hear(bea, bea.activity("Undo", again)) is None

    assert await follow_of(guild, bea.id, guild.id(ada)) is None


async def test_somebody_elsewhere_who_blocks_a_member_ends_follows_both_ways(guild, bea):
    [ada] = await guild.add("ada")
    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
    made = await following.follow(guild.federation, ada, bea.handle)
    await guild.hear(bea, bea.activity("Accept", made.activity_id))

    await guild.hear(bea, bea.activity("Block", guild.id(ada)))

    assert await follow_of(guild, guild.id(ada), bea.id) is None
    assert await follow_of(guild, bea.id, guild.id(ada)) is None
