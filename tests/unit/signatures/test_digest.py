import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.signatures.digest import (
    check_content_digest,
    check_digest,
    content_digest,
    digest_header,
    multibase_digest,
)
from tests.unit.signatures.samples import load_vectors

BODY = b'{"hello": "world"}'
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
MD5 = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
WRONG = base64.b64encode(bytes(32)).decode()


@pytest.mark.spec("RFC 9530 2", level="MUST")
def test_digests_are_written_as_published():
    published = load_vectors()["rfc9421"]["digests_of_body"]

    assert published["body"].encode() == BODY
    assert digest_header(BODY) == published["Digest (cavage)"]
    assert content_digest(BODY) == published["content-digest sha-256"]
    assert check_content_digest([published["content-digest sha-512"]], BODY)


@pytest.mark.parametrize(
    "values",
    [
        [f"SHA-256={SHA256}"],
        [f"sha-256={SHA256}"],
        [f"Sha-256={SHA256}"],
        [f"SHA-512={SHA512}"],
        [f"MD5={MD5}, SHA-256={SHA256}"],
        [f"MD5=wrong,SHA-256={SHA256} ,\tsha-512={SHA512}"],
        [f"SHA-256={SHA256}", f"SHA-512={SHA512}"],
    ],
)
@pytest.mark.rule("SG-03")
def test_a_right_digest_is_taken(values):
    assert check_digest(values, BODY)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["SHA-256"],
        ["SHA-256="],
        [f"SHA-256={WRONG}"],
        [f"SHA-256={SHA256[:-4]}"],
        [f"SHA-256={SHA256.rstrip('=')}"],
        [f"SHA-256={SHA256};q=1"],
        [f"SHA-256={SHA512}"],
        [f"MD5={MD5}"],
        [f"SHA-256={SHA256},SHA-256={WRONG}"],
        [f"SHA-256={SHA256}", f"SHA-512={WRONG}"],
        [f"SHA-512={WRONG},SHA-256={SHA256}"],
    ],
)
@pytest.mark.rule("SG-03")
def test_a_digest_that_is_missing_wrong_truncated_or_contradicted_is_refused(values):
    assert not check_digest(values, BODY)


@pytest.mark.parametrize(
    "values",
    [
        [f"sha-256=:{SHA256}:"],
        [f"sha-512=:{SHA512}:"],
        [f"md5=:{MD5}:, sha-256=:{SHA256}:"],
        [f"sha-256=:{SHA256}:", f"sha-512=:{SHA512}:"],
    ],
)
@pytest.mark.rule("SG-03")
def test_a_right_content_digest_is_taken(values):
    assert check_content_digest(values, BODY)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["sha-256"],
        [f"sha-256={SHA256}"],
        [f"SHA-256=:{SHA256}:"],
        [f"sha-256=:{WRONG}:"],
        [f"sha-256=:{SHA256[:-4]}:"],
        [f"sha-256=:{SHA256}:;q=1"],
        [f"sha-256=(:{SHA256}:)"],
        [f"md5=:{MD5}:"],
        [f"sha-256=:{WRONG}:, sha-256=:{SHA256}:"],
        [f"sha-256=:{SHA256}:", f"sha-256=:{SHA256}:"],
        [f"sha-256=:{SHA256}:", f"sha-512=:{WRONG}:"],
        ["sha-256=:ä:"],
    ],
)
@pytest.mark.rule("SG-03")
def test_a_content_digest_that_is_missing_wrong_or_contradicted_is_refused(values):
    assert not check_content_digest(values, BODY)


@given(st.binary(), st.binary())
def test_a_digest_fits_its_own_body_alone(body: bytes, other: bytes):
    assert check_digest([digest_header(body)], body)
    assert check_content_digest([content_digest(body)], body)
    assert check_digest([digest_header(body)], other) == (body == other)
    assert check_content_digest([content_digest(body)], other) == (body == other)


@given(st.lists(st.text()), st.binary())
def test_no_header_value_at_all_does_more_than_be_refused(values: list[str], body: bytes):
    assert not check_digest(values, body)
    assert not check_content_digest(values, body)


def test_a_multibase_digest_is_a_sha256_multihash_in_base64url():
    digest = multibase_digest(BODY)

    assert digest.startswith("uEi")
    assert len(digest) == 47
    assert base64.urlsafe_b64decode(digest[1:] + "==") == (
        b"\x12\x20" + hashlib.sha256(BODY).digest()
    )
