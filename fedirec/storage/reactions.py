"""Likes, emoji and boosts: kept, told to the author, never shown as a number."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import instant, text, text_or_none

_SELECT: Final = "select object_id, actor_id, kind, activity_id, content, created_at from reactions"
_DELETE: Final = (
    "delete from reactions where object_id = :object_id and actor_id = :actor_id and kind = :kind"
)
OUTDATED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The `created_at` of what was done with a text that is another now."""


class ReactionKind(StrEnum):
    """What somebody did with a note of another; each once."""

    LIKE = "like"
    ANNOUNCE = "announce"
    EMOJI = "emoji"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One actor's reaction to one object; `content` is the emoji, if there is one."""

    object_id: ObjectId
    actor_id: ActorId
    kind: ReactionKind
    activity_id: str | None
    content: str | None
    created_at: datetime


async def save_reaction(transaction: Transaction, reaction: Reaction) -> None:
    """Keep a reaction; one of the same kind is renewed by it."""
    await transaction.execute(
        "insert into reactions (object_id, actor_id, kind, activity_id, content, created_at)"
        " values (:object_id, :actor_id, :kind, :activity_id, :content, :created_at)"
        " on conflict (object_id, actor_id, kind) do update"
        " set activity_id = excluded.activity_id, content = excluded.content, created_at = case"
        " when reactions.activity_id = excluded.activity_id then reactions.created_at"
        " else excluded.created_at end",
        {
            "object_id": reaction.object_id,
            "actor_id": reaction.actor_id,
            "kind": reaction.kind.value,
            "activity_id": reaction.activity_id,
            "content": reaction.content,
            "created_at": to_microseconds(reaction.created_at),
        },
    )


async def remove_reaction(
    transaction: Transaction, *, object_id: str, actor_id: ActorId, kind: ReactionKind
) -> bool:
    """Take back a reaction; return whether there was one."""
    removed = await transaction.execute(
        _DELETE, {"object_id": object_id, "actor_id": actor_id, "kind": kind.value}
    )
    return removed > 0


async def outdate_reaction(
    transaction: Transaction, *, object_id: str, actor_id: ActorId, kind: ReactionKind
) -> bool:
    """Mark a reaction as one to an older text; return whether there was one.

    It is kept, so that the same activity does not count as a new one when it comes again.
    """
    changed = await transaction.execute(
        "update reactions set created_at = :outdated"
        " where object_id = :object_id and actor_id = :actor_id and kind = :kind",
        {
            "object_id": object_id,
            "actor_id": actor_id,
            "kind": kind.value,
            "outdated": to_microseconds(OUTDATED),
        },
    )
    return changed > 0


async def find_reaction(
    reader: Reader, *, object_id: str, actor_id: ActorId, kind: ReactionKind
) -> Reaction | None:
    """Return what somebody did with a note, if they did."""
    row = await reader.fetch_one(
        f"{_SELECT} where object_id = :object_id and actor_id = :actor_id and kind = :kind",
        {"object_id": object_id, "actor_id": actor_id, "kind": kind.value},
    )
    return None if row is None else _read(row)


async def find_by_activity(reader: Reader, activity_id: str) -> Reaction | None:
    """Return a reaction by the id of its activity."""
    row = await reader.fetch_one(
        f"{_SELECT} where activity_id = :id order by object_id, actor_id, kind limit 1",
        {"id": activity_id},
    )
    return None if row is None else _read(row)


def _read(row: Row) -> Reaction:
    return Reaction(
        object_id=ObjectId(text(row, "object_id")),
        actor_id=ActorId(text(row, "actor_id")),
        kind=ReactionKind(text(row, "kind")),
        activity_id=text_or_none(row, "activity_id"),
        content=text_or_none(row, "content"),
        created_at=instant(row, "created_at"),
    )
