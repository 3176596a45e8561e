"""Lists as feeds: read by others' parsers, sound whatever a text holds, the same as their pages."""

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fedirec.community import endorsements
from fedirec.domain.contexts import slug_of
from fedirec.domain.endorsements import ShownTo
from tests.web.home import Home
from tests.web.hostile import CORPUS, bad_things_in, save_hostile_things
from tests.web.stories import WORDS, endorsed, endorsed_for, posted

ATOM = "{http://www.w3.org/2005/Atom}"
CONTEXT = f"/c/{slug_of('restoration of the village hall')}"
LISTS = ["/endorsements", "/@ada", "/@carol", "/jobs", CONTEXT]
FORMS = {"atom": "application/atom+xml; charset=utf-8", "rss": "application/rss+xml; charset=utf-8",
         "json": "application/feed+json"}  # fmt: skip


def entries_of(form: str, body: bytes) -> list[dict[str, Any]]:
    """What a feed reader makes of a feed: title, link, HTML and author of each entry."""
    if form == "json":
        feed = json.loads(body)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        return [
            {"title": item["title"], "link": item["url"], "html": item["content_html"],
             "author": item["authors"][0]["name"], "id": item["id"]}
            for item in feed["items"]
        ]  # fmt: skip
    tree = ET.fromstring(body)  # noqa: S314 - of our own making
    if form == "atom":
        assert tree.findtext(f"{ATOM}id")
        assert tree.findtext(f"{ATOM}updated")
        return [
            {"title": entry.findtext(f"{ATOM}title"), "html": entry.findtext(f"{ATOM}content"),
             "link": link.get("href"), "author": entry.findtext(f"{ATOM}author/{ATOM}name"),
             "id": entry.findtext(f"{ATOM}id")}
            for entry in tree.findall(f"{ATOM}entry")
            if (link := entry.find(f"{ATOM}link")) is not None
        ]  # fmt: skip
    return [
        {"title": item.findtext("title"), "link": item.findtext("link"),
         "html": item.findtext("description"), "id": item.findtext("guid"),
         "author": item.findtext("{http://purl.org/dc/elements/1.1/}creator")}
        for item in tree.findall("channel/item")
    ]  # fmt: skip


async def feed(home: Home, path: str, form: str, query: str = "") -> list[dict[str, Any]]:
    seen = await home.ask(f"{path}.{form}{query}", accept="*/*")
    assert seen.status == 200
    assert seen.headers["content-type"] == FORMS[form]
    return entries_of(form, seen.body)


@pytest.mark.parametrize("form", FORMS)
async def test_an_endorsement_is_in_each_feed_it_belongs_to(home, form):
    note_id = await endorsed(home)

    for path in ("/endorsements", "/@ada", CONTEXT):
        (entry,) = await feed(home, path, form)
        assert entry["title"] == "Ada: Green-oak joinery"
        assert entry["link"] == entry["id"] == note_id
        assert entry["author"] == "Carol"
        assert WORDS in entry["html"]
    assert await feed(home, "/@carol", form) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("query", "is_listed"),
    [
        ("", True),
        ("?skill=OAK&place=dornfeld&pay=on", True),
        ("?remote=on", False),
        ("?group=carol", True),
        ("?group=welders", False),
        ("?language=en", True),
        ("?language=cs", False),
    ],
)
async def test_a_search_for_work_is_a_feed_with_the_same_filters(home, form, query, is_listed):
    await posted(home)

    found = await feed(home, "/jobs", form, query)

    assert bool(found) is is_listed
    page = (await home.page(f"/jobs{query}")).text
    assert ("Green-oak joiner" in page) is is_listed
    assert f'href="/jobs.{form}{query.replace("&", "&amp;").replace("OAK", "OAK")}"' in page


@pytest.mark.parametrize("path", LISTS)
async def test_a_page_names_its_feeds(home, path):
    await endorsed(home)

    text = (await home.page(path)).text

    for media_type, form in (("atom+xml", "atom"), ("rss+xml", "rss"), ("feed+json", "json")):
        link = f'type="application/{media_type}"'
        line = next(line for line in text.splitlines() if link in line)
        assert f'href="{path}.{form}"' in line
        assert 'rel="alternate"' in line


@pytest.mark.parametrize("form", FORMS)
async def test_a_reader_that_has_a_feed_is_told_so(home, form):
    await endorsed(home)
    first = await home.ask(f"/endorsements.{form}")

    again = await home.ask(
        f"/endorsements.{form}", headers={"If-None-Match": first.headers["etag"]}
    )

    assert (again.status, again.body) == (304, b"")
    assert parsedate_to_datetime(first.headers["last-modified"]) <= home.clock()


@pytest.mark.parametrize("form", FORMS)
async def test_an_empty_feed_stays_the_same(home, form):
    first = await home.ask(f"/@ada.{form}")
    home.clock.forward(timedelta(days=2))

    assert (await home.ask(f"/@ada.{form}")).headers["etag"] == first.headers["etag"]
    assert entries_of(form, first.body) == []


async def test_a_feed_that_was_made_is_answered_without_a_statement(home):
    await endorsed(home)
    for path in LISTS:
        await home.ask(f"{path}.atom")
        home.counts.clear()

        await home.ask(f"{path}.atom")

        assert home.counts.statements == []


@pytest.mark.rule("HT-01", "HT-02", "HT-09")
async def test_no_text_breaks_a_feed_or_becomes_more_than_text_in_one(home):
    for text in (*CORPUS, "bell \x07 and escape \x1b[31m", "\ufffe\uffff", "]]>", "&amp;&lt;"):
        async with home.federation.database.transaction() as transaction:
            for table in ("job_notes", "endorsements", "notes"):
                await transaction.execute(f"delete from {table}")  # noqa: S608
        await save_hostile_things(home, text)

        for path in ("/endorsements", "/@ada", "/jobs", f"/c/{slug_of(text)}"):
            for form in FORMS:
                for entry in await feed(home, path, form):
                    assert bad_things_in(entry["html"]) == [], (path, text)
                    assert "javascript:" not in entry["link"]


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
async def test_what_is_not_public_is_in_no_feed_and_makes_no_context(home, shown_to):
    await endorsed_for(home, shown_to)
    nothing = await home.page("/nowhere")

    for form in FORMS:
        assert await feed(home, "/@ada", form) == []
        assert await feed(home, "/endorsements", form) == []
        assert (await home.page(f"{CONTEXT}.{form}")).body == nothing.body
    seen = await home.page(CONTEXT)
    assert (seen.status, seen.body) == (404, nothing.body)


@pytest.mark.rule("AC-08")
async def test_what_was_withdrawn_leaves_feeds_and_context_at_once(home):
    note_id = await endorsed(home)
    assert len(await feed(home, CONTEXT, "atom")) == 1

    await endorsements.withdraw(home.federation, "ada", note_id)

    assert await feed(home, "/@ada", "atom") == []
    assert (await home.page(CONTEXT)).status == 404


@pytest.mark.parametrize("path", ["/@nobody.atom", "/c/nothing-abcdefgh.rss", "/jobs.xml"])
async def test_there_is_no_feed_of_nothing(home, path):
    assert (await home.page(path)).status == 404


async def test_a_context_says_what_was_made_who_took_part_and_what_was_said(home):
    await endorsed(home)

    text = (await home.page(CONTEXT)).text

    for part in (WORDS, "restoration of the village hall", "Building diary", "Green-oak joinery",
                 'href="/@ada"', 'href="/@carol"', "Who took part"):  # fmt: skip
        assert part in text, part


async def test_a_card_leads_to_its_context(home):
    note_id = await endorsed(home)

    for path in ("/", "/@ada", note_id):
        assert f'href="{CONTEXT}"' in (await home.page(path)).text


@pytest.mark.parametrize("path", ["/endorsements", "/endorsements.atom", CONTEXT, "/jobs.json"])
async def test_a_list_costs_as_many_statements_whatever_is_in_it(home, path):
    await endorsed(home)
    counts = []
    for _ in range(2):
        home.clock.forward(home.federation.limits.silence_after_refusal)
        for _ in range(3):
            home.clock.forward(home.federation.limits.silence_after_refusal)
            await endorsed(home)
        home.counts.clear()
        assert (await home.page(path)).status == 200
        counts.append(len(home.counts.statements))

    assert counts[0] == counts[1] <= 2


@pytest.mark.rule("HT-01", "HT-02")
async def test_no_text_of_a_peer_becomes_more_than_text_in_a_context(home):
    for text in CORPUS:
        async with home.federation.database.transaction() as transaction:
            for table in ("job_notes", "endorsements", "notes"):
                await transaction.execute(f"delete from {table}")  # noqa: S608
        await save_hostile_things(home, text)

        seen = await home.page(f"/c/{slug_of(text)}")

        assert seen.status == 200
        assert bad_things_in(seen.text) == [], text
