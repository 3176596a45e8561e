"""Whose key it is: weak ones, other people's, rotated ones, and those of actors who are gone."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from structlog.testing import capture_logs

from fedirec.signatures.keys import PrivateKey
from tests.federation.receiving.door import (
    create,
    deliver,
    fetches,
    follows_here,
    kept_note,
    note,
    outcome_of,
    post,
    refusal,
    rows,
)
from tests.keys import ed25519_pair, other_rsa_pair, rsa_pair
from tests.peers import ACTIVITY_JSON, PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY_BEGINS = "-----BEGIN PUBLIC KEY-----"


def pem_of(bits: int, exponent: int = 65_537) -> str:
    """An RSA key that nobody should use."""
    public = rsa.generate_private_key(public_exponent=exponent, key_size=bits).public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def multikey(actor: PeerActor, key: PrivateKey) -> dict[str, str]:
    """A key as FEP-521a lists it."""
    return {
        "id": f"{actor.id}#ed25519-key",
        "type": "Multikey",
        "controller": actor.id,
        "publicKeyMultibase": key.public().multibase(),
    }


@pytest.mark.rule("SG-05")
@pytest.mark.parametrize("algorithm", ["ed25519", "hmac-sha256", "rsa-sha1", "rsa-sha512", "none"])
async def test_an_algorithm_that_is_not_the_keys_is_refused(home, peer, alice, algorithm):
    activity = alice.activity("Follow", home.id("ada"))

    refused = await refusal(home, peer, post(home, alice, activity, algorithm=algorithm))

    assert (refused.status, refused.fetches) == (401, 1)


@pytest.mark.rule("SG-05")
@pytest.mark.parametrize("algorithm", ["hmac-sha256", "ed25519", "rsa-pss-sha512", "none"])
async def test_a_message_signature_of_another_algorithm_is_refused(home, peer, alice, algorithm):
    activity = alice.activity("Follow", home.id("ada"))

    refused = await refusal(
        home, peer, post(home, alice, activity, scheme="rfc9421", parameters={"alg": algorithm})
    )

    assert refused.status == 401


@pytest.mark.rule("SG-05")
@pytest.mark.parametrize(
    ("algorithm", "status"), [("hs2019", 202), (None, 202), ("rsa-sha256", 401)]
)
async def test_an_ed25519_key_agrees_with_its_own_algorithm_alone(home, peer, algorithm, status):
    alice = peer.add_actor("alice", key=ed25519_pair())
    document = alice.document(assertionMethod=[multikey(alice, ed25519_pair())])
    peer.serve("/users/alice", {key: document[key] for key in document if key != "publicKey"})
    activity = alice.activity("Follow", home.id("ada"))

    answer = await post(
        home, alice, activity, algorithm=algorithm, key_id=f"{alice.id}#ed25519-key"
    )

    assert answer.status == status


BAD_KEYS: dict[str, Callable[[], Any]] = {
    "1024 bits": lambda: pem_of(1024),
    "an exponent of 3 on 1024 bits": lambda: pem_of(1024, 3),
    "a private key": lambda: rsa_pair().pem(),
    "a certificate": lambda: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "garbage": lambda: f"{KEY_BEGINS}\nAAAA\n-----END PUBLIC KEY-----",
    "an empty text": lambda: "",
    "a number": lambda: 42,
    "a list": lambda: ["a", "b"],
    "a mountain": lambda: f"{KEY_BEGINS}\n{'A' * 400_000}\n-----END PUBLIC KEY-----",
}


@pytest.mark.rule("SG-06", "SG-18")
@pytest.mark.parametrize("key", BAD_KEYS)
async def test_a_key_that_nobody_should_use_is_no_key(home, peer, alice, key):
    pem = BAD_KEYS[key]()
    peer.serve(
        "/users/alice",
        alice.document(publicKey={"id": alice.key_id, "owner": alice.id, "publicKeyPem": pem}),
    )

    refused = await refusal(home, peer, post(home, alice, alice.activity("Follow", home.id("ada"))))

    assert refused.status == 401
    assert "PRIVATE KEY" not in refused.expected


@pytest.mark.rule("SG-07")
async def test_a_bare_key_that_names_somebody_else_as_its_owner_is_nobodys(
    home, peer, alice, stranger, mallory
):
    bare = {
        "@context": "https://w3id.org/security/v1",
        "id": f"{stranger.origin}/key",
        "type": "CryptographicKey",
        "owner": alice.id,
        "publicKeyPem": mallory.key.public().pem(),
    }
    stranger.serve("/key", bare)
    forged = alice.activity("Follow", home.id("ada"))

    refused = await refusal(
        home, peer, post(home, alice, forged, key=mallory.key, key_id=f"{stranger.origin}/key")
    )

    assert refused.status == 401
    assert not await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("SG-07")
async def test_an_actor_that_lists_anothers_key_id_does_not_get_the_other_a_key(
    home, peer, alice, stranger, mallory
):
    listed = {"id": alice.key_id, "owner": alice.id, "publicKeyPem": mallory.key.public().pem()}
    stranger.serve("/users/mallory", mallory.document(publicKey=[mallory_key(mallory), listed]))
    await post(home, mallory, mallory.activity("Follow", home.id("ada")))
    forged = alice.activity("Follow", home.id("ada"))

    refused = await refusal(home, peer, post(home, alice, forged, key=mallory.key))

    assert refused.status == 401
    found = await rows(home, "select id from remote_keys where id = :id", id=alice.key_id)
    assert found == []


def mallory_key(mallory: PeerActor) -> dict[str, str]:
    """Mallory's own key, as listed."""
    return {
        "id": mallory.key_id,
        "owner": mallory.id,
        "publicKeyPem": mallory.key.public().pem(),
    }


@pytest.mark.rule("SG-07")
async def test_another_fragment_is_another_key(home, peer, alice):
    refused = await refusal(
        home,
        peer,
        post(
            home,
            alice,
            alice.activity("Follow", home.id("ada")),
            key_id=f"{alice.id}#another-key",
        ),
    )

    assert (refused.status, refused.fetches) == (401, 1)
    assert "does not list" in refused.expected


@pytest.mark.rule("SG-08")
async def test_a_key_is_not_believed_under_the_id_that_a_strangers_document_gives_it(
    home, peer, alice, stranger, mallory
):
    lie = mallory_key(mallory) | {"id": alice.key_id, "owner": alice.id}
    stranger.serve("/users/mallory/key", {"@context": "https://w3id.org/security/v1", **lie})
    url = f"{stranger.origin}/users/mallory/key"
    lied = await post(home, mallory, mallory.activity("Follow", home.id("ada")), key_id=url)

    refused = await refusal(
        home,
        peer,
        post(home, alice, alice.activity("Follow", home.id("ada")), key=mallory.key),
    )

    assert (lied.status, refused.status) == (401, 401)


@pytest.mark.rule("SG-13")
async def test_a_hundred_bad_signatures_cause_one_fetch(home, peer, alice):
    for _ in range(100):
        answer = await post(
            home, alice, alice.activity("Follow", home.id("ada")), key=other_rsa_pair()
        )
        assert answer.status == 401

    assert len(fetches(peer)) == 1


@pytest.mark.rule("SG-13")
async def test_a_hundred_bad_signatures_by_somebody_known_cause_one_refresh(
    home, peer, alice, clock
):
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    clock.forward(minutes=6)
    known = len(fetches(peer))

    for _ in range(100):
        answer = await post(
            home, alice, alice.activity("Like", f"{home.origin}/notes/1"), key=other_rsa_pair()
        )
        assert answer.status == 401

    assert len(fetches(peer)) - known <= 1


@pytest.mark.rule("SG-13")
async def test_a_hundred_invented_keys_of_a_host_that_is_down_are_looked_for_a_bounded_time(
    home, peer, alice
):
    peer.answers("/users/alice", 500)

    statuses = {
        (await post(home, alice, alice.activity("Follow", home.id("ada")))).status
        for _ in range(100)
    }

    assert statuses == {503}
    assert len(fetches(peer)) == 1


@pytest.mark.rule("SG-14")
async def test_a_rotated_key_is_learnt_and_the_old_one_is_good_no_more(home, peer, alice, clock):
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    renewed = alice.with_key(other_rsa_pair())
    peer.serve("/users/alice", renewed.document())
    clock.forward(minutes=6)

    learnt = await deliver(home, renewed, renewed.activity("Follow", home.id("ben")))
    clock.forward(minutes=6)
    refused = await refusal(home, peer, post(home, alice, alice.activity("Follow", home.id("ben"))))

    assert learnt.state == "handled"
    assert refused.status == 401


@pytest.mark.rule("SG-14")
async def test_an_update_of_the_actor_replaces_the_whole_key_set(home, peer, alice):
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    renewed = alice.with_key(other_rsa_pair())
    peer.serve("/users/alice", renewed.document())

    updated = await deliver(home, alice, alice.activity("Update", renewed.document()))
    by_new = await post(home, renewed, renewed.activity("Follow", home.id("ben")))
    refused = await refusal(home, peer, post(home, alice, alice.activity("Follow", home.id("ben"))))

    assert updated.state == "handled"
    assert (by_new.status, refused.status) == (202, 401)


@pytest.mark.rule("SG-14")
async def test_a_key_that_has_expired_signs_no_more(home, peer, alice, clock):
    ends_at = clock().replace(microsecond=0)
    key = mallory_key(alice) | {"expires": ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    peer.serve("/users/alice", alice.document(publicKey=key))

    refused = await refusal(home, peer, post(home, alice, alice.activity("Follow", home.id("ada"))))

    assert refused.status == 401


@pytest.mark.rule("SG-15")
async def test_the_deletion_of_an_actor_never_met_costs_nothing(home, peer, alice):
    peer.answers("/users/alice", 410)
    activity = alice.activity("Delete", alice.id)

    gone = await refusal(home, peer, post(home, alice, activity))

    assert (gone.status, gone.fetches, gone.expected) == (202, 0, "")


@pytest.mark.rule("SG-15")
@pytest.mark.parametrize(
    ("origin_says", "key", "status", "is_deleted"),
    [
        (200, rsa_pair, 202, True),
        (410, other_rsa_pair, 202, True),
        (404, other_rsa_pair, 401, False),
        (500, other_rsa_pair, 503, False),
        (200, other_rsa_pair, 401, False),
    ],
    ids=["signed", "410", "404", "500", "still there"],
)
async def test_the_deletion_of_a_known_actor_is_signed_or_its_origin_says_gone(
    home, peer, alice, clock, *, origin_says, key, status, is_deleted
):
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    bread = note(alice, home)
    await deliver(home, alice, create(alice, bread))
    clock.forward(minutes=6)
    if origin_says != 200:
        peer.answers("/users/alice", origin_says)
    activity = alice.activity("Delete", alice.id)

    answer = await post(home, alice, activity, key=key())
    if status == 202 and key is rsa_pair:
        await outcome_of(home, activity["id"])

    assert answer.status == status
    assert (await kept_note(home, bread["id"]) is None) is is_deleted
    assert await follows_here(home, alice.id, home.id("ada")) is not is_deleted


@pytest.mark.rule("SG-16")
@pytest.mark.parametrize(
    "rearranged",
    [
        {"@graph": [{"type": "Follow"}]},
        {"@included": []},
        {"@reverse": {"object": {"id": "http://x.example/1"}}},
        {"@nest": {"actor": "http://x.example/1"}},
        {"@index": "actor"},
        {"@context": ["https://www.w3.org/ns/activitystreams", {"id": "https://x.example/id"}]},
        {"@context": ["https://www.w3.org/ns/activitystreams", {"as": "https://x.example/"}]},
        {"@context": [{"@vocab": "https://x.example/", "type": "https://x.example/type"}]},
    ],
    ids=lambda rearranged: json.dumps(rearranged)[-40:],
)
async def test_a_document_that_could_mean_something_else_is_refused(home, peer, alice, rearranged):
    activity = alice.activity("Follow", home.id("ada")) | rearranged

    refused = await refusal(home, peer, post(home, alice, activity))

    assert (refused.status, refused.fetches) == (400, 0)


@pytest.mark.rule("SG-16", "OR-07")
async def test_of_a_forwarded_reply_only_what_its_origin_serves_is_kept(
    home, peer, alice, stranger, mallory
):
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    bread = note(alice, home)
    peer.answers(
        bread["id"].removeprefix(peer.origin),
        200,
        {"Content-Type": ACTIVITY_JSON},
        json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **bread}).encode(),
    )
    forged = create(alice, bread | {"content": "<p>Poison.</p>"}) | {
        "signature": {"type": "RsaSignature2017", "creator": alice.key_id, "signatureValue": "eA=="}
    }

    outcome = await deliver(home, mallory, forged)

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "handled"
    assert kept is not None
    assert (kept["actor_id"], kept["content"]) == (alice.id, "<p>Bread and salt.</p>")


@pytest.mark.rule("SG-18")
async def test_nothing_that_is_logged_or_shown_holds_a_secret(home, peer, alice):
    with capture_logs() as events:
        await deliver(home, alice, alice.activity("Follow", home.id("ada")))
        await post(home, alice, alice.activity("Follow", home.id("ada")), key=other_rsa_pair())

    said = f"{events!r}{home.federation!r}"
    secrets = [str(row["private_key"]) for row in await rows(home, "select * from keys")]
    assert secrets
    assert "PRIVATE KEY" not in said
    assert not any(secret[40:80] in said for secret in secrets)
