"""What was said is found by its words on both engines alike, and by none that may not show it."""

from datetime import timedelta
from typing import Any

import pytest

from fedirec.domain.audience import Visibility
from fedirec.domain.job_notes import JobNote, JobStatus
from fedirec.storage import blocks, endorsements, job_notes, notes, search
from fedirec.storage.cards import list_cards_matching, list_jobs_matching, read_card, read_job
from fedirec.storage.members import Member, insert_member
from fedirec.storage.search_index import index_all, match_words, words_in
from tests.storage.samples import (
    DAY,
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

WORDS = "<p>Fitted the <strong>green-oak</strong> frame in Dornfeld, Čeněk's café.</p>"


async def say(database: Any, number: int, content: str = WORDS, **changes: Any) -> None:
    """Ada said something of bea, `number` hours ago, and everybody may read it."""
    at = NOW - timedelta(hours=number)
    await save_actors(database, an_actor("ada"), an_actor("bea"))
    said = {"kind": "endorsement", "content": content, "published_at": at} | changes
    await save_notes(database, a_note(number, **said))
    await save_endorsements(database, an_endorsement(number))


async def found(database: Any, phrase: str) -> list[int]:
    """The numbers of what is found."""
    match = match_words(database.engine, words_in(phrase))
    async with database.reading() as reader:
        page = await list_cards_matching(reader, read_card, match, before=None, limit=10)
    return [int(card.note_id.rpartition("/")[2]) for card in page.items]


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("Green-oak JOINERY, green", ["green", "oak", "joinery"]),
        ("Čeněk's café", ["cenek", "s", "cafe"]),
        ("Straße", ["strasse"]),
        ("木工 desk", ["木", "工", "desk"]),
        ("\N{LATIN SMALL LIGATURE FI}tted", ["fitted"]),
        ("Привет, ёж", ["привет", "еж"]),
        ("'); drop table notes; --", ["drop", "table", "notes"]),
        ('" OR * NEAR(:', ["or", "near"]),
        ("\u202e\u200b …", []),
    ],
)
def test_words_are_compared_without_case_accents_and_signs(phrase, words):
    assert words_in(phrase) == words


@pytest.mark.parametrize(
    "phrase", ["green oak", "OAK", "dorn", "cenek", "Čeněk", "cafe frame", "fitted the green"]
)
async def test_what_was_said_is_found_by_its_words_and_their_beginnings(database, phrase):
    await say(database, 1)
    await say(database, 2, "<p>Kept the books of the mill.</p>")

    assert await found(database, phrase) == [1]


@pytest.mark.parametrize("phrase", ["oak mill", "strong", "reen", "p"])
async def test_what_has_not_all_the_words_is_not_found(database, phrase):
    await say(database, 1)

    assert await found(database, phrase) == []


@pytest.mark.parametrize(
    "text", ["木工の仕事", "Привет, мир", "हिन्दी शब्द", "العمل الجيد", "n°5, 2²"]
)
async def test_every_script_is_found_by_itself(database, text):
    await say(database, 1, f"<p>{text}</p>")

    assert await found(database, text) == [1]


@pytest.mark.parametrize("phrase", ['"', "oak OR mill", "oak*", "words:oak", "-oak", "' & !oak"])
async def test_nothing_typed_is_taken_for_a_command(database, phrase):
    await say(database, 1)

    match = match_words(database.engine, words_in(phrase) or ["oak"])
    async with database.reading() as reader:
        await list_cards_matching(reader, read_card, match, before=None, limit=10)


async def test_the_newest_comes_first(database):
    for number in (3, 1, 2):
        await say(database, number)

    assert await found(database, "oak") == [1, 2, 3]


async def test_a_new_text_is_found_and_the_old_one_no_more(database):
    await say(database, 1)

    async with database.transaction() as transaction:
        changed = a_note(1, kind="endorsement", content="<p>Thatched the barn.</p>")
        await notes.update_note(transaction, changed)

    assert await found(database, "oak") == []
    assert await found(database, "thatched") == [1]


@pytest.mark.rule("AC-08")
async def test_what_is_deleted_leaves_the_index_in_the_same_transaction(database):
    await say(database, 1)
    await say(database, 2)

    async with database.transaction() as transaction:
        await notes.delete_note(transaction, a_note(1).id)
        rows = await transaction.fetch_all("select note_id from searchable")

    assert [row["note_id"] for row in rows] == [a_note(2).id]
    assert await found(database, "oak") == [2]


@pytest.mark.rule("AC-08")
async def test_what_is_hidden_or_not_for_all_is_not_found(database):
    await say(database, 1)
    await say(database, 2, visibility=Visibility.FOLLOWERS)
    await say(database, 3, visibility=Visibility.DIRECT)
    await say(database, 4)

    async with database.transaction() as transaction:
        await endorsements.hide_endorsement(transaction, a_note(4).id)

    assert await found(database, "oak") == [1]


@pytest.mark.rule("AC-08")
async def test_what_a_blocked_person_said_is_not_found(database):
    await say(database, 1)

    async with database.transaction() as transaction:
        await blocks.block(
            transaction, blocks.INSTANCE, actor_id("ada"), kind="actor", reason=None, now=NOW
        )

    assert await found(database, "oak") == []


async def test_open_job_notes_are_found_and_closed_ones_are_not(database):
    await save_actors(database, an_actor("ada"))
    for number, status in ((1, JobStatus.OPEN), (2, JobStatus.FILLED)):
        await save_notes(database, a_note(number, kind="job_note", content="<p>Two framers</p>"))
        job = JobNote(
            title="Two framers", contact=actor_id("ada"), closes_at=NOW + DAY, status=status
        )
        async with database.transaction() as transaction:
            await job_notes.save_job(
                transaction,
                job_notes.StoredJob(
                    note_id=a_note(number).id,
                    actor_id=actor_id("ada"),
                    title=job.title,
                    status=status,
                    closes_at=job.closes_at,
                    job=job,
                ),
            )

    match = match_words(database.engine, ["framers"])
    async with database.reading() as reader:
        page = await list_jobs_matching(reader, read_job, match, now=NOW, limit=5)

    assert [card.note_id for card in page.items] == [a_note(1).id]


@pytest.mark.rule("AC-08")
async def test_ones_own_are_found_by_oneself_alone(database):
    await save_actors(database, an_actor("ada"), an_actor("bea"))
    await save_notes(
        database,
        a_note(1, kind="note", content="<p>My oak plan</p>", visibility=Visibility.DIRECT),
    )

    match = match_words(database.engine, ["oak"])
    async with database.reading() as reader:
        own = await search.list_own_matching(reader, actor_id("ada"), match, limit=5)
        others = await search.list_own_matching(reader, actor_id("bea"), match, limit=5)

    assert [note.id for note in own] == [a_note(1).id]
    assert others == []


async def test_plain_posts_of_others_are_not_indexed(database):
    await save_actors(database, an_actor("bea", THEIRS))
    said = a_note(1, kind="note", content=WORDS, actor_id=actor_id("bea", THEIRS), is_local=False)

    await save_notes(database, said)

    async with database.reading() as reader:
        assert await reader.fetch_all("select note_id from searchable") == []


async def test_the_index_can_be_made_anew(database):
    await say(database, 1)
    async with database.transaction() as transaction:
        await transaction.execute("delete from searchable")
    assert await found(database, "oak") == []

    async with database.transaction() as transaction:
        await index_all(transaction)

    assert await found(database, "oak") == [1]


async def test_members_are_found_by_how_their_name_begins(database):
    await save_actors(database, an_actor("ada"), an_actor("adam"))
    for name in ("ada", "adam"):
        async with database.transaction() as transaction:
            await insert_member(
                transaction,
                Member(
                    name=name,
                    actor_id=actor_id(name),
                    is_admin=False,
                    shows_network=False,
                    is_listed=name == "ada",
                    language="en",
                    created_at=NOW,
                ),
            )

    async with database.reading() as reader:
        assert await search.list_named(reader, "ad", limit=5) == [actor_id("ada")]
        assert await search.list_named(reader, "b", limit=5) == []
