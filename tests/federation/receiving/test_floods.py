"""Floods, and what is looked at first: whoever shouts is not heard, and others are."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector

from tests.federation.receiving.door import fetches, post, refusal, send
from tests.federation.receiving.signing import Draft, sign_draft
from tests.fediverse import Home, running
from tests.keys import other_rsa_pair
from tests.peers import Answer, Peer, PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.rule("RX-10")
async def test_a_flood_of_one_server_does_not_stop_another(tmp_path, addresses):
    limits = {"requests_per_host_minute": 60, "requests_per_unknown_host_minute": 10}
    async with (
        running(tmp_path, limits=limits) as home,
        Peer(address=next(addresses)) as loud,
        Peer(address=next(addresses)) as quiet_peer,
    ):
        await home.add("ada")
        mallory, alice = loud.add_actor("mallory"), quiet_peer.add_actor("alice")

        answers = [await post(home, mallory, like(mallory)) for _ in range(100)]
        other = await post(home, alice, like(alice))

        refused = [answer for answer in answers if answer.status == 429]
        assert len(refused) >= 30
        assert int(refused[0].headers["retry-after"]) >= 1
        assert other.status == 202


@pytest.mark.rule("RX-10", "RX-14")
async def test_while_one_server_floods_another_is_heard_and_the_flood_costs_nothing(
    tmp_path, addresses
):
    limits = {"requests_per_host_minute": 60, "requests_per_unknown_host_minute": 60}
    async with (
        running(tmp_path, limits=limits) as home,
        Peer(address=next(addresses)) as loud,
        Peer(address=next(addresses)) as quiet_peer,
    ):
        await home.add("ada")
        mallory, alice = loud.add_actor("mallory"), quiet_peer.add_actor("alice")
        good = [(await post(home, mallory, like(mallory))).status for _ in range(70)]
        fetched = len(fetches(loud))

        async def flood(**changes: Any) -> list[Answer]:
            return [await post(home, mallory, like(mallory), **changes) for _ in range(60)]

        async with asyncio.TaskGroup() as tasks:
            signed = tasks.create_task(flood())
            forged = tasks.create_task(flood(key=other_rsa_pair()))
            heard = [(await post(home, alice, like(alice))).status for _ in range(20)]

        refused = [*signed.result(), *forged.result()]
        kept = [*good, *(answer.status for answer in refused)].count(202)
        assert heard == [202] * 20
        # a forged signature that nobody looks at is not called wrong
        assert [answer.status for answer in refused].count(429) >= 100
        assert all(int(a.headers["retry-after"]) >= 1 for a in refused if a.status == 429)
        assert len(fetches(loud)) == fetched
        assert await received_from(home, loud.host) == kept


async def received_from(home: Home, host: str) -> int:
    """How many activities of a host were kept."""
    async with home.federation.database.reading() as reader:
        row = await reader.fetch_one(
            "select count(*) as kept from received where host = :host", {"host": host}
        )
    assert row is not None
    return int(row["kept"] or 0)


@pytest.mark.rule("RX-10", "RX-14")
async def test_who_knocks_in_anothers_name_empties_no_bucket_but_their_own(tmp_path, addresses):
    async with (
        running(tmp_path, limits={"requests_per_unknown_host_minute": 10}) as home,
        Peer(address=next(addresses)) as peer,
        ClientSession(connector=TCPConnector(local_addr=("127.0.0.9", 0))) as elsewhere,
    ):
        await home.add("ada")
        alice = peer.add_actor("alice")

        forged = [
            (await send_from(elsewhere, home, alice, like(alice), key=other_rsa_pair())).status
            for _ in range(30)
        ]
        own = await post(home, alice, like(alice))

        assert forged.count(429) >= 15
        assert own.status == 202
        assert len(fetches(peer)) <= 2


def like(actor: PeerActor) -> dict[str, Any]:
    """Something small to say."""
    return actor.activity("Like", "http://x.example/notes/1")


async def send_from(
    client: ClientSession, home: Home, actor: PeerActor, activity: dict[str, Any], **changes: Any
) -> Answer:
    """Post from another address."""
    draft = Draft(
        url=f"{home.origin}/inbox",
        body=json.dumps(activity).encode(),
        actor=actor,
        at=home.federation.now(),
        **changes,
    )
    return await send(client, draft.url, sign_draft(draft), draft.body)


@pytest.mark.rule("RX-14")
@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"content-type": "text/html"}},
        {"headers": {"content-encoding": "gzip"}},
        {"sent": {"signature": None}},
        {"sent": {"signature": "x"}},
        {"covered": ("host", "date", "digest")},
        {"headers": {"digest": "SHA-256=AAAA"}},
        {"age": timedelta(hours=5)},
        {"to": "/users/nobody/inbox"},
        {"to": "/nowhere"},
    ],
    ids=range(9),
)
async def test_what_is_cheap_to_see_is_seen_before_a_key_is_fetched(home, peer, alice, changes):
    at = home.federation.now() - changes.get("age", timedelta())
    changes = {name: value for name, value in changes.items() if name != "age"}

    refused = await refusal(home, peer, post(home, alice, like(alice), at=at, **changes))

    assert refused.status in {400, 401, 404, 415}
    assert refused.fetches == 0
