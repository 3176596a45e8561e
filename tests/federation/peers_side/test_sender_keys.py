"""The key behind a signature: whose it is, when it is fetched anew, and what its lack means."""

import pytest

from fedirec.errors import (
    BlockedError,
    InvalidInputError,
    RemoteUnavailableError,
    UnauthenticatedError,
)
from fedirec.federation.authentication import verify
from fedirec.signatures.keys import generate_ed25519
from tests.federation.peers_side.home import (
    INBOX,
    MEMBER,
    arrived,
    block_host,
    follow,
    refused,
    signed_post,
)
from tests.keys import ed25519_pair, other_rsa_pair, rsa_pair


async def test_an_ed25519_key_signs_requests_too(federation, peer):
    jun = peer.add_actor("jun", key=ed25519_pair(), scheme="rfc9421", publicKey=None)
    multikey = {
        "id": jun.key_id,
        "type": "Multikey",
        "controller": jun.id,
        "publicKeyMultibase": ed25519_pair().public().multibase(),
    }
    peer.serve("/users/jun", jun.document(publicKey=None, assertionMethod=[multikey]))

    sender = await verify(federation, signed_post(jun))

    assert sender.actor.id == jun.id


@pytest.mark.rule("SG-07")
async def test_a_verified_actor_whose_key_is_a_neighbours_is_refused(federation, peer):
    victim = peer.add_actor("victim")
    await verify(federation, signed_post(victim))
    mallory = peer.add_actor("mallory")
    own = {"id": mallory.key_id, "owner": mallory.id, "publicKeyPem": rsa_pair().public().pem()}
    peer.serve("/users/mallory", mallory.document(publicKey=[own, own | {"id": victim.key_id}]))

    with pytest.raises(UnauthenticatedError, match="cannot be kept"):
        await verify(federation, signed_post(mallory))


@pytest.mark.rule("SG-05")
async def test_the_key_decides_the_algorithm(federation, peer):
    bea = peer.add_actor("bea")
    headers, body = bea.sign_post(INBOX, follow(bea))
    headers["signature"] = headers["signature"].replace("rsa-sha256", "hmac-sha256")

    await refused(federation, arrived(headers, body))


@pytest.mark.rule("SG-01", "SG-07")
async def test_another_key_than_the_actors_is_refused(federation, peer):
    bea = peer.add_actor("bea")

    message = await refused(federation, signed_post(bea.with_key(other_rsa_pair())))

    assert bea.key_id in message


@pytest.mark.rule("SG-07")
async def test_a_key_that_no_actor_lists_is_refused(federation, peer, stranger):
    victim = peer.add_actor("victim")
    mallory = stranger.add_actor("mallory", key=other_rsa_pair())
    key = {
        "id": mallory.key_id,
        "owner": victim.id,
        "publicKeyPem": other_rsa_pair().public().pem(),
    }
    stranger.serve("/users/mallory", key)

    await refused(federation, signed_post(mallory))


@pytest.mark.rule("SG-13")
async def test_bad_requests_for_a_known_key_cause_one_refresh(federation, peer, clock):
    bea = peer.add_actor("bea")
    await verify(federation, signed_post(bea))
    clock.forward(minutes=6)
    request = signed_post(bea.with_key(other_rsa_pair()))

    for _ in range(50):
        with pytest.raises(UnauthenticatedError):
            await verify(federation, request)

    assert len(peer.received) == 2


@pytest.mark.rule("SG-13")
async def test_invented_keys_of_one_actor_cause_one_fetch(federation, peer):
    bea = peer.add_actor("bea")

    for number in range(20):
        headers, body = bea.sign_post(INBOX, follow(bea))
        headers["signature"] = headers["signature"].replace("#main-key", f"#key-{number}")
        with pytest.raises(UnauthenticatedError):
            await verify(federation, arrived(headers, body))

    assert len(peer.received) == 1


@pytest.mark.rule("SG-14")
async def test_a_rotated_key_is_learnt_and_the_old_one_is_no_good(federation, peer, clock):
    bea = peer.add_actor("bea")
    await verify(federation, signed_post(bea))
    rotated = bea.with_key(other_rsa_pair())
    peer.serve("/users/bea", rotated.document())
    clock.forward(minutes=6)

    sender = await verify(federation, signed_post(rotated))

    assert sender.actor.id == bea.id
    with pytest.raises(UnauthenticatedError):
        await verify(federation, signed_post(bea))


@pytest.mark.rule("SG-19", "PA-01")
async def test_a_key_on_a_blocked_host_is_refused_before_it_is_fetched(federation, peer):
    bea = peer.add_actor("bea")
    await block_host(federation, peer.host)

    await refused(federation, signed_post(bea), BlockedError)

    assert peer.received == []


@pytest.mark.rule("SG-19")
@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_key_host_that_is_down_is_our_inability(federation, peer, status):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", status)

    await refused(federation, signed_post(bea), RemoteUnavailableError)


@pytest.mark.rule("SG-19")
@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_key_that_is_not_served_is_no_key(federation, peer, status):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", status)

    await refused(federation, signed_post(bea))


@pytest.mark.rule("SG-19")
@pytest.mark.parametrize("key_id", ["nonsense", "acct:bea@peer.example", "ftp://peer.example/k"])
async def test_a_key_id_that_is_no_url_is_malformed(federation, peer, key_id):
    bea = peer.add_actor("bea")
    headers, body = bea.sign_post(INBOX, follow(bea))
    headers["signature"] = headers["signature"].replace(bea.key_id, key_id)

    await refused(federation, arrived(headers, body), InvalidInputError)


async def test_a_key_of_ours_signs_nothing_that_comes_in(federation, peer):
    bea = peer.add_actor("bea")
    headers, body = bea.sign_post(INBOX, follow(bea))
    headers["signature"] = headers["signature"].replace(bea.key_id, f"{MEMBER}#main-key")

    await refused(federation, arrived(headers, body))


@pytest.mark.rule("SG-18")
async def test_nothing_that_is_shown_of_keys_holds_their_secret(federation):
    ours = federation.keys
    secret = rsa_pair().pem().splitlines()[1]

    assert secret not in repr(ours)
    assert secret not in repr(federation)
    assert generate_ed25519().pem().splitlines()[1] not in repr(federation)
