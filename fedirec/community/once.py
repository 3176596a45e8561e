"""A form that is sent twice does its work once: the second sending is told what came of the first.

The key is a hidden value of the page, kept like the idempotency key of a program's POST.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from fedirec.domain.actors import ActivityId, ActorId
from fedirec.errors import ConflictError, FedirecError, StorageUnavailableError
from fedirec.federation.context import Federation
from fedirec.signatures.digest import multibase_digest
from fedirec.storage.outbox_posts import OutboxPost, find_done

KEY_CHARACTERS = 26


async def do_once(
    federation: Federation,
    actor_id: ActorId,
    key: str,
    body: str,
    act: Callable[[Federation], Awaitable[ActivityId]],
) -> ActivityId:
    """Do what a form asks, unless that was done; return the id of what came of it.

    `act` publishes, as the actor, with the federation it is given. Raises ConflictError for another
    body under a key that was used, and whatever `act` raises, unless a twin did it meanwhile.
    """
    digest = multibase_digest(body.encode())
    done = await _find_done(federation, actor_id, key, digest)
    if done is not None:
        return done
    post = OutboxPost(
        actor_id=actor_id, key=key, digest=digest, request_id=federation.mint().ulid()
    )
    try:
        return await act(replace(federation, post=post))
    except StorageUnavailableError:
        raise
    except FedirecError:
        done = await _find_done(federation, actor_id, key, digest)
        if done is None:
            raise
        return done


async def _find_done(
    federation: Federation, actor_id: ActorId, key: str, digest: str
) -> ActivityId | None:
    async with federation.database.reading() as reader:
        done = await find_done(reader, actor_id, key)
    if done is not None and done.digest != digest:
        message = f"the form {key!r} of {actor_id} was sent with another text already"
        raise ConflictError(message)
    return None if done is None else done.activity_id
