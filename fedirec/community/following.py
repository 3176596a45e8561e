"""Whom members follow, and who may follow them. Serves `fedirec follow` and the network pages."""

from fedirec.activitypub.render import (
    render_accept_follow,
    render_block,
    render_follow,
    render_reject_follow,
    render_undo,
)
from fedirec.community.membership import get_acting_member
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.follows import FollowState
from fedirec.domain.handles import parse_handle
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication
from fedirec.federation.outbox import publish, publish_in, scene_of
from fedirec.federation.webfinger import resolve_handle
from fedirec.storage import actors, blocks, follows
from fedirec.storage.follows import Follow


async def follow(federation: Federation, member: str, handle: str) -> Follow:
    """Ask to follow whoever has the handle; return the follow as it stands.

    Raises InvalidInputError for a bad handle or one's own, RemoteError when their server does not
    answer, NotFoundError when it knows nobody of that name. Network: WebFinger and the actor.
    """
    federation.space.check()
    await get_acting_member(federation, member)  # before anybody else is asked
    followed = await resolve_handle(federation, parse_handle(handle))
    return await follow_actor(federation, member, followed)


async def follow_actor(federation: Federation, member: str, followed: Actor) -> Follow:
    """Ask to follow somebody known here; asking again changes nothing.

    Raises InvalidInputError for oneself, NotFoundError for who takes no followers.
    """
    federation.space.check()
    follower = await get_acting_member(federation, member)
    if followed.id == follower.id:
        raise InvalidInputError("nobody follows themselves", field="handle")
    mint = federation.mint()
    document = render_follow(id=mint.activity_id(), actor=follower.id, object_id=followed.id)
    await publish(federation, Publication(actor=follower, document=document, is_personal=True))
    return await _get_follow(federation, follower, followed)


async def _get_follow(federation: Federation, follower: Actor, followed: Actor) -> Follow:
    async with federation.database.reading() as reader:
        found = await follows.find_follow(reader, follower.id, followed.id)
    if found is None:
        message = f"{followed.handle} takes no followers from here"
        raise NotFoundError(message)
    return found


async def unfollow(federation: Federation, member: str, handle: str) -> None:
    """Stop following, though their server be down.

    Raises NotFoundError when the member does not follow them, InvalidInputError for a bad handle.
    Network: only for a handle that is not known here in this spelling.
    """
    await get_acting_member(federation, member)
    sought = parse_handle(handle)
    async with federation.database.reading() as reader:
        known = await actors.find_by_handle(reader, sought.name, sought.domain)
    followed = known or await resolve_handle(federation, sought)
    await unfollow_actor(federation, member, followed)


async def unfollow_actor(federation: Federation, member: str, followed: Actor) -> None:
    """Stop following somebody known here; raises NotFoundError for who is not followed."""
    follower = await get_acting_member(federation, member)
    async with federation.database.reading() as reader:
        found = await follows.find_follow(reader, follower.id, followed.id)
    if found is None:
        message = f"{member} does not follow {followed.handle}"
        raise NotFoundError(message)
    mint = federation.mint()
    asked = render_follow(id=found.activity_id, actor=follower.id, object_id=followed.id)
    document = render_undo(
        id=mint.activity_id(), actor=follower.id, activity=asked, published=mint.now
    )
    await publish(federation, Publication(actor=follower, document=document, is_personal=True))


async def answer_request(
    federation: Federation, member: str, follower_id: ActorId, *, is_accepted: bool
) -> None:
    """Let somebody who asked follow a member, or not; their server is told either way.

    Raises NotFoundError when nobody of this id waits for an answer.
    """
    followed = await get_acting_member(federation, member)
    async with federation.database.transaction() as transaction:
        found = await follows.find_follow(transaction, follower_id, followed.id)
        if found is None or found.state is not FollowState.REQUESTED:
            message = f"{follower_id} does not wait for an answer of {member}"
            raise NotFoundError(message)
        scene = scene_of(federation)
        asked = render_follow(id=found.activity_id, actor=follower_id, object_id=followed.id)
        render = render_accept_follow if is_accepted else render_reject_follow
        document = render(id=scene.mint.activity_id(), actor=followed.id, follow=asked)
        await publish_in(
            transaction, scene, Publication(actor=followed, document=document, is_personal=True)
        )
    federation.wake()


async def block_actor(federation: Federation, member: str, blocked: Actor) -> None:
    """Cut follows both ways and take nothing more from somebody; they are not told.

    Raises InvalidInputError for oneself.
    """
    blocker = await get_acting_member(federation, member)
    if blocked.id == blocker.id:
        raise InvalidInputError("nobody blocks themselves", field="handle")
    document = render_block(
        id=federation.mint().activity_id(), actor=blocker.id, object_id=blocked.id
    )
    await publish(federation, Publication(actor=blocker, document=document))


async def unblock_actor(federation: Federation, member: str, blocked_id: ActorId) -> None:
    """Take a member's block back, if it is there. Follows that it cut stay cut."""
    blocker = await get_acting_member(federation, member)
    async with federation.database.transaction() as transaction:
        await blocks.unblock(transaction, blocker.id, blocked_id)
