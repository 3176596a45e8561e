"""A Follow that was undone and comes again under the same id, as Misskey has one for ever."""

from typing import Any

import pytest

from fedirec.community.upkeep import forget_old
from tests.federation.receiving.door import deliver, follows_here, outcome_of, post, quiet, rows
from tests.fediverse import Home
from tests.peers import PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def follow_and_undo(home: Home, actor: PeerActor) -> dict[str, Any]:
    """Follow ada and take it back; return the Follow."""
    activity = actor.activity("Follow", home.id("ada"))
    await deliver(home, actor, activity)
    assert await follows_here(home, actor.id, home.id("ada"))
    await deliver(home, actor, actor.activity("Undo", activity))
    assert not await follows_here(home, actor.id, home.id("ada"))
    return activity


@pytest.mark.rule("SG-09")
async def test_within_thirty_days_it_does_nothing(home, alice, clock):
    activity = await follow_and_undo(home, alice)
    clock.forward(days=29)
    await forget_old(home.federation)

    again = await post(home, alice, activity)
    await quiet(home)

    assert again.status == 202
    assert not await follows_here(home, alice.id, home.id("ada"))


async def test_forty_days_later_it_is_a_follow_again(home, alice, clock):
    activity = await follow_and_undo(home, alice)
    clock.forward(days=40)
    await forget_old(home.federation)

    outcome = await deliver(home, alice, activity)

    assert (outcome.state, outcome.reason) == ("handled", None)
    assert await follows_here(home, alice.id, home.id("ada"))
    accepts = await rows(
        home,
        "select id from activities where type = 'Accept' and body like :body",
        body=f"%{activity['id']}%",
    )
    assert len(accepts) == 2


async def test_and_can_be_undone_again(home, alice, clock):
    activity = await follow_and_undo(home, alice)
    clock.forward(days=40)
    await forget_old(home.federation)
    await deliver(home, alice, activity)

    await deliver(home, alice, alice.activity("Undo", activity))
    await post(home, alice, activity)
    await quiet(home)

    assert (await outcome_of(home, activity["id"])).state == "handled"
    assert not await follows_here(home, alice.id, home.id("ada"))
