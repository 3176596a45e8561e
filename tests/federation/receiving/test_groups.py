"""Groups, which name their moderators as `attributedTo` (FEP-1b12)."""

from typing import Any

import pytest

from tests.federation.receiving.door import deliver, post, refusal, rows
from tests.fediverse import Home
from tests.peers import Peer, PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")


def a_group(peer: Peer, name: str) -> tuple[PeerActor, dict[str, Any]]:
    """A group as Lemmy makes it, met before it changed; return it and its newer document."""
    group = peer.add_actor(name, type="Group")
    moderators = f"{group.id}/moderators"
    peer.serve(f"/users/{name}", group.document(type="Group", attributedTo=moderators))
    newer = group.document(type="Group", attributedTo=moderators, name="Bakers")
    return group, newer


async def name_of(home: Home, actor: PeerActor) -> str | None:
    """What an actor is called here."""
    found = await rows(home, "select display_name from actors where id = :id", id=actor.id)
    return str(found[0]["display_name"]) if found else None


async def test_a_group_updates_itself(home, peer):
    group, newer = a_group(peer, "bakers")
    await deliver(home, group, group.activity("Follow", home.id("ada")))
    peer.serve("/users/bakers", newer)

    outcome = await deliver(home, group, group.activity("Update", newer))

    assert (outcome.state, outcome.reason) == ("handled", None)
    assert await name_of(home, group) == "Bakers"


@pytest.mark.rule("OR-05")
async def test_a_moderator_does_not_update_the_group(home, peer, alice):
    group, newer = a_group(peer, "smiths")
    await deliver(home, group, group.activity("Follow", home.id("ada")))

    refused = await refusal(home, peer, post(home, alice, alice.activity("Update", newer)))

    assert refused.status == 403
    assert await name_of(home, group) == "Smiths"


@pytest.mark.rule("OR-05")
async def test_what_a_group_says_of_itself_is_read_at_its_origin_alone(home, peer):
    group, newer = a_group(peer, "weavers")
    await deliver(home, group, group.activity("Follow", home.id("ada")))

    await deliver(home, group, group.activity("Update", newer))

    assert await name_of(home, group) == "Weavers"
