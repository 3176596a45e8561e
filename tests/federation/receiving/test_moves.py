"""Moving house, pinning, and whom an activity reaches."""

import json
from typing import Any

import pytest

from fedirec.domain.public import PUBLIC
from fedirec.storage.database import Row
from tests.federation.receiving.door import (
    create,
    deliver,
    follow_from_here,
    note,
    post,
    quiet,
    rows,
)
from tests.fediverse import Home
from tests.peers import ACTIVITY_JSON, PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")


def moved(actor: PeerActor, target: Any) -> dict[str, Any]:
    """The Move of an actor to a new home."""
    return actor.activity("Move", actor.id, target=target)


async def refollowed(home: Home, target: str) -> list[Row]:
    """The Follows that we sent to a new home."""
    return await rows(
        home, "select id from activities where type = 'Follow' and object_id = :id", id=target
    )


@pytest.mark.rule("OR-09")
async def test_a_move_that_both_homes_confirm_is_followed(home, peer, alice, stranger):
    await follow_from_here(home, alice)
    new = stranger.add_actor("alice", alsoKnownAs=[alice.id])

    outcome = await deliver(home, alice, moved(alice, new.id))

    assert outcome.state == "handled"
    assert len(await refollowed(home, new.id)) == 1
    told = await rows(home, "select 1 from notifications where kind = 'moved'")
    assert told


NEW_HOMES = {
    "names nobody": {},
    "names another": {"alsoKnownAs": ["http://elsewhere.example/users/alice"]},
    "names a lookalike": {"alsoKnownAs": ["ALICE/"]},
    "has moved on": {"alsoKnownAs": ["ALICE"], "movedTo": "http://elsewhere.example/users/a"},
    "has moved back": {"alsoKnownAs": ["ALICE"], "movedTo": "ALICE"},
}


@pytest.mark.rule("OR-09")
@pytest.mark.parametrize("new_home", NEW_HOMES)
async def test_a_move_that_its_new_home_does_not_confirm_is_not_followed(
    home, alice, stranger, new_home
):
    await follow_from_here(home, alice)
    changes = json.loads(json.dumps(NEW_HOMES[new_home]).replace("ALICE", alice.id))
    new = stranger.add_actor("alice", **changes)

    outcome = await deliver(home, alice, moved(alice, new.id))

    assert outcome.state == "ignored"
    assert await refollowed(home, new.id) == []
    assert await rows(home, "select 1 from moves where actor_id = :id", id=alice.id) == []


@pytest.mark.rule("OR-09")
async def test_the_new_home_is_asked_anew_and_not_remembered(home, alice, stranger):
    await follow_from_here(home, alice)
    new = stranger.add_actor("alice", alsoKnownAs=[alice.id])
    await deliver(home, new, new.activity("Follow", home.id("ada")))
    stranger.serve("/users/alice", new.document())

    outcome = await deliver(home, alice, moved(alice, new.id))

    assert outcome.state == "ignored"
    assert await refollowed(home, new.id) == []


@pytest.mark.rule("OR-09")
@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_new_home_that_is_not_there_is_none_though_it_was_known(
    home, alice, stranger, status
):
    await follow_from_here(home, alice)
    new = stranger.add_actor("alice", alsoKnownAs=[alice.id])
    await deliver(home, new, new.activity("Follow", home.id("ada")))
    stranger.answers("/users/alice", status)

    outcome = await deliver(home, alice, moved(alice, new.id))

    assert outcome.state == "ignored"
    assert await refollowed(home, new.id) == []


@pytest.mark.rule("OR-09")
async def test_nobody_moves_another(home, peer, alice, mallory):
    await follow_from_here(home, alice)
    bob = peer.add_actor("bob", alsoKnownAs=[alice.id])

    for actor in (bob, mallory):
        outcome = await deliver(home, actor, actor.activity("Move", alice.id, target=bob.id))
        assert outcome.state == "ignored"

    assert await refollowed(home, bob.id) == []


@pytest.mark.rule("OR-09")
@pytest.mark.parametrize("target", ["itself", "nowhere", "one of ours"])
async def test_a_move_goes_to_another_actor_that_agreed(home, alice, target):
    await follow_from_here(home, alice)
    activity = moved(alice, {"itself": alice.id, "one of ours": home.id("ben")}.get(target))
    if target == "nowhere":
        activity.pop("target")

    outcome = await deliver(home, alice, activity)

    assert outcome.state == "ignored"


@pytest.mark.rule("OR-09")
async def test_one_move_in_thirty_days_is_enough(home, alice, stranger, clock):
    await follow_from_here(home, alice)
    first = stranger.add_actor("first", alsoKnownAs=[alice.id])
    second = stranger.add_actor("second", alsoKnownAs=[alice.id])
    await deliver(home, alice, moved(alice, first.id))

    too_soon = await deliver(home, alice, moved(alice, second.id))
    clock.forward(days=31)
    later = await deliver(home, alice, moved(alice, second.id))

    assert (too_soon.state, later.state) == ("ignored", "handled")


@pytest.mark.rule("OR-10")
@pytest.mark.parametrize("kind", ["Add", "Remove"])
async def test_only_its_owner_changes_a_collection(home, peer, kind):
    featured = f"{peer.origin}/users/alice/featured"
    alice = peer.add_actor("alice", featured=featured)
    bob = peer.add_actor("bob", featured=f"{peer.origin}/users/bob/featured")
    pinned = f"{peer.origin}/notes/1"
    await deliver(home, alice, alice.activity("Add", pinned, target=featured))

    forged = await deliver(home, bob, bob.activity(kind, f"{peer.origin}/notes/2", target=featured))
    stray = await deliver(home, alice, alice.activity(kind, pinned, target=alice.followers))

    found = await rows(home, "select note_id from featured where actor_id = :id", id=alice.id)
    assert (forged.state, stray.state) == ("ignored", "ignored")
    assert [row["note_id"] for row in found] == [pinned]


PEOPLE = {"ADA": "ada", "BEN": "ben"}
AUDIENCES = [
    ({"to": [PUBLIC]}, {"ada"}),
    ({"to": ["as:Public"]}, {"ada"}),
    ({"to": ["Public"]}, {"ada"}),
    ({"to": PUBLIC}, {"ada"}),
    ({"cc": [PUBLIC]}, {"ada"}),
    ({"to": ["FOLLOWERS"]}, {"ada"}),
    ({"cc": ["FOLLOWERS"]}, {"ada"}),
    ({"audience": ["FOLLOWERS"]}, {"ada"}),
    ({"to": [PUBLIC], "cc": ["FOLLOWERS"]}, {"ada"}),
    ({"to": ["ADA"]}, {"ada"}),
    ({"to": ["BEN"]}, {"ben"}),
    ({"to": "BEN"}, {"ben"}),
    ({"to": {"id": "BEN"}}, {"ben"}),
    ({"cc": ["BEN"]}, {"ben"}),
    ({"audience": ["BEN"]}, {"ben"}),
    ({"bto": ["BEN"]}, {"ben"}),
    ({"bcc": ["BEN"]}, {"ben"}),
    ({"to": ["ADA", "BEN"]}, {"ada", "ben"}),
    ({"to": [PUBLIC], "cc": ["BEN"]}, {"ada", "ben"}),
    ({"to": ["FOLLOWERS"], "cc": ["BEN"]}, {"ada", "ben"}),
    ({"to": ["BEN", "BEN"], "cc": ["BEN"]}, {"ben"}),
    ({"to": ["MALLORY_FOLLOWERS"]}, set()),
    ({"to": ["OURS/users/ada/followers"]}, set()),
    ({"to": ["OURS/users/nobody"]}, set()),
    ({"to": ["OURS"]}, set()),
    ({"to": ["http://elsewhere.example/users/ada"]}, set()),
    ({"to": ["ben"]}, set()),
    ({"to": [7, None, {"type": "Person"}]}, set()),
    ({"to": []}, set()),
    ({}, set()),
]


@pytest.mark.rule("OR-15")
@pytest.mark.parametrize(("audience", "reached"), AUDIENCES, ids=range(len(AUDIENCES)))
async def test_an_activity_reaches_whom_it_names_and_its_authors_followers_alone(
    home, alice, mallory, audience, reached
):
    await follow_from_here(home, alice)
    await follow_from_here(home, mallory, "ben")
    text = json.dumps(audience).replace("MALLORY_FOLLOWERS", mallory.followers)
    text = text.replace("FOLLOWERS", alice.followers).replace("OURS", home.origin)
    for word, name in PEOPLE.items():
        text = text.replace(f'"{word}"', f'"{home.id(name)}"')
    said = json.loads(text)
    letter = note(alice, home, to=None, cc=None) | said
    activity = alice.activity("Create", letter, **said)

    await deliver(home, alice, activity)

    found = await rows(
        home, "select owner_id from inbox_items where activity_id = :id", id=activity["id"]
    )
    assert {str(row["owner_id"]) for row in found} == {home.id(name) for name in reached}


@pytest.mark.rule("OR-15")
@pytest.mark.parametrize("blind", ["bto", "bcc"])
async def test_who_was_told_in_secret_stands_nowhere(home, alice, blind):
    letter = note(alice, home, to=[PUBLIC], cc=None, **{blind: [home.id("ben")]})
    activity = create(alice, letter, **{blind: [home.id("ben")]})

    await deliver(home, alice, activity)

    [kept] = await rows(home, "select body from notes where id = :id", id=letter["id"])
    assert blind not in str(kept["body"])
    readers = await rows(
        home, "select reader from note_readers where note_id = :id", id=letter["id"]
    )
    assert home.id("ben") not in {str(row["reader"]) for row in readers}


@pytest.mark.rule("OR-15")
async def test_a_personal_inbox_gets_what_is_put_there(home, alice):
    letter = note(alice, home, to=[PUBLIC], cc=None)
    activity = create(alice, letter)

    await deliver(home, alice, activity, to="/users/ben/inbox")

    found = await rows(
        home, "select owner_id from inbox_items where activity_id = :id", id=activity["id"]
    )
    assert [row["owner_id"] for row in found] == [home.id("ben")]


@pytest.mark.rule("OR-11")
async def test_a_handle_on_another_host_is_not_believed_from_the_actor_alone(home, peer, stranger):
    claimed = f"victim@{stranger.host}"
    alice = peer.add_actor("alice", webfinger=claimed)

    await deliver(home, alice, alice.activity("Follow", home.id("ada")))

    [row] = await rows(home, "select handle_domain from actors where id = :id", id=alice.id)
    assert row["handle_domain"] == peer.host


@pytest.mark.rule("OR-10")
async def test_collections_of_strangers_are_not_walked(home, peer, stranger, alice):
    bread = note(
        alice,
        home,
        replies={"type": "Collection", "first": f"{stranger.origin}/replies?page=1"},
        likes=f"{stranger.origin}/likes",
        shares={"id": f"{stranger.origin}/shares", "type": "Collection", "totalItems": 10**9},
    )
    stranger.answers("/replies", 200, {"Content-Type": ACTIVITY_JSON}, b"{}")

    await post(home, alice, create(alice, bread))
    await quiet(home)

    assert stranger.received == []
