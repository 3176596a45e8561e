"""A Follow that was undone and comes again under the same id, as Misskey has one for ever."""

import json
from typing import Any

import pytest

from fedirec.signatures import proofs
from tests.federation.receiving.door import (
    deliver,
    follows_here,
    outcome_of,
    post,
    quiet,
    rows,
    send,
)
from tests.federation.receiving.signing import Draft, sign_draft
from tests.fediverse import Home
from tests.keys import ed25519_pair
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


async def accepts_of(home: Home, activity: dict[str, Any]) -> int:
    """How often ada said yes to a Follow."""
    pattern = f"%{activity['id']}%"
    sql = "select id from activities where type = 'Accept' and body like :body"
    return len(await rows(home, sql, body=pattern))


@pytest.mark.rule("SG-09")
async def test_within_an_hour_it_may_be_late_and_does_nothing(home, alice, clock):
    activity = await follow_and_undo(home, alice)
    clock.forward(minutes=59)

    again = await post(home, alice, activity)
    await quiet(home)

    assert again.status == 202
    assert not await follows_here(home, alice.id, home.id("ada"))


async def test_two_hours_later_it_is_a_follow_again(home, alice, clock):
    activity = await follow_and_undo(home, alice)
    clock.forward(hours=2)

    outcome = await deliver(home, alice, activity)

    assert (outcome.state, outcome.reason) == ("handled", None)
    assert await follows_here(home, alice.id, home.id("ada"))
    assert await accepts_of(home, activity) == 2


async def test_and_can_be_undone_again_by_the_same_undo(home, alice, clock):
    activity = alice.activity("Follow", home.id("ada"))
    undo = alice.activity("Undo", activity)
    for said in (activity, undo):
        await deliver(home, alice, said)
    clock.forward(hours=2)
    await deliver(home, alice, activity)
    assert await follows_here(home, alice.id, home.id("ada"))

    await deliver(home, alice, undo)
    clock.forward(minutes=30)
    await post(home, alice, activity)
    await quiet(home)

    assert (await outcome_of(home, activity["id"])).state == "ignored"
    assert not await follows_here(home, alice.id, home.id("ada"))


async def test_a_follow_whose_answer_was_lost_is_answered_again(home, alice, clock):
    activity = alice.activity("Follow", home.id("ada"))
    await deliver(home, alice, activity)
    clock.forward(minutes=1)

    outcome = await deliver(home, alice, activity)

    assert outcome.state == "handled"
    assert await accepts_of(home, activity) == 2


@pytest.mark.rule("SG-09")
async def test_the_old_signature_brings_nothing_back_while_it_holds(home, alice, clock):
    activity = alice.activity("Follow", home.id("ada"))
    body = json.dumps(activity).encode()
    at = home.federation.now().replace(microsecond=0)
    expires = int(at.timestamp()) + 4 * 3_600
    draft = Draft(
        url=f"{home.origin}/inbox",
        body=body,
        actor=alice,
        at=at,
        covered=("(request-target)", "host", "date", "digest", "(expires)"),
        algorithm="hs2019",
        parameters={"expires": expires},
    )
    headers = sign_draft(draft)
    await send(home.client, draft.url, headers, body)
    await outcome_of(home, activity["id"])
    await deliver(home, alice, alice.activity("Undo", activity))
    clock.forward(hours=2)

    again = await send(home.client, draft.url, headers, body)
    await quiet(home)

    assert again.status == 202
    assert not await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("SG-09", "SG-17")
async def test_a_proof_that_somebody_else_brings_later_brings_nothing_back(
    home, peer, alice, mallory, clock
):
    method = f"{alice.id}#ed25519-key"
    key = {
        "id": method,
        "type": "Multikey",
        "controller": alice.id,
        "publicKeyMultibase": ed25519_pair().public().multibase(),
    }
    peer.serve("/users/alice", alice.document(assertionMethod=[key]))
    follow = proofs.add_proof(
        alice.activity("Follow", home.id("ada")),
        key=ed25519_pair(),
        verification_method=method,
        created=home.federation.now(),
    )
    await deliver(home, alice, follow)
    await deliver(home, alice, alice.activity("Undo", follow["id"]))
    clock.forward(hours=2)

    outcome = await deliver(home, mallory, follow)

    assert outcome.reason == "was undone, before it came or since"
    assert not await follows_here(home, alice.id, home.id("ada"))
