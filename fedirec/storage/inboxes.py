"""What each of our actors received, newest first.

Written when an activity is handled, so that a page is one walk along (owner, id).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    LAST,
    bounded,
    insert_rows,
    instant,
    page_of,
    text,
    text_or_none,
)


class Source(StrEnum):
    """Which table holds the bytes."""

    RECEIVED = "received"
    ACTIVITIES = "activities"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """One activity in somebody's inbox; `id` is a ULID of ours, `body` the activity as it came."""

    id: str
    activity_id: str | None
    source: Source
    body: str
    created_at: datetime


async def add_items(  # noqa: PLR0913 - a row's columns
    transaction: Transaction,
    owners: Sequence[ActorId],
    *,
    id: str,  # noqa: A002 - the specification's word
    activity_id: str | None,
    source: Source,
    source_id: str,
    object_id: str | None,
    now: datetime,
) -> None:
    """Put one activity into the inboxes of `owners`, in one statement; who has it has it once."""
    rows = [
        {
            "owner_id": owner,
            "id": id,
            "activity_id": activity_id,
            "source": source.value,
            "source_id": source_id,
            "object_id": object_id,
            "created_at": to_microseconds(now),
        }
        for owner in dict.fromkeys(owners)
    ]
    await insert_rows(transaction, "inbox_items", rows, on_conflict="do nothing")


async def list_inbox(
    reader: Reader, owner: ActorId, *, before: str | None, limit: int
) -> Page[InboxItem]:
    """Return a page of an inbox; an item whose body is gone is left out, not filled up."""
    rows = await reader.fetch_all(
        "select i.id, i.activity_id, i.source, i.created_at, coalesce(r.body, a.body) as body"
        " from inbox_items i"
        " left join received r on i.source = 'received' and r.id = i.source_id"
        " left join activities a on i.source = 'activities' and a.id = i.source_id"
        " where i.owner_id = :owner and i.id < :before order by i.id desc limit :limit",
        {
            "owner": owner,
            "before": LAST if before is None else before,
            "limit": bounded(limit) + 1,
        },
    )
    page = page_of(rows, limit, lambda row: row, lambda row: text(row, "id"))
    items = tuple(_read(row) for row in page.items if row["body"] is not None)
    return Page(items=items, next_cursor=page.next_cursor)


def _read(row: Row) -> InboxItem:
    return InboxItem(
        id=text(row, "id"),
        activity_id=text_or_none(row, "activity_id"),
        source=Source(text(row, "source")),
        body=text(row, "body"),
        created_at=instant(row, "created_at"),
    )
