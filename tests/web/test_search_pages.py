"""Search finds what may be read and nothing else, and asks other servers for members alone."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from fedirec.community import endorsements
from fedirec.community.membership import choose_listing
from fedirec.domain.endorsements import ShownTo
from tests.web.browser import Browser, signed_in
from tests.web.hostile import CORPUS, bad_things_in, save_hostile_things
from tests.web.stories import WORDS, endorsed, endorsed_for, offered, posted


@pytest.mark.parametrize(
    "asked", ["fitted every joint", "FRAME", "taugh", "green-oak", "%23oak frame"]
)
async def test_an_endorsement_is_found_by_anybody(home, asked):
    note_id = await endorsed(home)

    seen = await Browser(home).get(f"/search?q={asked.replace(' ', '+')}")

    assert seen.status == 200
    assert note_id in seen.text
    assert 'content="noindex"' in seen.text


async def test_an_open_job_note_is_found_and_a_closed_one_is_not(home):
    note_id = await posted(home)
    stranger = Browser(home)
    assert note_id in (await stranger.get("/search?q=joiner+kitchen")).text

    home.clock.forward(timedelta(days=27))

    assert note_id not in (await stranger.get("/search?q=joiner+kitchen")).text


@pytest.mark.rule("AC-08")
async def test_what_was_taken_back_is_found_no_more_at_once(home):
    note_id = await endorsed(home)
    stranger, ada, carol = (
        Browser(home),
        await signed_in(home, "ada"),
        await signed_in(home, "carol"),
    )
    assert note_id in (await stranger.get("/search?q=fitted")).text

    await endorsements.withdraw(home.federation, "ada", note_id)

    for browser in (stranger, ada, carol):
        assert WORDS[:20] not in (await browser.get("/search?q=fitted")).text


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
async def test_what_is_not_for_all_is_found_by_its_author_alone(home, shown_to):
    await endorsed_for(home, shown_to)

    assert WORDS[:20] not in (await Browser(home).get("/search?q=fitted")).text
    assert WORDS[:20] not in (await (await signed_in(home, "ada")).get("/search?q=fitted")).text
    assert "Written by you" in (await (await signed_in(home, "carol")).get("/search?q=fitted")).text


@pytest.mark.rule("AC-08")
async def test_what_nobody_agreed_to_is_found_by_nobody(home):
    await offered(home)

    for browser in (Browser(home), await signed_in(home, "carol"), await signed_in(home, "ada")):
        seen = await browser.get("/search?q=fitted")
        assert "Nothing was found" in seen.text


@pytest.mark.rule("PA-09")
async def test_members_are_found_by_name_when_they_want_to_be(home):
    stranger = Browser(home)
    await choose_listing(home.federation, "ada", is_listed=False)
    assert 'href="/@ada"' not in (await stranger.get("/search?q=ada")).text

    await choose_listing(home.federation, "ada", is_listed=True)

    assert 'href="/@ada"' in (await stranger.get("/search?q=Ad")).text


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("#GreenOak", "/tags/greenoak"),
        ("@ada@{domain}", "/@ada"),
        ("ADA@{domain}", "/@ada"),
        ("acct:ada@{domain}", "/@ada"),
        ("{origin}/@ada", "/@ada"),
        ("{origin}/jobs", "/jobs"),
        ("{origin}/no/such/page", "/search"),
        ("{origin}//evil.example/", None),
    ],
)
async def test_what_is_named_is_opened_at_once(home, asked, place):
    asked = asked.format(domain=home.instance.domain, origin=home.instance.origin)
    asked = asked.replace("#", "%23").replace(":", "%3A").replace("/", "%2F")

    seen = await Browser(home).get(f"/search?q={asked}")

    if place is None:
        assert "evil.example" not in seen.headers.get("location", "")
    else:
        assert (seen.status, seen.headers["location"]) == (303, place)


async def test_only_a_members_search_asks_another_server(home, peer):
    bea = peer.add_actor("bea")
    stranger, ada = Browser(home), await signed_in(home, "ada")

    for asked in (bea.handle, bea.id.replace(":", "%3A").replace("/", "%2F")):
        seen = await stranger.open(f"/search?q={asked}")
        assert "Sign in" in seen.text
        found = await ada.open(f"/search?q={asked}")
        assert "Bea" in found.text
        assert ada.pages[-1].startswith("/network/find?handle=")


@pytest.mark.parametrize(
    "asked", ["", "%20", "...", "%22%27%28", "*", "a" * 900, "%E2%80%AE", "1%3D1--"]
)
async def test_odd_searches_are_answered_with_words(home, asked):
    await endorsed(home)

    seen = await Browser(home).get(f"/search?q={asked}")

    assert seen.status == 200


@pytest.mark.rule("HT-01")
@pytest.mark.parametrize("text", CORPUS[::5])
async def test_nothing_hostile_runs_on_this_page(home, text):
    await save_hostile_things(home, text)
    ada = await signed_in(home, "ada")

    for query in ("x", text):
        seen = await ada.open(f"/search?q={quote(query)}")
        assert bad_things_in(seen.text) == []
