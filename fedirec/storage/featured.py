"""What an actor put first: the pins of its `featured` collection."""

from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import text

MOST: Final = 20
"""How many pins of one actor are kept and shown."""


async def add_featured(
    transaction: Transaction, actor_id: ActorId, note_id: ObjectId, now: datetime
) -> None:
    """Put a note first; of more than `MOST` the oldest pins go."""
    await transaction.execute(
        "insert into featured (actor_id, note_id, added_at) values (:actor_id, :note_id, :now)"
        " on conflict (actor_id, note_id) do nothing",
        {"actor_id": actor_id, "note_id": note_id, "now": to_microseconds(now)},
    )
    await transaction.execute(
        "delete from featured where actor_id = :actor_id and note_id in ("
        " select note_id from featured where actor_id = :actor_id"
        " order by added_at desc, note_id desc limit 100 offset :most)",
        {"actor_id": actor_id, "most": MOST},
    )


async def remove_featured(transaction: Transaction, actor_id: ActorId, note_id: ObjectId) -> bool:
    """Take a pin away; return whether it was there."""
    removed = await transaction.execute(
        "delete from featured where actor_id = :actor_id and note_id = :note_id",
        {"actor_id": actor_id, "note_id": note_id},
    )
    return removed > 0


async def list_featured(reader: Reader, actor_id: ActorId) -> list[ObjectId]:
    """Return an actor's pins, newest first."""
    rows = await reader.fetch_all(
        "select note_id from featured where actor_id = :actor_id"
        " order by added_at desc, note_id desc limit :most",
        {"actor_id": actor_id, "most": MOST},
    )
    return [ObjectId(text(row, "note_id")) for row in rows]
