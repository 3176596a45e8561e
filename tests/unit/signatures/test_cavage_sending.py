from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.errors import InvalidInputError
from fedirec.signatures import cavage
from fedirec.signatures.digest import digest_header
from tests.keys import ed25519_pair, rsa_pair
from tests.unit.signatures.samples import BODY, KEY_ID, NOW, add, is_accepted, make_get, make_post


@pytest.mark.parametrize("pair", [rsa_pair, ed25519_pair])
@pytest.mark.parametrize("request_", [make_post(), make_get(), make_post(body=b"")])
def test_what_we_sign_we_accept(pair, request_):
    added = cavage.sign(request_, key_id=KEY_ID, key=pair(), date=NOW)
    sent = add(request_, added)
    signature = cavage.parse_signature(sent.values("signature"))

    assert cavage.covers_enough(sent, signature) is None
    assert cavage.signed_at(sent, signature) == NOW
    assert cavage.verify(sent, signature, pair().public())


def test_what_we_send_is_the_set_that_every_receiver_takes():
    post = cavage.sign(make_post(), key_id=KEY_ID, key=rsa_pair(), date=NOW)
    get = cavage.sign(make_get(), key_id=KEY_ID, key=rsa_pair(), date=NOW)

    start = f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="(request-target) host date'
    assert post["signature"].startswith(f'{start} digest",signature="')
    assert get["signature"].startswith(f'{start}",signature="')
    assert post["digest"] == digest_header(BODY)
    assert get["date"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert get["host"] == "guild.example"
    assert set(get) == {"host", "date", "signature"}


def test_the_second_try_signs_the_bare_path():
    request = make_get("/users/ada/outbox?page=2")

    added = cavage.sign(request, key_id=KEY_ID, key=rsa_pair(), date=NOW, with_query=False)

    assert is_accepted(replace(add(request, added), target="/users/ada/outbox"))


def test_a_default_port_is_not_sent_and_another_is():
    for url, host in (
        ("https://guild.example:443/inbox", "guild.example"),
        ("http://guild.test:80/inbox", "guild.test"),
        ("https://guild.example:8443/inbox", "guild.example:8443"),
        ("http://127.0.0.1:443/inbox", "127.0.0.1:443"),
    ):
        request = replace(make_post(), url=url)

        added = cavage.sign(request, key_id=KEY_ID, key=rsa_pair(), date=NOW)

        assert added["host"] == host


def test_a_request_without_an_absolute_url_is_not_signed():
    with pytest.raises(InvalidInputError):
        cavage.sign(replace(make_post(), url="/inbox"), key_id=KEY_ID, key=rsa_pair(), date=NOW)


@pytest.mark.parametrize("key_id", ["", "a b", 'a"b', "a,b", "a\\b", "a\r\nhost: b", "ä"])
@pytest.mark.rule("TR-16")
def test_a_key_id_that_would_break_out_of_its_header_is_not_sent(key_id):
    with pytest.raises(InvalidInputError):
        cavage.sign(make_post(), key_id=key_id, key=rsa_pair(), date=NOW)


methods = st.sampled_from(["GET", "POST", "PUT", "HEAD"])
paths = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@given(methods, paths, st.binary(max_size=40))
def test_any_request_that_we_sign_we_verify(method: str, path: str, body: bytes):
    request = replace(make_post(f"/{path}"), method=method, body=body)
    sent = add(request, cavage.sign(request, key_id=KEY_ID, key=ed25519_pair(), date=NOW))
    signature = cavage.parse_signature(sent.values("signature"))

    assert cavage.covers_enough(sent, signature) is None
    assert cavage.verify(sent, signature, ed25519_pair().public())


def test_a_request_shows_neither_its_headers_nor_its_body():
    shown = repr(make_post(authorization="Bearer secret"))

    assert "secret" not in shown
    assert "Follow" not in shown
