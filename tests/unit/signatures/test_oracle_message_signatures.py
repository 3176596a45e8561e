"""http-message-signatures 3.0 as a second opinion on RFC 9421, both ways."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

from fedirec.signatures import message_signatures
from fedirec.signatures.keys import PrivateKey
from fedirec.signatures.messages import SignedRequest
from tests.keys import ed25519_pair, rsa_pair
from tests.unit.signatures.samples import KEY_ID, add, make_get, make_post

REQUESTS = [
    make_post(),
    make_post("/users/ada/inbox?x=1&y=%20"),
    make_post("/a%2fb//c;d=e", '{"content":"Grüße"}'.encode()),
    make_get("/users/ada"),
    make_get("/users/ada/outbox?page=2"),
    make_get("/?"),
]
COMPONENTS = [
    ("@method", "@target-uri"),
    ("@method", "@authority", "@path", "@query"),
    ("@method", "@target-uri", "@authority", "host", "@scheme", "@request-target"),
]
KINDS = [
    pytest.param(rsa_pair, algorithms.RSA_V1_5_SHA256, id="rsa-v1_5-sha256"),
    pytest.param(ed25519_pair, algorithms.ED25519, id="ed25519"),
]


@dataclass
class Message:
    """A request as the library wants it."""

    method: str
    url: str
    headers: dict[str, str]


def as_message(request: SignedRequest) -> Message:
    return Message(method=request.method, url=request.url, headers=dict(request.headers))


def as_words(request: SignedRequest) -> str:
    return f"{request.method} {request.target}"


def resolver_of(pair: Callable[[], PrivateKey]) -> MappingKeyResolver:
    key = pair()
    return MappingKeyResolver(
        public_keys={KEY_ID: key.public().key}, private_keys={KEY_ID: key.key}
    )


def sign_by_library(request, pair, algorithm, components, **options) -> SignedRequest:
    message = as_message(request)
    signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver_of(pair))
    signer.sign(
        message,
        key_id=KEY_ID,
        covered_component_ids=components,
        body=request.body or None,
        **options,
    )
    return add(request, {name.lower(): value for name, value in message.headers.items()})


@pytest.mark.parametrize("components", COMPONENTS, ids=" ".join)
@pytest.mark.parametrize("request_", REQUESTS, ids=as_words)
@pytest.mark.parametrize(("pair", "algorithm"), KINDS)
@pytest.mark.parametrize("include_alg", [True, False])
def test_what_the_library_signs_we_accept(request_, components, pair, algorithm, include_alg):
    request = sign_by_library(request_, pair, algorithm, components, include_alg=include_alg)

    signature = message_signatures.parse(request)

    assert signature is not None
    assert message_signatures.covers_enough(request, signature) is None
    assert message_signatures.verify(request, signature, pair().public())


@pytest.mark.rule("SG-05")
def test_what_the_library_signs_by_pss_we_accept():
    request = sign_by_library(make_post(), rsa_pair, algorithms.RSA_PSS_SHA512, COMPONENTS[0])

    signature = message_signatures.parse(request)

    assert signature is not None
    assert message_signatures.verify(request, signature, rsa_pair().public())


def test_every_parameter_that_the_library_signs_is_part_of_what_we_verify():
    now = datetime.now(UTC)
    request = sign_by_library(
        make_post(),
        rsa_pair,
        algorithms.RSA_V1_5_SHA256,
        COMPONENTS[0],
        nonce='a "quoted" nonce',
        tag="fediverse",
        label="other-label",
        expires=now.replace(year=now.year + 1, day=1),
    )
    signature = message_signatures.parse(request)
    assert signature is not None
    assert message_signatures.verify(request, signature, rsa_pair().public())

    for name in ("nonce", "tag", "expires", "created", "keyid", "alg"):
        fewer = {key: value for key, value in signature.parameters.items() if key != name}
        changed = replace(signature, parameters=fewer)
        assert not message_signatures.verify(request, changed, rsa_pair().public())


@pytest.mark.parametrize("request_", REQUESTS, ids=as_words)
@pytest.mark.parametrize(("pair", "algorithm"), KINDS)
def test_what_we_sign_the_library_verifies(request_, pair, algorithm):
    added = message_signatures.sign(request_, key_id=KEY_ID, key=pair(), created=datetime.now(UTC))
    message = as_message(add(request_, added))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver_of(pair))

    (result,) = verifier.verify(
        message, require_components=("@method", "@target-uri"), body=request_.body
    )

    assert result.parameters["keyid"] == KEY_ID
    message.url += "x"
    with pytest.raises(InvalidSignature):
        verifier.verify(message)


@pytest.mark.rule("SG-05")
def test_a_forgery_by_hmac_with_the_public_key_is_refused():
    secret = rsa_pair().public().pem().encode()
    resolver = MappingKeyResolver(public_keys={KEY_ID: secret}, private_keys={KEY_ID: secret})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=resolver)

    for include_alg in (True, False):
        message = as_message(make_post())
        signer.sign(
            message,
            key_id=KEY_ID,
            covered_component_ids=("@method", "@target-uri"),
            include_alg=include_alg,
            body=make_post().body,
        )
        forged = add(make_post(), {name.lower(): value for name, value in message.headers.items()})
        signature = message_signatures.parse(forged)

        assert signature is not None
        assert message_signatures.covers_enough(forged, signature) is None
        assert not message_signatures.verify(forged, signature, rsa_pair().public())
