"""How a guild shows itself, and what it says of itself, as keepers choose."""

import pytest

from fedirec.storage import actors
from fedirec.web.look import accent_sheet
from tests.web.browser import Browser
from tests.web.hostile import CORPUS, bad_things_in
from tests.web.keeping import keeper_of


async def test_name_mark_and_colour_are_the_keepers(home):
    ada, stranger = await keeper_of(home), Browser(home)
    before = await stranger.get("/")

    page = await ada.get("/admin/look")
    seen = await ada.send(page, "/admin/look", title="Oak & Co", mark="3", light="#7a1f5c", dark="")
    after = await stranger.get("/about/rules")

    assert seen.status == 200
    assert "Oak &amp; Co" in after.text
    assert '<link rel="stylesheet" href="/static/accent-7a1f5c-' in after.text
    assert "accent-" not in before.text
    name = "accent-7a1f5c-" + after.text.partition("/static/accent-7a1f5c-")[2][:10]
    told = await stranger.get(f"/static/{name}")
    assert told.headers["content-type"] == "text/css; charset=utf-8"
    assert "--accent:light-dark(#7a1f5c," in told.text
    async with home.federation.database.reading() as reader:
        guild = await actors.get_actor(reader, home.instance.guild_id)
    assert guild.display_name == "Oak & Co"


async def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(home):
    ada = await keeper_of(home)

    page = await ada.get("/admin/look")
    seen = await ada.send(page, "/admin/look", light="#ffe680", title="Still typed")

    assert seen.status == 422
    assert "can be read" in seen.text
    assert 'value="Still typed"' in seen.text
    assert (await ada.send(seen, "/admin/look", light="red")).status == 422


@pytest.mark.parametrize("name", ["accent-.css", "accent-0a6650.css", "accent-zzzzzz-000000.css"])
def test_no_other_name_is_a_stylesheet_of_colours(name):
    assert accent_sheet(name) is None


async def test_a_page_is_looked_at_before_it_is_published_and_can_be_taken_back(home):
    ada, stranger = await keeper_of(home), Browser(home)
    text = "# Ours\n\nBe **kind**, see [them](/privacy) or https://peer.example/rules."
    page = await ada.get("/admin/rules/rules")
    token = dict(ada.form(page, "/admin/rules/rules").fields)["token"]

    shown = await ada.post(
        "/admin/rules/rules", [("token", token), ("source", text), ("act", "preview")]
    )
    assert "<strong>kind</strong>" in shown.text
    assert "Be <strong>kind" not in (await stranger.get("/about/rules")).text

    fields = [("token", token), ("source", text), ("act", "publish")]
    assert (await ada.post("/admin/rules/rules", fields)).status == 303
    public = await stranger.get("/about/rules")
    assert "<h2>Ours</h2>" in public.text
    assert f'href="{home.instance.origin}/privacy"' in public.text
    assert 'href="https://peer.example/rules"' in public.text

    await ada.post("/admin/rules/rules", [("token", token), ("source", ""), ("act", "publish")])
    assert "until its keepers write their own" in (await stranger.get("/about/rules")).text
    assert (await ada.get("/admin/rules/nothing")).status == 404


@pytest.mark.rule("HT-01", "HT-07")
async def test_a_keepers_text_runs_nothing_either(home):
    ada = await keeper_of(home)
    page = await ada.get("/admin/rules/about")
    token = dict(ada.form(page, "/admin/rules/about").fields)["token"]
    markdown = [f"[x](javascript:owned())\n\n![y](x onerror=owned())\n\n{html}" for html in CORPUS]

    for act in ("preview", "publish"):
        fields = [("token", token), ("source", "\n\n".join(markdown)[:19_000]), ("act", act)]
        seen = await ada.post("/admin/rules/about", fields)
        assert seen.status in {200, 303}
        assert bad_things_in(seen.text) == []
    assert bad_things_in((await ada.get("/about")).text) == []


async def test_the_first_texts_speak_of_this_guild(home):
    stranger = Browser(home)

    for path in ("/about", "/about/rules", "/about/federation", "/privacy", "/accessibility"):
        seen = await stranger.get(path)
        assert seen.status == 200
        assert "%(" not in seen.text
        assert "%%" not in seen.text
        assert "etag" in seen.headers
