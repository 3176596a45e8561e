"""Our own actors by the name in a path."""

from aiohttp import web

from fedirec.domain.actors import Actor, ActorId
from fedirec.errors import NotFoundError
from fedirec.storage import actors, members
from fedirec.storage.database import Reader
from fedirec.web.keys import FEDERATION


async def get_local_actor(request: web.Request, name: str) -> Actor:
    """Return the member's or the guild's actor as of this second, for what is asked often.

    Raises NotFoundError or GoneError.
    """
    federation = request.app[FEDERATION]
    actor_id = federation.instance.member_id(name)
    actor = federation.memory.find_ours(actor_id)
    if actor is None:
        actor = await federation.database.read(lambda reader: find_local(reader, actor_id))
        federation.memory.keep_ours(actor)
    return actor


async def get_shown_actor(request: web.Request, name: str) -> Actor:
    """Return the same as it is now: what is made of it may be kept for a second of its own.

    Raises NotFoundError or GoneError.
    """
    federation = request.app[FEDERATION]
    actor_id = federation.instance.member_id(name)
    return await federation.database.read(lambda reader: find_local(reader, actor_id))


async def find_local(reader: Reader, actor_id: ActorId) -> Actor:
    """Return one of our actors; raises GoneError for a deleted one, NotFoundError for none.

    A disabled member is not here for as long as that lasts; only deletion is for good.
    """
    actor = await actors.get_actor(reader, actor_id)
    if not actor.is_local:
        message = f"{actor_id} is not of this instance"
        raise NotFoundError(message)
    member = await members.find_member_of(reader, actor_id)
    if member is not None and member.disabled_at is not None:
        message = f"{actor_id} is disabled"
        raise NotFoundError(message)
    return actor
