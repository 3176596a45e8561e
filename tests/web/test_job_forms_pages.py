"""A member posts work on a page, changes it, closes it; others answer; nothing typed is lost."""

from datetime import timedelta
from typing import Any

import pytest

from fedirec.storage import job_notes, notes
from tests.web.browser import Browser, signed_in
from tests.web.hostile import CORPUS, bad_things_in
from tests.web.stories import posted

WORDS = "Two weeks on a green-oak frame.\n\nPlans: https://hall.example/plans?a=1&b=2"
FILLED = {
    "pay": "24,50",
    "pay_to": "28",
    "per": "hour",
    "title": "Two framers for a barn",
    "words": WORDS,
    "place": "Dornfeld",
    "skill": "green oak, roofs",
}


async def all_jobs(home) -> list[Any]:
    async with home.federation.database.reading() as reader:
        rows = await reader.fetch_all("select note_id from job_notes order by note_id")
        return [await job_notes.find_job(reader, str(row["note_id"])) for row in rows]


async def test_a_member_posts_work_in_one_page(home):
    ada = await signed_in(home, "ada")

    seen = await ada.send(await ada.get("/jobs/new"), "/jobs/new", **FILLED)

    [job] = await all_jobs(home)
    assert seen.status == 200
    assert ada.pages[-1] == job.note_id.removeprefix(home.instance.origin)
    assert (str(job.job.pay.minimum), str(job.job.pay.maximum)) == ("24.50", "28")
    assert [skill.name for skill in job.job.skills] == ["green oak", "roofs"]
    assert job.closes_at.date() == (home.clock() + timedelta(days=30)).date()
    assert job.title in (await Browser(home).get("/jobs")).text


async def test_a_preview_shows_what_will_be_sent_and_sends_nothing(home):
    ada = await signed_in(home, "ada")

    seen = await ada.send(await ada.get("/jobs/new"), "/jobs/new", **FILLED, preview="yes")
    assert "Wanted: Two framers for a barn" in seen.text
    assert await all_jobs(home) == []
    await ada.send(seen, "/jobs/new")

    [job] = await all_jobs(home)
    assert job.title == "Two framers for a barn"


async def test_a_form_sent_twice_makes_one_note(home):
    ada = await signed_in(home, "ada")
    form = ada.form(await ada.get("/jobs/new"), "/jobs/new")
    filled = form.filled(FILLED)

    first = await ada.post(form.action, filled)
    again = await ada.post(form.action, filled)

    assert (first.status, again.status) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    assert await home.count("job_notes") == 1


async def test_other_words_under_a_form_that_was_sent_are_kept_and_said(home):
    ada = await signed_in(home, "ada")
    form = ada.form(await ada.get("/jobs/new"), "/jobs/new")
    await ada.post(form.action, form.filled(FILLED))

    seen = await ada.post(form.action, form.filled({**FILLED, "title": "Another title"}))

    assert seen.status == 422
    assert "sent before, with other words" in seen.text
    assert "Another title" in seen.text
    assert await home.count("job_notes") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pay": ""}, "Say what it pays"),
        ({"pay": "a lot"}, "plain number"),
        ({"pay": "30", "pay_to": "20"}, "from less to more"),
        ({"currency": "Euro"}, "three capital letters"),
        ({"title": ""}, "Say in a line"),
        ({"words": "   "}, "and are not empty"),
        ({"closes": "soon"}, "valid date"),
        ({"closes": "2020-01-01"}, "closes within"),
        ({"skill": "a,b,c,d,e,f,g,h,i"}, "at most 8 skills"),
        ({"per": "eternity"}, "valid choice"),
        ({"remote": None}, "valid choice"),
        ({"language": "xx"}, "valid choice"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(home, changes, said):
    ada = await signed_in(home, "ada")

    sent = {**FILLED, "place": "a place & more", **changes}
    seen = await ada.send(await ada.get("/jobs/new"), "/jobs/new", **sent)

    assert seen.status == 422
    assert said in seen.text.lower() or said in seen.text
    assert 'aria-invalid="true"' in seen.text or "field-wrong" in seen.text
    assert "a place &amp; more" in seen.text
    assert "https://hall.example/plans?a=1&amp;b=2" in seen.text or "words" in changes
    assert await home.count("job_notes") == 0


async def test_a_note_for_followers_is_on_no_public_page(home):
    ada, stranger = await signed_in(home, "ada"), Browser(home)

    seen = await ada.send(await ada.get("/jobs/new"), "/jobs/new", **FILLED, shown_to="followers")

    [job] = await all_jobs(home)
    path = job.note_id.removeprefix(home.instance.origin)
    assert "Two framers" in seen.text
    for public in ("/", "/jobs", "/@ada", "/search?q=framers"):
        assert "Two framers" not in (await stranger.get(public)).text, public
    assert (await stranger.get(path)).body == (await stranger.get("/nowhere")).body
    await ada.send(await ada.get(f"{path}/edit"), f"{path}/edit", title="Three framers")
    [job] = await all_jobs(home)
    assert job.title == "Three framers"
    async with home.federation.database.reading() as reader:
        assert (await notes.get_note(reader, job.note_id)).visibility == "followers"


async def test_its_poster_changes_a_note_and_finds_all_as_it_was(home):
    ada = await signed_in(home, "ada")
    await ada.send(await ada.get("/jobs/new"), "/jobs/new", **FILLED)
    [job] = await all_jobs(home)
    path = job.note_id.removeprefix(home.instance.origin)

    seen = await ada.get(f"{path}/edit")
    form = ada.form(seen, f"{path}/edit")
    fields = dict(form.fields)
    home.clock.forward(timedelta(seconds=2))
    after = await ada.send(seen, f"{path}/edit", place="Brno")

    assert fields["words"] == WORDS
    assert (fields["pay"], fields["pay_to"], fields["skill"]) == ("24.50", "28", "green oak, roofs")
    assert "Brno" in after.text
    [changed] = await all_jobs(home)
    assert (changed.note_id, changed.job.place) == (job.note_id, "Brno")


@pytest.mark.parametrize(
    ("button", "word"), [("somebody was found", "Filled"), ("not filled", "Closed")]
)
async def test_its_poster_closes_a_note_once(home, button, word):
    carol = await signed_in(home, "carol")
    path = (await posted(home)).removeprefix(home.instance.origin)

    seen = await carol.get(path)
    form = carol.form(seen, f"{path}/close", button=f"Close it: {button}")
    first = await carol.post(form.action, form.fields)
    again = await carol.post(form.action, form.fields)

    assert (first.status, again.status) == (303, 303)
    assert f'<span class="chip">{word}</span>' in (await Browser(home).get(path)).text


@pytest.mark.rule("AC-08")
async def test_who_did_not_post_a_note_cannot_change_it_nor_see_that_it_could_be(home):
    ada = await signed_in(home, "ada")
    path = (await posted(home)).removeprefix(home.instance.origin)

    absent = await ada.get("/jobs/01K9ZQ4T7M3V8N2C6X5B1D0FGH/edit")
    seen = await ada.get(f"{path}/edit")
    token = dict(ada.form(await ada.get("/jobs/new"), "/jobs/new").fields)["token"]
    taken = await ada.post(f"{path}/close", [("token", token)])

    assert seen.status == absent.status == taken.status == 404
    assert seen.body == absent.body
    [job] = await all_jobs(home)
    assert job.status == "open"


async def test_an_answer_is_a_message_that_its_poster_alone_reads(home):
    ada, carol, stranger = (
        await signed_in(home, "ada"),
        await signed_in(home, "carol"),
        Browser(home),
    )
    note_id = await posted(home)
    path = note_id.removeprefix(home.instance.origin)

    seen = await ada.get(f"{path}/answer")
    form = ada.form(seen, f"{path}/answer")
    filled = form.filled({"words": "I am free in March.\n\nAda"})
    first = await ada.post(form.action, filled)
    again = await ada.post(form.action, filled)

    assert first.headers["location"] == again.headers["location"]
    assert "I am free in March" in (await ada.get(first.headers["location"])).text
    async with home.federation.database.reading() as reader:
        rows = await reader.fetch_all(
            "select id, visibility, in_reply_to from notes where kind = 'note'"
        )
        told = await reader.fetch_all(
            "select kind from notifications where owner_id = :id", {"id": home.id("carol")}
        )
    [row] = rows
    assert (row["visibility"], row["in_reply_to"]) == ("direct", note_id)
    assert [each["kind"] for each in told] == ["job_answer"]
    answer = str(row["id"]).removeprefix(home.instance.origin)
    assert "free in March" in (await carol.get(answer)).text
    assert (await stranger.get(answer)).status == 404


async def test_nobody_answers_themselves_nor_a_note_that_closed(home):
    ada, carol = await signed_in(home, "ada"), await signed_in(home, "carol")
    path = (await posted(home)).removeprefix(home.instance.origin)

    assert (await carol.get(f"{path}/answer")).status == 404
    home.clock.forward(timedelta(days=27))
    ada = await signed_in(home, "ada")
    seen = await ada.get(f"{path}/answer")

    assert "takes no more answers" in seen.text


@pytest.mark.rule("HT-01")
async def test_nothing_that_is_typed_becomes_more_than_text(home):
    ada = await signed_in(home, "ada")

    for text in CORPUS:
        filled = {**FILLED, "title": text, "words": text, "place": text, "skill": "oak"}
        preview = await ada.send(await ada.get("/jobs/new"), "/jobs/new", **filled, preview="yes")
        sent = await ada.send(preview, "/jobs/new")
        edited = await ada.get(f"{ada.pages[-1]}/edit")
        for seen in (preview, sent, edited):
            assert bad_things_in(seen.text) == [], text
