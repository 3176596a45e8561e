"""What members are told, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedirec.domain.actors import ActorId
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.silences import list_unheard
from fedirec.storage.statements import (
    LAST,
    bounded,
    insert_rows,
    instant,
    instant_or_none,
    page_of,
    text,
    text_or_none,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A notice as kept; `id` is a ULID of ours."""

    id: str
    notice: Notice
    created_at: datetime
    read_at: datetime | None


async def add_notices(
    transaction: Transaction,
    notices: Sequence[Notice],
    *,
    ulid: Callable[[], str],
    now: datetime,
) -> None:
    """Keep notices, in one statement; `ulid` makes the id of each.

    Of who is silenced nothing is told to members who do not follow them.
    """
    pairs = [(each.owner, each.actor_id) for each in notices]
    unheard = await list_unheard(transaction, pairs)
    rows = [
        {
            "owner_id": notice.owner,
            "id": ulid(),
            "kind": notice.kind.value,
            "actor_id": notice.actor_id,
            "object_id": notice.object_id,
            "created_at": to_microseconds(now),
        }
        for notice in notices
        if (notice.owner, notice.actor_id) not in unheard
    ]
    await insert_rows(transaction, "notifications", rows)


async def list_notifications(
    reader: Reader, owner: ActorId, *, before: str | None, limit: int
) -> Page[Notification]:
    """Return a page of what a member was told."""
    rows = await reader.fetch_all(
        "select owner_id, id, kind, actor_id, object_id, created_at, read_at from notifications"
        " where owner_id = :owner and id < :before order by id desc limit :limit",
        {
            "owner": owner,
            "before": LAST if before is None else before,
            "limit": bounded(limit) + 1,
        },
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


async def mark_read(transaction: Transaction, owner: ActorId, *, until: str, now: datetime) -> None:
    """Say that the member has seen a notice and all before it."""
    await transaction.execute(
        "update notifications set read_at = :now"
        " where owner_id = :owner and id <= :until and read_at is null",
        {"owner": owner, "until": until, "now": to_microseconds(now)},
    )


async def has_unread(reader: Reader, owner: ActorId) -> bool:
    """Tell whether a member was told anything that they have not seen."""
    row = await reader.fetch_one(
        "select 1 as found from notifications where owner_id = :owner and read_at is null limit 1",
        {"owner": owner},
    )
    return row is not None


async def prune_notifications(transaction: Transaction, before: datetime) -> int:
    """Drop notices given before an instant; return how many. Walks the whole table."""
    return await transaction.execute(
        "delete from notifications where created_at < :before", {"before": to_microseconds(before)}
    )


def _read(row: Row) -> Notification:
    return Notification(
        id=text(row, "id"),
        notice=Notice(
            owner=ActorId(text(row, "owner_id")),
            kind=NoticeKind(text(row, "kind")),
            actor_id=ActorId(text(row, "actor_id")),
            object_id=text_or_none(row, "object_id"),
        ),
        created_at=instant(row, "created_at"),
        read_at=instant_or_none(row, "read_at"),
    )
