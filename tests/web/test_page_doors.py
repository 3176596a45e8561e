"""Every door of the pages: whom it lets in, and that no form passes without our own token."""

import re

import pytest

from fedirec.community.signing_in import LONGEST_OF_KEEPERS
from fedirec.storage.sessions import IDLE, list_sessions
from fedirec.web.doors import Door, Role
from fedirec.web.page_routes import DOORS
from tests.web.browser import Browser, forms_of, signed_in

TAKING = [door for door in DOORS if door.take is not None]
GUARDED = [door for door in DOORS if door.role is not Role.ANYONE]
ULID = "01K9ZQ4T7M3V8N2C6X5B1D0FGH"


def path_of(door: Door) -> str:
    """A path that fits a door, of something that is not there."""
    path = re.sub(r"\{token:.*\}", "x" * 43, door.path)
    path = re.sub(r"\{host:.*\}", "social.example", path)
    path = re.sub(r"\{ulid:[^}]*\}\}?", ULID, path)
    return re.sub(r"\{\w+(:(?:[^{}]|\{[\d,]+\})*)?\}", "ada", path)


async def token_of(browser: Browser) -> str:
    """A token for this browser, off the menu of a page."""
    [form] = [form for form in forms_of(await browser.get("/"), "/") if form.action == "/sign-out"]
    return dict(form.fields)["token"]


@pytest.mark.rule("AC-05")
@pytest.mark.parametrize("door", TAKING, ids=lambda door: door.path)
async def test_a_form_without_a_token_or_with_anothers_does_nothing(home, door):
    ada, carol = await signed_in(home, "ada"), await signed_in(home, "carol")
    stolen = await token_of(carol)

    for fields in ([], [("token", "")], [("token", stolen)], [("token", "##00")]):
        seen = await ada.post(path_of(door), fields)
        assert seen.status in {403, 404}, fields
        assert "set-cookie" not in seen.headers

    assert "Sign out" in (await ada.get("/")).text


@pytest.mark.rule("AC-05")
@pytest.mark.parametrize("door", TAKING, ids=lambda door: door.path)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "", "Sec_Fetch_Site": ""},
    ],
)
async def test_a_form_of_another_site_is_refused_even_with_a_good_token(home, door, headers):
    ada = await signed_in(home, "ada")
    token = await token_of(ada)

    seen = await ada.post(path_of(door), [("token", token)], **headers)

    assert seen.status == 403


async def test_a_form_with_a_stale_token_comes_back_with_its_text_to_be_sent_again(home):
    ada = Browser(home)

    seen = await ada.post("/language", [("token", "old"), ("language", "de"), ("next", "/jobs")])
    after = await ada.send(seen, "/language")

    assert seen.status == 403
    assert after.status == 200
    assert ada.pages[-1] == "/jobs"
    assert ada.cookies["language"] == "de"


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("door", GUARDED, ids=lambda door: door.path)
async def test_who_may_not_is_sent_to_sign_in_or_told_of_nothing(home, door):
    stranger, ada = Browser(home), await signed_in(home, "ada")
    path = path_of(door)

    if door.show is not None:
        seen = await stranger.get(path)
        desk = "/sign-in/elsewhere" if door.role is Role.PARTY else "/sign-in"
        assert (seen.status, seen.headers["location"].split("?")[0]) == (303, desk)
    if door.role is Role.KEEPER and door.show is not None:
        assert (await ada.get(path)).body == (await ada.get("/nowhere")).body


async def test_signing_out_ends_the_session_for_good(home):
    ada = await signed_in(home, "ada")
    copied = dict(ada.cookies)

    seen = await ada.send(await ada.get("/jobs"), "/sign-out")

    assert "Sign out" not in seen.text
    thief = Browser(home)
    thief.cookies.update(copied)
    assert "Sign out" not in (await thief.get("/")).text


@pytest.mark.rule("AC-03")
async def test_a_session_ends_when_it_was_not_used_for_two_weeks(home):
    ada = await signed_in(home, "ada")

    home.clock.forward(IDLE * 0.9)
    assert "Sign out" in (await ada.get("/")).text
    home.clock.forward(IDLE * 0.9)
    assert "Sign out" in (await ada.get("/")).text
    home.clock.forward(IDLE)

    assert "Sign out" not in (await ada.get("/")).text


@pytest.mark.rule("AC-03")
async def test_a_keepers_session_ends_after_twelve_hours(home):
    async with home.federation.database.transaction() as transaction:
        await transaction.execute("update members set is_admin = true where name = 'ada'")
    ada = await signed_in(home, "ada")

    home.clock.forward(LONGEST_OF_KEEPERS)

    assert "Sign out" not in (await ada.get("/")).text


@pytest.mark.rule("AC-14")
async def test_what_a_member_sees_is_never_kept_nor_shown_to_others(home):
    ada, stranger = await signed_in(home, "ada"), Browser(home)

    for path in ("/", "/jobs", "/@carol", "/about"):
        seen = await ada.get(path)
        after = await stranger.get(path)

        assert seen.headers["cache-control"] == "private, no-store"
        assert "etag" not in seen.headers
        assert "Sign out" in seen.text
        assert "Sign out" not in after.text
        assert {"Cookie", "Accept-Language"} <= {*after.headers["vary"].split(", ")}


@pytest.mark.rule("AC-04")
async def test_only_the_digest_of_a_cookie_is_kept_and_no_page_shows_either(home):
    ada = await signed_in(home, "ada")

    seen = await ada.get("/")

    async with home.federation.database.reading() as reader:
        [session] = await list_sessions(reader, "ada", home.clock())
    assert session.digest not in seen.text
    assert ada.cookies["session"] not in seen.text
    assert len(session.digest) == 64


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("de", "de"), ("xx, fr;q=0.8", "fr"), ("ar-EG", "ar"), ("en-XA", "en"), ("de;q=0", "en")],
)
async def test_a_page_speaks_the_browsers_language_where_we_have_it(home, asked, expected):
    seen = await Browser(home, language=asked).get("/")

    direction = "rtl" if expected == "ar" else "ltr"
    assert f'<html lang="{expected}" dir="{direction}">' in seen.text
    assert seen.headers["content-language"] == expected
