"""What somebody else delivers: believed by its actor's proof, from its origin, or not at all."""

from typing import Any

import pytest

from fedirec.signatures import proofs
from tests.federation.receiving.door import (
    create,
    deliver,
    follow_from_here,
    follows_here,
    kept_note,
    note,
    serve_note,
)
from tests.keys import ed25519_pair, other_ed25519_pair
from tests.peers import PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")


def multikey(actor: PeerActor) -> dict[str, str]:
    """The Ed25519 key that an actor's document lists."""
    return {
        "id": f"{actor.id}#ed25519-key",
        "type": "Multikey",
        "controller": actor.id,
        "publicKeyMultibase": ed25519_pair().public().multibase(),
    }


def proven(
    home: Any, actor: PeerActor, activity: dict[str, Any], *, key: Any = None
) -> dict[str, Any]:
    """The activity with the actor's integrity proof."""
    return proofs.add_proof(
        activity,
        key=key or ed25519_pair(),
        verification_method=f"{actor.id}#ed25519-key",
        created=home.federation.now(),
    )


@pytest.fixture
def prover(peer, alice) -> PeerActor:
    """Alice, whose document lists a key for proofs."""
    peer.serve("/users/alice", alice.document(assertionMethod=[multikey(alice)]))
    actor: PeerActor = alice
    return actor


@pytest.mark.rule("SG-17")
async def test_an_actors_own_proof_stands_for_its_signature(home, prover, mallory):
    follow = proven(home, prover, prover.activity("Follow", home.id("ada")))

    outcome = await deliver(home, mallory, follow)

    assert outcome.state == "handled"
    assert await follows_here(home, prover.id, home.id("ada"))


@pytest.mark.rule("SG-17")
@pytest.mark.parametrize("change", ["text", "key", "expired", "method"])
async def test_a_proof_that_does_not_hold_makes_a_pointer_at_most(home, prover, mallory, change):
    follow = proven(home, prover, prover.activity("Follow", home.id("ada")))
    match change:
        case "text":
            follow["content"] = "added"
        case "key":
            bare = {name: value for name, value in follow.items() if name != "proof"}
            follow = proven(home, prover, bare, key=other_ed25519_pair())
        case "expired":
            follow["proof"]["expires"] = "2020-01-01T00:00:00Z"
        case "method":
            follow["proof"]["verificationMethod"] = f"{mallory.id}#ed25519-key"

    outcome = await deliver(home, mallory, follow)

    assert outcome.state == "ignored"
    assert not await follows_here(home, prover.id, home.id("ada"))


@pytest.mark.rule("SG-16")
async def test_a_forwarded_edit_is_taken_as_its_origin_tells_it(home, peer, alice, mallory):
    await follow_from_here(home, alice)
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    newer = bread | {"content": "<p>Bread and butter.</p>", "updated": "2026-03-02T10:00:00Z"}
    serve_note(peer, newer)

    forged = alice.activity("Update", newer | {"content": "<p>Poison.</p>"})
    outcome = await deliver(home, mallory, forged)

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "handled"
    assert kept is not None
    assert kept["content"] == "<p>Bread and butter.</p>"


@pytest.mark.rule("OR-08")
@pytest.mark.parametrize("status", [404, 410])
async def test_a_forwarded_deletion_of_what_is_gone_at_its_origin_deletes(
    home, peer, alice, mallory, status
):
    await follow_from_here(home, alice)
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    peer.answers(bread["id"].removeprefix(peer.origin), status)

    deletion = alice.activity("Delete", {"id": bread["id"], "type": "Tombstone"})
    outcome = await deliver(home, mallory, deletion)

    assert outcome.state == "handled"
    assert await kept_note(home, bread["id"]) is None


@pytest.mark.rule("OR-05", "OR-08")
@pytest.mark.parametrize("readers", ["followers", "direct"])
@pytest.mark.parametrize(("status", "is_kept"), [(404, True), (410, False)])
async def test_of_what_is_not_for_all_not_found_is_no_word_of_its_end(
    home, peer, alice, mallory, *, readers, status, is_kept
):
    await follow_from_here(home, alice)
    audience = [alice.followers] if readers == "followers" else [home.id("ada")]
    bread = note(alice, home, to=audience, cc=[])
    await deliver(home, alice, create(alice, bread))
    peer.answers(bread["id"].removeprefix(peer.origin), status)

    outcome = await deliver(home, mallory, alice.activity("Delete", bread["id"]))

    assert (outcome.state == "ignored") is is_kept
    assert (await kept_note(home, bread["id"]) is not None) is is_kept


@pytest.mark.rule("SG-16", "OR-08")
@pytest.mark.parametrize("is_same_body", [True, False])
async def test_what_another_signed_first_does_not_stand_in_the_actors_way(
    home, peer, alice, mallory, is_same_body
):
    await follow_from_here(home, alice)
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    serve_note(peer, bread)
    deletion = alice.activity("Delete", bread["id"])
    forwarded = await deliver(
        home, mallory, deletion if is_same_body else deletion | {"summary": "forged"}
    )

    outcome = await deliver(home, alice, deletion)

    assert (forwarded.state, outcome.state) == ("ignored", "handled")
    assert await kept_note(home, bread["id"]) is None


@pytest.mark.rule("OR-05")
async def test_a_forwarded_deletion_of_what_its_origin_serves_deletes_nothing(
    home, peer, alice, mallory
):
    await follow_from_here(home, alice)
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    serve_note(peer, bread)

    outcome = await deliver(home, mallory, alice.activity("Delete", bread["id"]))

    assert outcome.state == "ignored"
    assert await kept_note(home, bread["id"]) is not None


async def test_a_forwarded_deletion_of_something_unknown_asks_nobody(home, peer, alice, mallory):
    outcome = await deliver(
        home, mallory, alice.activity("Delete", f"{peer.origin}/notes/unheard-of")
    )

    assert outcome.reason == "a forwarded deletion of something not kept here"
    assert f"{peer.origin}/notes/unheard-of" not in [each.path for each in peer.received]


async def test_a_pointer_to_what_is_not_there_is_ignored(home, peer, alice, mallory):
    bread = note(alice, home)
    peer.answers(bread["id"].removeprefix(peer.origin), 404)

    outcome = await deliver(home, mallory, create(alice, bread))

    assert outcome.reason == "points to something its origin does not serve"


@pytest.mark.rule("OR-03")
async def test_a_pointer_to_a_note_by_somebody_elsewhere_is_ignored(home, peer, alice, mallory):
    bread = note(alice, home)
    serve_note(peer, bread, attributedTo=mallory.id)

    outcome = await deliver(home, mallory, create(alice, bread))

    assert outcome.reason == "points to something without an author on its own origin"
    assert await kept_note(home, bread["id"]) is None
