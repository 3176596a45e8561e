"""A guild on PostgreSQL and one on SQLite exchange everything, either way round."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fedirec.community import endorsements, job_notes
from fedirec.domain.job_notes import JobDraft, Pay, PayPer
from tests.databases import temporary_database
from tests.federation.test_endorsing import DRAFT, shown, status_of
from tests.federation.test_places import exchange_everything
from tests.fediverse import eventually, running, utc_now

WORK = JobDraft(
    title="Timber framer for a village hall",
    words="Eight weeks on a green-oak frame; bring your own chisels.",
    pay=Pay(minimum=Decimal(21), maximum=Decimal(26), currency="EUR", per=PayPer.HOUR),
    closes_at=utc_now() + timedelta(days=30),
    contact="https://builders.example/work",
)


async def test_guilds_on_two_engines_exchange_everything(tmp_path, server):
    async with (
        temporary_database(server) as url,
        running(tmp_path / "large", database=url) as large,
        running(tmp_path / "small") as small,
    ):
        await large.add("carol", "ann")
        await small.add("bea")

        await exchange_everything(large, small)

        made = await endorsements.offer(large.federation, "carol", large.handle("ann"), DRAFT)
        await endorsements.answer(large.federation, "ann", made.offer.id, is_accepted=True)
        abroad = await shown(small, made.offer.note_id)
        assert abroad.endorsed_id == large.id("ann")
        await endorsements.withdraw(large.federation, "ann", made.offer.note_id)
        assert await status_of(large, made.offer.note_id, 410)
        await eventually(lambda: is_gone(small, made.offer.note_id), expecting="the Delete")

        job_id = await job_notes.post(large.federation, "carol", WORK)
        await eventually(lambda: status_at(small, job_id), expecting="the job note")
        await job_notes.close(large.federation, "carol", job_id, is_filled=True)

        async def is_filled():
            return await status_at(small, job_id) == "filled"

        assert await eventually(is_filled, expecting="the news that it is filled")


async def found(home, sql, id_) -> Any:
    """The rows that a query finds of one id."""
    async with home.federation.database.reading() as reader:
        return await reader.fetch_all(sql, {"id": id_})


async def is_gone(home, note_id) -> bool:
    """Whether a note was deleted."""
    return not await found(home, "select id from notes where id = :id", note_id)


async def status_at(home, job_id) -> str | None:
    """What another guild knows of a job note, or None."""
    rows = await found(home, "select status from job_notes where note_id = :id", job_id)
    return str(rows[0]["status"]) if rows else None
