"""What an edit may change of what is kept, and whose word it takes to call something deleted."""

from datetime import timedelta
from typing import Any

import pytest

from fedirec.domain.public import PUBLIC
from tests.federation.receiving.door import (
    create,
    deliver,
    follows_here,
    kept_note,
    note,
    rows,
)
from tests.fediverse import Home
from tests.peers import PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATER = "2026-03-02T10:00:00Z"


async def readers(home: Home, note_id: str) -> set[str]:
    """Who may read a note that is kept here."""
    found = await rows(home, "select reader from note_readers where note_id = :id", id=note_id)
    return {str(row["reader"]) for row in found}


def job_note(actor: PeerActor, home: Home, **changes: Any) -> dict[str, Any]:
    """A job note by a peer's actor."""
    closes_at = home.federation.now() + timedelta(days=20)
    job = {
        "type": "JobNote",
        "title": "Baker",
        "organization": {"name": "The mill"},
        "pay": {"min": "2100.00", "max": "2600.00", "currency": "EUR", "per": "month"},
        "remote": "no",
        "skill": [{"name": "sourdough"}],
        "contact": actor.id,
    }
    return note(actor, home, job=job, endTime=closes_at.strftime("%Y-%m-%dT%H:%M:%SZ"), **changes)


@pytest.mark.rule("OR-18")
async def test_an_edit_may_show_less(home, alice):
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    narrower = bread | {"to": [alice.followers], "cc": [home.id("ada")], "updated": LATER}

    outcome = await deliver(home, alice, alice.activity("Update", narrower))

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "handled"
    assert kept is not None
    assert kept["visibility"] == "followers"
    assert await readers(home, bread["id"]) == {alice.followers, home.id("ada")}


@pytest.mark.rule("OR-18")
async def test_what_was_narrowed_is_not_widened_again(home, alice):
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    narrower = bread | {"to": [alice.followers], "cc": [], "updated": LATER}
    await deliver(home, alice, alice.activity("Update", narrower))

    wider = bread | {"to": [PUBLIC], "updated": "2026-03-03T10:00:00Z"}
    outcome = await deliver(home, alice, alice.activity("Update", wider))

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "ignored"
    assert kept is not None
    assert kept["visibility"] == "followers"


async def test_an_edit_that_names_nobody_leaves_the_audience_as_it_was(home, alice):
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    silent = {key: bread[key] for key in bread if key not in {"to", "cc"}} | {"updated": LATER}

    outcome = await deliver(home, alice, alice.activity("Update", silent))

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "handled"
    assert kept is not None
    assert kept["visibility"] == "public"
    assert PUBLIC in await readers(home, bread["id"])


@pytest.mark.rule("OR-05")
@pytest.mark.parametrize("change", ["no job", "a broken job", "an endorsement"])
async def test_a_job_note_stays_a_job_note(home, alice, change):
    job = job_note(alice, home)
    await deliver(home, alice, create(alice, job))
    endorsement = {"endorsement": {"type": "Endorsement", "endorsed": home.id("ada")}}
    changed = {
        "no job": {key: job[key] for key in job if key != "job"},
        "a broken job": job | {"job": {"type": "JobNote"}},
        "an endorsement": {key: job[key] for key in job if key != "job"} | endorsement,
    }[change] | {"updated": LATER}

    outcome = await deliver(home, alice, alice.activity("Update", changed))

    [kept] = await rows(home, "select title from job_notes where note_id = :id", id=job["id"])
    assert outcome.state == "ignored"
    assert kept["title"] == "Baker"


async def test_a_job_note_is_edited_as_one(home, alice):
    job = job_note(alice, home)
    await deliver(home, alice, create(alice, job))
    renamed = job | {"job": job["job"] | {"title": "Head baker"}, "updated": LATER}

    outcome = await deliver(home, alice, alice.activity("Update", renamed))

    [kept] = await rows(home, "select title from job_notes where note_id = :id", id=job["id"])
    assert outcome.state == "handled"
    assert kept["title"] == "Head baker"


@pytest.mark.rule("OR-05", "OR-08")
@pytest.mark.parametrize("kind", ["Delete", "Undo"])
async def test_a_neighbour_cannot_bury_what_another_is_about_to_say(home, peer, alice, kind):
    bob = peer.add_actor("bob")
    bread, follow = note(alice, home), alice.activity("Follow", home.id("ben"))
    for object_id in (bread["id"], follow["id"]):
        await deliver(home, bob, bob.activity(kind, object_id))

    said = await deliver(home, alice, create(alice, bread))
    followed = await deliver(home, alice, follow)

    assert (said.state, followed.state) == ("handled", "handled")
    assert await kept_note(home, bread["id"]) is not None
    assert await follows_here(home, alice.id, home.id("ben"))


@pytest.mark.rule("OR-08")
async def test_what_its_author_deleted_stays_so_whatever_a_neighbour_said_before(home, peer, alice):
    bob = peer.add_actor("bob")
    bread = note(alice, home)
    await deliver(home, bob, bob.activity("Delete", bread["id"]))
    await deliver(home, alice, alice.activity("Delete", bread["id"]))

    outcome = await deliver(home, alice, create(alice, bread))

    assert outcome.state == "ignored"
    assert await kept_note(home, bread["id"]) is None


@pytest.mark.rule("OR-08")
async def test_nobody_deletes_on_another_host(home, peer, alice, mallory):
    bread = note(alice, home)
    outcome = await deliver(home, mallory, mallory.activity("Delete", bread["id"]))

    said = await deliver(home, alice, create(alice, bread))

    assert (outcome.state, said.state) == ("ignored", "handled")


async def test_a_follower_who_asks_again_stays_a_follower(home, alice):
    await deliver(home, alice, alice.activity("Follow", home.id("ben")))
    async with home.federation.database.transaction() as transaction:
        await transaction.execute(
            "update actors set is_locked = :yes where id = :id",
            {"yes": True, "id": home.id("ben")},
        )

    await deliver(home, alice, alice.activity("Follow", home.id("ben")))

    [row] = await rows(home, "select state from follows where follower_id = :id", id=alice.id)
    assert row["state"] == "accepted"
