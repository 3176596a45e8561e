"""Endorsements: as they were written, who sees them, and when their stamps are asked for."""

from dataclasses import replace

import pytest

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
    an_actor,
    an_endorsement,
    save_actors,
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


async def test_an_endorsement_is_found_by_its_consent(database):
    await save_notes(database, a_note(1))
    await save_endorsements(database, an_endorsement(1))

    async with database.reading() as reader:
        found = await endorsements.find_by_consent(reader, str(an_endorsement(1).consent_id))
        none = await endorsements.find_by_consent(reader, "x")

    assert (found, none) == (an_endorsement(1), None)


async def test_only_what_is_confirmed_and_public_is_for_everybody(database):
    await save_actors(database, an_actor("ada"))
    hidden = [
        an_endorsement(2, shown_to=ShownTo.GUILD),
        an_endorsement(3, state="unconfirmed"),
        an_endorsement(4, state="hidden"),
    ]
    stranger = an_endorsement(5, endorser_id=ZOE, endorsed_id=ZOE)
    everything = [an_endorsement(1), *hidden, stranger]
    await save_notes(database, *[a_note(number) for number in range(1, 6)])
    await save_endorsements(database, *everything)

    async with database.reading() as reader:
        public = await endorsements.list_about(reader, BEA, before=None, limit=9)
        whole = await endorsements.list_about(
            reader, BEA, viewer_is_public=False, before=None, limit=9
        )
        by = await endorsements.list_by(reader, ADA, before=None, limit=9)
        latest = await endorsements.list_latest(reader, before=None, limit=9)

    assert public.items == by.items == latest.items == (an_endorsement(1),)
    assert whole.items == (*reversed(hidden), an_endorsement(1))


async def test_the_state_of_an_endorsement_changes_with_what_its_stamp_says(database):
    await save_notes(database, a_note(1), a_note(2))
    await save_endorsements(database, FULL_ENDORSEMENT, an_endorsement(2))
    note_id = FULL_ENDORSEMENT.note_id
    async with database.transaction() as transaction:
        assert await endorsements.set_state(transaction, note_id, "confirmed", now=NOW + DAY)
        confirmed = await endorsements.find_endorsement(transaction, note_id)
        await endorsements.set_state(
            transaction, note_id, "unconfirmed", now=NOW, next_check_at=NOW + MINUTE
        )
        unconfirmed = await endorsements.find_endorsement(transaction, note_id)
        await endorsements.set_state(transaction, note_id, "hidden", now=NOW)
        hidden = await endorsements.find_endorsement(transaction, note_id)
        assert not await endorsements.set_state(transaction, "x", "hidden", now=NOW)
        assert await endorsements.delete_endorsement(transaction, note_id)
        assert not await endorsements.delete_endorsement(transaction, note_id)

    assert confirmed == replace(
        FULL_ENDORSEMENT,
        state="confirmed",
        confirmed_at=NOW + DAY,
        missing_since=None,
        checks=0,
        next_check_at=None,
    )
    assert unconfirmed == replace(confirmed, state="unconfirmed", next_check_at=NOW + MINUTE)
    assert hidden == replace(confirmed, state="hidden", next_check_at=None)


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
