"""What a note says as a job note. Open means: neither filled nor closed, and its time not over."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.job_notes import JobNote, JobStatus, Organization, Pay, PayPer, Remote
from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.endorsements import skills_from_json, skills_to_json
from fedirec.storage.statements import (
    as_json,
    bounded,
    instant,
    text,
)

_SELECT: Final = (
    "select j.note_id, j.actor_id, j.title, j.body, j.status, j.closes_at, n.published_at"
    " from job_notes j join notes n on n.id = j.note_id"
)
_SAVE: Final = """
insert into job_notes (note_id, actor_id, title, body, status, closes_at)
values (:note_id, :actor_id, :title, :body, :status, :closes_at)
on conflict (note_id) do update set title = excluded.title, body = excluded.body,
  status = excluded.status, closes_at = excluded.closes_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """The `job` member of a note; `status` and `closes_at` are what counts, `job` says the rest."""

    note_id: ObjectId
    actor_id: ActorId
    title: str
    status: JobStatus
    closes_at: datetime
    job: JobNote


async def save_job(transaction: Transaction, stored: StoredJob) -> None:
    """Keep or renew what a note, which is stored, says as a job note."""
    await transaction.execute(
        _SAVE,
        {
            "note_id": stored.note_id,
            "actor_id": stored.actor_id,
            "title": stored.title,
            "body": job_to_json(stored.job),
            "status": stored.status.value,
            "closes_at": to_microseconds(stored.closes_at),
        },
    )


async def find_job(reader: Reader, note_id: str) -> StoredJob | None:
    """Return the job of a note, open or not."""
    row = await reader.fetch_one(f"{_SELECT} where j.note_id = :note_id", {"note_id": note_id})
    return None if row is None else _read(row)


async def list_due_to_close(reader: Reader, *, now: datetime, limit: int) -> Sequence[StoredJob]:
    """Return our job notes whose closing instant is past, longest over first."""
    rows = await reader.fetch_all(
        f"{_SELECT} where j.closes_at <= :now and n.is_local order by j.closes_at, j.note_id"
        " limit :limit",
        {"now": to_microseconds(now), "limit": bounded(limit)},
    )
    return [_read(row) for row in rows]


async def set_status(transaction: Transaction, note_id: str, status: JobStatus) -> bool:
    """Say whether a job is still to be had; return whether there is one."""
    changed = await transaction.execute(
        "update job_notes set status = :status where note_id = :note_id",
        {"note_id": note_id, "status": status.value},
    )
    return changed > 0


def job_to_json(job: JobNote) -> str:
    """Write a job as it is stored, without what has a column of its own."""
    pay, organization = job.pay, job.organization
    return as_json(
        {
            "contact": job.contact,
            "pay": None
            if pay is None
            else [str(pay.minimum), str(pay.maximum), pay.currency, pay.per.value],
            "organization": None if organization is None else [organization.name, organization.url],
            "hours": job.hours,
            "term": job.term,
            "place": job.place,
            "remote": job.remote.value,
            "skills": skills_to_json(job.skills),
        }
    )


def job_of(row: Row) -> JobNote:
    """Read a job from the columns `title`, `body`, `status` and `closes_at`."""
    stored = json.loads(text(row, "body"))
    pay, organization = stored["pay"], stored["organization"]
    return JobNote(
        title=text(row, "title"),
        contact=stored["contact"],
        closes_at=instant(row, "closes_at"),
        pay=None
        if pay is None
        else Pay(
            minimum=Decimal(pay[0]), maximum=Decimal(pay[1]), currency=pay[2], per=PayPer(pay[3])
        ),
        organization=None
        if organization is None
        else Organization(name=organization[0], url=organization[1]),
        hours=stored["hours"],
        term=stored["term"],
        place=stored["place"],
        remote=Remote(stored["remote"]),
        skills=skills_from_json(stored["skills"]),
        status=JobStatus(text(row, "status")),
    )


def _read(row: Row) -> StoredJob:
    job = job_of(row)
    return StoredJob(
        note_id=ObjectId(text(row, "note_id")),
        actor_id=ActorId(text(row, "actor_id")),
        title=job.title,
        status=job.status,
        closes_at=job.closes_at,
        job=job,
    )
