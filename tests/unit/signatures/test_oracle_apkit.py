"""apkit 0.3.8 as a strict receiver of what we send: its inbox' own verifier, fed with our requests.

It reads the actor, embedded in the activity here, compares the text of Digest, and allows the Date
five minutes.
"""

import base64
import importlib
import json
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from yarl import URL

from fedirec.signatures import cavage
from fedirec.signatures.keys import PrivateKey
from fedirec.signatures.messages import SignedRequest
from tests.keys import other_rsa_pair, rsa_pair
from tests.unit.signatures.samples import add, make_post

ACTOR = "https://guild.example/users/ada"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
ACTIVITY = {
    "@context": CONTEXT,
    "id": "https://guild.example/activities/1",
    "type": "Follow",
    "actor": {
        "id": ACTOR,
        "type": "Person",
        "preferredUsername": "ada",
        "inbox": f"{ACTOR}/inbox",
        "outbox": f"{ACTOR}/outbox",
        "publicKey": {
            "id": f"{ACTOR}#main-key",
            "owner": ACTOR,
            "publicKeyPem": rsa_pair().public().pem(),
        },
    },
    "object": "https://peer.example/users/berta",
}


class Verifier(Protocol):
    async def verify(self, body: bytes, url: URL, method: str, headers: dict[str, str]) -> bool: ...


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it derives from aiohttp's ClientSession on import
        inbox = importlib.import_module("apkit.helper.inbox")
        config = importlib.import_module("apkit.config")
    made: Verifier = inbox.InboxVerifier(config.AppConfig())
    return made


def send(
    *, key: PrivateKey | None = None, at: datetime | None = None, body: object = ACTIVITY
) -> SignedRequest:
    request = replace(
        make_post("/inbox", json.dumps(body).encode(), content_type="application/activity+json"),
        url="https://peer.example/inbox",
    )
    added = cavage.sign(
        request,
        key_id=f"{ACTOR}#main-key",
        key=key or rsa_pair(),
        date=at or datetime.now(UTC),
    )
    return add(request, added)


async def is_accepted_by_apkit(verifier: Verifier, request: SignedRequest) -> bool:
    headers = dict(request.headers)
    return await verifier.verify(request.body, URL(request.url), request.method, headers)


async def test_what_we_send_apkit_accepts(verifier):
    assert await is_accepted_by_apkit(verifier, send())


async def test_apkit_refuses_it_by_another_key(verifier):
    assert not await is_accepted_by_apkit(verifier, send(key=other_rsa_pair()))


async def test_apkit_refuses_it_with_another_body(verifier):
    other = json.dumps(ACTIVITY | {"object": ACTOR}).encode()

    assert not await is_accepted_by_apkit(verifier, replace(send(), body=other))


async def test_apkit_refuses_it_at_another_inbox(verifier):
    other = replace(send(), url="https://peer.example/users/berta/inbox")

    assert not await is_accepted_by_apkit(verifier, other)


async def test_apkit_refuses_it_when_it_is_stale(verifier):
    stale = send(at=datetime.now(UTC) - timedelta(minutes=6))

    assert not await is_accepted_by_apkit(verifier, stale)


async def test_apkit_refuses_a_digest_in_lower_case_so_ours_is_in_capitals(verifier):
    request = send()
    lower = add(request, {"digest": request.values("digest")[0].replace("SHA", "sha")})
    parsed = cavage.parse_signature(lower.values("signature"))
    text = cavage.signing_string(lower, parsed, lower.target)
    assert text is not None
    start = lower.values("signature")[0].partition(',signature="')[0]
    signature = base64.b64encode(rsa_pair().sign(text)).decode()

    resigned = add(lower, {"signature": f'{start},signature="{signature}"'})

    reread = cavage.parse_signature(resigned.values("signature"))
    assert cavage.verify(resigned, reread, rsa_pair().public())
    assert not await is_accepted_by_apkit(verifier, resigned)
