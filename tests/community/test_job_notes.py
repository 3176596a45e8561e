"""Work is posted, changed, filled and closed, and goes at its closing instant by itself."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from fedirec.community import job_notes
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import Skill
from fedirec.domain.job_notes import JobDraft, Pay, PayPer, Remote
from fedirec.errors import ConflictError, InvalidInputError, NotFoundError

pytestmark = pytest.mark.asyncio(loop_scope="module")


def job_draft(guild, **changes) -> Any:
    """Work that can be posted now."""
    draft = JobDraft(
        title="Timber framer for a village hall",
        words="Eight weeks on a green-oak frame; bring your own chisels.",
        pay=Pay(minimum=Decimal("21.50"), maximum=Decimal(26), currency="EUR", per=PayPer.HOUR),
        closes_at=guild.clock.now + timedelta(days=30),
        contact="https://builders.example/work",
        place="Thirsk",
        remote=Remote.NO,
        skills=(Skill(name="green-oak joinery"),),
        organization="The Builders",
        organization_url="https://builders.example/",
        hours="38 a week",
        term="two months",
    )
    return replace(draft, **changes)


async def posted(guild, bea, **changes) -> Any:
    """Post work as somebody whom bea follows; return who, and the note's id."""
    [ada] = await guild.add("ada")
    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
    return ada, await job_notes.post(guild.federation, ada, job_draft(guild, **changes))


async def test_a_job_note_goes_to_followers_with_all_that_others_read(guild, bea):
    ada, note_id = await posted(guild, bea)

    [create] = await guild.sent(bea, "Create")

    note = create["object"]
    assert (note["id"], note["attributedTo"]) == (note_id, guild.id(ada))
    assert note["job"]["pay"] == {"min": "21.50", "max": "26", "currency": "EUR", "per": "hour"}
    assert note["job"]["organization"]["url"] == "https://builders.example/"
    assert "status" not in note["job"]
    assert note["endTime"] == job_draft(guild).closes_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {tag["name"] for tag in note["tag"]} == {"#GreenOakJoinery", "#jobs"}


@pytest.mark.spec("FEP-0837 proposal", level="MUST")
async def test_a_job_note_is_a_request_that_markets_can_read(guild, bea):
    _ada, note_id = await posted(guild, bea)

    [create] = await guild.sent(bea, "Create")

    note = create["object"]
    assert (note["purpose"], note["unitBased"]) == ("request", False)
    assert note["publishes"]["id"] == f"{note_id}#primary"
    assert note["publishes"]["type"] == "Intent"
    assert note["publishes"]["action"] == "deliverService"
    assert note["publishes"]["resourceQuantity"] == {"hasUnit": "one", "hasNumericalValue": "1"}


async def test_the_guild_boosts_it(guild, bea):
    await guild.hear(bea, bea.activity("Follow", guild.guild_id))
    _ada, note_id = await posted(guild, bea)

    await guild.keep_up(minutes=1)

    boosts = [each for each in await guild.sent(bea, "Announce") if each["object"] == note_id]
    assert [boost["actor"] for boost in boosts] == [guild.guild_id]


async def test_an_amended_note_keeps_its_id_and_first_date_and_says_when_it_changed(guild, bea):
    ada, note_id = await posted(guild, bea)
    guild.clock.forward(hours=1)

    await job_notes.amend(guild.federation, ada, note_id, job_draft(guild, title="Two framers"))

    [update] = await guild.sent(bea, "Update")
    [create] = await guild.sent(bea, "Create")
    note = update["object"]
    assert (note["id"], note["job"]["title"]) == (note_id, "Two framers")
    assert note["published"] == create["object"]["published"] < note["updated"]


@pytest.mark.parametrize(("is_filled", "status"), [(True, "filled"), (False, "closed")])
async def test_a_note_that_is_over_says_so_and_is_changed_no_more(guild, bea, is_filled, status):
    ada, note_id = await posted(guild, bea)

    await job_notes.close(guild.federation, ada, note_id, is_filled=is_filled)

    [update] = await guild.sent(bea, "Update")
    assert update["object"]["job"]["status"] == status
    assert update["object"]["content"]
    assert await guild.rows("select * from announcements where note_id = :id", id=note_id) == []
    for act in (
        job_notes.close(guild.federation, ada, note_id, is_filled=True),
        job_notes.amend(guild.federation, ada, note_id, job_draft(guild)),
    ):
        with pytest.raises(ConflictError, match=f"is {status} already"):
            await act


@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "filled"])
async def test_at_its_closing_instant_it_is_deleted_from_all_who_got_it(guild, bea, is_closed):
    await guild.hear(bea, bea.activity("Follow", guild.guild_id))
    ada, note_id = await posted(guild, bea, closes_at=guild.clock.now + timedelta(days=3))
    await guild.keep_up(minutes=1)
    await guild.send()
    if is_closed:
        await job_notes.close(guild.federation, ada, note_id, is_filled=True)

    await guild.keep_up(days=2)
    assert await guild.sent(bea, "Delete") == []
    await guild.keep_up(days=1)

    [delete] = await guild.sent(bea, "Delete")
    assert (delete["actor"], delete["object"]["id"]) == (guild.id(ada), note_id)
    assert delete["object"]["type"] == "Tombstone"
    undone = [each["object"]["object"] for each in await guild.sent(bea, "Undo")]
    assert undone == [note_id]
    assert await guild.rows("select * from job_notes where note_id = :id", id=note_id) == []
    assert await guild.rows("select * from tombstones where id = :id", id=note_id)


async def test_nobody_changes_or_closes_the_note_of_another(guild, bea):
    _ada, note_id = await posted(guild, bea)
    [ben] = await guild.add("ben")

    for act in (
        job_notes.close(guild.federation, ben, note_id, is_filled=True),
        job_notes.amend(guild.federation, ben, note_id, job_draft(guild)),
        job_notes.close(guild.federation, ben, ObjectId(f"{note_id}0"), is_filled=True),
    ):
        with pytest.raises(NotFoundError, match=f"{ben} has no job note"):
            await act


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("title", {"title": " "}),
        ("words", {"words": ""}),
        ("words", {"words": "ä" * 5_000}),
        ("pay", {"pay": None}),
        ("contact", {"contact": "call me"}),
        ("skill", {"skills": tuple(Skill(name=f"skill {n}") for n in range(9))}),
        ("organization", {"organization": None}),
        ("organization", {"organization_url": "javascript:alert(1)"}),
        ("place", {"place": "x" * 301}),
        ("language", {"language": "!"}),
    ],
)
async def test_a_draft_that_cannot_be_posted_is_refused_with_the_field_named(guild, field, changes):
    [ada] = await guild.add("ada")

    with pytest.raises(InvalidInputError) as refusal:
        await job_notes.post(guild.federation, ada, job_draft(guild, **changes))

    assert refusal.value.field == field
    assert await guild.rows("select * from notes where actor_id = :id", id=guild.id(ada)) == []


@pytest.mark.parametrize("days", [-1, 0, 91])
async def test_it_closes_within_ninety_days_from_now(guild, days):
    [ada] = await guild.add("ada")
    closes_at = guild.clock.now + timedelta(days=days)

    with pytest.raises(InvalidInputError, match="90 days") as refusal:
        await job_notes.post(guild.federation, ada, job_draft(guild, closes_at=closes_at))

    assert refusal.value.field == "closes"


async def test_an_answer_to_it_is_told_to_who_posted_it(guild, bea):
    ada, note_id = await posted(guild, bea)
    reply = {
        "id": f"{bea.peer.origin}/notes/answer",
        "type": "Note",
        "attributedTo": bea.id,
        "inReplyTo": note_id,
        "content": "<p>I could start in May.</p>",
        "to": [guild.id(ada)],
    }

    await guild.hear(bea, bea.activity("Create", reply, to=[guild.id(ada)]), to=ada)

    told = await guild.rows(
        "select kind, object_id from notifications where owner_id = :owner and kind <> 'follow'",
        owner=guild.id(ada),
    )
    assert [(row["kind"], row["object_id"]) for row in told] == [("job_answer", reply["id"])]
