"""httpsig 1.3.0 as a second opinion on draft-cavage, and why it is no more than that."""

import itertools

import pytest
from httpsig import (  # type: ignore[import-untyped]  # of 2018, without types
    HeaderSigner,
    HeaderVerifier,
)

from fedirec.signatures import cavage
from fedirec.signatures.digest import digest_header
from fedirec.signatures.instants import http_date
from fedirec.signatures.messages import SignedRequest
from tests.keys import other_rsa_pair, rsa_pair
from tests.unit.signatures.samples import KEY_ID, NOW, add, is_accepted, make_get, make_post

ORDERS = [
    "(request-target) host date digest",
    "host date content-type digest (request-target)",
    "(request-target) content-length date digest host",
    "digest date host (request-target)",
]
ORDERS_OF_GET = ["(request-target) host date", "host date accept (request-target)"]
TARGETS = ["/inbox", "/users/ada/inbox", "/inbox?x=1&y=%20", "/a%2fb//c;d=e", "/users/ad%C3%A4"]
BODIES = [b"", b"{}", '{"content":"Grüße"}'.encode(), bytes(range(256)) * 8]
POSTS = [
    make_post(target, body, content_type="application/activity+json")
    for target, body in itertools.product(TARGETS, BODIES)
]
GETS = [make_get(target, accept="application/activity+json") for target in TARGETS]


def as_words(request: SignedRequest) -> str:
    return f"{request.method} {request.target} {len(request.body)}"


def sign_by_httpsig(
    request: SignedRequest, names: str, *, secret: str | None = None, algorithm: str = "rsa-sha256"
) -> SignedRequest:
    request = add(
        request,
        {
            "date": http_date(NOW),
            "digest": digest_header(request.body),
            "content-length": str(len(request.body)),
        },
    )
    signer = HeaderSigner(
        KEY_ID,
        secret or rsa_pair().pem(),
        algorithm=algorithm,
        headers=names.split(" "),
        sign_header="signature",
    )
    signed = signer.sign(dict(request.headers), method=request.method, path=request.target)
    return add(request, {"signature": signed["signature"]})


def is_verified_by_httpsig(request: SignedRequest, pem: str) -> bool:
    verifier = HeaderVerifier(
        dict(request.headers),
        pem,
        required_headers=["(request-target)", "host", "date"],
        method=request.method,
        path=request.target,
        sign_header="signature",
    )
    verdict: bool = verifier.verify()
    return verdict


@pytest.mark.parametrize("names", ORDERS)
@pytest.mark.parametrize("request_", POSTS, ids=as_words)
def test_a_post_that_httpsig_signs_we_accept(request_, names):
    assert is_accepted(sign_by_httpsig(request_, names))


@pytest.mark.parametrize("names", ORDERS_OF_GET)
@pytest.mark.parametrize("request_", GETS, ids=as_words)
def test_a_get_that_httpsig_signs_we_accept(request_, names):
    assert is_accepted(sign_by_httpsig(request_, names))


@pytest.mark.parametrize("request_", POSTS + GETS, ids=as_words)
def test_what_we_sign_httpsig_verifies(request_):
    sent = add(request_, cavage.sign(request_, key_id=KEY_ID, key=rsa_pair(), date=NOW))

    assert is_verified_by_httpsig(sent, rsa_pair().public().pem())
    assert not is_verified_by_httpsig(sent, other_rsa_pair().public().pem())


@pytest.mark.parametrize("request_", POSTS, ids=as_words)
def test_we_and_httpsig_sign_byte_for_byte_alike(request_):
    ours = cavage.sign(request_, key_id=KEY_ID, key=rsa_pair(), date=NOW)

    theirs = sign_by_httpsig(request_, "(request-target) host date digest")

    assert cavage.parse_signature([ours["signature"]]) == cavage.parse_signature(
        theirs.values("signature")
    )


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sha512", "hmac-sha1"])
@pytest.mark.rule("SG-05")
def test_anybody_can_forge_anybody_before_httpsig_and_nobody_before_us(algorithm):
    public_pem = rsa_pair().public().pem()

    forged = sign_by_httpsig(make_post(), ORDERS[0], secret=public_pem, algorithm=algorithm)

    assert is_verified_by_httpsig(forged, public_pem)
    assert not is_accepted(forged)


@pytest.mark.parametrize("claimed", ["rsa-sha256", "hs2019", None])
@pytest.mark.rule("SG-05")
def test_a_forgery_by_hmac_is_no_better_under_another_name(claimed):
    public_pem = rsa_pair().public().pem()
    forged = sign_by_httpsig(make_post(), ORDERS[0], secret=public_pem, algorithm="hmac-sha256")
    name = f'algorithm="{claimed}",' if claimed else ""

    header = forged.values("signature")[0].replace('algorithm="hmac-sha256",', name)

    assert not is_accepted(add(forged, {"signature": header}))


@pytest.mark.parametrize("algorithm", ["rsa-sha1", "rsa-sha512"])
@pytest.mark.rule("SG-05")
def test_another_hash_under_its_own_or_our_name_is_refused(algorithm):
    other = sign_by_httpsig(make_post(), ORDERS[0], algorithm=algorithm)
    renamed = other.values("signature")[0].replace(algorithm, "rsa-sha256")

    assert is_verified_by_httpsig(other, rsa_pair().public().pem())
    assert not is_accepted(other)
    assert not is_accepted(add(other, {"signature": renamed}))
