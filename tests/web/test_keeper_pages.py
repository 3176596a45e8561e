"""The keepers' pages: who sees them, what they show, and that nothing on them ever runs."""

import pytest

from tests.web.browser import Browser, signed_in
from tests.web.hostile import CORPUS, bad_things_in
from tests.web.keeping import PAGES, fill, keeper_of


@pytest.mark.rule("AC-07", "AC-08")
async def test_to_who_is_no_keeper_there_is_no_such_page(home):
    carol = await signed_in(home, "carol", is_strong=True)
    nowhere = await carol.get("/nowhere")

    for path in PAGES:
        seen = await carol.get(path)

        assert (seen.status, seen.body) == (404, nowhere.body), path


@pytest.mark.rule("AC-08")
async def test_a_keeper_without_a_second_factor_is_sent_to_get_one(home):
    ada = await keeper_of(home, is_strong=False)

    for path in PAGES:
        seen = await ada.get(path)

        assert (seen.status, seen.headers["location"]) == (303, "/settings/security")


@pytest.mark.parametrize("is_filled", [False, True], ids=["empty", "full"])
async def test_every_page_opens_for_a_keeper_alone_and_is_never_kept(home, is_filled):
    if is_filled:
        await fill(home)
    ada = await keeper_of(home)

    for path in PAGES:
        seen = await ada.get(path)

        assert seen.status == 200, path
        assert seen.headers["cache-control"] == "private, no-store"
        assert seen.text.count("<h1>") == 1


async def test_a_page_asks_as_often_however_much_there_is(home):
    ada = await keeper_of(home)
    counts = []
    for count in (2, 9):
        async with home.federation.database.transaction() as transaction:
            for table in ("deliveries", "activities", "follows", "reports", "peers"):
                await transaction.execute(f"delete from {table}")  # noqa: S608 - of the list
            await transaction.execute("delete from actors where host = 'slow.example'")
        await fill(home, count=count)
        await ada.get("/admin")
        asked = {}
        for path in PAGES:
            home.counts.clear()
            await ada.get(path)
            asked[path] = len(home.counts.statements)
        counts.append(asked)

    assert counts[0] == counts[1]
    assert max(counts[0].values()) < 30


@pytest.mark.rule("HT-01", "HT-02")
async def test_whatever_others_said_runs_on_no_page(home):
    text = " ".join(CORPUS)
    await fill(home, text=text)
    ada = await keeper_of(home)
    blocks = await ada.get("/admin/blocks")
    await ada.send(blocks, "/admin/blocks", button="Do it", target="evil.example", reason=text)

    for path in PAGES:
        seen = await ada.get(path)

        assert seen.status == 200
        assert bad_things_in(seen.text) == [], path


async def test_the_menu_of_a_keeper_alone_leads_to_the_pages(home):
    ada, carol = await keeper_of(home), await signed_in(home, "carol")

    assert 'href="/admin"' in (await ada.get("/")).text
    assert 'href="/admin"' not in (await carol.get("/")).text
    assert 'href="/admin"' not in (await Browser(home).get("/")).text
