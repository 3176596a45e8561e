"""Endorsements that are none: no consent, another's consent, the author's own praise."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from fedirec.activitypub.endorsements import core_digest
from tests.federation.receiving.door import deliver, kept_note, outcome_of, post, rows
from tests.federation.receiving.sample_givens import carol_follows
from tests.federation.receiving.sample_world import World
from tests.fediverse import Home, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """The guild where carol reads what the weavers and the builders say of each other."""
    async with running(tmp_path_factory.mktemp("guild")) as home:
        await home.add("carol", "bea")
        yield home


@pytest.fixture(scope="module")
def numbers():
    """1, 2, 3, …"""
    return count()


@pytest_asyncio.fixture(loop_scope="module")
async def world(home, addresses, numbers) -> AsyncIterator[World]:
    """Two other guilds, played by peers."""
    async with AsyncExitStack() as stack:
        world = World(
            home=home, stack=stack, mark=f"F{next(numbers)}", addresses=addresses, ours=None
        )
        activity = await world.load("fedirec/endorsement_create")
        await carol_follows(world, activity["actor"])
        await world.actor(activity["object"]["endorsement"]["endorsed"])
        yield world


async def publish(
    world: World, change: dict[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    """Let the endorser publish the endorsement, changed; return it as it stands here."""
    activity = await world.load("fedirec/endorsement_create")
    note: dict[str, Any] = activity["object"]
    note["endorsement"] |= change or {}
    note |= members
    actor, key_id = await world.actor(activity["actor"])
    assert (await post(world.home, actor, activity, key_id=key_id)).status == 202
    await outcome_of(world.home, activity["id"])
    return note


async def state_of(world: World, note: dict[str, Any]) -> str:
    """`confirmed`, `unconfirmed`, `hidden`, or `ordinary` for a post and nothing more."""
    assert await kept_note(world.home, note["id"]) is not None
    found = await rows(
        world.home, "select state from endorsements where note_id = :id", id=note["id"]
    )
    return str(found[0]["state"]) if found else "ordinary"


async def stamp_for(world: World, **changes: Any) -> None:
    """Serve the stamp of the endorsement as published, changed."""
    note = (await world.load("fedirec/endorsement_create"))["object"]
    stamp = await world.load("fedirec/stamp")
    served = stamp | {"digestMultibase": core_digest(note)} | changes
    world.serve(served, at=stamp["id"])


@pytest.mark.rule("OR-16")
async def test_an_endorsement_with_its_stamp_counts(world):
    await stamp_for(world)

    assert await state_of(world, await publish(world)) == "confirmed"


@pytest.mark.rule("OR-16")
async def test_nobody_endorses_themselves(world):
    activity = await world.load("fedirec/endorsement_create")

    note = await publish(world, {"endorsed": activity["actor"]})

    assert await state_of(world, note) == "ordinary"


@pytest.mark.rule("OR-16")
async def test_without_a_stamp_it_shows_nowhere(world):
    note = await publish(world, {"consent": None})

    assert await state_of(world, note) in {"ordinary", "hidden"}


@pytest.mark.rule("OR-16")
@pytest.mark.parametrize(
    "changes",
    [
        {"interactingObject": "http://elsewhere.example/endorsements/1"},
        {"digestMultibase": "uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"attributedTo": "http://elsewhere.example/users/bea"},
        {"interactionTarget": "http://elsewhere.example/users/bea"},
        {"type": "Note"},
        {"digestMultibase": None},
    ],
    ids=lambda changes: f"{next(iter(changes))}-{str(next(iter(changes.values())))[:8]}",
)
async def test_a_stamp_for_something_else_is_no_consent(world, changes):
    await stamp_for(world, **changes)

    assert await state_of(world, await publish(world)) == "hidden"


@pytest.mark.rule("OR-16")
@pytest.mark.parametrize("words", ["content", "relation", "period"])
async def test_a_text_that_was_not_stamped_does_not_show(world, words):
    await stamp_for(world)
    change: dict[str, Any] = {"relation": "taught"} if words == "relation" else {}
    change |= {"period": {"from": "1999"}} if words == "period" else {}
    text = "<p>She built the whole hall alone, in a day, and for nothing at all.</p>"
    members = {"content": text, "contentMap": {"en": text}} if words == "content" else {}

    note = await publish(world, change, **members)

    assert await state_of(world, note) == "hidden"


@pytest.mark.rule("OR-16")
async def test_the_endorsers_own_server_cannot_stamp_for_the_endorsed(world):
    activity = await world.load("fedirec/endorsement_create")
    stamp = await world.load("fedirec/stamp")
    stamp_id = activity["actor"].replace("/users/carol", "/stamps/1")
    note = activity["object"]
    world.serve(stamp | {"id": stamp_id, "digestMultibase": core_digest(note)})

    note = await publish(world, {"consent": stamp_id})

    assert await state_of(world, note) == "hidden"


@pytest.mark.rule("OR-16")
async def test_a_stamp_that_is_said_to_be_ours_and_is_not_is_no_consent(world):
    note = await publish(world, {"consent": f"{world.home.origin}/stamps/01INVENTED"})

    assert await state_of(world, note) == "hidden"


@pytest.mark.rule("OR-16")
@pytest.mark.parametrize(
    "members",
    [
        {"attachment": [{"type": "Image", "url": "http://x.example/a.png"}]},
        {"summary": "Read this!"},
        {"name": "Praise"},
        {"inReplyTo": "http://x.example/notes/1"},
        {"quoteUrl": "http://x.example/notes/1"},
        {"image": {"type": "Image", "url": "http://x.example/a.png"}},
    ],
    ids=lambda members: next(iter(members)),
)
async def test_with_something_beside_the_core_it_is_an_ordinary_post(world, members):
    await stamp_for(world)

    note = await publish(world, **members)

    assert await state_of(world, note) == "ordinary"


@pytest.mark.rule("OR-16", "OR-06")
@pytest.mark.parametrize("who", ["neighbour", "stranger"])
async def test_nobody_else_takes_a_consent_back(world, alice, who):
    await stamp_for(world)
    note = await publish(world)
    bea = await world.origin("weavers.example")
    forger = world.peer_of(f"{bea}/").add_actor("eve") if who == "neighbour" else alice

    await deliver(world.home, forger, forger.activity("Delete", note["endorsement"]["consent"]))

    assert await state_of(world, note) == "confirmed"


@pytest.mark.rule("OR-16")
async def test_who_gave_a_consent_takes_it_back(world):
    await stamp_for(world)
    note = await publish(world)
    bea, key_id = await world.actor(note["endorsement"]["endorsed"])
    deletion = bea.activity("Delete", note["endorsement"]["consent"])

    assert (await post(world.home, bea, deletion, key_id=key_id)).status == 202
    await outcome_of(world.home, deletion["id"])

    assert await state_of(world, note) == "hidden"


@pytest.mark.rule("OR-16")
async def test_an_offer_of_a_text_that_lives_elsewhere_is_no_offer(world, alice):
    offer = await world.load("fedirec/offer")
    bea = offer["object"]["endorsement"]["endorsed"]
    ours = world.home.id("bea")
    note = offer["object"] | {"attributedTo": alice.id, "to": [ours]}
    note["endorsement"] = note["endorsement"] | {"endorsed": ours}
    note["tag"] = [tag | {"href": ours} if tag.get("href") == bea else tag for tag in note["tag"]]
    asked = alice.activity(
        "Offer", note, to=[ours], published=offer["published"], endTime=offer["endTime"]
    )

    outcome = await deliver(world.home, alice, asked, to="/users/bea/inbox")

    assert outcome.state == "ignored"
    assert "not where who offers it is" in str(outcome.reason)
