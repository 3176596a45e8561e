"""Joining, signing in, second steps, and what a session that is over leaves behind."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest

from fedirec.community.invitations import create_invite
from fedirec.community.passwords import make_reset_link, set_password
from fedirec.storage.sessions import IDLE
from tests.web.browser import Browser, signed_in
from tests.web.home import Home, Seen
from tests.web.hostile import CORPUS, bad_things_in

PASSWORD = "green joints hold well"


async def invited(home: Home, **changes: Any) -> str:
    """The path of an invitation."""
    made = await create_invite(home.federation, **changes)
    return made.link.removeprefix(home.instance.origin)


async def app_of(home: Home, name: str) -> tuple[Browser, str, Seen]:
    """A browser signed in whose member has just set up an authenticator app; its secret, codes."""
    await set_password(home.federation, name, PASSWORD)
    browser = Browser(home)
    await browser.send(await browser.open("/sign-in"), "/sign-in", name=name, password=PASSWORD)
    seen = await browser.send(await browser.open("/settings/security"), "/settings/security/app")
    secret = dict(browser.form(seen, "/settings/security/app/confirm").fields)["secret"]
    code = pyotp.TOTP(secret).at(home.clock())
    codes = await browser.send(seen, "/settings/security/app/confirm", code=code)
    return browser, secret, codes


async def test_an_invitation_makes_a_member_in_one_form_with_two_fields_to_fill(home):
    path = await invited(home)
    browser = Browser(home)

    seen = await browser.open(path)
    form = browser.form(seen, path)
    after = await browser.send(seen, path, name="grace", password=PASSWORD)

    assert form.required == {"name", "password"}
    assert browser.pages[-1] == "/welcome"
    assert "You are @grace@" in after.text
    assert (await browser.open("/@grace")).status == 200
    assert "This link is over" in (await Browser(home).open(path)).text


@pytest.mark.parametrize(
    ("filled", "expected"),
    [
        ({"name": "ada", "password": PASSWORD}, "is or was somebody"),
        ({"name": "Bad Name", "password": PASSWORD}, "Name"),
        ({"name": "grace", "password": "short"}, "at least 12"),
        ({"name": "grace", "password": "passwordpassword"}, "Password"),
        ({"name": "", "password": PASSWORD}, "Choose a name"),
    ],
)
async def test_what_is_wrong_with_joining_is_said_at_its_field_and_the_rest_stays(
    home, filled, expected
):
    path = await invited(home)
    browser = Browser(home)

    seen = await browser.send(await browser.open(path), path, display_name="Grace H. <b>", **filled)

    assert seen.status == 422
    assert expected in seen.text
    assert 'aria-invalid="true"' in seen.text
    assert 'href="#name"' in seen.text or 'href="#password"' in seen.text
    assert "Grace H. &lt;b&gt;" in seen.text
    assert await home.count("members") == 2


async def test_name_and_password_open_the_account_and_lead_where_one_wanted(home):
    await set_password(home.federation, "ada", PASSWORD)
    browser = Browser(home)

    seen = await browser.open("/settings/security")
    after = await browser.send(seen, "/sign-in", name="@Ada", password=PASSWORD)

    assert after.status == 200
    assert browser.pages[-1] == "/settings/security"
    assert "Where you are signed in" in after.text


@pytest.mark.rule("AC-02")
async def test_every_way_to_be_wrong_is_told_in_the_same_words(home):
    await set_password(home.federation, "ada", PASSWORD)
    told = []

    for name, password in (("ada", "wrong but long"), ("nobody", PASSWORD), ("carol", PASSWORD)):
        browser = Browser(home)
        seen = await browser.send(
            await browser.open("/sign-in"), "/sign-in", name=name, password=password
        )
        told.append((seen.status, seen.text.count("do not fit together")))
        assert password not in seen.text

    assert told == [(422, 1)] * 3


@pytest.mark.rule("AC-03")
async def test_signing_in_gives_the_browser_another_id(home):
    await set_password(home.federation, "ada", PASSWORD)
    browser = Browser(home)
    seen = await browser.open("/sign-in")
    before = browser.cookies["session"]

    await browser.send(seen, "/sign-in", name="ada", password=PASSWORD)

    assert browser.cookies["session"] != before


@pytest.mark.rule("HT-12")
@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example/", "/jobs\r\nx: y", "javascript:x",
     "/nowhere", "", "/%0d%0aLocation:x", "@evil.example", "/sign-out"],
)  # fmt: skip
async def test_signing_in_leads_nowhere_but_to_pages_of_ours(home, wanted):
    await set_password(home.federation, "ada", PASSWORD)
    browser = Browser(home)
    seen = await browser.get("/sign-in")

    answered = await browser.post(
        "/sign-in",
        browser.form(seen, "/sign-in").filled(
            {"name": "ada", "password": PASSWORD, "next": wanted}
        ),
    )

    assert answered.status == 303
    assert answered.headers["location"] == "/home"


async def test_with_an_app_a_code_is_asked_for_after_the_password(home):
    _, secret, codes = await app_of(home, "ada")
    home.clock.forward(timedelta(minutes=1))
    browser = Browser(home)

    second = await browser.send(
        await browser.open("/sign-in?next=/jobs"), "/sign-in", name="ada", password=PASSWORD
    )
    wrong = await browser.send(second, "/sign-in/code", code="000000")
    right = await browser.send(wrong, "/sign-in/code", code=pyotp.TOTP(secret).at(home.clock()))

    assert codes.text.count("<li><code>") == 10
    assert "One more step" in second.text
    assert "did not open it" in wrong.text
    assert right.status == 200
    assert browser.pages[-1] == "/jobs"


@pytest.mark.rule("AC-10")
async def test_keepers_pages_need_a_second_factor(home):
    async with home.federation.database.transaction() as transaction:
        await transaction.execute("update members set is_admin = true where name = 'ada'")
    weak = await signed_in(home, "ada")

    seen = await weak.open("/settings/security")

    assert "once you have a second factor" in seen.text


async def test_a_form_that_came_too_late_is_sent_after_signing_in_with_all_its_text(home):
    await set_password(home.federation, "ada", PASSWORD)
    ada = await signed_in(home, "ada")
    path = "/settings/security/passkeys"
    form = ada.form(await ada.open("/settings/security"), path)
    home.clock.forward(IDLE * 1.1)

    late = await ada.post(form.action, form.filled({"name": "Ada's <phone>"}))
    again = await ada.send(late, "/sign-in", name="ada", password=PASSWORD)
    after = await ada.send(again, path)

    assert late.status == 403
    assert "Please sign in again" in late.text
    assert "Nothing was lost" in again.text
    assert "Ada&#39;s &lt;phone&gt;" in again.text
    assert after.status == 422
    assert "Ada&#39;s &lt;phone&gt;" in after.text


@pytest.mark.rule("AC-01")
async def test_a_password_is_never_kept_in_a_page(home):
    ada = await signed_in(home, "ada")
    path = "/settings/security/password"
    form = ada.form(await ada.open("/settings/security"), path)
    filled = form.filled({"old": PASSWORD, "password": "a new long one"})

    stale = await ada.post(path, [("token", "stale"), *filled[1:]])
    home.clock.forward(IDLE * 1.1)
    late = await ada.post(path, filled)

    for seen in (stale, late):
        assert seen.status == 403
        assert PASSWORD not in seen.text
        assert "a new long one" not in seen.text


@pytest.mark.rule("AC-09")
async def test_a_reset_link_sets_a_password_once_and_ends_every_session(home):
    ada = await signed_in(home, "ada")
    link = await make_reset_link(home.federation, "ada")
    path = link.removeprefix(home.instance.origin)
    browser = Browser(home)

    wrong = await browser.send(await browser.open(path), path, password="short")
    right = await browser.send(wrong, path, password=PASSWORD)

    assert wrong.status == 422
    assert browser.pages[-1] == "/sign-in"
    assert right.status == 200
    assert "Sign out" not in (await ada.open("/")).text
    assert "This link is over" in (await browser.open(path)).text
    await browser.send(right, "/sign-in", name="ada", password=PASSWORD)
    assert "Sign out" in (await browser.open("/")).text


@pytest.mark.rule("AC-03")
async def test_another_password_signs_every_other_browser_and_program_out(home):
    await set_password(home.federation, "ada", PASSWORD)
    here, there = await signed_in(home, "ada"), await signed_in(home, "ada")
    token = await home.token("ada")

    await here.send(
        await here.open("/settings/security"),
        "/settings/security/password",
        old=PASSWORD,
        password="another one, longer",
    )

    assert "Sign out" in (await here.open("/")).text
    assert "Sign out" not in (await there.open("/")).text
    seen = await home.ask("/users/ada/inbox", headers={"Authorization": f"Bearer {token}"})
    assert seen.status in {401, 404}


async def test_browsers_are_listed_and_ended_one_by_one(home):
    here, there = await signed_in(home, "ada"), await signed_in(home, "ada")

    seen = await here.open("/settings/security")
    await here.send(seen, "/settings/security/sessions/end")

    assert seen.text.count("Firefox on Linux") == 2
    assert "Sign out" not in (await there.open("/")).text


@pytest.mark.rule("HT-01")
async def test_hostile_texts_come_back_as_text(home):
    path = await invited(home)
    for text in CORPUS[::7]:
        if "\x00" in text:
            continue
        browser = Browser(home)
        seen = await browser.send(
            await browser.open(path), path, name=text[:200], display_name=text[:200], password="x"
        )

        assert seen.status in {413, 422}, text
        assert bad_things_in(seen.text) == []
