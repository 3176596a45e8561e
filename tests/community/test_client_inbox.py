"""What a member's application finds in the own inbox, and what it can do with it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.community.client import PUBLIC, endorsement_of, note
from tests.community.elsewhere import offered
from tests.community.guild import SPEAKS_OURS
from tests.fediverse import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def found(client, kind, actor_id) -> Any:
    """Wait until a member's inbox holds an activity of a type by somebody; return it."""

    async def look():
        page = await client.get(f"{client.id}/inbox?page=true")
        items = page["orderedItems"]
        return next((i for i in items if (i["type"], i["actor"]) == (kind, actor_id)), None)

    return await eventually(look, expecting=f"the {kind} in the inbox")


async def test_an_offer_of_another_member_is_found_and_accepted(home, ada, ben):
    await ada.do("Offer", endorsement_of(ben.id))

    offer = await found(ben, "Offer", ada.id)
    await ben.do("Accept", offer["id"])

    assert offer["object"]["endorsement"]["endorsed"] == ben.id
    assert (await home.get(offer["object"]["id"]))[0] == 200
    accept = await found(ada, "Accept", ben.id)
    assert accept["object"] == offer["id"]


def offer_from(home, actor, client) -> Any:
    """An offer by somebody elsewhere to a member."""
    clock = SimpleNamespace(now=datetime.now(UTC).replace(microsecond=0))
    here: Any = SimpleNamespace(clock=clock, id=home.id, handle=home.handle)
    return offered(here, actor, client.name)


async def grow_old(home, peer) -> None:
    """Have another server known here for two months."""
    then = int((datetime.now(UTC) - timedelta(days=60)).timestamp() * 1_000_000)
    async with home.federation.database.transaction() as transaction:
        await transaction.execute(
            "update peers set first_seen_at = :then where host = :host",
            {"then": then, "host": peer.host},
        )


async def test_an_offer_from_elsewhere_is_found_and_accepted(home, peer, ada):
    bea = peer.add_actor("bea", interactionPolicy=SPEAKS_OURS)
    follow = await ada.do("Follow", bea.id)
    await bea.post(f"{ada.id}/inbox", bea.activity("Accept", follow["id"]))
    await found(ada, "Accept", bea.id)
    await grow_old(home, peer)
    offer = offer_from(home, bea, ada)
    assert await bea.post(f"{ada.id}/inbox", offer) == 202

    seen = await found(ada, "Offer", bea.id)
    await ada.do("Accept", seen["id"])

    async def got():
        return next((p.json() for p in peer.posts if p.json()["type"] == "Accept"), None)

    accept = await eventually(got, expecting="the Accept")
    assert accept["object"] == offer["id"]


async def test_an_offer_that_was_put_aside_is_not_in_the_inbox(home, peer, ada):
    bea = peer.add_actor("bea", interactionPolicy=SPEAKS_OURS)
    offer = offer_from(home, bea, ada)
    assert await bea.post(f"{ada.id}/inbox", offer) == 202
    assert await bea.post(f"{ada.id}/inbox", bea.activity("Follow", ada.id)) == 202

    await found(ada, "Follow", bea.id)

    page = await ada.get(f"{ada.id}/inbox?page=true")
    assert offer["id"] not in [item["id"] for item in page["orderedItems"]]


@pytest.mark.spec("ActivityPub 5.2", level="MUST")
async def test_follow_like_and_update_from_elsewhere_are_found(home, peer, ada):
    dan = peer.add_actor("dan")
    made = await ada.do("Create", note(), to=[PUBLIC])
    letter = {
        "id": f"{peer.origin}/notes/1",
        "type": "Note",
        "attributedTo": dan.id,
        "content": "<p>For your eyes.</p>",
        "published": "2026-03-01T10:00:00Z",
        "to": [ada.id],
    }
    newer = letter | {"content": "<p>For yours alone.</p>", "updated": "2026-03-02T10:00:00Z"}

    for activity in (
        dan.activity("Follow", ada.id),
        dan.activity("Like", made["object"]["id"], to=[ada.id]),
        dan.activity("Create", letter, to=[ada.id]),
        dan.activity("Update", newer, to=[ada.id]),
    ):
        assert await dan.post(f"{ada.id}/inbox", activity) == 202
        assert (await found(ada, activity["type"], dan.id))["id"] == activity["id"]


async def test_the_answer_to_the_own_follow_is_found(home, peer, ada):
    dan = peer.add_actor("dan")
    made = await ada.do("Follow", dan.id)

    assert await dan.post(f"{ada.id}/inbox", dan.activity("Accept", made["id"])) == 202

    assert (await found(ada, "Accept", dan.id))["object"] == made["id"]
