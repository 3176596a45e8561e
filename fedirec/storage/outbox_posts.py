"""What came of a POST to an outbox, by its idempotency key, so that a repeat makes no twin (C4).

Written in the transaction that does what was asked: whoever lost the answer, or does not know
whether a commit was one, asks again and is told what there is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId
from fedirec.errors import ConflictError
from fedirec.storage.database import Reader, Transaction, Value, to_microseconds
from fedirec.storage.statements import text

_INSERT: Final = """
insert into outbox_posts (actor_id, key, digest, request_id, activity_id, created_at)
values (:actor_id, :key, :digest, :request_id, :activity_id, :now)
on conflict (actor_id, key) do nothing"""
_SELECT: Final = (
    "select digest, request_id, activity_id from outbox_posts"
    " where actor_id = :actor_id and key = :key"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPost:
    """A POST with an idempotency key.

    `digest` is that of the body, and tells another body under the same key; `request_id` tells this
    request from its repeats.
    """

    actor_id: ActorId
    key: str
    digest: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DonePost:
    """What came of one: the first activity that its actor published."""

    digest: str
    activity_id: ActivityId


async def record_post(
    transaction: Transaction, post: OutboxPost, activity_id: ActivityId, now: datetime
) -> None:
    """Keep what came of a POST; of several activities in its transaction the first one counts.

    Raises ConflictError when a repeat of it was quicker: then nothing must come of this one.
    """
    key: dict[str, Value] = {"actor_id": post.actor_id, "key": post.key}
    values: dict[str, Value] = {
        "digest": post.digest,
        "request_id": post.request_id,
        "activity_id": activity_id,
        "now": to_microseconds(now),
    }
    if await transaction.execute(_INSERT, {**key, **values}):
        return
    row = await transaction.fetch_one(_SELECT, key)
    if row is not None and row["request_id"] != post.request_id:
        message = (
            f"the POST {post.key} of {post.actor_id} came twice at once; this is the later one"
        )
        raise ConflictError(message)


async def find_done(reader: Reader, actor_id: ActorId, key: str) -> DonePost | None:
    """Return what came of a POST with this key, or None."""
    row = await reader.fetch_one(_SELECT, {"actor_id": actor_id, "key": key})
    if row is None:
        return None
    return DonePost(digest=text(row, "digest"), activity_id=ActivityId(text(row, "activity_id")))


async def prune_posts(transaction: Transaction, before: datetime) -> int:
    """Forget keys used before an instant; return how many."""
    return await transaction.execute(
        "delete from outbox_posts where created_at < :before", {"before": to_microseconds(before)}
    )
