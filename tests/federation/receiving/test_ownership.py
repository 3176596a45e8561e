"""Whose things are whose: forged creations, edits, deletions and undoings, in any order."""

from itertools import permutations
from typing import Any

import pytest

from fedirec.community import following
from fedirec.domain.public import PUBLIC
from tests.federation.receiving.door import (
    create,
    deliver,
    follow_from_here,
    follows_here,
    kept_note,
    note,
    post,
    quiet,
    rows,
    serve_note,
)
from tests.fediverse import Home, eventually
from tests.peers import PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATER = "2026-03-02T10:00:00Z"
LATEST = "2026-03-03T10:00:00Z"


async def readers(home: Home, note_id: str) -> set[str]:
    """Who may read a note that is kept here."""
    found = await rows(home, "select reader from note_readers where note_id = :id", id=note_id)
    return {str(row["reader"]) for row in found}


def private(actor: PeerActor, home: Home, **changes: Any) -> dict[str, Any]:
    """A note by a peer's actor for its followers."""
    return note(actor, home, to=[actor.followers], cc=None, **changes)


@pytest.mark.rule("OR-04")
@pytest.mark.parametrize("forger", ["alice", "neighbour", "stranger"])
async def test_a_create_never_touches_what_is_kept(home, peer, alice, mallory, forger):
    await follow_from_here(home, alice)
    letter = private(alice, home)
    await deliver(home, alice, create(alice, letter))
    actor = {"alice": alice, "neighbour": peer.add_actor("bob"), "stranger": mallory}[forger]
    forged = letter | {
        "attributedTo": actor.id,
        "content": "<p>Poison.</p>",
        "to": [PUBLIC],
        "cc": [home.id("ben")],
    }

    await post(home, actor, create(actor, forged))
    await quiet(home)

    kept = await kept_note(home, letter["id"])
    assert kept is not None
    assert (kept["content"], kept["visibility"]) == ("<p>Bread and salt.</p>", "followers")
    assert kept["actor_id"] == alice.id
    assert await readers(home, letter["id"]) == {alice.followers}


@pytest.mark.rule("OR-05")
@pytest.mark.parametrize("forger", ["neighbour", "stranger"])
@pytest.mark.parametrize("kind", ["Update", "Delete"])
@pytest.mark.parametrize("wording", ["in their own name", "in the owner's name"])
async def test_only_its_author_edits_or_deletes_a_note(
    home, peer, alice, mallory, *, forger, kind, wording
):
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    actor = {"neighbour": peer.add_actor("bob"), "stranger": mallory}[forger]
    owner = actor.id if wording == "in their own name" else alice.id
    forged = bread | {"attributedTo": owner, "content": "<p>Poison.</p>", "updated": LATER}
    object_ = forged if kind == "Update" else {"id": bread["id"], "type": "Tombstone"}

    await post(home, actor, actor.activity(kind, object_, to=[PUBLIC]))
    await quiet(home)

    kept = await kept_note(home, bread["id"])
    assert kept is not None
    assert kept["content"] == "<p>Bread and salt.</p>"


@pytest.mark.rule("OR-05")
@pytest.mark.parametrize("forger", ["neighbour", "stranger"])
@pytest.mark.parametrize("kind", ["Update", "Delete"])
async def test_only_an_actor_changes_or_deletes_itself(home, peer, alice, mallory, forger, kind):
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    actor = {"neighbour": peer.add_actor("bob"), "stranger": mallory}[forger]
    object_ = alice.document(name="Poison") if kind == "Update" else alice.id

    await post(home, actor, actor.activity(kind, object_))
    await quiet(home)

    [row] = await rows(home, "select display_name from actors where id = :id", id=alice.id)
    assert row["display_name"] == "Alice"
    assert await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("OR-05")
@pytest.mark.parametrize(
    "becomes",
    [
        {"type": "Person", "inbox": "http://x.example/inbox"},
        {"type": "OrderedCollection", "orderedItems": []},
        {"type": "Tombstone"},
        {"type": "Follow"},
        {"type": "EndorsementConsent"},
        {"job": {"type": "JobNote", "title": "Baker"}},
    ],
    ids=lambda becomes: str(becomes["type"]) if "type" in becomes else "job note",
)
async def test_a_note_stays_a_note(home, alice, becomes):
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))

    await post(home, alice, alice.activity("Update", bread | {"updated": LATER} | becomes))
    await quiet(home)

    kept = await kept_note(home, bread["id"])
    assert kept is not None
    assert kept["kind"] == "note"
    assert await rows(home, "select 1 from job_notes where note_id = :id", id=bread["id"]) == []
    assert await rows(home, "select 1 from actors where id = :id", id=bread["id"]) == []


@pytest.mark.rule("OR-05")
async def test_an_actor_does_not_become_a_note(home, alice):
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))

    for kind in ("Create", "Update"):
        await post(home, alice, alice.activity(kind, note(alice, home, id=alice.id)))
    await quiet(home)

    assert await kept_note(home, alice.id) is None


@pytest.mark.rule("OR-05")
@pytest.mark.parametrize("updated", ["2026-03-01T09:00:00Z", LATER, None])
async def test_an_edit_that_is_not_newer_changes_nothing(home, alice, updated):
    bread = note(alice, home, updated=LATER)
    await deliver(home, alice, create(alice, bread))
    older = {key: bread[key] for key in bread if key != "updated"} | {"content": "<p>Old.</p>"}
    older |= {} if updated is None else {"updated": updated}

    outcome = await deliver(home, alice, alice.activity("Update", older))

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "ignored"
    assert kept is not None
    assert kept["content"] == "<p>Bread and salt.</p>"


async def test_an_edit_by_its_author_is_taken(home, alice):
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))

    outcome = await deliver(
        home, alice, alice.activity("Update", bread | {"content": "<p>Rye.</p>", "updated": LATER})
    )

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "handled"
    assert kept is not None
    assert kept["content"] == "<p>Rye.</p>"


@pytest.mark.rule("OR-18")
@pytest.mark.parametrize("wider", [{"to": [PUBLIC]}, {"cc": [PUBLIC]}, {"cc": ["BEN"]}])
async def test_an_edit_shows_to_nobody_new_what_was_shown_to_some(home, alice, wider):
    await follow_from_here(home, alice)
    letter = private(alice, home)
    await deliver(home, alice, create(alice, letter))
    wider = {key: [home.id("ben") if x == "BEN" else x for x in wider[key]] for key in wider}

    await deliver(
        home, alice, alice.activity("Update", letter | {"updated": LATER, **wider}, **wider)
    )

    kept = await kept_note(home, letter["id"])
    assert kept is not None
    assert kept["visibility"] == "followers"
    assert await readers(home, letter["id"]) <= {alice.followers}


@pytest.mark.rule("OR-18")
async def test_what_is_not_public_is_not_boosted(home, peer, alice):
    await follow_from_here(home, alice)
    letter = private(alice, home)
    await deliver(home, alice, create(alice, letter))
    serve_note(peer, letter)
    bob = peer.add_actor("bob")

    outcome = await deliver(
        home, bob, bob.activity("Announce", letter["id"], to=[PUBLIC], cc=[home.id("ben")])
    )

    assert outcome.state == "ignored"
    assert "not public" in str(outcome.reason)


@pytest.mark.rule("OR-07")
async def test_what_a_boost_embeds_is_not_believed(home, peer, alice, mallory):
    bread = note(alice, home)
    serve_note(peer, bread)
    forged = bread | {"content": "<p>Poison.</p>"}

    outcome = await deliver(
        home, mallory, mallory.activity("Announce", forged, to=[PUBLIC, home.id("ada")])
    )

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "ignored" or kept is not None
    assert kept is None or kept["content"] == "<p>Bread and salt.</p>"


@pytest.mark.rule("OR-07")
@pytest.mark.parametrize("origin_says", [404, 410, 403])
async def test_what_a_boost_embeds_is_nothing_when_its_origin_says_so(
    home, peer, alice, mallory, origin_says
):
    bread = note(alice, home)
    peer.answers(bread["id"].removeprefix(peer.origin), origin_says)

    outcome = await deliver(
        home, mallory, mallory.activity("Announce", bread, to=[PUBLIC, home.id("ada")])
    )

    assert outcome.state == "ignored"
    assert await kept_note(home, bread["id"]) is None


@pytest.mark.rule("OR-06")
@pytest.mark.parametrize("form", ["embedded", "by id", "embedded in their own name"])
@pytest.mark.parametrize("forger", ["neighbour", "stranger"])
async def test_nobody_undoes_what_another_did(home, peer, alice, mallory, form, forger):
    followed = alice.activity("Follow", home.id("ada"))
    await deliver(home, alice, followed)
    actor = {"neighbour": peer.add_actor("bob"), "stranger": mallory}[forger]
    inner = {
        "embedded": followed,
        "by id": followed["id"],
        "embedded in their own name": followed | {"actor": actor.id},
    }[form]

    await post(home, actor, actor.activity("Undo", inner))
    await quiet(home)

    assert await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("OR-06")
@pytest.mark.parametrize("form", ["embedded", "by id"])
async def test_an_actor_undoes_what_it_did(home, alice, form):
    followed = alice.activity("Follow", home.id("ada"))
    await deliver(home, alice, followed)

    inner = followed if form == "embedded" else followed["id"]
    outcome = await deliver(home, alice, alice.activity("Undo", inner))

    assert outcome.state == "handled"
    assert not await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("OR-06")
@pytest.mark.parametrize("answer", ["Accept", "Reject"])
@pytest.mark.parametrize("forger", ["neighbour", "stranger"])
async def test_only_who_is_asked_answers_a_follow(home, peer, alice, mallory, answer, forger):
    await following.follow(home.federation, "ben", alice.handle)

    async def asked():
        return next((p.json() for p in peer.posts if p.json()["type"] == "Follow"), None)

    follow = await eventually(asked)
    actor = {"neighbour": peer.add_actor("bob"), "stranger": mallory}[forger]
    for object_ in (follow["id"], follow):
        outcome = await deliver(home, actor, actor.activity(answer, object_))
        assert outcome.state == "ignored"

    [row] = await rows(home, "select state from follows where followed_id = :id", id=alice.id)
    assert row["state"] == "requested"


@pytest.mark.rule("OR-06")
async def test_an_answer_to_a_follow_never_sent_makes_none(home, alice):
    invented = {
        "id": f"{home.origin}/activities/01INVENTED",
        "type": "Follow",
        "actor": home.id("ada"),
        "object": alice.id,
    }

    for object_ in (invented, invented["id"]):
        outcome = await deliver(home, alice, alice.activity("Accept", object_))
        assert outcome.state == "ignored"

    assert not await follows_here(home, home.id("ada"), alice.id)


@pytest.mark.rule("OR-06")
async def test_an_undo_that_overtakes_a_like_or_boost_or_follow_holds(home, peer, alice):
    bread = note(alice, home)
    serve_note(peer, bread)
    acts = [
        alice.activity("Follow", home.id("ada")),
        alice.activity("Announce", bread["id"], to=[PUBLIC], cc=[home.id("ada")]),
    ]

    for act in acts:
        await deliver(home, alice, alice.activity("Undo", act))
        outcome = await deliver(home, alice, act)
        assert outcome.state == "ignored"

    assert not await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("OR-08")
@pytest.mark.parametrize("order", list(permutations(("Create", "Update", "Delete"))))
async def test_what_was_deleted_stays_deleted_whatever_came_first(home, alice, order):
    bread = note(alice, home)
    activities = {
        "Create": create(alice, bread),
        "Update": alice.activity("Update", bread | {"updated": LATEST}),
        "Delete": alice.activity("Delete", {"id": bread["id"], "type": "Tombstone"}),
    }

    for kind in order:
        await deliver(home, alice, activities[kind])

    assert await kept_note(home, bread["id"]) is None
    found = await rows(home, "select id from tombstones where id = :id", id=bread["id"])
    assert len(found) == 1


@pytest.mark.rule("OR-08")
@pytest.mark.parametrize("order", list(permutations(("Create", "Update"))))
async def test_the_newest_text_stands_whatever_came_first(home, alice, order):
    bread = note(alice, home)
    activities = {
        "Create": create(alice, bread),
        "Update": alice.activity("Update", bread | {"updated": LATEST, "content": "<p>Rye.</p>"}),
    }

    for kind in order:
        await deliver(home, alice, activities[kind])

    kept = await kept_note(home, bread["id"])
    assert kept is not None
    assert kept["content"] == "<p>Rye.</p>"


@pytest.mark.rule("OR-08")
async def test_a_boost_does_not_bring_back_what_was_deleted(home, peer, alice):
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    await deliver(home, alice, alice.activity("Delete", bread["id"]))
    serve_note(peer, bread)

    await deliver(
        home, alice, alice.activity("Announce", bread["id"], to=[PUBLIC], cc=[home.id("ada")])
    )

    assert await kept_note(home, bread["id"]) is None
