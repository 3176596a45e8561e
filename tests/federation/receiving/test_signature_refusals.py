"""Every way a POST can be wrong before anybody knows who sent it: what is said and fetched."""

import base64
import gzip
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from fedirec.signatures.digest import digest_header
from fedirec.storage import blocks
from tests.federation.receiving.door import (
    create,
    deliver,
    fetches,
    kept_note,
    note,
    outcome_of,
    post,
    refusal,
)
from tests.federation.receiving.signing import CAVAGE, RFC9421
from tests.fediverse import Home
from tests.keys import other_rsa_pair
from tests.peers import Answer, PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

Way = Callable[[Home, PeerActor, dict[str, Any]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One way to be wrong: the status, the words of the log, and what may be fetched at most."""

    send: Way
    status: int
    expected: str
    fetches: int = 0


async def unsigned(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity, sent={"signature": None})


async def by_another_key(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity, key=other_rsa_pair())


async def with_another_body(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    tampered = json.dumps(activity | {"content": "more"}).encode()
    return await post(home, alice, activity, tampered=tampered)


async def too_late(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(
        home, alice, activity, at=home.federation.now() - timedelta(hours=1, minutes=6)
    )


async def for_another_host(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    elsewhere = "http://elsewhere.example/inbox"
    return await post(
        home, alice, activity, signed_url=elsewhere, sent={"host": f"127.0.0.1:{home.port}"}
    )


async def naming_another_host(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity, signed_url="http://elsewhere.example/inbox")


async def for_another_actor(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity | {"actor": f"{alice.peer.origin}/users/bob"})


async def about_another_host(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    foreign = note(alice, home, id="http://elsewhere.example/notes/1")
    return await post(home, alice, create(alice, foreign))


async def in_anothers_name(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    foreign = note(alice, home, attributedTo=f"{alice.peer.origin}/users/bob")
    return await post(home, alice, create(alice, foreign))


async def with_a_foreign_id(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity | {"id": "http://elsewhere.example/1"})


async def too_large(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity | {"content": "a" * 1_048_576})


async def compressed(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    body = gzip.compress(json.dumps(activity).encode())
    return await post(home, alice, body, headers={"content-encoding": "gzip"})


async def of_another_type(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity, headers={"content-type": "application/json"})


async def not_json(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, b'{"type": "Announce",')


async def without_an_actor(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, {**activity, "actor": None})


async def with_two_signatures(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    return await post(home, alice, activity, extra=(("signature", 'keyId="x",signature="eA=="'),))


async def with_a_missing_key(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    alice.peer.answers("/users/alice", 404)
    return await post(home, alice, activity)


async def with_the_key_host_down(home: Home, alice: PeerActor, activity: dict[str, Any]) -> Answer:
    alice.peer.answers("/users/alice", 503)
    return await post(home, alice, activity)


WAYS = [
    Wrong(send=unsigned, status=401, expected="no signature"),
    Wrong(send=by_another_key, status=401, expected="expected a signature by", fetches=1),
    Wrong(send=with_another_body, status=401, expected="digest is not that of the body"),
    Wrong(send=too_late, status=401, expected="signed"),
    Wrong(send=for_another_host, status=401, expected="expected a signature by", fetches=1),
    Wrong(send=naming_another_host, status=421, expected="expected Host"),
    Wrong(send=for_another_actor, status=403, expected="to sign, found", fetches=1),
    Wrong(send=about_another_host, status=403, expected="expected the object's id", fetches=1),
    Wrong(send=in_anothers_name, status=403, expected="to be attributed to", fetches=1),
    Wrong(send=with_a_foreign_id, status=403, expected="expected the activity's id", fetches=1),
    Wrong(send=too_large, status=413, expected="expected at most 1048576 bytes"),
    Wrong(send=compressed, status=415, expected="found Content-Encoding"),
    Wrong(send=of_another_type, status=415, expected="expected application/activity+json"),
    Wrong(send=not_json, status=400, expected="expected JSON"),
    Wrong(send=without_an_actor, status=400, expected="an activity has one actor"),
    Wrong(send=with_two_signatures, status=400, expected="expected one Signature"),
    Wrong(send=with_a_missing_key, status=401, expected="at its host", fetches=1),
    Wrong(send=with_the_key_host_down, status=503, expected="found 503", fetches=1),
]


@pytest.mark.rule("SG-01", "SG-19", "RX-14")
@pytest.mark.parametrize("wrong", WAYS, ids=lambda wrong: wrong.send.__name__)
async def test_a_post_that_is_wrong_leaves_nothing_behind(home, peer, alice, wrong):
    activity = alice.activity("Announce", f"{peer.origin}/notes/1", to=[home.id("ada")])

    refused = await refusal(home, peer, wrong.send(home, alice, activity))

    assert refused.status == wrong.status, refused
    assert wrong.expected in refused.expected
    assert refused.fetches <= wrong.fetches
    assert "/notes/1" not in fetches(peer)


@pytest.mark.rule("SG-19")
async def test_our_inability_and_a_bad_signature_are_told_apart(home, peer, alice):
    activity = alice.activity("Like", f"{home.origin}/notes/1")
    bad = await refusal(home, peer, unsigned(home, alice, activity))

    unable = await refusal(home, peer, with_the_key_host_down(home, alice, activity))

    assert int(unable.headers["retry-after"]) >= 1
    assert "sig1=" in bad.headers["accept-signature"]


@pytest.mark.rule("SG-19", "PA-01", "RX-14")
async def test_a_blocked_host_is_refused_before_anything_is_fetched(home, peer, alice):
    async with home.federation.database.transaction() as transaction:
        await blocks.block(
            transaction,
            blocks.INSTANCE,
            peer.host,
            kind="host",
            reason=None,
            now=home.federation.now(),
        )

    refused = await refusal(home, peer, post(home, alice, alice.activity("Follow", home.id("ada"))))

    assert (refused.status, refused.fetches) == (403, 0)
    assert f"{peer.host} is blocked" in refused.expected


@pytest.mark.rule("SG-02")
@pytest.mark.parametrize("left_out", CAVAGE)
async def test_a_draft_cavage_signature_covers_enough_or_is_refused(home, peer, alice, left_out):
    covered = tuple(name for name in CAVAGE if name != left_out)

    refused = await refusal(
        home, peer, post(home, alice, alice.activity("Like", "http://x.example/"), covered=covered)
    )

    assert (refused.status, refused.fetches) == (401, 0)
    assert "signed" in refused.expected


@pytest.mark.rule("SG-02")
@pytest.mark.parametrize("left_out", [*RFC9421, "created"])
async def test_a_message_signature_covers_enough_or_is_refused(home, peer, alice, left_out):
    covered = tuple(name for name in RFC9421 if name != left_out)
    parameters = {"created": None} if left_out == "created" else {}

    refused = await refusal(
        home,
        peer,
        post(
            home,
            alice,
            alice.activity("Like", "http://x.example/"),
            scheme="rfc9421",
            covered=covered,
            parameters=parameters,
        ),
    )

    assert (refused.status, refused.fetches) == (401, 0)
    assert "signed" in refused.expected or "created is missing" in refused.expected


@pytest.mark.rule("SG-02")
@pytest.mark.parametrize(
    ("scheme", "covered"),
    [
        ("cavage", None),
        ("rfc9421", None),
        ("rfc9421", ("@method", "@authority", "@path", "@query", "content-digest")),
    ],
)
async def test_either_scheme_opens_the_door(home, alice, scheme, covered):
    activity = alice.activity("Follow", home.id("ada"))

    answer = await post(home, alice, activity, scheme=scheme, covered=covered)

    assert answer.status == 202
    assert (await outcome_of(home, activity["id"])).state == "handled"


def sha512(body: bytes) -> str:
    return "SHA-512=" + base64.b64encode(hashlib.sha512(body).digest()).decode()


BAD_DIGESTS: dict[str, Callable[[bytes], str | None]] = {
    "missing": lambda _body: None,
    "wrong": lambda body: digest_header(body + b" "),
    "truncated": lambda body: digest_header(body)[:-8],
    "md5 alone": lambda body: "MD5=" + base64.b64encode(hashlib.md5(body).digest()).decode(),  # noqa: S324
    "right and wrong": lambda body: f"{digest_header(body)},{sha512(body + b' ')}",
    "twice, once wrong": lambda body: f"{digest_header(body)},{digest_header(body + b' ')}",
    "no digest at all": lambda _body: "SHA-256",
}


@pytest.mark.rule("SG-03")
@pytest.mark.parametrize("digest", BAD_DIGESTS)
async def test_a_digest_that_is_not_the_bodys_is_refused(home, peer, alice, digest):
    body = json.dumps(alice.activity("Like", "http://x.example/")).encode()
    value = BAD_DIGESTS[digest](body)
    covered = CAVAGE if value is not None else CAVAGE[:-1]

    refused = await refusal(
        home, peer, post(home, alice, body, headers={"digest": value}, covered=covered)
    )

    assert (refused.status, refused.fetches) == (401, 0)
    assert "digest" in refused.expected


@pytest.mark.rule("SG-03")
@pytest.mark.parametrize(
    "digest",
    [
        lambda body: digest_header(body).replace("SHA-256", "sha-256"),
        lambda body: f"{digest_header(body)},{sha512(body)}",
        lambda body: f"MD5=AAAA,{digest_header(body)}",
    ],
    ids=["lower case", "two that match", "one we do not read"],
)
async def test_a_digest_that_is_the_bodys_is_taken_however_it_is_written(home, alice, digest):
    activity = alice.activity("Follow", home.id("ada"))
    body = json.dumps(activity).encode()

    answer = await post(home, alice, body, headers={"digest": digest(body)})

    assert answer.status == 202


@pytest.mark.rule("SG-04")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x-own"])
async def test_an_encoded_body_is_refused_unread(home, peer, alice, encoding):
    body = gzip.compress(json.dumps(alice.activity("Follow", home.id("ada"))).encode())

    refused = await refusal(
        home, peer, post(home, alice, body, headers={"content-encoding": encoding})
    )

    assert (refused.status, refused.fetches) == (415, 0)
    assert encoding in refused.expected


async def test_identity_is_no_encoding(home, alice):
    activity = alice.activity("Follow", home.id("ada"))

    answer = await post(home, alice, activity, headers={"content-encoding": "identity"})

    assert answer.status == 202


@pytest.mark.rule("SG-01")
async def test_what_is_not_known_by_its_signer_may_still_point_to_what_is(
    home, peer, alice, mallory
):
    bread = note(alice, home)
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    forged = create(alice, bread | {"content": "<p>Poison.</p>"})

    answer = await post(home, mallory, forged)

    assert answer.status == 202
    assert (await outcome_of(home, forged["id"])).state == "ignored"
    assert await kept_note(home, bread["id"]) is None


async def test_a_personal_inbox_of_nobody_is_not_there(home, peer, alice):
    refused = await refusal(
        home,
        peer,
        post(home, alice, alice.activity("Follow", home.id("ada")), to="/users/nobody/inbox"),
    )

    assert (refused.status, refused.fetches) == (404, 0)
