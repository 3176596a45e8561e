"""Whom members follow. Serves `fedirec follow`, `unfollow` and the network pages."""

from fedirec.activitypub.render import render_follow, render_undo
from fedirec.community.membership import get_acting_member
from fedirec.domain.actors import Actor
from fedirec.domain.handles import parse_handle
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication
from fedirec.federation.outbox import publish
from fedirec.federation.webfinger import resolve_handle
from fedirec.storage import actors, follows
from fedirec.storage.follows import Follow


async def follow(federation: Federation, member: str, handle: str) -> Follow:
    """Ask to follow whoever has the handle; return the follow as it stands.

    Raises InvalidInputError for a bad handle or one's own, RemoteError when their server does not
    answer, NotFoundError when it knows nobody of that name. Network: WebFinger and the actor.
    """
    federation.space.check()
    follower = await get_acting_member(federation, member)
    followed = await resolve_handle(federation, parse_handle(handle))
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
    follower = await get_acting_member(federation, member)
    sought = parse_handle(handle)
    async with federation.database.reading() as reader:
        known = await actors.find_by_handle(reader, sought.name, sought.domain)
    followed = known or await resolve_handle(federation, sought)
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
