"""Reports that others sent about something here, for the keeper's eyes (PA-05)."""

from dataclasses import dataclass
from datetime import datetime

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import LAST, as_json, bounded, instant, page_of, text, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report; `id` is a ULID of ours, `objects` what it is about, `content` plain words."""

    id: str
    reporter_id: ActorId
    objects: tuple[str, ...]
    content: str
    received_at: datetime


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
    reader: Reader, *, before: str | None = None, limit: int = 50
) -> Page[Report]:
    """Return a page of the reports, newest first."""
    rows = await reader.fetch_all(
        "select id, reporter_id, objects, content, received_at from reports"
        " where id < :before order by id desc limit :limit",
        {"before": LAST if before is None else before, "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


def _read(row: Row) -> Report:
    return Report(
        id=text(row, "id"),
        reporter_id=ActorId(text(row, "reporter_id")),
        objects=texts(row, "objects"),
        content=text(row, "content"),
        received_at=instant(row, "received_at"),
    )
