"""Asked twice, done once: what a client or a page sends again under the same key makes no twin."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from fedirec.activitypub.documents import JsonObject, dump
from fedirec.domain.actors import ActivityId, Actor
from fedirec.errors import FedirecError, InvalidInputError, StorageUnavailableError
from fedirec.federation.context import Federation
from fedirec.signatures.digest import multibase_digest
from fedirec.storage.outbox_posts import OutboxPost, find_done

T = TypeVar("T")


async def do_once(
    federation: Federation,
    actor: Actor,
    *,
    key: str,
    body: JsonObject,
    act: Callable[[Federation], Awaitable[T]],
    found: Callable[[ActivityId], Awaitable[T]],
) -> T:
    """Do what is asked, unless it was done by the same key in the last 30 days.

    `act` is given the means to do it with, `found` the activity that came of the first time.
    Another body under such a key raises InvalidInputError. What `act` raises is no refusal when a
    twin did the same meanwhile: what it answered or took back can be so no more.
    """
    digest = multibase_digest(dump(body))
    done = await _find_done(federation, actor, key, digest)
    if done is not None:
        return await found(done)
    post = OutboxPost(
        actor_id=actor.id, key=key, digest=digest, request_id=federation.mint().ulid()
    )
    try:
        return await act(replace(federation, post=post))
    except StorageUnavailableError:
        raise  # refuses nothing: it asks to come back, and who does is told what was done
    except FedirecError:  # an effect of a twin that could be seen was committed, and its key too
        done = await _find_done(federation, actor, key, digest)
        if done is None:
            raise
        return await found(done)


async def _find_done(
    federation: Federation, actor: Actor, key: str, digest: str
) -> ActivityId | None:
    async with federation.database.reading() as reader:
        done = await find_done(reader, actor.id, key)
    if done is not None and done.digest != digest:
        message = f"the idempotency key {key!r} was used for another body"
        raise InvalidInputError(message, field="Idempotency-Key")
    return None if done is None else done.activity_id
