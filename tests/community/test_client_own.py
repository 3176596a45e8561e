"""What a member decides for themselves: whose words may change, what is shown, who may ask."""

from typing import Any

import pytest

from fedirec.community.profiles import EndorsedBy, amend_profile
from tests.community.client import PUBLIC, WORDS, endorsement_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_WORDS = "<p>Kept every drawing of the frame current, and every date she gave us.</p>"


async def agreed(ada, ben) -> Any:
    """Ada's endorsement of ben, to which he agreed; its note's id."""
    offer = await ada.do("Offer", endorsement_of(ben.id))
    await ben.do("Accept", offer["id"])
    return offer["object"]["id"]


async def test_nobody_rewords_what_another_said(home, ada, ben):
    note_id = await agreed(ada, ben)
    reworded = endorsement_of(ada.id) | {"id": note_id, "content": OTHER_WORDS}

    seen = await ben.post({"type": "Offer", "object": reworded})

    assert seen.status in {403, 404}
    assert WORDS in (await home.get(note_id))[1]["content"]


async def test_a_reworded_text_is_about_the_same_person(home, ada, ben):
    note_id = await agreed(ada, ben)
    await home.add(f"other{ben.name}")
    other = home.id(f"other{ben.name}")

    await ada.post({"type": "Offer", "object": endorsement_of(other) | {"id": note_id}})

    assert (await home.get(note_id))[1]["endorsement"]["endorsed"] == ben.id


async def set_(home, client, **choices) -> Any:
    """Change what a member lets others do."""
    return await amend_profile(home.federation, client.name, **choices)


async def asks(ada, ben) -> Any:
    """Whether ada can ask ben for his consent: the answer's status."""
    return (await ada.post({"type": "Offer", "object": endorsement_of(ben.id)})).status


async def policy(home, client) -> Any:
    """Whom a member's actor says may ask."""
    document = (await home.get(client.id))[1]
    return document["interactionPolicy"]["canEndorse"]["manualApproval"]


async def test_nobody_asks_a_member_who_wants_none(home, ada, ben):
    await set_(home, ben, endorsed_by=EndorsedBy.NOBODY)

    assert await policy(home, ben) in ([ben.id], ben.id)
    assert await asks(ada, ben) == 403


async def test_only_followers_ask_a_member_who_says_so(home, ada, ben):
    await set_(home, ben, endorsed_by=EndorsedBy.FOLLOWERS)

    assert await policy(home, ben) in ([ben.followers], ben.followers)
    assert await asks(ada, ben) == 403
    await ada.do("Follow", ben.id)
    assert await asks(ada, ben) == 201


async def test_anyone_asks_again_once_a_member_lets_them(home, ada, ben):
    await set_(home, ben, endorsed_by=EndorsedBy.NOBODY)

    await set_(home, ben, endorsed_by=EndorsedBy.ANYONE)

    assert await policy(home, ben) in ([PUBLIC], PUBLIC)
    assert await asks(ada, ben) == 201


async def test_followers_and_following_are_shown_once_the_member_says_so(home, ada, ben):
    await ada.do("Follow", ben.id)
    await set_(home, ada, shows_network=True)

    shown = (await home.get(f"{ada.id}/following?page=true"))[1]
    assert shown["orderedItems"] == [ben.id]
    await set_(home, ada, shows_network=False)
    hidden = (await home.get(f"{ada.id}/following?page=true"))[1]

    assert ben.id not in str(hidden)


async def test_what_is_not_named_stays(home, ada):
    await set_(home, ada, display_name="Ada", summary="Joins.", endorsed_by=EndorsedBy.FOLLOWERS)

    changed = await set_(home, ada, shows_network=True)

    assert (changed.display_name, changed.summary) == ("Ada", "<p>Joins.</p>")
    assert changed.can_endorse == (ada.followers,)
