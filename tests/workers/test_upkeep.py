"""What time brings, in a whole instance at work."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from fedirec.community import job_notes
from fedirec.community.membership import add_member
from fedirec.domain.job_notes import JobDraft, Pay, PayPer
from fedirec.storage import announcements
from tests.fediverse import eventually, running
from tests.misbehaviour import hangs
from tests.peers import Peer
from tests.storage.samples import a_note, an_endorsement, save_endorsements, save_notes

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_host_that_never_answers_for_a_stamp_delays_nothing_else(tmp_path: Path):
    patient = {"first_byte_timeout": "1m", "fetch_timeout": "1m"}
    async with Peer(address="127.1.9.9") as peer, running(tmp_path, limits=patient) as home:
        stamp_id = peer.behaves("/stamps/1", hangs())
        stored = an_endorsement(1, consent_id=stamp_id, next_check_at=LONG_AGO)
        await save_notes(home.federation.database, a_note(1, is_local=False))
        await save_endorsements(home.federation.database, stored)

        async def is_asked() -> bool:
            return any(request.path == "/stamps/1" for request in peer.received)

        await eventually(is_asked, expecting="a question for the stamp")
        await add_member(home.federation, "bo")
        job_id = await job_notes.post(
            home.federation,
            "bo",
            JobDraft(
                title="Two framers",
                words="Six weeks from March, tools and lunch are there.",
                pay=Pay(minimum=Decimal(190), maximum=Decimal(220), currency="EUR", per=PayPer.DAY),
                closes_at=home.federation.now() + timedelta(days=7),
                contact=f"{home.origin}/users/bo",
            ),
        )

        async def is_boosted() -> bool:
            async with home.federation.database.reading() as reader:
                found = await announcements.find_announcement(reader, job_id)
            return found is not None and found.activity_id is not None

        await eventually(is_boosted, expecting="the guild's boost")
