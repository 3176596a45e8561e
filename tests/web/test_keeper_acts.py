"""What keepers do on their pages is done, and written down with who did it."""

import csv
import io

import pytest

from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.storage import notifications
from fedirec.storage.admin_acts import list_acts
from fedirec.storage.blocks import INSTANCE, list_blocks
from fedirec.storage.reports import list_reports
from fedirec.storage.silences import list_silences
from tests.storage.samples import actor_id
from tests.web.browser import Browser, forms_of
from tests.web.home import Home
from tests.web.keeping import SLOW, fill, keeper_of, state_of


async def acts_of(home: Home) -> list[tuple[str | None, str, str]]:
    """Who did what to whom, the oldest first."""
    async with home.federation.database.reading() as reader:
        page = await list_acts(reader, before=None, limit=50)
    return [
        (act.actor_name, act.act, act.subject)
        for act in reversed(page.items)
        if act.act != "member.add"
    ]


async def post(ada: Browser, page: str, /, **fields: str):
    """Send a form of a page with these fields and its token."""
    form = next(f for f in forms_of(await ada.get(page), page) if dict(f.fields).get("token"))
    token = dict(form.fields)["token"]
    return await ada.post(page, [("token", token), *fields.items()])


async def test_a_keeper_steers_one_item_or_all_of_a_host(home):
    await fill(home, count=3)
    ada = await keeper_of(home)
    first = f"{home.instance.origin}/activities/{0:026d}"

    held = await post(ada, "/admin/queue", act="hold", of="sent", id=first, state="waiting")
    assert held.status == 303
    assert [await state_of(home, number) for number in range(3)] == ["held", "waiting", "waiting"]

    page = await ada.get("/admin/queue?state=held")
    assert first in page.text
    await post(ada, "/admin/queue", act="release", of="sent", id=first)
    await post(ada, "/admin/queue", act="flush", of="sent", host=SLOW)
    assert [await state_of(home, number) for number in range(3)] == ["due"] * 3
    await post(ada, "/admin/queue", act="cancel", of="sent", everything="yes")
    assert [await state_of(home, number) for number in range(3)] == ["cancelled"] * 3

    nothing = await post(ada, "/admin/queue", act="cancel", of="sent")
    unknown = await post(ada, "/admin/queue", act="explode", of="sent", everything="yes")
    assert (nothing.status, unknown.status) == (400, 400)
    assert [act for _, act, _ in await acts_of(home)] == [
        "queue.hold", "queue.release", "queue.flush", "queue.cancel",
    ]  # fmt: skip
    assert {name for name, _, _ in await acts_of(home)} == {"ada"}


@pytest.mark.rule("PA-10")
async def test_a_server_is_blocked_with_all_that_ties_us_to_it_and_allowed_again(home):
    await fill(home, count=3)
    ada = await keeper_of(home)

    before = await ada.get("/admin/peers/slow.example")
    await post(ada, "/admin/peers/slow.example", act="block", reason="spam")
    after = await ada.get("/admin/peers/slow.example")

    assert "cuts 3 follows" in before.text
    assert "blocked" in after.text
    assert await home.count("follows") == 0
    assert await state_of(home, 1) == "cancelled"
    await post(ada, "/admin/peers/slow.example", act="unblock")
    await post(ada, "/admin/peers/slow.example", act="forget")
    assert [act for _, act, _ in await acts_of(home)] == [
        "block.add", "block.remove", "peer.forget",
    ]  # fmt: skip
    assert (await ada.get("/admin/peers/not%20a%20host")).status == 404


async def test_a_server_that_does_not_answer_a_probe_says_why(home):
    ada = await keeper_of(home)

    seen = await post(ada, "/admin/peers/127.0.0.1:9", act="probe")

    assert seen.status == 200
    assert "It did not answer" in seen.text


async def test_a_list_is_looked_at_before_anything_is_done_and_then_taken_over(home):
    await fill(home, count=4)
    ada = await keeper_of(home)
    listed = (
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
        'slow.example,suspend,true,true,"spam, and more",false\n'
        "loud.example,silence,false,false,,false\nfine.example,noop,false,false,,false\n"
        "sp*m.example,suspend,true,true,,true\n127.0.0.1,suspend,true,true,,false\n"
    )

    draft = await ada.send(await ada.get("/admin/blocks"), "/admin/blocks/draft", list=listed)

    assert "cuts 4 follows" in draft.text
    assert "1 line names no server" in draft.text
    assert await home.count("blocks") == 0
    ada.pages.append("/admin/blocks/draft")
    done = await ada.send(draft, "/admin/blocks/import")
    assert "The list is taken over" in done.text
    async with home.federation.database.reading() as reader:
        [block] = await list_blocks(reader, INSTANCE)
        [silence] = await list_silences(reader)
    assert (block.target, block.reason, silence.target) == (SLOW, "spam, and more", "loud.example")
    assert await home.count("follows") == 0


@pytest.mark.rule("HT-08")
async def test_the_list_is_given_as_a_file_that_no_spreadsheet_runs(home):
    ada = await keeper_of(home)
    for host, reason in (("a.example", '=cmd|"/c calc"!A1'), ("b.example", "@sum(1)")):
        page = await ada.get("/admin/blocks")
        await ada.send(page, "/admin/blocks", button="Do it", target=host, reason=reason)

    seen = await ada.get("/admin/blocks/export")

    assert seen.headers["content-type"] == "text/csv; charset=utf-8"
    assert seen.headers["cache-control"] == "private, no-store"
    rows = list(csv.reader(io.StringIO(seen.text)))
    assert rows[0][:2] == ["#domain", "#severity"]
    assert [row[4] for row in rows[1:]] == ['\'=cmd|"/c calc"!A1', "'@sum(1)"]
    assert all(line.startswith('"') and line.endswith('"') for line in seen.text.splitlines())


async def test_what_cannot_be_blocked_comes_back_with_its_text(home):
    ada = await keeper_of(home)

    for target in ("not a host", home.instance.host, home.id("carol")):
        page = await ada.get("/admin/blocks")
        seen = await ada.send(page, "/admin/blocks", button="Do it", target=target, reason="why")

        assert seen.status == 422
        assert "Nothing was sent yet" in seen.text
        assert 'value="why"' in seen.text
    assert await home.count("blocks") == 0


async def test_blocks_are_told_to_everybody_only_when_a_keeper_says_so(home):
    ada, stranger = await keeper_of(home), Browser(home)
    page = await ada.get("/admin/blocks")
    await ada.send(page, "/admin/blocks", button="Do it", target="a.example", reason="spam")

    assert "a.example" not in (await stranger.get("/about/federation")).text
    await post(ada, "/admin/blocks", act="publish")
    assert "a.example" in (await stranger.get("/about/federation")).text
    await post(ada, "/admin/blocks", act="hide")
    assert "a.example" not in (await stranger.get("/about/federation")).text


@pytest.mark.rule("PA-05")
async def test_a_report_is_dealt_with_and_its_server_silenced_from_there(home):
    await fill(home)
    ada = await keeper_of(home)

    page = await ada.get("/admin/reports")
    page = await ada.send(page, "/admin/reports", button="Silence slow.example")
    assert "they copied my words" in page.text
    ada.pages.append("/admin/reports")
    page = await ada.send(page, "/admin/reports", button="It is dealt with", note="spoke to both")

    assert "No report is open" in page.text
    closed = (await ada.get("/admin/reports?state=closed")).text
    assert "spoke to both" in closed
    async with home.federation.database.reading() as reader:
        [report] = (await list_reports(reader, is_open=False)).items
    assert (report.resolved_by, report.resolution) == ("ada", "spoke to both")
    assert "spoke to both" not in (await Browser(home).get("/@carol")).text


async def test_members_hear_of_who_is_silenced_only_if_they_follow_them(home):
    await fill(home, count=2)  # carol follows zoe0
    ada = await keeper_of(home)
    page = await ada.get("/admin/blocks")
    await ada.send(page, "/admin/blocks", button="Do it", target=SLOW, how="silence")
    mint = home.federation.mint()

    async with home.federation.database.transaction() as transaction:
        notices = [
            Notice(owner=home.id("carol"), kind=NoticeKind.LIKE, actor_id=actor_id(name, SLOW))
            for name in ("zoe0", "zoe1")
        ]
        await notifications.add_notices(transaction, notices, ulid=mint.ulid, now=home.clock())

    assert await home.count("notifications") == 1


async def test_the_log_says_who_did_what(home):
    ada = await keeper_of(home)
    page = await ada.get("/admin/blocks")
    await ada.send(page, "/admin/blocks", button="Do it", target="a.example", reason="<b>spam")

    seen = await ada.get("/admin/log")

    assert "a.example" in seen.text
    assert "&lt;b&gt;spam" in seen.text
