"""What was deleted, by id: kept for half a year, so that it does not come back (OR-08)."""

from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, Host
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import instant, text_or_none

# The `per_host`th newest tombstone of a host, and all older ones, make room for a new one.
_MAKE_ROOM: Final = """
delete from tombstones where id in (
  select id from tombstones where host = :host
  order by deleted_at desc, id desc limit :surplus offset :kept)"""
_SURPLUS: Final = 100


async def plant(
    transaction: Transaction,
    object_id: str,
    actor_id: ActorId | None,
    host: Host,
    now: datetime,
    *,
    per_host: int,
) -> bool:
    """Remember that `actor_id` deleted an id; return whether that is news.

    When two say so, nobody is known who did, and it holds for everybody. A host keeps its newest
    `per_host`, so that nobody fills our disk with deletions.
    """
    planted = await transaction.execute(
        "insert into tombstones (id, actor_id, host, deleted_at)"
        " values (:id, :actor_id, :host, :now) on conflict (id) do update set actor_id = null"
        " where tombstones.actor_id <> excluded.actor_id",
        {"id": object_id, "actor_id": actor_id, "host": host, "now": to_microseconds(now)},
    )
    if not planted:
        return False
    await transaction.execute(_MAKE_ROOM, {"host": host, "kept": per_host, "surplus": _SURPLUS})
    return True


async def find_tombstone(
    reader: Reader, object_id: str, *, owner: ActorId | None = None
) -> datetime | None:
    """Return when an id was deleted, or None.

    With `owner`, what somebody else on the owner's server said about it does not count.
    """
    row = await reader.fetch_one(
        "select actor_id, deleted_at from tombstones where id = :id", {"id": object_id}
    )
    if row is None or (owner is not None and text_or_none(row, "actor_id") not in {None, owner}):
        return None
    return instant(row, "deleted_at")


async def lift(transaction: Transaction, object_id: str) -> None:
    """Forget that an id was undone, for it is used anew."""
    await transaction.execute("delete from tombstones where id = :id", {"id": object_id})


async def prune(transaction: Transaction, before: datetime) -> int:
    """Forget what others deleted before an instant; what we deleted stays deleted for good."""
    return await transaction.execute(
        "delete from tombstones where deleted_at < :before and not exists"
        " (select 1 from actors a where a.id = tombstones.actor_id and a.is_local)",
        {"before": to_microseconds(before)},
    )
