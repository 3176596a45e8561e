"""Reports that others sent about something here, for the keeper's eyes (PA-05)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    LAST,
    as_json,
    bounded,
    instant,
    instant_or_none,
    page_of,
    text,
    text_or_none,
    texts,
)

_SELECT: Final = (
    "select id, reporter_id, objects, content, received_at, resolved_at, resolved_by, resolution"
    " from reports"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report; `id` is a ULID of ours, `objects` what it is about, `content` plain words.

    `resolved_by` is a keeper's name, None for the commands; `resolution` is for keepers alone.
    """

    id: str
    reporter_id: ActorId
    objects: tuple[str, ...]
    content: str
    received_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None


async def insert_report(transaction: Transaction, report: Report) -> None:
    """Keep a report."""
    await transaction.execute(
        "insert into reports (id, reporter_id, objects, content, received_at)"
        " values (:id, :reporter_id, :objects, :content, :received_at)",
        {
            "id": report.id,
            "reporter_id": report.reporter_id,
            "objects": as_json(list(report.objects)),
            "content": report.content,
            "received_at": to_microseconds(report.received_at),
        },
    )


async def list_reports(
    reader: Reader, *, is_open: bool | None = None, before: str | None = None, limit: int = 50
) -> Page[Report]:
    """Return a page of the reports, newest first: all, those that are open, or those that are not.

    `is_open` None is for all.
    """
    only = {None: "", True: " and resolved_at is null", False: " and resolved_at is not null"}
    rows = await reader.fetch_all(
        f"{_SELECT} where id < :before{only[is_open]} order by id desc limit :limit",
        {"before": LAST if before is None else before, "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


async def resolve_report(
    transaction: Transaction, report_id: str, *, by: str | None, note: str, now: datetime
) -> bool:
    """Note that a report is dealt with; return whether it was open."""
    changed = await transaction.execute(
        "update reports set resolved_at = :now, resolved_by = :by, resolution = :note"
        " where id = :id and resolved_at is null",
        {"id": report_id, "by": by, "note": note, "now": to_microseconds(now)},
    )
    return changed > 0


def _read(row: Row) -> Report:
    return Report(
        id=text(row, "id"),
        reporter_id=ActorId(text(row, "reporter_id")),
        objects=texts(row, "objects"),
        content=text(row, "content"),
        received_at=instant(row, "received_at"),
        resolved_at=instant_or_none(row, "resolved_at"),
        resolved_by=text_or_none(row, "resolved_by"),
        resolution=text_or_none(row, "resolution"),
    )
