"""What happened here before a visitor came: endorsements offered and agreed, job notes posted."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fedirec.community import endorsements, job_notes
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import (
    EndorsementDraft,
    Evidence,
    Period,
    Relation,
    ShownTo,
    Skill,
)
from fedirec.domain.job_notes import JobDraft, Pay, PayPer, Remote
from fedirec.storage.offers import Offer
from tests.web.home import Home

WORDS = "She cut and fitted every joint of the frame, and taught two of us as she went."


def draft(**changes: Any) -> EndorsementDraft:
    """What ada did well."""
    members: dict[str, Any] = {
        "words": WORDS,
        "relation": Relation.WORKED_WITH,
        "period": Period(start="2024-03", end="2024-09"),
        "skills": (Skill(name="green-oak joinery"),),
        "evidence": (Evidence(href="https://hall.example/diary/roof", name="Building diary"),),
        "setting": "restoration of the village hall",
    }
    return EndorsementDraft(**(members | changes))


async def offered(home: Home, **changes: Any) -> Offer:
    """Carol asked ada, who has not answered."""
    handle = f"@ada@{home.instance.domain}"
    made = await endorsements.offer(home.federation, "carol", handle, draft(**changes))
    return made.offer


async def endorsed(home: Home, **changes: Any) -> ObjectId:
    """Carol endorsed ada, who agreed; the id of the note."""
    offer = await offered(home, **changes)
    await endorsements.answer(home.federation, "ada", offer.id, is_accepted=True)
    return ObjectId(offer.note_id)


async def endorsed_for(home: Home, shown_to: ShownTo) -> ObjectId:
    """The same, not for everybody's eyes."""
    return await endorsed(home, shown_to=shown_to)


async def posted(home: Home, **changes: Any) -> ObjectId:
    """Carol posted a job note; its id."""
    members: dict[str, Any] = {
        "title": "Green-oak joiner, two weeks",
        "words": "Two weeks of green-oak joinery for a community kitchen.",
        "pay": Pay(minimum=Decimal(24), maximum=Decimal(28), currency="EUR", per=PayPer.HOUR),
        "closes_at": home.clock() + timedelta(days=26),
        "contact": home.id("carol"),
        "place": "Dornfeld",
        "remote": Remote.NO,
        "skills": (Skill(name="green-oak joinery"),),
    }
    return await job_notes.post(home.federation, "carol", JobDraft(**(members | changes)))
