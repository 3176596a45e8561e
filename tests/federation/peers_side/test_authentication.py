"""A signed request → its sender, beyond doubt; every way to be wrong has its refusal."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from fedirec.domain.actors import Host
from fedirec.domain.circuits import Sign
from fedirec.errors import (
    InvalidInputError,
    TooLargeError,
    UnauthenticatedError,
)
from fedirec.federation.authentication import verify
from fedirec.signatures.digest import digest_header
from fedirec.storage import actors, peers
from fedirec.storage.circuits import HostSigns, note_signs
from tests.federation.peers_side.home import (
    INBOX,
    INSTANCE,
    arrived,
    follow,
    make_federation,
    refused,
    signed_post,
)
from tests.keys import other_rsa_pair, rsa_pair
from tests.outgoing import quick_limits


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_a_signed_request_has_a_sender(federation, peer, scheme):
    bea = peer.add_actor("bea", scheme=scheme)

    sender = await verify(federation, signed_post(bea))

    async with federation.database.reading() as reader:
        stored = await actors.find_actor(reader, bea.id)
    assert sender.actor == stored
    assert sender.key_id == bea.key_id
    assert len(sender.signature_digest) == 64


async def test_a_known_sender_costs_no_fetch(federation, peer):
    bea = peer.add_actor("bea")
    await verify(federation, signed_post(bea))

    await verify(federation, signed_post(bea))

    assert len(peer.received) == 1


async def test_a_signed_get_has_a_sender(federation, peer):
    bea = peer.add_actor("bea")
    url = f"{INSTANCE.origin}/users/ada?page=1"

    sender = await verify(federation, arrived(bea.sign_get(url), method="GET", url=url))

    assert sender.actor.id == bea.id


@pytest.mark.rule("SG-01", "SG-19")
async def test_an_unsigned_request_is_refused_before_anything_is_fetched(federation, peer):
    bea = peer.add_actor("bea")
    request = arrived({"host": INSTANCE.host}, json.dumps(follow(bea)).encode())

    await refused(federation, request)

    assert peer.received == []


@pytest.mark.rule("SG-02")
@pytest.mark.parametrize("left_out", ["(request-target)", "host", "date", "digest"])
async def test_a_signature_that_covers_too_little_is_refused(federation, peer, left_out):
    bea = peer.add_actor("bea")
    body = json.dumps(follow(bea)).encode()
    headers = {
        "host": INSTANCE.host,
        "date": federation.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "digest": digest_header(body),
    }
    values = {"(request-target)": "post /users/ada/inbox", **headers}
    names = [name for name in values if name != left_out]
    text = "\n".join(f"{name}: {values[name]}" for name in names).encode()
    signature = base64.b64encode(rsa_pair().sign(text)).decode()
    headers["signature"] = (
        f'keyId="{bea.key_id}",headers="{" ".join(names)}",signature="{signature}"'
    )

    message = await refused(federation, arrived(headers, body))

    assert left_out in message
    assert peer.received == []


@pytest.mark.rule("SG-03")
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_another_body_than_the_one_signed_is_refused(federation, peer, scheme):
    bea = peer.add_actor("bea", scheme=scheme)
    headers, _body = bea.sign_post(INBOX, follow(bea))

    await refused(federation, arrived(headers, b'{"type":"Delete"}'))

    assert peer.received == []


@pytest.mark.rule("SG-09", "SG-10")
@pytest.mark.parametrize(
    "off", [timedelta(hours=-2), timedelta(hours=2), timedelta(days=-365), timedelta(days=3650)]
)
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_what_was_signed_at_another_hour_is_refused(federation, peer, off, scheme):
    bea = peer.add_actor("bea", scheme=scheme)

    await refused(federation, signed_post(bea, at=federation.now() + off))

    assert peer.received == []


@pytest.mark.rule("SG-09")
@pytest.mark.parametrize("off", [timedelta(minutes=-59), timedelta(minutes=4)])
async def test_a_clock_that_is_a_little_off_is_no_matter(federation, peer, off):
    bea = peer.add_actor("bea")

    sender = await verify(federation, signed_post(bea, at=federation.now() + off))

    assert sender.actor.id == bea.id


@pytest.mark.rule("SG-09")
async def test_what_was_signed_for_another_server_is_refused(federation, peer):
    bea = peer.add_actor("bea")
    headers, body = bea.sign_post("http://other.example/users/ada/inbox", follow(bea))

    await refused(federation, arrived(headers, body))
    await refused(federation, arrived(headers, body, url="http://other.example/users/ada/inbox"))

    assert peer.received == []


@pytest.mark.rule("SG-09")
async def test_our_handle_domain_is_read_from_and_not_posted_to(federation, peer):
    bea = peer.add_actor("bea")
    split = replace(federation, instance=replace(INSTANCE, domain=Host("handles.example")))
    url = "http://handles.example/users/ada"

    sender = await verify(
        split, arrived(bea.sign_get(url), method="GET", url=url, target="/users/ada")
    )

    headers, body = bea.sign_post(url, follow(bea))
    assert sender.actor.id == bea.id
    with pytest.raises(UnauthenticatedError, match=r"guild\.example"):
        await verify(split, arrived(headers, body, url=url, target="/users/ada"))


@pytest.mark.rule("SG-09")
async def test_a_host_that_is_none_is_not_ours(federation, peer):
    bea = peer.add_actor("bea")
    headers, body = bea.sign_post(INBOX, follow(bea))
    request = arrived(headers | {"host": "guild"}, body, url="http://guild/users/ada/inbox")

    await refused(federation, request)


@pytest.mark.rule("SG-09", "SG-12")
async def test_what_was_signed_for_another_inbox_is_refused(federation, peer):
    bea = peer.add_actor("bea")
    headers, body = bea.sign_post(INBOX, follow(bea))
    shared = f"{INSTANCE.origin}/inbox"

    await refused(federation, arrived(headers, body, url=shared))
    await refused(federation, arrived(headers, body, target="/users/ad%61/inbox"))


@pytest.mark.rule("SG-09")
async def test_the_same_signature_again_is_known_by_its_digest(federation, peer):
    bea = peer.add_actor("bea")
    request = signed_post(bea)

    first, again = await verify(federation, request), await verify(federation, request)
    other = await verify(federation, signed_post(bea))

    assert again.signature_digest == first.signature_digest != other.signature_digest


async def test_a_host_that_speaks_to_us_is_delivered_to_again(federation, peer):
    bea = peer.add_actor("bea")
    await verify(federation, signed_post(bea))
    async with federation.database.transaction() as transaction:
        failures = HostSigns(host=peer.host, signs=(Sign.FAILS,) * 5)
        await note_signs(transaction, [failures], federation.now())

    await verify(federation, signed_post(bea))

    async with federation.database.reading() as reader:
        known = await peers.find_peer(reader, peer.host)
    assert known is not None
    assert (known.circuit, known.failures) == ("closed", 0)


@pytest.mark.rule("SG-11")
async def test_a_malformed_signature_is_told_apart_from_a_bad_one(federation, peer):
    bea = peer.add_actor("bea")
    good = signed_post(bea)

    await refused(federation, signed_post(bea, signature="keyId"), InvalidInputError)
    doubled = (*good.headers, ("signature", good.values("signature")[0]))
    await refused(federation, replace(good, headers=doubled), InvalidInputError)

    assert peer.received == []


@pytest.mark.rule("SG-13")
async def test_a_thousand_bad_requests_cause_one_fetch(federation, peer):
    bea = peer.add_actor("bea")
    request = signed_post(bea.with_key(other_rsa_pair()))

    for _ in range(1_000):
        with pytest.raises(UnauthenticatedError):
            await verify(federation, request)

    assert len(peer.received) == 1


@pytest.mark.rule("RX-01")
async def test_what_is_over_the_limits_is_not_looked_at(database, transport, clock, peer):
    federation = await make_federation(
        database, transport, clock, limits=quick_limits(inbox_body_bytes=10)
    )
    bea = peer.add_actor("bea")

    await refused(federation, signed_post(bea), TooLargeError)

    many = {f"x-{number}": "x" for number in range(200)}
    await refused(federation, arrived(many), TooLargeError)
    assert peer.received == []
