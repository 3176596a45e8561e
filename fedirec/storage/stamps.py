"""Consent stamps: those given here, which we serve, and those of others that our notes carry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import instant, instant_or_none, microseconds_or_none, text

_SELECT: Final = (
    "select id, note_id, endorser_id, actor_id, endorsed_id, digest, body, is_local, published_at,"
    " withdrawn_at from stamps"
)
_INSERT: Final = """
insert into stamps (id, note_id, endorser_id, actor_id, endorsed_id, digest, body, is_local,
  published_at, withdrawn_at)
values (:id, :note_id, :endorser_id, :actor_id, :endorsed_id, :digest, :body, :is_local,
  :published_at, :withdrawn_at)
on conflict (id) do nothing
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Consent to one text. `actor_id` gave it: the endorsed, or the guild on their behalf."""

    id: ObjectId
    note_id: ObjectId
    endorser_id: ActorId
    actor_id: ActorId
    endorsed_id: ActorId
    digest: str
    body: str
    is_local: bool
    published_at: datetime
    withdrawn_at: datetime | None


async def insert_stamp(transaction: Transaction, stamp: Stamp) -> bool:
    """Keep a stamp; return False, and change nothing, if its id is there already."""
    inserted = await transaction.execute(
        _INSERT,
        {
            "id": stamp.id,
            "note_id": stamp.note_id,
            "endorser_id": stamp.endorser_id,
            "actor_id": stamp.actor_id,
            "endorsed_id": stamp.endorsed_id,
            "digest": stamp.digest,
            "body": stamp.body,
            "is_local": stamp.is_local,
            "published_at": to_microseconds(stamp.published_at),
            "withdrawn_at": microseconds_or_none(stamp.withdrawn_at),
        },
    )
    return inserted > 0


async def find_stamp(reader: Reader, stamp_id: str) -> Stamp | None:
    """Return a stamp by id, withdrawn or not."""
    row = await reader.fetch_one(f"{_SELECT} where id = :id", {"id": stamp_id})
    return None if row is None else _read(row)


async def list_stamps_of(reader: Reader, note_id: str) -> list[Stamp]:
    """Return the stamps of a note, oldest first, withdrawn or not."""
    rows = await reader.fetch_all(
        f"{_SELECT} where note_id = :note_id order by published_at, id", {"note_id": note_id}
    )
    return [_read(row) for row in rows]


async def withdraw_stamps(transaction: Transaction, note_id: str, now: datetime) -> list[Stamp]:
    """Take back what is left of the stamps of a note; return those given here, oldest first."""
    standing = [
        stamp for stamp in await list_stamps_of(transaction, note_id) if stamp.withdrawn_at is None
    ]
    await transaction.execute(
        "update stamps set withdrawn_at = :now where note_id = :note_id and withdrawn_at is null",
        {"note_id": note_id, "now": to_microseconds(now)},
    )
    return [stamp for stamp in standing if stamp.is_local]


async def withdraw_stamp(transaction: Transaction, stamp_id: str, now: datetime) -> bool:
    """Take back one stamp; return whether it stood."""
    changed = await transaction.execute(
        "update stamps set withdrawn_at = :now where id = :id and withdrawn_at is null",
        {"id": stamp_id, "now": to_microseconds(now)},
    )
    return changed > 0


def _read(row: Row) -> Stamp:
    return Stamp(
        id=ObjectId(text(row, "id")),
        note_id=ObjectId(text(row, "note_id")),
        endorser_id=ActorId(text(row, "endorser_id")),
        actor_id=ActorId(text(row, "actor_id")),
        endorsed_id=ActorId(text(row, "endorsed_id")),
        digest=text(row, "digest"),
        body=text(row, "body"),
        is_local=bool(row["is_local"]),
        published_at=instant(row, "published_at"),
        withdrawn_at=instant_or_none(row, "withdrawn_at"),
    )
