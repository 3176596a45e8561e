"""Who follows whom, asked or accepted, both ways in one table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.domain.follows import FollowState
from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    bounded,
    instant,
    instant_or_none,
    microseconds_or_none,
    page_of,
    text,
)

_SELECT: Final = (
    "select follower_id, followed_id, activity_id, state, requested_at, accepted_at from follows"
)
_SAVE: Final = """
insert into follows (follower_id, followed_id, activity_id, state, requested_at, accepted_at)
values (:follower_id, :followed_id, :activity_id, :state, :requested_at, :accepted_at)
on conflict (follower_id, followed_id) do update set activity_id = excluded.activity_id,
  state = case when follows.state = 'accepted' then follows.state else excluded.state end,
  accepted_at = coalesce(follows.accepted_at, excluded.accepted_at)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """An edge of the graph; `activity_id` is the latest Follow activity that asked for it."""

    follower_id: ActorId
    followed_id: ActorId
    activity_id: str
    state: FollowState
    requested_at: datetime
    accepted_at: datetime | None


async def save_follow(transaction: Transaction, follow: Follow) -> None:
    """Keep a follow; asking again renews the activity's id and never takes an acceptance back."""
    await transaction.execute(
        _SAVE,
        {
            "follower_id": follow.follower_id,
            "followed_id": follow.followed_id,
            "activity_id": follow.activity_id,
            "state": follow.state.value,
            "requested_at": to_microseconds(follow.requested_at),
            "accepted_at": microseconds_or_none(follow.accepted_at),
        },
    )


async def accept_follow(
    transaction: Transaction, follower_id: ActorId, followed_id: ActorId, now: datetime
) -> bool:
    """Accept a follow that was asked for; return whether one waited."""
    changed = await transaction.execute(
        "update follows set state = 'accepted', accepted_at = :now"
        " where follower_id = :follower_id and followed_id = :followed_id and state = 'requested'",
        {"follower_id": follower_id, "followed_id": followed_id, "now": to_microseconds(now)},
    )
    return changed > 0


async def remove_follow(
    transaction: Transaction, follower_id: ActorId, followed_id: ActorId
) -> bool:
    """End a follow, or the request for one; return whether there was one."""
    changed = await transaction.execute(
        "delete from follows where follower_id = :follower_id and followed_id = :followed_id",
        {"follower_id": follower_id, "followed_id": followed_id},
    )
    return changed > 0


async def sever(transaction: Transaction, one: ActorId, other: ActorId) -> None:
    """End what is between two actors, both ways."""
    await transaction.execute(
        "delete from follows where (follower_id = :one and followed_id = :other)"
        " or (follower_id = :other and followed_id = :one)",
        {"one": one, "other": other},
    )


async def find_follow(reader: Reader, follower_id: ActorId, followed_id: ActorId) -> Follow | None:
    """Return a follow by its two actors, accepted or not."""
    row = await reader.fetch_one(
        f"{_SELECT} where follower_id = :follower_id and followed_id = :followed_id",
        {"follower_id": follower_id, "followed_id": followed_id},
    )
    return None if row is None else _read(row)


async def find_follow_by_activity(reader: Reader, activity_id: str) -> Follow | None:
    """Return a follow by the id of the Follow activity that asked for it last."""
    row = await reader.fetch_one(
        f"{_SELECT} where activity_id = :activity_id order by follower_id, followed_id limit 1",
        {"activity_id": activity_id},
    )
    return None if row is None else _read(row)


async def list_followers(
    reader: Reader, actor_id: ActorId, *, after: str | None, limit: int
) -> Page[ActorId]:
    """Return a page of an actor's accepted followers, by id."""
    rows = await reader.fetch_all(
        "select follower_id as id from follows"
        " where followed_id = :actor_id and state = 'accepted' and follower_id > :after"
        " order by follower_id limit :limit",
        {"actor_id": actor_id, "after": after or "", "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, lambda row: ActorId(text(row, "id")), lambda row: text(row, "id"))


async def list_following(
    reader: Reader, actor_id: ActorId, *, after: str | None, limit: int
) -> Page[ActorId]:
    """Return a page of whom an actor follows, accepted, by id."""
    rows = await reader.fetch_all(
        "select followed_id as id from follows"
        " where follower_id = :actor_id and state = 'accepted' and followed_id > :after"
        " order by followed_id limit :limit",
        {"actor_id": actor_id, "after": after or "", "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, lambda row: ActorId(text(row, "id")), lambda row: text(row, "id"))


async def list_requests(reader: Reader, followed_id: ActorId) -> list[Follow]:
    """Return the follows of an actor that wait for an answer, oldest first, at most 500."""
    rows = await reader.fetch_all(
        f"{_SELECT} where followed_id = :followed_id and state = 'requested'"
        " order by requested_at, follower_id limit 500",
        {"followed_id": followed_id},
    )
    return [_read(row) for row in rows]


async def local_followers(reader: Reader, followed_id: ActorId) -> list[ActorId]:
    """Return the actors of ours that follow an actor, accepted."""
    rows = await reader.fetch_all(
        "select f.follower_id as id from follows f join actors a on a.id = f.follower_id"
        " where f.followed_id = :followed_id and f.state = 'accepted' and a.is_local"
        " and a.gone_at is null order by f.follower_id",
        {"followed_id": followed_id},
    )
    return [ActorId(text(row, "id")) for row in rows]


async def is_follower(reader: Reader, follower: ActorId, followed: ActorId) -> bool:
    """Whether one actor follows another, accepted."""
    row = await reader.fetch_one(
        "select state from follows"
        " where follower_id = :follower and followed_id = :followed and state = 'accepted'",
        {"follower": follower, "followed": followed},
    )
    return row is not None


def _read(row: Row) -> Follow:
    return Follow(
        follower_id=ActorId(text(row, "follower_id")),
        followed_id=ActorId(text(row, "followed_id")),
        activity_id=text(row, "activity_id"),
        state=FollowState(text(row, "state")),
        requested_at=instant(row, "requested_at"),
        accepted_at=instant_or_none(row, "accepted_at"),
    )
