"""An endorsement beyond its page: checked in words, on paper, on other sites, by oEmbed."""

import gzip
import re
import time
from html import unescape
from urllib.parse import quote

import pytest

from fedirec.community import endorsements
from fedirec.domain.endorsements import ShownTo
from fedirec.web.assets import load_assets
from fedirec.web.pages.qr import qr_of
from tests.web.home import Home
from tests.web.hostile import CORPUS, bad_things_in, save_hostile_things
from tests.web.stories import WORDS, endorsed, endorsed_for, posted


def embed(home: Home, note_id: str) -> str:
    return f"/embed{note_id.removeprefix(home.instance.origin)}"


def oembed(note_id: str, query: str = "&format=json") -> str:
    return f"/oembed?url={quote(note_id, safe='')}{query}"


async def test_a_card_says_that_it_was_checked_and_leads_to_how(home):
    note_id = await endorsed(home)

    assert f'href="{note_id}#checked"' in (await home.page("/@ada")).text
    text = (await home.page(note_id)).text
    assert 'href="#checked"' in text
    assert 'id="checked"' in text


async def test_what_is_pasted_elsewhere_is_text_with_whole_addresses(home):
    note_id = await endorsed(home)
    page = (await home.page(note_id)).text

    snippet = unescape(re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[0])

    assert snippet == (await home.page(embed(home, note_id))).text
    assert WORDS in snippet
    assert bad_things_in(snippet) == []
    links = re.findall(r'(?:href|cite)="([^"]+)"', snippet)
    assert {note_id, f"{home.instance.origin}/embed/card.css"} == set(links)
    assert (await home.ask("/embed/card.css")).headers["content-type"].startswith("text/css")


async def test_oembed_is_found_on_the_page_and_tells_the_same(home):
    note_id = await endorsed(home)
    page = (await home.page(note_id)).text
    href = re.findall(r'type="application/json\+oembed"[^>]*href="([^"]+)"', page)[0]

    document = (await home.ask(unescape(href).removeprefix(home.instance.origin))).json()

    assert document["version"] == "1.0"
    assert document["type"] == "rich"
    assert document["title"] == "Ada: Green-oak joinery"
    assert document["author_name"] == "Carol"
    assert document["html"] == (await home.page(embed(home, note_id))).text
    assert document["width"] == 550


async def test_oembed_is_no_wider_than_its_reader_and_json_alone(home):
    note_id = await endorsed(home)

    assert (await home.ask(oembed(note_id, "&maxwidth=300"))).json()["width"] == 300
    assert (await home.ask(oembed(note_id, "&maxwidth=x"))).json()["width"] == 550
    assert (await home.ask(oembed(note_id, "&format=xml"))).status == 400


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
async def test_what_may_not_be_seen_is_not_embedded_more_than_what_is_not(home, shown_to):
    hidden, nothing = await endorsed_for(home, shown_to), await home.ask("/nowhere")
    job_id = await posted(home)

    for path in (
        embed(home, hidden),
        oembed(hidden),
        oembed(job_id),
        oembed("https://evil.example/endorsements/1"),
        "/oembed",
        "/embed/endorsements/01K9ZQ4T7M3V8N2C6X5B1D0FGH",
    ):
        seen = await home.ask(path)
        assert (seen.status, seen.body) == (404, nothing.body), path


async def test_what_was_withdrawn_is_gone_from_where_it_was_embedded(home):
    note_id = await endorsed(home)
    await endorsements.withdraw(home.federation, "ada", note_id)

    assert (await home.page(embed(home, note_id))).status == 410
    assert (await home.page(oembed(note_id))).status == 410


@pytest.mark.rule("HT-01", "HT-02", "HT-10")
async def test_no_text_becomes_more_than_text_on_another_site(home):
    for text in CORPUS:
        async with home.federation.database.transaction() as transaction:
            for table in ("job_notes", "endorsements", "notes"):
                await transaction.execute(f"delete from {table}")  # noqa: S608
        praised, _, _ = await save_hostile_things(home, text)

        assert bad_things_in((await home.page(embed(home, praised))).text) == [], text
        assert bad_things_in((await home.ask(oembed(praised))).json()["html"]) == [], text


async def test_a_page_of_an_endorsement_is_light(home):
    page = await home.page(await endorsed(home))
    assets = load_assets()
    sheet = assets.files[assets.stylesheet].packed

    assert sheet is not None
    assert len(gzip.compress(page.body)) + len(sheet) <= 25_000


async def test_an_endorsement_costs_the_same_few_statements(home):
    note_id = await endorsed(home)
    home.counts.clear()

    await home.page(note_id)

    assert len(home.counts.statements) <= 6


@pytest.mark.parametrize("length", [10, 80, 400])
def test_a_qr_code_is_square_and_has_its_three_finders(length):
    code = qr_of("https://guild.example/" + "x" * length)

    dark = {
        (int(x) + step, int(y))
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code.path)
        for step in range(int(width))
    }
    last = code.size - 5
    for x, y in ((4, 4), (last - 6, 4), (4, last - 6)):
        assert all((x + step, y) in dark for step in range(7))
    assert all(4 <= x <= last and 4 <= y <= last for x, y in dark)


@pytest.mark.rule("HT-11")
async def test_a_stampede_costs_the_database_nothing(home):
    note_id = await endorsed(home)
    first = await home.page(note_id)
    home.counts.clear()

    began = time.perf_counter()
    seen = [await home.page(note_id) for _ in range(300)]

    assert home.counts.statements == []
    assert {answer.headers["etag"] for answer in seen} == {first.headers["etag"]}
    assert time.perf_counter() - began < 30
