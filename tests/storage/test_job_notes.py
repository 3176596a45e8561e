"""Job notes: as they were written, and how long they are open."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import Skill
from fedirec.domain.job_notes import JobNote, JobStatus, Organization, Pay, PayPer, Remote
from fedirec.storage import job_notes, notes
from fedirec.storage.cards import list_open_jobs, read_job
from fedirec.storage.database import Database
from fedirec.storage.job_notes import StoredJob
from tests.storage.samples import DAY, NOW, a_note, actor_id, save_notes

PLAIN = JobNote(title="Roof wanted", contact="https://a.example", closes_at=NOW + DAY)
FULL = replace(
    PLAIN,
    pay=Pay(minimum=Decimal("24.50"), maximum=Decimal(28), currency="EUR", per=PayPer.HOUR),
    organization=Organization(name="Häuser & Co", url="https://b.example"),
    hours="20 a week",
    term="until spring",
    place="Gent",
    remote=Remote.PARTLY,
    skills=(Skill(name="oak"), Skill(name="slate", same_as="https://skills.example/2")),
    status=JobStatus.FILLED,
)


def a_job(number: int, job: JobNote = PLAIN, **changes: Any) -> StoredJob:
    job = replace(job, **changes)
    return StoredJob(
        note_id=a_note(number).id,
        actor_id=actor_id("ada"),
        title=job.title,
        status=job.status,
        closes_at=job.closes_at,
        job=job,
    )


async def save(database: Database, *saved: StoredJob) -> None:
    async with database.transaction() as transaction:
        for stored in saved:
            await job_notes.save_job(transaction, stored)


@pytest.mark.parametrize("job", [PLAIN, FULL, replace(FULL, organization=Organization(name="x"))])
async def test_a_job_comes_back_as_written_and_is_renewed(database, job):
    await save_notes(database, a_note(1))
    await save(database, a_job(1, title="Draft"), a_job(1, job))

    async with database.reading() as reader:
        assert await job_notes.find_job(reader, a_note(1).id) == a_job(1, job)
        assert await job_notes.find_job(reader, "x") is None


async def test_open_jobs_are_listed_newest_first_page_by_page(database):
    await save_notes(database, *[a_note(number) for number in range(1, 6)])
    await save(
        database,
        a_job(1),
        a_job(2, status=JobStatus.CLOSED),
        a_job(3),
        a_job(4, closes_at=NOW),
        a_job(5),
    )

    async with database.reading() as reader:
        first = await list_open_jobs(reader, read_job, now=NOW, before=None, limit=2)
        second = await list_open_jobs(reader, read_job, now=NOW, before=first.next_cursor, limit=2)

    assert [card.note_id for card in first.items] == [a_note(5).id, a_note(3).id]
    assert [card.note_id for card in second.items] == [a_note(1).id]
    assert second.next_cursor is None


async def test_ours_are_due_to_close_at_their_instant(database):
    theirs = a_note(3, is_local=False)
    await save_notes(database, a_note(1), a_note(2), theirs)
    await save(database, a_job(1), a_job(2, closes_at=NOW + 2 * DAY), a_job(3))

    async with database.reading() as reader:
        early = await job_notes.list_due_to_close(reader, now=NOW, limit=9)
        due = await job_notes.list_due_to_close(reader, now=NOW + DAY, limit=9)

    assert (list(early), list(due)) == ([], [a_job(1)])


async def test_a_job_is_closed_or_goes_with_its_note(database):
    await save_notes(database, a_note(1), a_note(2))
    await save(database, a_job(1), a_job(2))
    missing = ObjectId("x")
    async with database.transaction() as transaction:
        assert await job_notes.set_status(transaction, a_note(1).id, JobStatus.FILLED)
        assert not await job_notes.set_status(transaction, missing, JobStatus.FILLED)
        filled = await job_notes.find_job(transaction, a_note(1).id)
        assert filled == a_job(1, status=JobStatus.FILLED)
        await notes.delete_note(transaction, a_note(2).id)
        assert await job_notes.find_job(transaction, a_note(2).id) is None
