"""An offer of an endorsement of a bad shape: who signed it is told so, and nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from tests.federation.receiving.door import deliver, post, refusal, rows
from tests.fediverse import Home
from tests.keys import other_rsa_pair
from tests.peers import PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAYS = 30


def an_offer(home: Home, actor: PeerActor, **changes: Any) -> dict[str, Any]:
    """A good offer to ada; changes are of its Note, of `endorsement` under that name's members."""
    now = home.federation.now()
    person = home.id("ada")
    note_id = f"{actor.peer.origin}/endorsements/{actor.peer.next_number()}"
    content = "<p>Bread every morning for nine years, and never once late with it.</p>"
    endorsement = {
        "type": "Endorsement",
        "endorsed": person,
        "relation": "clientOf",
        "period": {"from": "2015", "until": "2024"},
        "shownTo": "public",
    } | changes.pop("endorsement", {})
    note = {
        "id": note_id,
        "type": "Note",
        "attributedTo": actor.id,
        "to": [person],
        "url": note_id,
        "content": content,
        "contentMap": {"en": content},
        "tag": [{"type": "Mention", "href": person, "name": home.handle("ada")}],
        "endorsement": endorsement,
    } | changes
    ends_at = now + timedelta(days=DAYS)
    return actor.activity(
        "Offer",
        note,
        to=[person],
        published=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        endTime=ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


BROKEN: dict[str, dict[str, Any]] = {
    "relation": {"endorsement": {"relation": "knows"}},
    "period": {"endorsement": {"period": {"from": "soon"}}},
    "shownTo": {"endorsement": {"shownTo": "everybody"}},
    "contentMap": {"contentMap": {"en": "<p>Something else.</p>"}},
    "attachment": {"attachment": [{"type": "Document", "url": "https://x.example/x.png"}]},
    "tag": {"tag": [{"type": "Mention", "href": "https://x.example/users/eve"}]},
    "to": {"cc": ["https://x.example/users/eve"]},
    "attributedTo": {"attributedTo": "https://x.example/users/eve"},
}


async def test_a_good_offer_is_kept(home, alice):
    outcome = await deliver(home, alice, an_offer(home, alice))

    assert outcome.state == "handled"
    assert len(await rows(home, "select id from offers where endorser_id = :id", id=alice.id)) == 1


@pytest.mark.parametrize("field", BROKEN)
async def test_a_bad_one_is_refused_and_the_log_names_what_is_wrong(home, peer, alice, field):
    offer = an_offer(home, alice, **BROKEN[field])

    refused = await refusal(home, peer, post(home, alice, offer))

    assert refused.status == 400
    assert refused.field is not None
    assert field in refused.expected
    assert offer["id"] in refused.expected


async def test_one_that_waits_for_too_long_is_refused(home, peer, alice):
    offer = an_offer(home, alice) | {"endTime": "2035-01-01T00:00:00Z"}

    refused = await refusal(home, peer, post(home, alice, offer))

    assert (refused.status, refused.field) == (400, "endTime")


@pytest.mark.rule("SG-01")
@pytest.mark.parametrize(
    "changes", [{"sent": {"signature": None}}, {"key": other_rsa_pair()}], ids=["none", "forged"]
)
async def test_who_did_not_sign_is_told_nothing_of_it(home, peer, alice, changes):
    offer = an_offer(home, alice, **BROKEN["relation"])

    refused = await refusal(home, peer, post(home, alice, offer, **changes))

    assert (refused.status, refused.field) == (401, None)
    assert "relation" not in refused.expected


async def test_an_offer_of_anything_else_is_taken_and_ignored(home, alice):
    gift = {"id": f"{alice.peer.origin}/gifts/1", "type": "Note", "content": "<p>Bread.</p>"}

    outcome = await deliver(home, alice, alice.activity("Offer", gift, to=[home.id("ada")]))

    assert outcome.state == "ignored"
