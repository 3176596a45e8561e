"""Our own activities, as sent: the exact bytes, and who may read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId
from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    LAST,
    as_json,
    bounded,
    instant,
    page_of,
    text,
    text_or_none,
    texts,
)

_SELECT: Final = (
    "select id, actor_id, type, object_id, body, is_public, readers, published_at from activities"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalActivity:
    """An activity of ours. `is_public`: stands in the outbox for all; `readers` may fetch it."""

    id: ActivityId
    actor_id: ActorId
    type: str
    object_id: str | None
    body: str
    is_public: bool
    readers: tuple[str, ...]
    published_at: datetime


async def insert_activity(transaction: Transaction, activity: LocalActivity) -> None:
    """Keep an activity of ours; raise ConflictError if its id is taken."""
    await transaction.execute(
        "insert into activities (id, actor_id, type, object_id, body, is_public, readers,"
        " published_at) values (:id, :actor_id, :type, :object_id, :body,"
        " :is_public, :readers, :published_at)",
        {
            "id": activity.id,
            "actor_id": activity.actor_id,
            "type": activity.type,
            "object_id": activity.object_id,
            "body": activity.body,
            "is_public": activity.is_public,
            "readers": as_json(list(activity.readers)),
            "published_at": to_microseconds(activity.published_at),
        },
    )


async def find_activity(reader: Reader, activity_id: str) -> LocalActivity | None:
    """Return an activity of ours by id."""
    row = await reader.fetch_one(
        f"{_SELECT} where id = :id",
        {"id": activity_id},
    )
    return None if row is None else _read(row)


async def find_newest(
    reader: Reader, *, actor_id: ActorId, type_: str, object_id: str
) -> LocalActivity | None:
    """Return the latest activity of a type that an actor of ours did with an object."""
    row = await reader.fetch_one(
        f"{_SELECT} where object_id = :object_id and actor_id = :actor_id and type = :type"
        " order by id desc limit 1",
        {"object_id": object_id, "actor_id": actor_id, "type": type_},
    )
    return None if row is None else _read(row)


async def list_outbox(
    reader: Reader, actor_id: ActorId, *, public_only: bool, before: str | None, limit: int
) -> Page[LocalActivity]:
    """Return a page of what an actor of ours did, newest first."""
    condition = " and is_public" if public_only else ""
    rows = await reader.fetch_all(
        f"{_SELECT} where actor_id = :actor_id and id < :before{condition}"
        " order by id desc limit :limit",
        {
            "actor_id": actor_id,
            "before": LAST if before is None else before,
            "limit": bounded(limit) + 1,
        },
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


def _read(row: Row) -> LocalActivity:
    return LocalActivity(
        id=ActivityId(text(row, "id")),
        actor_id=ActorId(text(row, "actor_id")),
        type=text(row, "type"),
        object_id=text_or_none(row, "object_id"),
        body=text(row, "body"),
        is_public=bool(row["is_public"]),
        readers=texts(row, "readers"),
        published_at=instant(row, "published_at"),
    )
