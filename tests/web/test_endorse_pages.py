"""Saying what somebody did well, on pages: from whom to sending, and nothing typed is ever lost."""

import asyncio
import re

import pytest

from fedirec.domain.endorsements import OfferState
from fedirec.storage.drafts import MOST_DRAFTS
from fedirec.storage.offers import Offer, list_offers_by
from tests.peers import Peer
from tests.web.browser import Browser, signed_in
from tests.web.home import Home, Seen
from tests.web.hostile import CORPUS, bad_things_in

WORDS = "She found the failed wall plate that two firms had missed, and wrote it up plainly."
SPEAKS = {"canEndorse": {"manualApproval": ["https://www.w3.org/ns/activitystreams#Public"]}}


def filled(home: Home, **changes: str) -> dict[str, str]:
    """The three fields that must be filled in."""
    handle = f"@ada@{home.instance.domain}"
    return {"to": handle, "words": WORDS, "relation": "workedWith"} | changes


async def made(home: Home, name: str = "carol") -> list[Offer]:
    """What a member offered."""
    async with home.federation.database.reading() as reader:
        return await list_offers_by(reader, home.id(name), states=tuple(OfferState))


async def test_three_fields_ask_somebody_in_two_pages(home):
    carol = await signed_in(home, "carol")

    page = await carol.get("/endorse")
    form = carol.form(page, "/endorse")
    sent = await carol.send(page, "/endorse", **filled(home))

    [offer] = await made(home)
    assert form.required - {"start"} == {"to", "words", "relation"}
    assert offer.endorsed_id == home.id("ada")
    assert "Waiting for their answer" in sent.text
    assert WORDS in sent.text
    assert carol.pages == ["/endorse", f"/offers/{offer.note_id[-26:]}"]


async def test_all_that_can_be_said_arrives(home):
    carol = await signed_in(home, "carol")
    page = await carol.get(f"/endorse?to=@ada@{home.instance.domain}")

    await carol.send(
        page,
        "/endorse",
        **filled(
            home,
            skills="roof surveys, green-oak joinery,  Roof surveys",
            start="2024-03",
            end="2024-09",
            setting="The village hall",
            link_1="https://hall.example/diary",
            title_1="Building diary",
            link_3="https://hall.example/photographs",
            shown_to="guild",
            language="de",
        ),
    )

    [offer] = await made(home)
    seen = await carol.get(f"/offers/{offer.note_id[-26:]}")
    for said in ("Roof surveys, green-oak joinery", "From March to September 2024", "village hall"):
        assert said in seen.text
    assert "Building diary" in seen.text
    assert 'href="https://hall.example/photographs"' in seen.text
    assert "Members of the writer&#39;s guild alone" in seen.text
    assert 'lang="de"' in seen.text


async def test_looking_somebody_up_shows_them_and_their_own_words(home):
    carol = await signed_in(home, "carol")
    page = await carol.get("/endorse")

    seen = await carol.send(page, "/endorse", to=f"@ada@{home.instance.domain}", action="lookup")

    assert seen.status == 200
    assert 'class="sheet met"' in seen.text
    assert "Ada" in seen.text
    assert await made(home) == []


async def test_errors_stand_at_their_fields_and_the_text_stays(home):
    carol = await signed_in(home, "carol")
    page = await carol.get("/endorse")
    typed = filled(
        home, words="Too short.", start="spring", skills=",".join("abcdefghi"), link_2="hall"
    )

    seen = await carol.send(page, "/endorse", **typed, title_3="Nothing")

    form = carol.form(seen, "/endorse")
    assert seen.status == 422
    for name in ("words", "start", "skills", "link_2", "link_3"):
        assert f'id="{name}-error"' in seen.text
        assert f'href="#{name}"' in seen.text
    assert "30 characters are missing" in seen.text
    assert typed.items() <= dict(form.fields).items()
    assert await made(home) == []


@pytest.mark.parametrize("left_out", ["to", "words", "relation"])
async def test_what_is_missing_is_asked_for(home, left_out):
    carol = await signed_in(home, "carol")
    page = await carol.get("/endorse")

    seen = await carol.send(page, "/endorse", **filled(home) | {left_out: None})

    assert seen.status == 422
    assert f'id="{left_out}-error"' in seen.text


async def test_nobody_endorses_themselves_and_is_told_so_kindly(home):
    ada = await signed_in(home, "ada")

    seen = await ada.send(await ada.get("/endorse"), "/endorse", **filled(home))

    assert seen.status == 422
    assert 'id="to-error"' in seen.text
    assert WORDS in seen.text


async def test_a_preview_shows_what_others_would_read_and_sends_nothing(home):
    carol = await signed_in(home, "carol")
    typed = filled(home, skills="roof surveys", words=f"{WORDS}\n\n<b>Twice</b>.")

    seen = await carol.send(await carol.get("/endorse"), "/endorse", **typed, action="preview")

    shown = seen.text.partition('<article class="post">')[2].partition("</article>")[0]
    assert seen.status == 200
    assert "did good work: roof surveys" in shown
    assert "<blockquote>" in shown
    assert "&lt;b&gt;Twice" in shown
    assert 'class="mention hashtag"' in shown
    assert await made(home) == []
    await carol.send(seen, "/endorse")
    assert len(await made(home)) == 1


async def test_sent_twice_it_is_asked_once(home):
    carol = await signed_in(home, "carol")
    page = await carol.get("/endorse")
    form = carol.form(page, "/endorse")
    fields = form.filled(filled(home))

    answers = await asyncio.gather(*(carol.post("/endorse", fields) for _ in range(3)))
    late = await carol.post("/endorse", fields)

    [offer] = await made(home)
    assert {(seen.status, seen.headers["location"]) for seen in (*answers, late)} == {
        (303, f"/offers/{offer.note_id[-26:]}")
    }


async def test_a_page_sent_again_with_another_text_says_so_and_can_be_sent(home):
    carol = await signed_in(home, "carol")
    page = await carol.get("/endorse")
    await carol.send(page, "/endorse", **filled(home))

    seen = await carol.send(page, "/endorse", **filled(home, words=WORDS + " Twice."))

    assert seen.status == 422
    assert "You sent this page before" in seen.text
    again = await carol.send(seen, "/endorse")
    assert "still waits for their answer" in again.text


async def test_a_draft_is_kept_gone_on_with_and_discarded(home):
    carol = await signed_in(home, "carol")
    typed = {"to": "@somebody", "words": "Half a thou<ght", "skills": "roofs", "link_4": "x"}
    page = await carol.send(await carol.get("/endorse"), "/endorse", action="more", to="")

    kept = await carol.send(page, "/endorse", **typed, action="draft")
    [path] = re.findall(r'href="(/endorse\?draft=\w+)"', kept.text)
    resumed = await carol.get(path)

    assert "Half a thou&lt;ght" in kept.text
    assert typed.items() <= dict(carol.form(resumed, "/endorse").fields).items()
    sent = await carol.send(resumed, "/endorse", **filled(home), link_4="")
    assert "Waiting for their answer" in sent.text
    assert path not in (await carol.get("/drafts")).text
    await carol.send(await carol.get("/endorse"), "/endorse", action="draft", words="Another")
    gone = await carol.send(await carol.get("/drafts"), "/drafts", button="Discard")
    assert "Another" not in gone.text


async def test_a_kept_draft_is_kept_in_its_place(home):
    carol = await signed_in(home, "carol")
    kept = await carol.send(await carol.get("/endorse"), "/endorse", action="draft", words="One")
    [path] = re.findall(r'href="(/endorse\?draft=\w+)"', kept.text)

    kept = await carol.send(await carol.get(path), "/endorse", action="draft", words="Two")

    assert re.findall(r'href="(/endorse\?draft=\w+)"', kept.text) == [path]
    assert "Two" in kept.text


@pytest.mark.rule("AC-08")
async def test_another_members_draft_is_not_there(home):
    carol, ada = await signed_in(home, "carol"), await signed_in(home, "ada")
    kept = await carol.send(await carol.get("/endorse"), "/endorse", action="draft", words="Mine")
    [path] = re.findall(r'href="(/endorse\?draft=\w+)"', kept.text)

    seen = await ada.get(path)

    assert seen.status == 404
    assert seen.body == (await ada.get("/endorse?draft=01K9ZQ4T7M3V8N2C6X5B1D0FGH")).body
    assert "Mine" in (await carol.get(path)).text


async def test_the_hundred_and_first_draft_stays_on_its_page(home, peer):
    carol = await signed_in(home, "carol")
    async with home.federation.database.transaction() as transaction:
        for number in range(MOST_DRAFTS):
            await transaction.execute(
                "insert into drafts (id, member_name, fields, updated_at)"
                " values (:id, 'carol', '{}', 0)",
                {"id": f"draft{number}"},
            )

    kept = await carol.send(await carol.get("/endorse"), "/endorse", action="draft", words="One")
    failed = await carol.send(
        await carol.get("/endorse"), "/endorse", **filled(home, to=f"@nobody@{peer.host}")
    )

    assert (kept.status, failed.status) == (422, 422)
    assert "One" in kept.text
    assert "Discard one" in kept.text
    assert WORDS in failed.text
    assert "Your text is kept" not in failed.text


async def fails(home: Home, browser: Browser, to: str) -> Seen:
    """The page after sending to somebody who cannot be met."""
    seen = await browser.send(
        await browser.get("/endorse"), "/endorse", **filled(home, to=to, skills="roofs")
    )
    assert seen.status == 422
    assert WORDS in seen.text
    assert "Your text is kept" in seen.text
    assert WORDS in (await browser.get("/drafts")).text
    assert await made(home) == []
    return seen


async def test_somebody_unknown_to_their_server_is_told_by_the_check_that_failed(home, peer):
    seen = await fails(home, await signed_in(home, "carol"), f"@nobody@{peer.host}")

    assert re.search(
        r"check-good.*Their server answers.*check-bad.*this name", seen.text, re.DOTALL
    )


async def test_a_server_that_is_away_is_told_as_such(home):
    async with Peer() as peer:
        host = peer.host

    seen = await fails(home, await signed_in(home, "carol"), f"@dan@{host}")

    assert re.search(r"check-bad.*Their server answers.*check-unasked", seen.text, re.DOTALL)


async def test_a_stranger_to_endorsements_is_not_written_to_and_there_is_a_link(home, peer):
    dan = peer.add_actor("dan")
    carol = await signed_in(home, "carol")

    seen = await carol.send(
        await carol.get("/endorse"), "/endorse", **filled(home, to=f"{peer.origin}/@dan")
    )

    [offer] = await made(home)
    assert offer.endorsed_id == dan.id
    assert "hand them this link" in seen.text
    assert offer.note_id in seen.text
    assert peer.posts == []


async def test_somebody_elsewhere_who_knows_endorsements_is_asked_there(home, peer):
    peer.add_actor("bea", interactionPolicy=SPEAKS)
    carol = await signed_in(home, "carol")

    seen = await carol.send(
        await carol.get("/endorse"), "/endorse", **filled(home, to=f"@bea@{peer.host}")
    )

    assert "asked on their own server" in seen.text


async def test_who_still_has_an_answer_open_is_not_asked_again_and_the_text_is_kept(home):
    carol = await signed_in(home, "carol")
    await carol.send(await carol.get("/endorse"), "/endorse", **filled(home))

    seen = await carol.send(
        await carol.get("/endorse"), "/endorse", **filled(home, words=WORDS + " Again.")
    )

    assert seen.status == 422
    assert "still waits for their answer" in seen.text
    assert "Your text is kept" in seen.text


async def test_hostile_text_stays_text_in_every_field_and_everywhere(home):
    carol = await signed_in(home, "carol")
    for text in CORPUS:
        typed = filled(home, to=text[:200], words=text + WORDS, skills=text, setting=text)
        typed |= {"start": text[:90], "link_1": text, "title_1": text, "end": text[:90]}

        for action in ("send", "preview", "lookup", "more"):
            seen = await carol.send(await carol.get("/endorse"), "/endorse", **typed, action=action)
            assert bad_things_in(seen.text) == [], text
    kept = await carol.send(await carol.get("/endorse"), "/endorse", **typed, action="draft")
    assert bad_things_in(kept.text) == []


async def test_values_that_no_page_of_ours_sends_are_refused_and_not_lost(home):
    carol = await signed_in(home, "carol")
    form = carol.form(await carol.get("/endorse"), "/endorse")
    fields = [pair for pair in form.filled(filled(home)) if pair[0] not in {"relation", "language"}]

    for bad in (("relation", "boss"), ("language", "xx"), ("shown_to", "all"), ("once", "short")):
        seen = await carol.post("/endorse", [*fields, bad])
        assert seen.status == 422, bad

    fields = [pair for pair in fields if pair[0] != "amend"]
    missing = await carol.post("/endorse", [*fields, ("relation", "led"), ("amend", "0" * 26)])
    assert missing.status == 404
