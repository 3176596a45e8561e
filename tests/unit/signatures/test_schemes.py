from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.errors import InvalidInputError, UnauthenticatedError
from fedirec.signatures.schemes import Scheme, read_signature, sign_request
from tests.keys import rsa_pair
from tests.unit.signatures.samples import (
    KEY_ID,
    NOW,
    add,
    is_accepted,
    make_get,
    make_post,
    message_signed,
    signed,
    without,
)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("request_", [make_post(), make_get()])
def test_what_is_signed_in_either_scheme_is_read_in_it(scheme, request_):
    added = sign_request(scheme, request_, key_id=KEY_ID, key=rsa_pair(), now=NOW)

    parsed = read_signature(add(request_, added))

    assert parsed.scheme is scheme
    assert parsed.key_id == KEY_ID
    assert is_accepted(add(request_, added))


def test_a_second_try_may_leave_the_query_out():
    request = make_get("/users/ada/outbox?page=2")

    added = sign_request(
        Scheme.CAVAGE, request, key_id=KEY_ID, key=rsa_pair(), now=NOW, with_query=False
    )

    assert is_accepted(replace(add(request, added), target="/users/ada/outbox"))


@pytest.mark.rule("SG-19")
def test_a_request_without_a_signature_is_unauthenticated():
    for request in (make_post(), make_post(authorization="Bearer abc")):
        with pytest.raises(UnauthenticatedError):
            read_signature(request)


@pytest.mark.rule("SG-11")
def test_with_signature_input_the_older_kind_is_not_even_looked_at():
    older = signed(make_post())
    request = add(older, {"signature-input": f'sig1=("@method");keyid="{KEY_ID}"'})

    with pytest.raises(InvalidInputError):
        read_signature(request)


@pytest.mark.rule("SG-11")
def test_a_false_newer_signature_is_not_made_good_by_a_true_older_one():
    newer = message_signed(make_post())
    older = signed(make_post())
    authorization = f"Signature {older.values('signature')[0]}"
    both = add(
        add(older, dict(newer.headers)),
        {"authorization": authorization, "signature": "sig1=:AAAA:"},
    )

    assert not is_accepted(both)


@pytest.mark.rule("SG-11")
def test_two_signatures_of_a_kind_are_malformed():
    request = signed(make_post())
    value = request.values("signature")[0]

    for header in ("signature", "authorization"):
        twice = replace(
            without(request, "signature"),
            headers=(*without(request, "signature").headers, *[(header, f"Signature {value}")] * 2),
        )
        with pytest.raises(InvalidInputError):
            read_signature(twice)


def test_a_signature_by_both_headers_is_that_of_its_own_header():
    """Apkit 0.3.8 sends the same signature in both."""
    request = signed(make_post())
    value = request.values("signature")[0]

    assert is_accepted(add(request, {"authorization": f"Signature {value}"}))
    assert is_accepted(add(request, {"authorization": "Signature nonsense"}))


@pytest.mark.rule("SG-09")
def test_a_replay_is_known_by_its_fingerprint_however_it_is_spelled():
    request = signed(make_post())
    value = request.values("signature")[0]
    respelled = value.replace("#main-key", "#Main-Key").replace('headers="', 'headers = "')

    fingerprint = read_signature(request).fingerprint

    assert len(fingerprint) == 64
    assert read_signature(add(request, {"signature": respelled})).fingerprint == fingerprint
    assert read_signature(signed(make_get())).fingerprint != fingerprint


headers = st.dictionaries(
    st.sampled_from(["signature", "signature-input", "authorization", "date", "digest", "host"]),
    st.one_of(st.text(), st.sampled_from(["Signature a=b", "sig1=:AAAA:", 'keyId="a"'])),
)


@given(headers)
@pytest.mark.rule("SG-11")
def test_no_headers_at_all_raise_anything_but_our_errors(values: dict[str, str]):
    try:
        assert not is_accepted(add(make_post(), values))
    except (InvalidInputError, UnauthenticatedError):
        return
