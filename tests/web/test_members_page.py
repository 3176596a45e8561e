"""The directory: who wants to be found, A to Z, and by what others recognise them for."""

import pytest

from fedirec.community.membership import choose_listing
from fedirec.domain.endorsements import ShownTo
from tests.web.home import Home
from tests.web.stories import endorsed, endorsed_for


async def choose(home: Home, *, is_found: bool) -> None:
    """Ada and carol choose whether they are found."""
    for name in ("ada", "carol"):
        await choose_listing(home.federation, name, is_found)


async def test_members_stand_under_their_letter(home):
    await choose(home, is_found=True)

    text = (await home.page("/members")).text

    assert text.index('id="letter-a"') < text.index("@ada@") < text.index('id="letter-c"')


@pytest.mark.parametrize(
    ("skill", "is_found"),
    [("green-oak joinery", True), ("GREEN OAK JOINERY", True), ("roofs", False)],
)
async def test_members_are_found_by_what_they_are_recognised_for(home, skill, is_found):
    await choose(home, is_found=True)
    await endorsed(home)

    text = (await home.page(f"/members?skill={skill.replace(' ', '+')}")).text

    assert ("@ada@" in text) is is_found
    assert "@carol@" not in text


@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
async def test_what_is_not_public_finds_nobody(home, shown_to):
    await choose(home, is_found=True)
    await endorsed_for(home, shown_to)

    assert "@ada@" not in (await home.page("/members?skill=green-oak+joinery")).text


async def test_who_does_not_want_to_be_found_is_not(home):
    await choose(home, is_found=False)
    await endorsed(home)

    for path in ("/members", "/members?skill=green-oak+joinery"):
        assert "@ada@" not in (await home.page(path)).text
