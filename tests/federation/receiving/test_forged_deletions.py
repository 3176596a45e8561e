"""The deletions of actors never met are taken unseen: whoever forges them pays, and nobody else."""

import json

import pytest
from aiohttp import ClientSession, TCPConnector

from tests.federation.receiving.door import outcome_of, post, send
from tests.federation.receiving.signing import Draft, sign_draft
from tests.fediverse import Home, running
from tests.keys import other_rsa_pair
from tests.peers import Answer, Peer, PeerActor

FORGED = 130


async def forge_from(client: ClientSession, home: Home, actor: PeerActor, name: str) -> Answer:
    """Post the deletion of somebody on an actor's server, in that actor's name, from elsewhere."""
    gone = f"{actor.peer.origin}/users/{name}"
    activity = actor.activity("Delete", gone, actor=gone)
    draft = Draft(
        url=f"{home.origin}/inbox",
        body=json.dumps(activity).encode(),
        actor=actor,
        at=home.federation.now(),
        key=other_rsa_pair(),
    )
    return await send(client, draft.url, sign_draft(draft), draft.body)


@pytest.mark.rule("RX-10", "SG-15")
async def test_forged_deletions_cost_their_sender_and_not_whom_they_name(tmp_path):
    limits = {"requests_per_unknown_host_minute": 60, "requests_per_host_minute": 60}
    async with (
        running(tmp_path, limits=limits) as home,
        Peer(address="127.0.0.60") as peer,
        ClientSession(connector=TCPConnector(local_addr=("127.0.0.61", 0))) as forger,
    ):
        await home.add("ada")
        alice = peer.add_actor("alice")
        follow = alice.activity("Follow", home.id("ada"))

        forged = [await forge_from(forger, home, alice, f"gone{each}") for each in range(FORGED)]
        own = await post(home, alice, follow)

        statuses = [answer.status for answer in forged]
        assert set(statuses) == {202, 429}
        assert statuses.count(429) >= FORGED - 80
        assert own.status == 202
        assert (await outcome_of(home, follow["id"])).state == "handled"
