"""What anybody may read is made once and kept as bytes, and what has changed is made anew."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp.test_utils import make_mocked_request

from fedirec.community import endorsements
from fedirec.community.membership import disable_member
from fedirec.storage.changes import UNSEEN
from fedirec.storage.opening import open_database
from fedirec.web.answers import ANSWERED, Answered
from fedirec.web.shelf import LIFE, Shelf
from tests.web.home import ACTIVITY_JSON, HTML, Home, open_home
from tests.web.stories import WORDS, endorsed, offered, posted

PAGES = ["/", "/@ada", "/@guild", "/members", "/jobs", "/tags/joinery", "/about"]
DOCUMENTS = [
    "/users/ada", "/actor", "/users/carol/outbox", "/users/carol/outbox?page=true",
    "/users/ada/followers", "/users/ada/featured", "/nodeinfo/2.1", "/.well-known/nodeinfo",
]  # fmt: skip
A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
async def home(tmp_path, database_url):
    async with open_home(tmp_path, url=database_url) as opened:
        yield opened


async def elsewhere(home: Home, database_url: str, sql: str) -> None:
    """Another process writes to the same database."""
    other = await open_database(database_url)
    async with other.transaction() as transaction:
        assert await transaction.execute(sql) > 0
    await other.close()


def unlike(headers) -> dict[str, str]:
    """The headers but for what is new in each answer."""
    return {name: value for name, value in headers.items() if name not in {"x-request-id", "date"}}


@pytest.mark.parametrize(
    ("path", "accept"), [*((path, HTML) for path in PAGES), *((path, None) for path in DOCUMENTS)]
)
async def test_what_was_answered_is_answered_again_without_a_statement(home, path, accept):
    await endorsed(home)
    first = await home.ask(path, accept=accept)
    home.counts.clear()

    again = await home.ask(path, accept=accept)

    assert home.counts.statements == []
    assert first.status == again.status == 200
    assert (again.body, unlike(again.headers)) == (first.body, unlike(first.headers))


async def test_the_same_address_keeps_its_two_faces_apart(home):
    for _ in range(2):
        page = await home.ask("/users/ada", accept=HTML)
        document = await home.ask("/users/ada", accept=ACTIVITY_JSON)
        unsaid = await home.ask("/users/ada", accept=None)

        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert document.headers["content-type"] == "application/activity+json"
        assert unsaid.body == document.body
        assert page.headers["vary"] == document.headers["vary"]


async def test_who_has_it_already_is_told_so_from_what_is_kept(home):
    first = await home.page("/jobs")
    home.counts.clear()

    again = await home.ask("/jobs", accept=HTML, headers={"If-None-Match": first.headers["etag"]})
    head = await home.ask("/jobs", accept=HTML, method="HEAD")

    assert home.counts.statements == []
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (head.status, head.body) == (200, b"")
    assert unlike(head.headers) == unlike(first.headers)


@pytest.mark.rule("AC-08")
async def test_what_is_withdrawn_here_is_gone_at_once(home):
    note_id = await endorsed(home)
    asked = [("/", HTML), ("/@ada", HTML), (note_id, HTML), (note_id, ACTIVITY_JSON)]
    for path, accept in asked:
        assert WORDS in (await home.ask(path, accept=accept)).text

    await endorsements.withdraw(home.federation, "ada", note_id)

    for path, accept in asked:
        assert WORDS not in (await home.ask(path, accept=accept)).text


@pytest.mark.rule("PA-09")
async def test_a_member_who_is_disabled_is_gone_at_once(home):
    paths = [f"/.well-known/webfinger?resource=acct:ada@{home.instance.domain}", "/users/ada"]
    for path in (*paths, "/@ada"):
        assert (await home.ask(path)).status == 200

    await disable_member(home.federation, "ada")

    for path in (*paths, "/@ada"):
        assert (await home.ask(path)).status == 404


async def test_what_another_process_wrote_is_seen_within_a_second(home, database_url):
    await endorsed(home)
    for path in ("/", "/@ada"):
        assert WORDS in (await home.page(path)).text
    await elsewhere(home, database_url, "update endorsements set state = 'hidden'")
    await elsewhere(home, database_url, "update members set disabled_at = 1 where name = 'carol'")

    home.clock.forward(LIFE)

    assert WORDS not in (await home.page("/")).text
    assert WORDS not in (await home.page("/@ada")).text
    assert (await home.ask("/users/carol")).status == 404


async def test_an_answer_grows_old_from_before_it_was_made(home):
    await home.page("/jobs")
    home.clock.forward(LIFE - A_MOMENT)
    home.counts.clear()

    await home.page("/jobs")
    home.clock.forward(A_MOMENT)
    young = len(home.counts.statements)
    await home.page("/jobs")

    assert young == 0
    assert len(home.counts.statements) > 0


async def test_a_job_note_leaves_on_its_day(home):
    await posted(home)
    assert "Dornfeld" in (await home.page("/jobs")).text

    home.clock.forward(timedelta(days=26))

    assert "Dornfeld" not in (await home.page("/jobs")).text


async def test_a_clock_that_is_set_back_keeps_nothing(home):
    await home.page("/jobs")
    home.clock.forward(-timedelta(hours=1))
    home.counts.clear()

    await home.page("/jobs")

    assert len(home.counts.statements) > 0


@pytest.mark.rule("AC-14")
async def test_what_a_token_shows_is_never_kept_for_strangers(home):
    await offered(home)
    token = {"Authorization": f"Bearer {await home.token('carol')}"}
    stranger = await home.ask("/users/carol/outbox?page=true")

    owner = await home.ask("/users/carol/outbox?page=true", headers=token)
    again = await home.ask("/users/carol/outbox?page=true")

    assert len(owner.json()["orderedItems"]) > len(stranger.json()["orderedItems"])
    assert owner.headers["cache-control"] == "private, no-store"
    assert again.body == stranger.body


async def test_with_authorized_fetch_a_document_is_for_who_signs_every_time(tmp_path):
    async with open_home(tmp_path, is_authorized_fetch=True) as home:
        token = {"Authorization": f"Bearer {await home.token('ada')}"}

        known = await home.ask("/users/ada", headers=token)
        unknown = await home.ask("/users/ada")
        page = await home.page("/users/ada")

        assert (known.status, unknown.status, page.status) == (200, 401, 200)


async def test_an_error_is_never_kept(home):
    assert (await home.page("/jobs?before=nonsense")).status == 400
    home.counts.clear()

    assert (await home.ask("/users/nobody")).status == 404
    assert len(home.counts.statements) > 0
    home.counts.clear()

    assert (await home.ask("/users/nobody")).status == 404
    assert len(home.counts.statements) > 0


async def test_many_who_ask_at_once_have_it_made_once(home):
    await home.page("/jobs")
    once = len(home.counts.statements)
    home.clock.forward(LIFE)
    home.counts.clear()

    pages = await asyncio.gather(*(home.page("/jobs") for _ in range(20)))

    assert {page.status for page in pages} == {200}
    assert len(home.counts.statements) <= once


async def test_many_who_ask_at_once_for_nothing_are_all_told_so(home):
    seen = await asyncio.gather(*(home.ask("/users/nobody") for _ in range(20)))

    assert {one.status for one in seen} == {404}


async def test_the_queue_and_the_inboxes_make_nothing_old(home):
    await home.page("/jobs")
    async with home.federation.database.transaction() as transaction:
        for table in UNSEEN - {"migrations"}:
            await transaction.execute(f"delete from {table}")  # noqa: S608
    home.counts.clear()

    await home.page("/jobs")

    assert home.counts.statements == []


async def test_no_page_or_document_shows_what_is_not_counted(home):
    job, note = await posted(home), await endorsed(home)
    home.counts.clear()

    for path in (*PAGES, *DOCUMENTS, job, note):
        for accept in (HTML, ACTIVITY_JSON):
            assert (await home.ask(path, accept=accept)).status == 200

    words = {word for sql in home.counts.statements for word in sql.replace(",", " ").split()}
    assert words & UNSEEN == set()


@pytest.mark.rule("RX-05")
async def test_what_is_over_its_time_or_over_the_bound_takes_no_memory(home):
    answered = Answered(body=b"x" * 100, headers={}, tag="t", content_type=ACTIVITY_JSON)
    shelf = Shelf(home.federation, max_bytes=100_000)

    request = make_mocked_request("GET", "/jobs")
    request[ANSWERED] = answered

    def keep(number: int) -> None:
        target = f"/jobs?n={number:02}{'x' * 3_000}"
        shelf._keep((target, None, "en"), request, 0, home.federation.now())

    for number in range(50):
        keep(number)
    full = len(shelf._kept)
    home.clock.forward(LIFE)
    keep(50)

    assert full == 100_000 // (2_048 + len("/jobs?n=00") + 3_000 + 100)
    assert len(shelf._kept) == 1
