"""A keeper invites people, and helps members who cannot get in."""

import re

from tests.web.browser import Browser
from tests.web.home import Home, Seen
from tests.web.keeping import keeper_of
from tests.web.test_getting_in_pages import PASSWORD

PAGE = "/admin/members"


def link_in(seen: Seen, home: Home) -> str:
    """The path of the link that a page shows."""
    found = re.search(r'<code class="secret">([^<]*)</code>', seen.text)
    assert found is not None
    return found[1].removeprefix(home.instance.origin)


async def test_an_invitation_is_made_shown_once_used_and_told(home):
    ada, guest = await keeper_of(home), Browser(home)

    made = await ada.send(await ada.open(PAGE), f"{PAGE}/invite", for_name="grace")
    path = link_in(made, home)
    await guest.send(await guest.open(path), path, password=PASSWORD)
    after = await ada.open(PAGE)

    assert (
        "@ada invited you" in (await Browser(home).open("/")).text or guest.pages[-1] == "/welcome"
    )
    assert "used by @grace" in after.text
    assert path.rpartition("/")[2] not in after.text
    assert "made the invitation" in (await ada.open("/admin/log")).text


async def test_an_invitation_is_taken_back(home):
    ada = await keeper_of(home)
    made = await ada.send(await ada.open(PAGE), f"{PAGE}/invite")

    after = await ada.send(made, f"{PAGE}/uninvite")

    assert "The invitation is taken back." in after.text
    assert (await Browser(home).get(link_in(made, home))).status == 404


async def test_what_is_wrong_with_an_invitation_is_said_at_its_field(home):
    ada = await keeper_of(home)

    for changes, expected in (
        ({"days": "900"}, "From 1 to 30 days."),
        ({"for_name": "Not A Name"}, "Small letters"),
        ({"for_name": "carol"}, "is or was somebody"),
    ):
        seen = await ada.send(await ada.open(PAGE), f"{PAGE}/invite", **changes)
        assert seen.status == 422
        assert expected.replace("'", "&#39;") in seen.text


async def test_a_keeper_gives_a_member_a_link_for_another_password(home):
    ada, carol = await keeper_of(home), Browser(home)
    token = dict(ada.form(await ada.open(PAGE), f"{PAGE}/invite").fields)["token"]

    seen = await ada.post(PAGE, [("token", token), ("act", "reset"), ("name", "carol")])
    path = link_in(seen, home)
    await carol.send(await carol.open(path), path, password=PASSWORD)

    assert carol.pages[-1] == "/sign-in"


async def test_the_last_keeper_stays_one(home):
    ada = await keeper_of(home)
    token = dict(ada.form(await ada.open(PAGE), f"{PAGE}/invite").fields)["token"]

    for act in ("demote", "disable"):
        seen = await ada.post(PAGE, [("token", token), ("act", act), ("name", "ada")])
        assert seen.status == 409
        assert "is the last keeper" in seen.text
