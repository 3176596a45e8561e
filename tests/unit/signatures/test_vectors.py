"""Every published or computed HTTP signature of `tests/vectors.json`, both ways."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fedirec.errors import InvalidInputError
from fedirec.signatures import cavage, message_signatures
from fedirec.signatures.keys import RsaPublicKey, load_private_pem, load_public_pem
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import Scheme, read_signature
from tests.unit.signatures.samples import load_vectors

VECTORS = load_vectors()
APPENDIX_C = VECTORS["draft_cavage_12_appendix_C"]
RFC9421 = VECTORS["rfc9421"]
TEST_KEY_RSA = RFC9421["keys"]["test-key-rsa"]
PROFILES = VECTORS["activitypub_profiles"]
FIELDS = {
    "host": "example.com",
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-length": "18",
    "forwarded": "for=192.0.2.123;host=example.com;proto=https",
    "content-digest": RFC9421["digests_of_body"]["content-digest sha-512"],
}


def by_name(vector):
    return vector["name"].split(",")[0]


def make_appendix_c_request(case) -> SignedRequest:
    request = APPENDIX_C["request"]
    names = case["headers"]
    signature = f'keyId="Test",headers="{names}",signature="{case["signature"]}"'
    return SignedRequest(
        method=request["method"],
        target=request["target"],
        url=f"https://example.com{request['target']}",
        headers=(*request["headers"].items(), ("signature", signature)),
        body=request["body"].encode(),
    )


def make_profile_request(vector) -> SignedRequest:
    text = vector.get("signing_string") or vector["signature_base"]
    method, path = (
        ("GET", "/users/bob/outbox?page=true")
        if "GET" in vector["name"]
        else (
            "POST",
            "/inbox",
        )
    )
    headers = {
        "host": "mastodon.example",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/activity+json",
        "digest": vector.get("digest"),
        "content-digest": vector.get("content_digest"),
        "signature-input": vector.get("signature_input"),
        "signature": vector.get("signature_header") or vector["signature"],
    }
    assert path in text
    return SignedRequest(
        method=method,
        target=path,
        url=f"https://mastodon.example{path}",
        headers=tuple((name, value) for name, value in headers.items() if value is not None),
        body=vector.get("body", "").encode(),
    )


@pytest.mark.parametrize("case", APPENDIX_C["cases"], ids=by_name)
@pytest.mark.spec("draft-cavage-http-signatures-12 C", level="MUST")
def test_the_drafts_own_signatures_verify(case):
    loaded = load_pem_public_key(APPENDIX_C["public_key_pem"].encode())
    assert isinstance(loaded, RSAPublicKey)
    request = make_appendix_c_request(case)

    signature = cavage.parse_signature(request.values("signature"))

    text = cavage.signing_string(request, signature, request.target)
    assert text == case["signing_string"].encode()
    assert cavage.verify(request, signature, RsaPublicKey(key=loaded))


@pytest.mark.parametrize("case", APPENDIX_C["cases"], ids=by_name)
def test_the_drafts_own_signatures_are_made_again(case):
    key = load_private_pem(APPENDIX_C["private_key_pem"])

    made = key.sign(case["signing_string"].encode())

    assert base64.b64encode(made).decode() == case["signature"]


@pytest.mark.rule("SG-06")
def test_the_door_refuses_the_drafts_own_key_for_its_1024_bits():
    with pytest.raises(InvalidInputError):
        load_public_pem(APPENDIX_C["public_key_pem"])


@pytest.mark.parametrize("case", APPENDIX_C["cases"], ids=by_name)
@pytest.mark.rule("SG-02")
def test_the_door_refuses_what_the_drafts_own_signatures_leave_out(case):
    request = make_appendix_c_request(case)

    lack = cavage.covers_enough(request, cavage.parse_signature(request.values("signature")))

    is_whole = case["name"].startswith("C.3")
    assert (lack is None) == is_whole


@pytest.mark.parametrize("case", RFC9421["cases"], ids=by_name)
@pytest.mark.spec("RFC 9421 B.2", level="MUST")
def test_the_rfcs_own_signatures_verify(case):
    keys = RFC9421["keys"][case["key"]]
    host = "origin.host.internal.example" if case["label"] == "proxy_sig" else "example.com"
    headers = FIELDS | {"signature-input": case["signature_input"], "signature": case["signature"]}
    request = SignedRequest(
        method="POST",
        target="/foo?param=Value&Pet=dog",
        url=f"https://{host}/foo?param=Value&Pet=dog",
        headers=tuple(headers.items()),
        body=RFC9421["digests_of_body"]["body"].encode(),
    )
    public = load_public_pem(keys.get("public_pem") or keys["public_pem_spki"])

    signature = message_signatures.parse(request)

    assert signature is not None
    base = message_signatures.signature_base(request, signature.components, signature.parameters)
    assert base == case["signature_base"].encode()
    assert message_signatures.verify(request, signature, public)
    assert base is not None
    private = load_private_pem(keys.get("private_pem") or keys["private_pem_pkcs1"])
    assert private.sign(base) == signature.signature


@pytest.mark.parametrize("form", ["private_pem_pkcs1", "private_pem_pkcs8"])
def test_a_private_key_is_read_in_both_forms(form):
    assert load_private_pem(TEST_KEY_RSA[form]).public().pem().strip() == (
        TEST_KEY_RSA["public_pem_spki"].strip()
    )


@pytest.mark.parametrize("vector", PROFILES, ids=lambda vector: vector["name"])
def test_the_fediverses_profiles_verify_and_are_enough(vector):
    request = make_profile_request(vector)
    key = load_public_pem(TEST_KEY_RSA["public_pem_spki"])

    parsed = read_signature(request)

    parsed.check_coverage()
    assert parsed.verify(key)
    is_cavage = vector["name"].startswith("cavage")
    assert parsed.scheme is (Scheme.CAVAGE if is_cavage else Scheme.RFC9421)


@pytest.mark.parametrize("vector", PROFILES[3:5], ids=lambda vector: vector["name"])
def test_what_we_send_in_rfc_9421_is_mastodons_profile_byte_for_byte(vector):
    request = make_profile_request(vector)
    parsed = message_signatures.parse(request)
    assert parsed is not None

    added = message_signatures.sign(
        request,
        key_id=parsed.key_id,
        key=load_private_pem(TEST_KEY_RSA["private_pem_pkcs8"]),
        created=message_signatures.signed_at(parsed),
    )

    assert added["signature-input"] == vector["signature_input"]
    assert added["signature"] == vector["signature"]
    assert added.get("content-digest") == vector.get("content_digest")
