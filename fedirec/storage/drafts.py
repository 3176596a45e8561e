"""Drafts: forms that a member began and did not send, as they were typed; theirs alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import as_json, instant, number, text

MOST_DRAFTS: Final = 100

_SELECT: Final = "select id, member_name, fields, updated_at from drafts"
_SAVE: Final = """
insert into drafts (id, member_name, fields, updated_at)
values (:id, :member_name, :fields, :updated_at)
on conflict (id) do update set fields = excluded.fields, updated_at = excluded.updated_at
where drafts.member_name = excluded.member_name"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One form; `id` is a ULID, `fields` are its texts by name."""

    id: str
    member_name: str
    fields: Mapping[str, str]
    updated_at: datetime


async def save_draft(transaction: Transaction, draft: Draft) -> None:
    """Keep a draft, or what became of it; one of somebody else's stays as it is."""
    await transaction.execute(
        _SAVE,
        {
            "id": draft.id,
            "member_name": draft.member_name,
            "fields": as_json(dict(draft.fields)),
            "updated_at": to_microseconds(draft.updated_at),
        },
    )


async def find_draft(reader: Reader, member_name: str, draft_id: str) -> Draft | None:
    """Return a draft of this member's."""
    row = await reader.fetch_one(
        f"{_SELECT} where id = :id and member_name = :member_name",
        {"id": draft_id, "member_name": member_name},
    )
    return None if row is None else _read(row)


async def list_drafts(reader: Reader, member_name: str) -> list[Draft]:
    """Return a member's drafts, the newest first."""
    rows = await reader.fetch_all(
        f"{_SELECT} where member_name = :member_name order by updated_at desc, id desc"
        f" limit {MOST_DRAFTS}",
        {"member_name": member_name},
    )
    return [_read(row) for row in rows]


async def count_drafts(reader: Reader, member_name: str) -> int:
    """Return how many drafts a member has."""
    row = await reader.fetch_one(
        "select count(*) as drafts from drafts where member_name = :member_name",
        {"member_name": member_name},
    )
    return 0 if row is None else number(row, "drafts")


async def delete_draft(transaction: Transaction, member_name: str, draft_id: str) -> None:
    """Discard a draft of this member's, if it is there."""
    await transaction.execute(
        "delete from drafts where id = :id and member_name = :member_name",
        {"id": draft_id, "member_name": member_name},
    )


def _read(row: Row) -> Draft:
    return Draft(
        id=text(row, "id"),
        member_name=text(row, "member_name"),
        fields={str(name): str(value) for name, value in json.loads(text(row, "fields")).items()},
        updated_at=instant(row, "updated_at"),
    )
