"""Offers on pages: read before anybody else, answered, withdrawn, said anew; others see nothing."""

import re

import pytest

from fedirec.community.membership import add_member
from fedirec.domain.endorsements import OfferState
from fedirec.storage.blocks import is_actor_blocked
from fedirec.storage.offers import newest_offer
from tests.web.browser import Browser, signed_in
from tests.web.home import Home
from tests.web.hostile import bad_things_in
from tests.web.stories import WORDS, endorsed, offered

AGAIN = "She cut every joint of the frame, and of the second one as well, a year later."


def page_of(note_id: str) -> str:
    """The page about the offers of a text of ours."""
    return f"/offers/{note_id.rpartition('/')[2]}"


async def state_of(home: Home, note_id: str) -> OfferState:
    """Where the newest offer of a text stands."""
    async with home.federation.database.reading() as reader:
        newest = await newest_offer(reader, note_id)
    assert newest is not None
    return newest.state


async def answered(home: Home, browser: Browser, note_id: str, answer: str, **fields: str):
    """The page after an answer."""
    page = await browser.get(page_of(note_id))
    return await browser.send(page, f"{page_of(note_id)}/answer", answer=answer, **fields)


async def test_what_waits_is_listed_read_and_accepted(home):
    offer = await offered(home)
    ada = await signed_in(home, "ada")

    listed = await ada.get("/offers")
    page = await ada.get(page_of(offer.note_id))
    seen = await answered(home, ada, offer.note_id, "accept")

    assert f'href="{page_of(offer.note_id)}"' in listed.text
    assert WORDS in page.text
    assert "only learns that it is not published" in page.text
    assert "You accepted this" in seen.text
    assert await state_of(home, offer.note_id) is OfferState.PUBLISHED
    assert WORDS in (await home.page("/@ada")).text
    assert page_of(offer.note_id) not in (await ada.get("/offers")).text


async def test_accepted_under_another_heading_it_stands_under_that(home):
    offer = await offered(home)
    ada = await signed_in(home, "ada")

    seen = await answered(home, ada, offer.note_id, "accept", heading="  Frames\nthat hold ")

    assert "<h3>Frames that hold</h3>" in (await home.page("/@ada")).text
    assert "green-oak joinery" in (await home.page(offer.note_id)).text.lower()
    page = page_of(offer.note_id)
    await ada.send(seen, f"{page}/heading", heading="")
    assert "Frames that hold" not in (await home.page("/@ada")).text
    long = await ada.send(seen, f"{page}/heading", heading="x" * 101)
    assert (long.status, "At most 100" in long.text) == (422, True)


async def test_after_declining_the_writer_sees_what_silence_shows(home):
    offer = await offered(home)
    carol, ada = await signed_in(home, "carol"), await signed_in(home, "ada")
    before = [await carol.get(path) for path in ("/offers", page_of(offer.note_id))]

    seen = await answered(home, ada, offer.note_id, "decline")

    after = [await carol.get(path) for path in ("/offers", page_of(offer.note_id))]
    assert "You declined this" in seen.text
    assert [page.body for page in before] == [page.body for page in after]
    home.clock.forward(home.federation.limits.offer_lifetime)
    carol = await signed_in(home, "carol")
    assert "Nothing came of it" in (await carol.get(page_of(offer.note_id))).text


async def test_blocking_the_writer_declines_too(home):
    offer = await offered(home)
    ada = await signed_in(home, "ada")

    await answered(home, ada, offer.note_id, "block")

    assert await state_of(home, offer.note_id) is OfferState.DECLINED
    async with home.federation.database.reading() as reader:
        assert await is_actor_blocked(reader, home.id("ada"), home.id("carol"))


async def test_answered_twice_or_late_the_page_just_says_how_it_stands(home):
    offer = await offered(home)
    ada = await signed_in(home, "ada")
    page = await ada.get(page_of(offer.note_id))

    first = await ada.send(page, f"{page_of(offer.note_id)}/answer", answer="accept")
    again = await ada.send(page, f"{page_of(offer.note_id)}/answer", answer="accept")
    other = await ada.send(page, f"{page_of(offer.note_id)}/answer", answer="decline")

    assert {first.status, again.status, other.status} == {200}
    assert "You accepted this" in other.text


async def test_after_the_time_is_over_there_is_nothing_to_answer(home):
    offer = await offered(home)
    home.clock.forward(home.federation.limits.offer_lifetime)
    ada = await signed_in(home, "ada")

    seen = await ada.get(page_of(offer.note_id))

    assert "Its time is over" in seen.text
    assert "/answer" not in seen.text


@pytest.mark.parametrize("who", ["ada", "carol"])
async def test_either_of_the_two_takes_it_back(home, who):
    note_id = await endorsed(home)
    browser = await signed_in(home, who)
    page = await browser.get(page_of(note_id))

    seen = await browser.send(page, f"{page_of(note_id)}/withdraw")

    assert "taken back" in seen.text
    assert WORDS not in (await home.page("/@ada")).text


async def test_the_writer_takes_back_what_still_waits(home):
    offer = await offered(home)
    carol = await signed_in(home, "carol")

    await carol.send(await carol.get(page_of(offer.note_id)), f"{page_of(offer.note_id)}/withdraw")

    assert await state_of(home, offer.note_id) is OfferState.RETRACTED


async def test_said_anew_it_is_asked_again_and_the_old_text_stands_until_then(home):
    note_id = await endorsed(home)
    carol, ada = await signed_in(home, "carol"), await signed_in(home, "ada")
    page = await carol.get(page_of(note_id))
    [path] = re.findall(r'href="(/endorse\?amend=\w+)"', page.text)
    home.clock.forward(home.federation.limits.offer_lifetime / 30)

    form = carol.form(await carol.get(path), "/endorse")
    asked = await carol.send(await carol.get(path), "/endorse", words=AGAIN)

    assert dict(form.fields)["words"] == WORDS
    assert dict(form.fields)["link_1"] == "https://hall.example/diary/roof"
    assert "Waiting for their answer" in asked.text
    assert WORDS in (await home.page("/@ada")).text
    await answered(home, ada, note_id, "accept")
    assert AGAIN in (await home.page("/@ada")).text


async def test_the_writer_reads_how_far_it_has_come(home):
    note_id = await endorsed(home)
    carol, ada = await signed_in(home, "carol"), await signed_in(home, "ada")

    seen, others = await carol.get(page_of(note_id)), await ada.get(page_of(note_id))

    assert "How far it has come" in seen.text
    assert "How far it has come" not in others.text


@pytest.mark.rule("AC-08")
async def test_to_others_there_is_no_offer(home):
    note_id = await endorsed(home, words=AGAIN, setting="elsewhere")
    offer = await offered(home)
    await add_member(home.federation, "eve")
    eve = await signed_in(home, "eve")
    nowhere = await eve.get("/offers/01K9ZQ4T7M3V8N2C6X5B1D0FGH")

    for address in (offer.note_id, note_id):
        page = page_of(address)
        seen = await eve.get(page)
        assert (seen.status, seen.body) == (404, nowhere.body)
        token = dict(eve.form(await eve.get("/drafts"), "/sign-out").fields)["token"]
        for what in ("answer", "heading", "withdraw"):
            posted = await eve.post(f"{page}/{what}", [("token", token), ("answer", "accept")])
            assert (posted.status, posted.body) == (404, nowhere.body)
    assert await state_of(home, offer.note_id) is OfferState.WAITING


@pytest.mark.rule("AC-08")
async def test_the_writer_cannot_answer_for_the_other(home):
    offer = await offered(home)
    carol = await signed_in(home, "carol")
    page = page_of(offer.note_id)
    token = dict(carol.form(await carol.get(page), "/sign-out").fields)["token"]

    for what in ("answer", "heading"):
        seen = await carol.post(f"{page}/{what}", [("token", token), ("answer", "accept")])
        assert seen.status == 404

    assert await state_of(home, offer.note_id) is OfferState.WAITING


async def test_an_erased_or_damaged_text_is_shown_as_such(home):
    offer = await offered(home)
    ada = await signed_in(home, "ada")
    async with home.federation.database.transaction() as transaction:
        await transaction.execute("update offers set body = null")

    seen = await ada.get(page_of(offer.note_id))

    assert "erased" in seen.text
    assert (await ada.get("/offers")).status == 200


async def test_hostile_words_in_an_offer_stay_words(home):
    text = "<script>owned()</script><img src=x onerror=owned()> " * 4
    offer = await offered(home, words=text, setting=text[:90])
    ada = await signed_in(home, "ada")

    for path in ("/offers", page_of(offer.note_id), "/home", "/notifications"):
        assert bad_things_in((await ada.get(path)).text) == []


async def test_no_page_counts_what_somebody_has(home):
    await endorsed(home)
    await offered(home, words=AGAIN, setting="second roof")
    ada = await signed_in(home, "ada")

    for path in ("/home", "/offers", "/notifications", "/drafts"):
        shown = re.sub(r"<[^>]+>", " ", (await ada.get(path)).text)
        assert not re.search(r"\d+\s+(endorsement|offer|notification|draft|follower)", shown)
        assert not re.search(r"\(\s*\d+\s*\)", shown)
