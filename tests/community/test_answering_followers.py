"""Who wants to follow a member that looks first is let in or not; who is blocked is cut off."""

from typing import Any

import pytest

from fedirec.community import following
from fedirec.community.profiles import ProfileChanges, change_profile
from fedirec.domain.actors import ActorId
from fedirec.domain.follows import FollowState
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.storage import actors, blocks, follows

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def follow_of(guild, follower, followed) -> Any:
    async with guild.federation.database.reading() as reader:
        return await follows.find_follow(reader, follower, followed)


async def asked_by(guild, bea) -> str:
    """Bea asked to follow a member who looks first; their name."""
    [ada] = await guild.add("ada")
    await change_profile(guild.federation, ada, ProfileChanges(is_locked=True))
    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
    return str(ada)


async def test_who_is_let_in_follows_and_is_told(guild, bea):
    ada = await asked_by(guild, bea)

    await following.answer_request(guild.federation, ada, ActorId(bea.id), is_accepted=True)

    found = await follow_of(guild, bea.id, guild.id(ada))
    [sent] = await guild.sent(bea, "Accept")
    assert found.state is FollowState.ACCEPTED
    assert sent["object"]["id"] == found.activity_id


async def test_who_is_not_let_in_is_told_and_may_ask_again(guild, bea):
    ada = await asked_by(guild, bea)

    await following.answer_request(guild.federation, ada, ActorId(bea.id), is_accepted=False)

    assert await follow_of(guild, bea.id, guild.id(ada)) is None
    assert len(await guild.sent(bea, "Reject")) == 1
    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
    assert (await follow_of(guild, bea.id, guild.id(ada))).state is FollowState.REQUESTED


async def test_only_who_waits_is_answered(guild, bea):
    ada = await asked_by(guild, bea)
    [ben] = await guild.add("ben")
    who = ActorId(bea.id)

    with pytest.raises(NotFoundError):
        await following.answer_request(guild.federation, ben, who, is_accepted=True)
    await following.answer_request(guild.federation, ada, who, is_accepted=True)
    with pytest.raises(NotFoundError):
        await following.answer_request(guild.federation, ada, who, is_accepted=False)

    assert (await follow_of(guild, bea.id, guild.id(ada))).state is FollowState.ACCEPTED


async def test_another_member_here_who_asks_is_let_in(guild):
    ada, ben = await guild.add("ada", "ben")
    await change_profile(guild.federation, ada, ProfileChanges(is_locked=True))
    made = await following.follow(guild.federation, ben, guild.handle(ada))
    assert made.state is FollowState.REQUESTED

    await following.answer_request(guild.federation, ada, guild.id(ben), is_accepted=True)

    assert (await follow_of(guild, guild.id(ben), guild.id(ada))).state is FollowState.ACCEPTED


async def test_who_is_blocked_is_cut_off_and_not_told(guild, bea):
    ada = await asked_by(guild, bea)
    known = await guild.know(bea)
    await following.answer_request(guild.federation, ada, known.id, is_accepted=True)
    before = len(bea.peer.posts)

    await following.block_actor(guild.federation, ada, known)

    assert await follow_of(guild, bea.id, guild.id(ada)) is None
    await guild.send()
    assert [post for post in bea.peer.posts[before:] if post.json()["type"] == "Block"] == []
    async with guild.federation.database.reading() as reader:
        assert await blocks.is_actor_blocked(reader, guild.id(ada), known.id)
    await following.unblock_actor(guild.federation, ada, known.id)
    async with guild.federation.database.reading() as reader:
        assert not await blocks.is_actor_blocked(reader, guild.id(ada), known.id)


async def test_nobody_blocks_themselves(guild):
    [ada] = await guild.add("ada")
    async with guild.federation.database.reading() as reader:
        own = await actors.get_actor(reader, guild.id(ada))

    with pytest.raises(InvalidInputError):
        await following.block_actor(guild.federation, ada, own)
