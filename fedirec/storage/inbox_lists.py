"""A member's inbox as a page shows it: by kind, each item with who did it and the note it is about.

One statement a page. What was deleted, lost its consent, or is by somebody blocked is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.blocks import INSTANCE, hits
from fedirec.storage.cards import Person, person_columns, read_person
from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    LAST,
    bounded,
    instant,
    page_of,
    text,
    text_or_none,
)


class InboxFilter(StrEnum):
    """Which part of an inbox is looked at."""

    ALL = "all"
    ENDORSEMENTS = "endorsements"
    JOBS = "jobs"
    REPLIES = "replies"
    FOLLOWS = "follows"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxNote:
    """The note that an item is about; `content` is safe HTML, `title` a job note's."""

    id: str
    kind: str
    content: str
    language: str | None
    url: str
    author: Person
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """One activity: `type` as ActivityPub names it; `object_id` is what it is about."""

    id: str
    type: str
    actor: Person
    object_id: str | None
    note: InboxNote | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far a member has read: the newest item, and when they said so."""

    item_id: str
    read_at: datetime


_ACTOR: Final = "coalesce(r.actor_id, c.actor_id)"
_TYPE: Final = "coalesce(r.type, c.type)"


def _is_heard(table: str) -> str:
    return (
        f"({table}.id is null or ({table}.gone_at is null and not exists ("  # noqa: S608 - ours
        f"select 1 from blocks k where k.owner in (:owner, '{INSTANCE}') and {hits('k', table)})))"
    )


_SELECT: Final = (
    f"select i.id, {_TYPE} as type, i.object_id, i.created_at, {person_columns('a', 'actor')},"  # noqa: S608 - ours
    " n.id as note_id, n.kind as note_kind, n.content, n.language, n.url as note_url, j.title,"
    f" {person_columns('w', 'author')}"
    " from inbox_items i"
    " left join received r on i.source = 'received' and r.id = i.source_id"
    " left join activities c on i.source = 'activities' and c.id = i.source_id"
    f" join actors a on a.id = {_ACTOR}"
    " left join notes n on n.id = i.object_id"
    " left join actors w on w.id = n.actor_id"
    " left join endorsements e on e.note_id = n.id"
    " left join job_notes j on j.note_id = n.id"
    " where i.owner_id = :owner and i.id < :before"
    f" and {_is_heard('a')} and {_is_heard('w')}"
)
_NOTES: Final = (
    f"({_TYPE} in ('Create', 'Announce') and n.id is not null"
    " and (n.kind <> 'endorsement' or e.state = 'confirmed'))"
)
_IS_REPLY: Final = (
    "(n.kind = 'note' and exists (select 1 from note_readers m where m.note_id = n.id"
    " and m.reader = :owner))"
)
_CONDITIONS: Final[Mapping[InboxFilter, str]] = {
    InboxFilter.ALL: f"({_TYPE} in ('Offer', 'Follow') or {_NOTES})",
    InboxFilter.ENDORSEMENTS: f"({_TYPE} = 'Offer' or ({_NOTES} and n.kind = 'endorsement'))",
    InboxFilter.JOBS: f"({_NOTES} and n.kind = 'job_note')",
    InboxFilter.REPLIES: f"({_NOTES} and {_TYPE} = 'Create' and {_IS_REPLY})",
    InboxFilter.FOLLOWS: f"{_TYPE} = 'Follow'",
}


async def list_entries(
    reader: Reader, owner: ActorId, *, only: InboxFilter, before: str | None, limit: int
) -> Page[InboxEntry]:
    """Return a page of what a member received, newest first."""
    rows = await reader.fetch_all(
        f"{_SELECT} and {_CONDITIONS[only]} order by i.id desc limit :limit",
        {
            "owner": owner,
            "before": LAST if before is None else before,
            "limit": bounded(limit) + 1,
        },
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


async def find_reading(reader: Reader, owner: ActorId) -> Reading | None:
    """Return how far a member has read."""
    row = await reader.fetch_one(
        "select item_id, read_at from readings where owner_id = :owner", {"owner": owner}
    )
    if row is None:
        return None
    return Reading(item_id=text(row, "item_id"), read_at=instant(row, "read_at"))


async def note_reading(
    transaction: Transaction, owner: ActorId, item_id: str, now: datetime
) -> None:
    """Say that a member has seen an item and all before it; what they saw later stays seen."""
    await transaction.execute(
        "insert into readings (owner_id, item_id, read_at) values (:owner, :item_id, :now)"
        " on conflict (owner_id) do update set read_at = excluded.read_at, item_id ="
        " case when excluded.item_id > readings.item_id then excluded.item_id"
        " else readings.item_id end",
        {"owner": owner, "item_id": item_id, "now": to_microseconds(now)},
    )


def _read(row: Row) -> InboxEntry:
    return InboxEntry(
        id=text(row, "id"),
        type=text(row, "type"),
        actor=read_person(row, "actor"),
        object_id=text_or_none(row, "object_id"),
        note=None if row["note_id"] is None else _note(row),
        created_at=instant(row, "created_at"),
    )


def _note(row: Row) -> InboxNote:
    return InboxNote(
        id=text(row, "note_id"),
        kind=text(row, "note_kind"),
        content=text(row, "content"),
        language=text_or_none(row, "language"),
        url=text(row, "note_url"),
        author=read_person(row, "author"),
        title=text_or_none(row, "title"),
    )
