"""A member answers a post, under it or to its author alone, and sees how far the answer came."""

import pytest

from fedirec.storage import notes
from tests.web.browser import Browser, signed_in
from tests.web.hostile import CORPUS, bad_things_in, save_hostile_things
from tests.web.stories import endorsed, posted


async def replies_of(home) -> list[notes.StoredNote]:
    async with home.federation.database.reading() as reader:
        rows = await reader.fetch_all("select id from notes where kind = 'note' order by id")
        return [await notes.get_note(reader, str(row["id"])) for row in rows]


@pytest.mark.parametrize("is_short", [True, False])
async def test_a_reply_stands_under_the_post_it_answers(home, is_short):
    ada, note_id = await signed_in(home, "ada"), await posted(home)
    named = note_id.rpartition("/")[2] if is_short else note_id

    seen = await ada.open(f"/reply?to={named}")
    after = await ada.send(seen, "/answer", words="Is the site near a station?")

    [reply] = await replies_of(home)
    assert (reply.in_reply_to, reply.visibility) == (note_id, "public")
    assert home.id("carol") in reply.readers
    assert "Is the site near a station?" in after.text
    assert ada.pages[-1].startswith("/progress/")
    path = reply.id.removeprefix(home.instance.origin)
    assert "near a station" in (await Browser(home).get(path)).text


async def test_a_reply_to_its_author_alone_is_read_by_nobody_else(home):
    ada, note_id = await signed_in(home, "ada"), await endorsed(home)

    await ada.send(
        await ada.get(f"/answer?to={note_id}"), "/answer", words="Thanks.", readers="author"
    )

    [reply] = await replies_of(home)
    assert reply.visibility == "direct"
    assert (await Browser(home).get(reply.id.removeprefix(home.instance.origin))).status == 404


async def test_a_reply_sent_twice_is_one(home):
    ada, note_id = await signed_in(home, "ada"), await posted(home)
    form = ada.form(await ada.get(f"/answer?to={note_id}"), "/answer")
    filled = form.filled({"words": "Once."})

    places = {(await ada.post("/answer", filled)).headers["location"] for _ in range(3)}

    assert len(places) == 1
    assert len(await replies_of(home)) == 1


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 9_000, "\u200b"])
async def test_words_that_are_none_or_too_many_are_refused_and_kept(home, words):
    ada, note_id = await signed_in(home, "ada"), await posted(home)

    seen = await ada.send(
        await ada.get(f"/answer?to={note_id}"), "/answer", words=words, readers="author"
    )

    assert seen.status == 422
    assert words.strip("\n ") in seen.text
    assert 'value="author" checked' in seen.text or "checked" in seen.text
    assert await replies_of(home) == []


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize(
    "named", ["", "nothing", "01K9ZQ4T7M3V8N2C6X5B1D0FGH", "https://x.example/1"]
)
async def test_what_is_not_there_or_not_theirs_is_not_answered(home, named):
    ada, carol = await signed_in(home, "ada"), await signed_in(home, "carol")
    await carol.send(
        await carol.get("/jobs/new"), "/jobs/new", pay="1", title="Hidden", words="For few.",
        shown_to="followers",
    )  # fmt: skip
    hidden = carol.pages[-1]

    absent = await ada.get(f"/answer?to={named}")
    secret = await ada.get(f"/answer?to={home.instance.origin}{hidden}")

    assert absent.status == secret.status == 404
    assert absent.body == secret.body


@pytest.mark.rule("AC-08")
async def test_what_somebody_sent_is_shown_to_them_alone(home):
    ada, carol, note_id = (
        await signed_in(home, "ada"),
        await signed_in(home, "carol"),
        await posted(home),
    )
    await ada.send(
        await ada.get(f"/answer?to={note_id}"), "/answer", words="Between us.", readers="author"
    )
    sent = ada.pages[-1]

    seen = await carol.get(sent)

    assert "Between us." in (await ada.get("/progress")).text
    assert "Between us." not in (await carol.get("/progress")).text
    assert seen.status == 404
    assert seen.body == (await carol.get("/nowhere")).body


@pytest.mark.rule("HT-01")
@pytest.mark.parametrize("text", CORPUS[::5])
async def test_nothing_hostile_runs_on_these_pages(home, text):
    ada = await signed_in(home, "ada")
    _praised, _job, plain = await save_hostile_things(home, text)

    form = await ada.get(f"/answer?to={plain}")
    sent = await ada.send(form, "/answer", words=f"x {text}")

    for seen in (form, sent, await ada.get("/progress")):
        assert bad_things_in(seen.text) == []
