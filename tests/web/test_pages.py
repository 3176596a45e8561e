"""What people see: safe whatever a peer sent, true to what was agreed, and nothing to win."""

import re
from ipaddress import ip_network
from itertools import pairwise

import pytest

from fedirec.domain.endorsements import ShownTo
from fedirec.web.keys import WebOptions
from fedirec.web.marks import mark_path
from tests.web.home import ACTIVITY_JSON, open_home
from tests.web.hostile import CORPUS, MARKER, bad_things_in, save_hostile_things
from tests.web.stories import WORDS, endorsed, endorsed_for, posted

PAGES = [
    "/", "/@ada", "/@carol", "/@guild", "/members", "/jobs", "/about", "/tags/joinery",
    "/endorsements", "/@ada/cv",
]  # fmt: skip
PUBLIC_ROUTES = [
    *PAGES, "/authorize_interaction?uri=x", "/nowhere", "/static/nothing.css", "/healthz",
    "/readyz", "/actor", "/users/ada", "/users/ada/inbox", "/users/ada/outbox", "/nodeinfo/2.1",
    "/.well-known/webfinger", "/.well-known/webfinger?resource=acct:nobody@x.example",
]  # fmt: skip


@pytest.mark.rule("HT-01", "HT-02", "HT-10")
async def test_no_text_of_a_peer_becomes_more_than_text_on_any_page(home):
    for number, text in enumerate(CORPUS):
        async with home.federation.database.transaction() as transaction:
            for table in ("job_notes", "endorsements", "notes"):
                await transaction.execute(f"delete from {table}")  # noqa: S608
        things = await save_hostile_things(home, text)

        for path in (*PAGES, *things):
            seen = await home.page(path)
            assert seen.status == 200, (number, path)
            assert bad_things_in(seen.text) == [], (number, path)
            assert f"<script>{MARKER}" not in seen.text

    assert "deep" in (await home.page("/@ada")).text


@pytest.mark.rule("HT-12")
@pytest.mark.parametrize(
    "target", ["javascript:owned()", "//evil.example", "https://evil.example/", "<script>owned()"]
)
async def test_where_a_visitor_wants_to_go_is_told_and_never_linked(home, target):
    for name in ("uri", "acct"):
        seen = await home.page(f"/authorize_interaction?{name}={target}")

        assert seen.status == 200
        assert bad_things_in(seen.text) == []
        assert "evil.example" not in "".join(re.findall(r'href="[^"]*"', seen.text))


@pytest.mark.rule("HT-03")
async def test_every_answer_carries_the_security_headers(home):
    note_id = await endorsed(home)

    for path in (*PUBLIC_ROUTES, note_id, "/endorsements/01K9ZQ4T7M3V8N2C6X5B1D0FGH"):
        for seen in (await home.page(path), await home.ask(path)):
            policy = seen.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert seen.headers["x-content-type-options"] == "nosniff"
            assert seen.headers["referrer-policy"] == "same-origin"
            assert seen.headers["cross-origin-opener-policy"] == "same-origin"
            assert "permissions-policy" in seen.headers
            assert "aiohttp" not in seen.headers.get("server", "")


@pytest.mark.rule("HT-03", "PA-08")
async def test_no_page_has_a_script_a_style_or_a_picture_from_elsewhere(home):
    note_id = await endorsed(home)
    job_id = await posted(home)

    for path in (*PAGES, note_id, job_id, "/nowhere"):
        text = (await home.page(path)).text
        assert bad_things_in(text) == []
        loaded = re.findall(r'<(?:link rel="(?:stylesheet|icon|preload)"[^>]*|img[^>]*)>', text)
        assert loaded
        assert all('href="/static/' in tag for tag in loaded)


async def test_an_endorsement_shows_its_words_who_said_them_and_how_they_met(home):
    note_id = await endorsed(home)

    text = (await home.page(note_id)).text

    assert WORDS in text
    for part in (
        "Green-oak joinery", "@carol@", "@ada@", "worked with Ada", "From March to September 2024",
        "restoration of the village hall", "Building diary", "hall.example", "Accepted",
        "How this was checked",
    ):  # fmt: skip
        assert part in text, part


async def test_a_profile_groups_by_what_and_shows_self_said_apart(home):
    await endorsed(home)

    text = (await home.page("/@ada")).text

    assert "What others recognise this person for" in text
    assert text.index("What others recognise") < text.index(WORDS)


async def test_a_profile_of_whom_nothing_was_said_leaves_the_block_out(home):
    text = (await home.page("/@ada")).text

    assert "recognise this person" not in text


@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
async def test_what_is_not_public_is_on_no_page(home, shown_to):
    await endorsed_for(home, shown_to)

    for path in (*PAGES, "/tags/greenoakjoinery"):
        assert WORDS not in (await home.page(path)).text, path


async def test_a_job_note_says_pay_place_and_closing_date(home):
    job_id = await posted(home)

    for path in (job_id, "/jobs", "/", "/@carol", "/tags/greenoakjoinery"):
        text = (await home.page(path)).text
        for part in (
            "Green-oak joiner, two weeks",
            "24\N{EN DASH}28 EUR an hour",
            "Dornfeld, on site",
        ):
            assert part in text, (path, part)


@pytest.mark.parametrize(
    ("query", "is_listed"),
    [
        ("", True),
        ("?skill=OAK", True),
        ("?skill=welding", False),
        ("?place=dornfeld&pay=on", True),
        ("?remote=on", False),
        ("?skill=" + "x" * 5_000, False),
    ],
)
async def test_the_board_is_filtered_by_its_address(home, query, is_listed):
    await posted(home)

    seen = await home.page(f"/jobs{query}")

    assert seen.status == 200
    assert ("Green-oak joiner" in seen.text) is is_listed


async def test_no_page_says_how_many_endorsements_or_followers_anybody_has(home):
    for _ in range(2):
        await endorsed(home)
        home.clock.forward(home.federation.limits.silence_after_refusal)

    for path in PAGES:
        text = re.sub(r"<[^>]*>", " ", (await home.page(path)).text)
        counted = re.findall(
            r"\b\d+\s+(?:endorsements?|followers?|members?|people|recognitions?|posts?|notes?)\b",
            text,
        )
        assert counted == [], path


async def test_each_page_has_one_first_heading_and_a_way_past_the_bar(home):
    note_id, job_id = await endorsed(home), await posted(home)

    for path in (*PAGES, note_id, job_id, "/nowhere"):
        text = (await home.page(path)).text
        assert text.count("<h1") == 1, path
        assert '<html lang="en" dir="ltr">' in text
        assert 'href="#content"' in text
        assert '<main id="content"' in text
        levels = [int(level) for level in re.findall(r"<h(\d)", text)]
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


async def test_pages_work_with_one_stylesheet_that_may_be_kept_for_ever(home):
    text = (await home.page("/")).text
    href = re.findall(r'rel="stylesheet" href="([^"]+)"', text)

    assert len(href) == 1
    seen = await home.ask(href[0], accept="text/css")
    assert seen.headers["content-type"] == "text/css"
    assert "immutable" in seen.headers["cache-control"]
    for url in re.findall(r'url\("([^"]+)"\)', seen.text):
        assert (await home.ask(f"/static/{url}")).headers["content-type"] == "font/woff2"


@pytest.mark.rule("OP-10")
@pytest.mark.parametrize(
    "name",
    ["..%2Fpyproject.toml", "%2e%2e/%2e%2e/etc/passwd", "..\\x", "layout.html", "tokens.css"],
)
async def test_nothing_but_the_named_static_files_is_served(home, name):
    assert (await home.page(f"/static/{name}")).status == 404


@pytest.mark.parametrize(("path", "method", "status"), [
    ("/nowhere", "GET", 404),
    ("/about", "POST", 405),
    ("/users/ada/inbox", "GET", 401),
    ("/inbox", "POST", 415),
])  # fmt: skip
async def test_errors_have_one_shape_for_machines_and_a_page_for_people(home, path, method, status):
    machine = await home.ask(path, method=method, accept=ACTIVITY_JSON)
    person = await home.ask(path, method=method, accept="text/html")

    assert machine.status == person.status == status
    assert set(machine.json()) == {"error", "request_id"}
    assert person.headers["content-type"].startswith("text/html")
    assert "<h1>" in person.text
    if status != 404:
        assert machine.json()["request_id"] == machine.headers["x-request-id"]
        assert person.headers["x-request-id"] in person.text


def test_a_mark_is_drawn_from_the_id_alone_and_is_nothing_but_strokes():
    ids = [f"https://guild.example/users/member{number}" for number in range(200)]
    marks = [mark_path(actor_id) for actor_id in ids]

    assert marks == [mark_path(actor_id) for actor_id in ids]
    assert len(set(marks)) > 190
    assert all(re.fullmatch(r"[MLHVZ0-9 ]+", mark) for mark in marks)


@pytest.mark.rule("RX-09")
@pytest.mark.parametrize("trusts", [True, False])
async def test_only_a_trusted_proxy_may_say_which_host_was_asked_for(tmp_path, trusts):
    networks = (ip_network("127.0.0.0/8"),) if trusts else (ip_network("10.0.0.0/8"),)
    async with open_home(tmp_path, options=WebOptions(trusted_proxies=networks)) as home:
        seen = await home.ask(
            "/about",
            headers={
                "Host": "inside.example",
                "X-Forwarded-For": "203.0.113.9",
                "X-Forwarded-Host": home.instance.host,
                "X-Forwarded-Proto": "https",
            },
        )

        assert seen.status == (200 if trusts else 421)


async def test_a_job_note_tells_machines_pay_place_and_until_when(home):
    text = (await home.page(await posted(home))).text

    said = dict(re.findall(r'<meta itemprop="(\w+)" content="([^"]*)"', text))
    assert "https://schema.org/JobPosting" in text
    assert (said["minValue"], said["maxValue"], said["currency"]) == ("24", "28", "EUR")
    assert (said["unitText"], said["address"]) == ("HOUR", "Dornfeld")
    assert said["validThrough"] > said["datePosted"]
    assert "jobLocationType" not in said


async def test_a_member_is_told_to_machines_as_a_person_and_the_guild_as_none(home):
    member, guild = (await home.page("/@ada")).text, (await home.page("/@guild")).text

    assert 'itemtype="https://schema.org/ProfilePage"' in member
    assert 'itemtype="https://schema.org/Person"' in member
    assert 'itemtype="https://schema.org/Person"' not in guild
