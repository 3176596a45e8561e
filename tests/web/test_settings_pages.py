"""A member chooses how they are shown and who sees what; followers are told, and nobody else."""

from typing import Any

import pytest

from fedirec.domain.public import PUBLIC
from fedirec.storage import actors
from fedirec.storage.members import find_member
from tests.web.browser import Browser, signed_in
from tests.web.hostile import CORPUS, bad_things_in

PROFILE = {
    "display_name": "Ada Joiner",
    "summary": "Green oak.\n\nSee https://ada.example/work",
    "name_1": "Site",
    "value_1": "https://ada.example/",
    "name_2": "Trade",
    "value_2": "joinery & roofs",
    "place": "Brno",
    "speaks": "Czech, English",
    "open_to_work": "yes",
    "endorsed_by": "followers",
}


async def ada_and_member(home) -> Any:
    async with home.federation.database.reading() as reader:
        member = await find_member(reader, "ada")
        return await actors.get_actor(reader, home.id("ada")), member


async def test_the_index_leads_to_every_setting(home):
    ada = await signed_in(home, "ada")

    seen = await ada.get("/settings")

    for path in ("profile", "privacy", "language", "security"):
        assert f'href="/settings/{path}"' in seen.text
        assert (await ada.get(f"/settings/{path}")).status == 200


async def test_a_profile_is_changed_and_is_read_back_as_it_was_typed(home):
    ada = await signed_in(home, "ada")

    seen = await ada.send(await ada.get("/settings/profile"), "/settings/profile", **PROFILE)
    again = dict(ada.form(await ada.get("/settings/profile"), "/settings/profile").fields)

    actor, member = await ada_and_member(home)
    assert "Saved" in seen.text
    assert {name: again[name] for name in PROFILE} == PROFILE
    assert actor.display_name == "Ada Joiner"
    assert 'rel="me' in actor.fields[0].value
    assert actor.can_endorse == (f"{actor.id}/followers",)
    assert (member.place, member.speaks, member.open_to_work) == (
        "Brno",
        ("Czech", "English"),
        "yes",
    )
    shown = (await Browser(home).get("/@ada")).text
    assert all(word in shown for word in ("Brno", "Czech, English", "Open to work"))
    document = (await home.ask(actor.id)).json()
    assert [field["name"] for field in document["attachment"]] == ["Site", "Trade"]
    [update] = await rows(home, "select actor_id from activities where type = 'Update'")
    assert update["actor_id"] == actor.id


async def rows(home, sql) -> Any:
    async with home.federation.database.reading() as reader:
        return await reader.fetch_all(sql)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"display_name": ""}, "Others need a name"),
        ({"name_3": "", "value_3": "no name"}, "a name before it"),
        ({"summary": "x" * 2_001}, "longer than 2000"),
        ({"endorsed_by": "everyone"}, "valid choice"),
    ],
)
async def test_what_is_wrong_is_said_and_the_rest_is_kept(home, changes, said):
    ada = await signed_in(home, "ada")

    sent = {**PROFILE, **changes}
    seen = await ada.send(await ada.get("/settings/profile"), "/settings/profile", **sent)

    actor, _member = await ada_and_member(home)
    assert seen.status == 422
    assert said in seen.text
    assert 'value="joinery &amp; roofs"' in seen.text
    assert actor.display_name == "Ada"


async def test_who_finds_and_follows_is_chosen(home):
    ada, stranger = await signed_in(home, "ada"), Browser(home)

    await ada.send(
        await ada.get("/settings/privacy"),
        "/settings/privacy",
        is_listed="y",
        is_locked="y",
        shows_network="y",
    )

    actor, member = await ada_and_member(home)
    assert (actor.is_locked, actor.is_discoverable, member.shows_network) == (True, True, True)
    assert "/@ada" in (await stranger.get("/members")).text
    await ada.send(
        await ada.get("/settings/privacy"),
        "/settings/privacy",
        is_listed=None,
        is_locked=None,
        shows_network=None,
    )
    actor, member = await ada_and_member(home)
    assert (actor.is_locked, actor.is_discoverable, member.shows_network) == (False, False, False)
    assert "/@ada" not in (await stranger.get("/members")).text


async def test_saving_what_is_so_already_tells_nobody(home):
    ada = await signed_in(home, "ada")

    for _ in range(2):
        await ada.send(await ada.get("/settings/privacy"), "/settings/privacy")

    assert not await rows(home, "select id from activities where type = 'Update'")


async def test_the_language_is_spoken_here_and_in_every_browser(home):
    ada = await signed_in(home, "ada")

    seen = await ada.send(await ada.get("/settings/language"), "/settings/language", language="de")
    other = await signed_in(home, "ada", language="fr")

    assert '<html lang="de"' in seen.text
    assert '<html lang="de"' in (await other.get("/settings")).text


async def test_a_language_that_is_none_is_refused(home):
    ada = await signed_in(home, "ada")
    form = ada.form(await ada.get("/settings/language"), "/settings/language")

    seen = await ada.post(form.action, form.filled({"language": "tlh"}))

    assert seen.status == 422


async def test_nobody_may_ask_who_says_so_and_the_other_choices_stand(home):
    ada = await signed_in(home, "ada")

    for choice, expected in (("nobody", home.id("ada")), ("anyone", PUBLIC)):
        await ada.send(await ada.get("/settings/profile"), "/settings/profile", endorsed_by=choice)
        actor, _member = await ada_and_member(home)
        assert actor.can_endorse == (expected,)


@pytest.mark.rule("HT-01")
async def test_nothing_that_is_typed_becomes_more_than_text(home):
    ada, stranger = await signed_in(home, "ada"), Browser(home)

    for text in (each[:290] for each in CORPUS):
        filled = {
            **PROFILE,
            "display_name": f"A {text}"[:290],
            "summary": text,
            "name_1": f"N {text}"[:290],
            "value_1": text,
            "value_2": f"https://ok.example/{text}"[:290],
            "place": text,
            "speaks": text,
        }
        seen = await ada.send(await ada.get("/settings/profile"), "/settings/profile", **filled)
        for page in (seen, await ada.get("/settings/profile"), await stranger.get("/@ada")):
            assert bad_things_in(page.text) == [], text
