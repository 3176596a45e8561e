"""The guild's boosts of what is public: planned when a note goes out, made a little later."""

from dataclasses import dataclass
from datetime import datetime

from fedirec.domain.actors import ActivityId, ObjectId
from fedirec.storage.database import Reader, Transaction, to_microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A boost of `note_id`; `activity_id` is None while it is only planned."""

    note_id: ObjectId
    activity_id: ActivityId | None


async def plan_announcement(
    transaction: Transaction, note_id: ObjectId, *, due_at: datetime
) -> None:
    """Plan a boost; a note planned or boosted before is left as it is."""
    await transaction.execute(
        "insert into announcements (note_id, due_at, activity_id, announced_at)"
        " values (:note_id, :due_at, null, null) on conflict (note_id) do nothing",
        {"note_id": note_id, "due_at": to_microseconds(due_at)},
    )


async def list_due(reader: Reader, *, now: datetime, limit: int) -> list[ObjectId]:
    """Return notes whose boost is due, longest waiting first."""
    rows = await reader.fetch_all(
        "select note_id from announcements where activity_id is null and due_at <= :now"
        " order by due_at, note_id limit :limit",
        {"now": to_microseconds(now), "limit": limit},
    )
    return [ObjectId(str(row["note_id"])) for row in rows]


async def claim(transaction: Transaction, note_id: ObjectId, *, now: datetime) -> bool:
    """Take a due boost in hand; False if another worker has, which is seen once it commits."""
    taken = await transaction.execute(
        "update announcements set announced_at = :now, due_at = :now + 1"
        " where note_id = :note_id and announced_at is null and due_at <= :now",
        {"note_id": note_id, "now": to_microseconds(now)},
    )
    return taken > 0


async def postpone(transaction: Transaction, note_id: ObjectId, *, until: datetime) -> None:
    """Plan a boost anew for later, one that was taken in hand included."""
    await transaction.execute(
        "update announcements set due_at = :until, announced_at = null"
        " where note_id = :note_id and activity_id is null",
        {"note_id": note_id, "until": to_microseconds(until)},
    )


async def count_since(reader: Reader, since: datetime) -> int:
    """Return how many boosts were made since an instant."""
    row = await reader.fetch_one(
        "select count(*) as made from announcements where announced_at >= :since",
        {"since": to_microseconds(since)},
    )
    return int(row["made"] or 0) if row is not None else 0


async def record_announcement(
    transaction: Transaction, note_id: ObjectId, activity_id: ActivityId, now: datetime
) -> None:
    """Say that the boost was made, and by which activity."""
    await transaction.execute(
        "update announcements set activity_id = :activity_id, announced_at = :now"
        " where note_id = :note_id",
        {"note_id": note_id, "activity_id": activity_id, "now": to_microseconds(now)},
    )


async def find_announcement(reader: Reader, note_id: ObjectId) -> Announcement | None:
    """Return the boost of a note, planned or made."""
    row = await reader.fetch_one(
        "select note_id, activity_id from announcements where note_id = :note_id",
        {"note_id": note_id},
    )
    if row is None:
        return None
    activity_id = row["activity_id"]
    return Announcement(
        note_id=note_id, activity_id=None if activity_id is None else ActivityId(str(activity_id))
    )


async def forget_announcement(transaction: Transaction, note_id: ObjectId) -> None:
    """Drop the plan or record: the note is gone, or its boost was undone."""
    await transaction.execute(
        "delete from announcements where note_id = :note_id", {"note_id": note_id}
    )


async def forget_planned(transaction: Transaction, note_id: ObjectId) -> None:
    """Drop a boost that was planned but not made."""
    await transaction.execute(
        "delete from announcements where note_id = :note_id and activity_id is null",
        {"note_id": note_id},
    )
