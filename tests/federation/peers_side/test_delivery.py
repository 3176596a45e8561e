"""One attempt at one inbox, and what is recorded of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from fedirec.domain.actors import ActivityId, Host, InboxUrl
from fedirec.domain.retry import DeliveryClass
from fedirec.errors import ConfigurationError
from fedirec.federation.answers import retry_after_of
from fedirec.federation.context import Federation
from fedirec.federation.delivery import DeliveryResult, deliver
from fedirec.federation.settling import settle
from fedirec.signatures import cavage
from fedirec.storage import activities, deliveries, keys, peers, queue
from fedirec.storage.activities import LocalActivity
from fedirec.storage.database import Row
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue import ClaimedDelivery
from fedirec.transport.protocol import Response
from tests import misbehaviour
from tests.federation.peers_side.home import INSTANCE, MEMBER, Clock, block_host
from tests.keys import rsa_pair
from tests.peers import Peer

ACTIVITY = ActivityId(f"{INSTANCE.origin}/activities/01")


async def enqueue(federation: Federation, inbox: str, host: str) -> str:
    """Have one activity wait for one inbox."""
    body = json.dumps({"id": ACTIVITY, "type": "Create", "actor": MEMBER})
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await activities.insert_activity(
            transaction,
            LocalActivity(
                id=ACTIVITY,
                actor_id=MEMBER,
                type="Create",
                object_id=None,
                body=body,
                is_public=True,
                readers=(),
                published_at=now,
            ),
        )
        await deliveries.enqueue(
            transaction,
            Leaving(
                activity_id=ACTIVITY,
                actor_id=MEMBER,
                order_key=ACTIVITY,
                first_try_at=now,
                expires_at=now + federation.limits.delivery_lifetime,
            ),
            [(InboxUrl(inbox), Host(host))],
        )
    return body


async def claim(federation: Federation, worker: str = "first") -> list[ClaimedDelivery]:
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await queue.end_leases(transaction, now=now, most=8)
        return await queue.claim_deliveries(
            transaction,
            now=now,
            limit=10,
            retries=10,
            per_host=8,
            token=worker,
            lease_until=now + federation.limits.lease,
        )


async def row_of(federation: Federation) -> Row:
    async with federation.database.reading() as reader:
        row = await reader.fetch_one(
            "select state, attempt, next_at, last_class, last_status, last_detail from deliveries"
        )
    assert row is not None
    return row


async def attempt(federation: Federation) -> DeliveryResult:
    """Claim, deliver and settle what is due."""
    [claimed] = await claim(federation)
    result = await deliver(federation, claimed)
    await settle(federation, [result])
    return result


async def test_an_activity_is_posted_as_it_was_stored(federation, peer):
    bea = peer.add_actor("bea")
    body = await enqueue(federation, bea.inbox, peer.host)

    await attempt(federation)

    [sent] = peer.posts
    request = sent.signed(peer.origin)
    signature = cavage.parse_signature(request.values("signature"))
    row = await row_of(federation)
    assert sent.body == body.encode()
    assert sent.header("content-type") == "application/activity+json"
    assert sent.header("host") == peer.host
    assert (sent.header("digest") or "")[:8] == "SHA-256="
    assert signature.key_id == f"{MEMBER}#main-key"
    assert cavage.verify(request, signature, rsa_pair().public())
    assert (row["state"], row["attempt"], row["last_status"]) == ("delivered", 1, 202)
    assert await claim(federation) == []


@pytest.mark.parametrize(
    ("status", "state", "cls"),
    [
        (200, "delivered", "ok"),
        (301, "waiting", "moved"),
        (400, "waiting", "rejected"),
        (401, "waiting", "auth"),
        (403, "waiting", "auth"),
        (404, "waiting", "missing"),
        (410, "gone", "gone"),
        (413, "waiting", "rejected"),
        (429, "waiting", "busy"),
        (500, "waiting", "temporary"),
        (503, "waiting", "busy"),
    ],
)
async def test_each_answer_leads_to_its_state(federation, peer, status, state, cls):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.answers("/inbox", status, {"Location": "/elsewhere"}, b"because\n\x00of <that>")

    result = await attempt(federation)

    row = await row_of(federation)
    assert (row["state"], row["last_class"], row["last_status"]) == (state, cls, status)
    assert row["last_detail"] == (None if cls == "ok" else "because  of <that>")
    assert result.cls == cls


@pytest.mark.rule("TR-05")
async def test_a_redirect_of_a_post_is_not_followed(federation, peer, stranger):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.answers("/inbox", 307, {"Location": f"{stranger.origin}/inbox"})

    await attempt(federation)

    assert stranger.received == []
    assert len(peer.posts) == 1


async def test_a_peer_that_hangs_up_is_tried_again_later(federation, peer):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.behaves("/inbox", misbehaviour.hangs_up())

    result = await attempt(federation)

    row = await row_of(federation)
    async with federation.database.reading() as reader:
        known = await peers.find_peer(reader, peer.host)
    assert (result.cls, result.status) == (DeliveryClass.TEMPORARY, None)
    assert row["state"] == "waiting"
    assert known is not None
    assert known.failures == 1


@pytest.mark.rule("TR-09")
async def test_a_peer_that_hangs_costs_no_more_than_the_deadline(federation, peer):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.behaves("/inbox", misbehaviour.hangs())

    result = await attempt(federation)

    assert result.cls is DeliveryClass.TEMPORARY
    assert (await row_of(federation))["state"] == "waiting"


@pytest.mark.rule("TR-01")
async def test_an_inbox_at_a_private_address_is_not_posted_to(federation):
    await enqueue(federation, "https://10.1.2.3/inbox", "10.1.2.3")

    result = await attempt(federation)

    assert result.cls is DeliveryClass.REJECTED
    assert result.status is None


@pytest.mark.rule("PA-01")
async def test_what_waits_for_a_host_blocked_meanwhile_is_cancelled(federation, peer):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    await block_host(federation, peer.host)

    await attempt(federation)

    assert peer.received == []
    assert (await row_of(federation))["state"] == "cancelled"


@pytest.mark.rule("ST-06")
async def test_a_busy_peer_is_left_alone_as_long_as_it_asks(federation, peer, clock):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.answers("/inbox", 429, {"Retry-After": "600"})
    await attempt(federation)

    clock.forward(minutes=9)
    early = await claim(federation)
    clock.forward(minutes=2)
    [again] = await claim(federation)

    assert early == []
    assert again.attempt == 2


@pytest.mark.rule("ST-04")
@pytest.mark.parametrize("status", [202, 410])
async def test_a_result_whose_lease_was_lost_is_dropped_and_told(federation, peer, clock, status):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.answers("/inbox", status)
    [late] = await claim(federation, worker="first")
    result = await deliver(federation, late)
    clock.forward(minutes=2)
    [current] = await claim(federation, worker="second")

    with structlog.testing.capture_logs() as events:
        await settle(federation, [result])

    told = [(each["event"], each["log_level"]) for each in events]
    assert told == [("delivery.lease_lost", "info")]
    assert (await row_of(federation))["state"] == "leased"
    assert current.attempt == 2


async def after_other_trouble(federation: Federation, peer: Peer, clock: Clock) -> None:
    """Have a delivery fail for a day, for a reason that passes."""
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.answers("/inbox", 429)
    for _ in range(5):
        await attempt(federation)
        clock.forward(hours=5)


@pytest.mark.rule("ST-06")
async def test_a_refusal_after_other_trouble_is_tried_four_times_more(federation, peer, clock):
    await after_other_trouble(federation, peer, clock)
    peer.answers("/inbox", 401)
    states = []

    for _ in range(5):
        await attempt(federation)
        states.append((await row_of(federation))["state"])
        clock.forward(hours=18)

    assert states == ["waiting"] * 4 + ["gone"]


@pytest.mark.rule("ST-06")
async def test_a_missing_inbox_has_a_day_from_when_it_was_first_missed(federation, peer, clock):
    await after_other_trouble(federation, peer, clock)
    peer.answers("/inbox", 404)
    states = []

    for hours in (20, 18, 1):
        await attempt(federation)
        states.append((await row_of(federation))["state"])
        clock.forward(hours=hours)

    assert states == ["waiting", "waiting", "gone"]


async def test_what_never_arrives_expires(federation, peer, clock):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    peer.answers("/inbox", 429)
    clock.forward(days=4, hours=23, minutes=59, seconds=30)

    await attempt(federation)

    assert (await row_of(federation))["state"] == "expired"


async def test_a_sender_without_a_key_is_an_error_of_ours(federation, peer):
    await enqueue(federation, f"{peer.origin}/inbox", peer.host)
    async with federation.database.transaction() as transaction:
        await keys.retire_key(transaction, f"{MEMBER}#main-key", federation.now())
    [claimed] = await claim(federation)

    with pytest.raises(ConfigurationError):
        await deliver(federation, claimed)


@pytest.mark.rule("ST-06")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("1", 1),
        ("0", None),
        ("-1", None),
        ("1000000000000", 86_400),
        ("9" * 32, 86_400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Fri, 01 May 2026 12:05:00 GMT", 300),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Fri, 01 May 2026 12:05:00 -0000", 300),
        ("soon", None),
        ("1.5", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_a_peer_asks_to_be_left_alone(text, seconds):
    now = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    headers = {} if text is None else {"retry-after": text}
    response = Response(status=429, url="https://peer.example/", headers=headers, body=b"")

    wait = retry_after_of(response, now)

    assert wait == (None if seconds is None else timedelta(seconds=seconds))
