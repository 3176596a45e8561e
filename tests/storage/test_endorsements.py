"""Endorsements: as they were written, who sees them, and when their stamps are asked for."""

from dataclasses import replace

import pytest

from fedirec.domain.contexts import slug_of
from fedirec.domain.endorsements import Evidence, Relation, ShownTo, Skill
from fedirec.errors import ConflictError
from fedirec.storage import (
    endorsements,
)
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    THEIRS,
    a_note,
    actor_id,
    an_endorsement,
    save_endorsements,
    save_notes,
)

ADA, BEA, ZOE = actor_id("ada"), actor_id("bea"), actor_id("zoe", THEIRS)
FULL_ENDORSEMENT = an_endorsement(
    1,
    relation=Relation.LEARNT_FROM,
    period_until="2025",
    setting="Community hall",
    skills=(Skill(name="Ökologie", same_as="https://skills.example/1"), Skill(name="oak")),
    evidence=(
        Evidence(href="https://a.example", name="Hall"),
        Evidence(
            href="https://b.example",
            name="Gate",
            media_type="text/html",
            seen=NOW,
            digest="uabc",
        ),
    ),
    shown_to=ShownTo.GUILD,
    state="unconfirmed",
    confirmed_at=None,
    missing_since=NOW,
    checks=2,
    next_check_at=NOW + DAY,
)


@pytest.mark.parametrize("endorsement", [an_endorsement(1, consent_id=None), FULL_ENDORSEMENT])
async def test_an_endorsement_comes_back_as_saved_and_is_renewed(database, endorsement):
    await save_notes(database, a_note(1))
    await save_endorsements(database, an_endorsement(1), endorsement)

    async with database.reading() as reader:
        assert await endorsements.find_endorsement(reader, endorsement.note_id) == endorsement
        assert await endorsements.find_endorsement(reader, "x") is None


async def test_an_endorsement_needs_its_note(database):
    with pytest.raises(ConflictError):
        await save_endorsements(database, an_endorsement(1))


async def test_all_that_name_a_consent_are_found_what_shows_first(database):
    shown = replace(an_endorsement(2), state="confirmed")
    hidden = replace(an_endorsement(1), state="hidden", consent_id=shown.consent_id)
    await save_notes(database, a_note(1), a_note(2))
    await save_endorsements(database, hidden, shown)

    async with database.reading() as reader:
        found = await endorsements.list_by_consent(reader, str(shown.consent_id))
        none = await endorsements.list_by_consent(reader, "x")

    assert (found, none) == ([shown, hidden], [])


async def test_an_endorsement_is_hidden_for_good_or_made_an_ordinary_post(database):
    await save_notes(database, a_note(1))
    await save_endorsements(database, FULL_ENDORSEMENT)
    note_id = FULL_ENDORSEMENT.note_id
    async with database.transaction() as transaction:
        assert await endorsements.hide_endorsement(transaction, note_id)
        assert not await endorsements.hide_endorsement(transaction, "x")
        hidden = await endorsements.find_endorsement(transaction, note_id)
        assert await endorsements.delete_endorsement(transaction, note_id)
        assert not await endorsements.delete_endorsement(transaction, note_id)

    assert hidden == replace(FULL_ENDORSEMENT, state="hidden", next_check_at=None)


async def test_stamps_are_asked_for_when_due_or_sooner_when_somebody_moved(database):
    await save_notes(database, *[a_note(number) for number in range(1, 5)])
    await save_endorsements(
        database,
        an_endorsement(1, next_check_at=NOW + DAY),
        an_endorsement(2, next_check_at=NOW),
        an_endorsement(3, next_check_at=None),
        an_endorsement(4, next_check_at=NOW + DAY, endorsed_id=ZOE),
    )
    async with database.transaction() as transaction:
        due = await endorsements.list_due_checks(transaction, now=NOW, limit=9)
        assert await endorsements.check_soon(transaction, ZOE, NOW - MINUTE) == 1
        sooner = await endorsements.list_due_checks(transaction, now=NOW, limit=9)

    assert [each.note_id for each in due] == [a_note(2).id]
    assert [each.note_id for each in sooner] == [a_note(4).id, a_note(2).id]


async def test_what_was_stored_before_contexts_had_names_gets_its_name(database):
    await save_notes(database, a_note(1), a_note(2))
    await save_endorsements(
        database, an_endorsement(1, setting="The  Hall"), an_endorsement(2, setting=None)
    )
    async with database.transaction() as transaction:
        await transaction.execute("update endorsements set slug = null")

    async with database.transaction() as transaction:
        named = [await endorsements.name_contexts(transaction, limit=5) for _ in range(2)]
        rows = await transaction.fetch_all("select slug from endorsements order by note_id")

    assert named == [1, 0]
    assert [row["slug"] for row in rows] == [slug_of("the hall"), None]
