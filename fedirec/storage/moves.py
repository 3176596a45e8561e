"""When an actor moved last, and where to: one move in 30 days is believed (OR-09)."""

from datetime import datetime

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import instant


async def find_last_move(reader: Reader, actor_id: ActorId) -> datetime | None:
    """Return when an actor last moved, or None if never."""
    row = await reader.fetch_one(
        "select moved_at from moves where actor_id = :actor_id", {"actor_id": actor_id}
    )
    return None if row is None else instant(row, "moved_at")


async def record_move(
    transaction: Transaction, actor_id: ActorId, target_id: ActorId, now: datetime
) -> None:
    """Note that an actor moved now."""
    await transaction.execute(
        "insert into moves (actor_id, target_id, moved_at) values (:actor_id, :target_id, :now)"
        " on conflict (actor_id) do update"
        " set target_id = excluded.target_id, moved_at = excluded.moved_at",
        {"actor_id": actor_id, "target_id": target_id, "now": to_microseconds(now)},
    )
