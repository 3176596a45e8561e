"""Which status a refused POST gets, in which order, and what it costs (SG-19, RX-10, RX-14)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from fedirec.community.moderation import block_host
from fedirec.domain.actors import ActorId
from fedirec.federation.remote_actors import get_or_fetch_actor
from tests.keys import other_rsa_pair
from tests.outgoing import quick_limits
from tests.peers import PeerActor
from tests.web.home import ACTIVITY_JSON, Home, Seen, open_home


def note(actor: PeerActor, home: Home) -> dict[str, Any]:
    return actor.activity(
        "Create",
        {
            "id": f"{actor.peer.origin}/notes/{actor.peer.next_number()}",
            "type": "Note",
            "attributedTo": actor.id,
            "to": [home.id("ada")],
            "content": "<p>Good evening.</p>",
        },
        to=[home.id("ada")],
    )


async def post(home: Home, headers: Mapping[str, str], body: bytes, path: str = "/inbox") -> Seen:
    return await home.ask(path, method="POST", headers=headers, body=body)


@pytest.mark.rule("SG-19")
@pytest.mark.spec("ActivityPub 5.2", level="MUST")
async def test_a_signed_activity_is_kept_and_answered_202_without_a_body(home, peer):
    actor = peer.add_actor("dan")
    inbox = f"{home.id('ada')}/inbox"

    seen = await home.ask(inbox, method="POST", **signed(actor, inbox, note(actor, home)))

    assert (seen.status, seen.body) == (202, b"")
    assert await home.count("received") == 1


def signed(actor: PeerActor, url: str, activity: Any) -> dict[str, Any]:
    headers, body = actor.sign_post(url, activity)
    return {"headers": headers, "body": body}


@pytest.mark.rule("SG-19")
async def test_an_unsigned_activity_is_answered_401_with_how_to_sign(home, peer):
    actor = peer.add_actor("dan")
    _, body = actor.sign_post(f"{home.instance.origin}/inbox", note(actor, home))

    seen = await post(home, {"Content-Type": ACTIVITY_JSON}, body)

    assert seen.status == 401
    assert "Signature" in seen.headers["www-authenticate"]
    assert seen.headers["accept-signature"].startswith("sig1=")
    assert await home.count("received") == 0


@pytest.mark.rule("SG-19")
async def test_a_signature_by_another_key_is_answered_401(home, peer):
    actor = peer.add_actor("dan")
    forger = actor.with_key(other_rsa_pair())

    seen = await home.ask(
        "/inbox",
        method="POST",
        **signed(forger, f"{home.instance.origin}/inbox", note(actor, home)),
    )

    assert seen.status == 401
    assert await home.count("received") == 0


@pytest.mark.rule("SG-19")
async def test_a_blocked_host_is_answered_403_and_nothing_is_fetched_from_it(home, peer):
    actor = peer.add_actor("dan")
    await block_host(home.federation, peer.host)

    seen = await home.ask(
        "/inbox", method="POST", **signed(actor, f"{home.instance.origin}/inbox", note(actor, home))
    )

    assert seen.status == 403
    assert peer.received == []


@pytest.mark.rule("SG-19")
async def test_a_malformed_activity_is_answered_400(home, peer):
    actor = peer.add_actor("dan")

    seen = await home.ask(
        "/inbox", method="POST", **signed(actor, f"{home.instance.origin}/inbox", b"{not json")
    )

    assert seen.status == 400
    assert set(seen.json()) == {"error", "request_id"}


@pytest.mark.rule("SG-19")
async def test_a_key_whose_host_is_down_is_answered_503_with_when_to_come_back(home, peer):
    actor = peer.add_actor("dan")
    request = signed(actor, f"{home.instance.origin}/inbox", note(actor, home))
    peer.answers("/users/dan", 500)

    seen = await home.ask("/inbox", method="POST", **request)

    assert seen.status == 503
    assert int(seen.headers["retry-after"]) >= 1


@pytest.mark.rule("SG-19")
async def test_a_database_that_does_not_answer_is_our_trouble_and_said_to_pass(home, peer):
    actor = peer.add_actor("dan")
    await home.federation.database.close()

    seen = await home.ask(
        "/inbox", method="POST", **signed(actor, f"{home.instance.origin}/inbox", note(actor, home))
    )
    ready = await home.ask("/readyz")

    assert seen.status == 503
    assert int(seen.headers["retry-after"]) >= 1
    assert ready.status == 503
    assert ready.json()["checks"] == {
        "database": False,
        "migrations": True,
        "disk": True,
        "queue": True,
    }
    assert (await home.ask("/healthz")).status == 200


@pytest.mark.rule("SG-19")
async def test_an_inbox_of_nobody_is_answered_404_and_the_shared_one_never(home, peer):
    actor = peer.add_actor("dan")
    nobody = f"{home.id('nobody')}/inbox"

    assert (
        await home.ask(nobody, method="POST", **signed(actor, nobody, note(actor, home)))
    ).status == 404
    assert await home.count("received") == 0


@pytest.mark.rule("SG-19")
@pytest.mark.parametrize("path", ["/inbox", "/users/ada/inbox", "/actor/inbox"])
async def test_each_inbox_refuses_what_is_not_signed(home, path):
    body = b'{"id": "https://p.example/1", "type": "Like", "actor": "https://p.example/a"}'

    seen = await post(home, {"Content-Type": ACTIVITY_JSON}, body, path)

    assert seen.status == 401


@asynccontextmanager
async def met(home: Home, *actors: PeerActor) -> AsyncIterator[None]:
    """Their hosts are known here, and so are their keys."""
    for actor in actors:
        await get_or_fetch_actor(home.federation, ActorId(actor.id))
    yield


@pytest.mark.rule("RX-10")
async def test_a_flood_is_told_429_before_its_signatures_are_looked_at(tmp_path, peer):
    limits = quick_limits(requests_per_host_minute=3, requests_per_unknown_host_minute=3)
    actor, other = peer.add_actor("dan"), peer.add_actor("eve")
    async with open_home(tmp_path, limits=limits) as home:
        inbox = f"{home.instance.origin}/inbox"
        for _ in range(3):
            good = await home.ask(
                "/inbox", method="POST", **signed(actor, inbox, note(actor, home))
            )
            assert good.status == 202
        asked_before = len(peer.received)

        seen = await home.ask("/inbox", method="POST", **signed(other, inbox, note(other, home)))

        assert seen.status == 429
        assert 1 <= int(seen.headers["retry-after"]) <= 60
        assert len(peer.received) == asked_before
        assert await home.count("received") == 3


@pytest.mark.rule("RX-10")
async def test_a_flooding_server_may_come_back_when_told(tmp_path, peer):
    limits = quick_limits(requests_per_host_minute=2, requests_per_unknown_host_minute=2)
    actor = peer.add_actor("dan")
    async with open_home(tmp_path, limits=limits) as home:
        inbox = f"{home.instance.origin}/inbox"
        statuses = []
        for _ in range(3):
            request = signed(actor, inbox, note(actor, home))
            statuses.append((await home.ask("/inbox", method="POST", **request)).status)
        assert statuses == [202, 202, 429]

        home.clock.ticks += timedelta(minutes=1).total_seconds()
        again = await home.ask("/inbox", method="POST", **signed(actor, inbox, note(actor, home)))

        assert again.status == 202


@pytest.mark.rule("RX-10")
async def test_forged_requests_do_not_use_up_the_bucket_of_whom_they_name(tmp_path, peer):
    limits = quick_limits(requests_per_host_minute=2, requests_per_unknown_host_minute=50)
    actor = peer.add_actor("dan")
    forger = actor.with_key(other_rsa_pair())
    async with open_home(tmp_path, limits=limits) as home, met(home, actor):
        inbox = f"{home.instance.origin}/inbox"
        for _ in range(5):
            refused = await home.ask(
                "/inbox", method="POST", **signed(forger, inbox, note(actor, home))
            )
            assert refused.status == 401

        seen = await home.ask("/inbox", method="POST", **signed(actor, inbox, note(actor, home)))

        assert seen.status == 202


@pytest.mark.rule("RX-10")
async def test_many_at_once_get_no_more_than_one_after_the_other(tmp_path, peer):
    limits = quick_limits(requests_per_host_minute=3, requests_per_unknown_host_minute=50)
    actor = peer.add_actor("dan")
    forger = actor.with_key(other_rsa_pair())
    async with open_home(tmp_path, limits=limits) as home, met(home, actor):

        async def ask(sender: PeerActor) -> int:
            request = signed(sender, f"{home.instance.origin}/inbox", note(actor, home))
            return (await home.ask("/inbox", method="POST", **request)).status

        forged = await asyncio.gather(*(ask(forger) for _ in range(12)))
        good = await asyncio.gather(*(ask(actor) for _ in range(12)))

        assert 202 not in forged
        assert sorted(good) == [202] * 3 + [429] * 9


@pytest.mark.rule("RX-10", "RX-14")
async def test_many_bad_requests_at_once_cost_no_more_either(tmp_path, peer):
    limits = quick_limits(requests_per_unknown_host_minute=3)
    actor = peer.add_actor("dan")
    forger = actor.with_key(other_rsa_pair())
    async with open_home(tmp_path, limits=limits) as home, met(home, actor):
        request = signed(forger, f"{home.instance.origin}/inbox", note(actor, home))

        seen = await asyncio.gather(
            *(home.ask("/inbox", method="POST", **request) for _ in range(12))
        )

        assert sorted(each.status for each in seen) == [401] * 3 + [429] * 9


@pytest.mark.rule("RX-10")
async def test_bad_requests_use_up_the_bucket_of_their_address(tmp_path):
    limits = quick_limits(requests_per_unknown_host_minute=2)
    async with open_home(tmp_path, limits=limits) as home:
        body = b'{"id": "https://p.example/1", "type": "Like", "actor": "https://p.example/a"}'

        statuses = [
            (await post(home, {"Content-Type": ACTIVITY_JSON}, body)).status for _ in range(3)
        ]

        assert statuses == [401, 401, 429]


@pytest.mark.rule("RX-14")
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/json"}, 415),
        ({"Date": "Mon, 05 Jan 2026 10:00:00 GMT"}, 401),
        ({"Signature": "nonsense"}, 400),
    ],
)
async def test_cheap_checks_come_before_any_key_is_fetched(home, peer, change, status):
    actor = peer.add_actor("dan")
    headers, body = actor.sign_post(f"{home.instance.origin}/inbox", note(actor, home))
    changed = {name: value for name, value in headers.items() if name.title() not in change}

    seen = await post(home, changed | change, body)

    assert seen.status == status
    assert peer.received == []


@pytest.mark.rule("RX-14", "SG-01")
@pytest.mark.parametrize("is_signed", [False, True])
async def test_what_nobody_known_signed_is_refused_before_its_json_is_read(home, peer, is_signed):
    actor = peer.add_actor("dan")
    async with met(home, actor):
        forger = actor.with_key(other_rsa_pair())
        headers, body = forger.sign_post(f"{home.instance.origin}/inbox", b"{no JSON")
        if not is_signed:
            headers = {name: text for name, text in headers.items() if name.lower() != "signature"}

        seen = await post(home, headers, body)

        assert seen.status == 401


@pytest.mark.rule("RX-14", "SG-15")
async def test_a_storm_of_deletions_by_strangers_costs_no_request(home, peer):
    actor = peer.add_actor("dan")
    inbox = f"{home.instance.origin}/inbox"
    gone = actor.activity("Delete", actor.id)

    seen = await home.ask("/inbox", method="POST", **signed(actor, inbox, gone))

    assert seen.status == 202
    assert peer.received == []
    assert await home.count("received") == 0


async def test_inboxes_answer_while_another_sender_is_slow(home, peer):
    actor = peer.add_actor("dan")
    inbox = f"{home.instance.origin}/inbox"
    _, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(
        b"POST /inbox HTTP/1.1\r\nHost: " + home.instance.host.encode() + b"\r\nContent-Type:"
        b" application/activity+json\r\nContent-Length: 9\r\n\r\n{"
    )

    seen = await home.ask("/inbox", method="POST", **signed(actor, inbox, note(actor, home)))

    assert seen.status == 202
    writer.close()
