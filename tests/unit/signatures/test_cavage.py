from dataclasses import replace

import pytest

from fedirec.errors import UnauthenticatedError
from fedirec.signatures import cavage
from fedirec.signatures.digest import digest_header
from tests.keys import ed25519_pair, other_rsa_pair, rsa_pair
from tests.unit.signatures.samples import (
    BODY,
    add,
    is_accepted,
    make_get,
    make_post,
    signed,
    without,
)
from tests.unit.signatures.senders import SENDERS, sign_as

MASTODON = SENDERS[0]
GOTOSOCIAL = SENDERS[1]
POST_PARTS = ["(request-target)", "host", "date", "digest"]
GET_PARTS = ["(request-target)", "host", "date"]
TARGETS = ["/inbox", "/a%2eb", "/%7Eada", "/~ada", "//inbox", "/a;b=c/d", "/users/ad%C3%A4"]


@pytest.mark.parametrize("sender", SENDERS, ids=str)
@pytest.mark.rule("SG-02")
def test_a_post_as_each_server_signs_it_is_accepted(sender):
    assert is_accepted(sign_as(sender, make_post()))


@pytest.mark.parametrize("target", ["/users/ada", "/users/ada/outbox?page=2"])
@pytest.mark.parametrize("sender", SENDERS, ids=str)
@pytest.mark.rule("SG-12")
def test_a_get_as_each_server_signs_it_is_accepted_with_or_without_its_query(sender, target):
    assert is_accepted(sign_as(sender, make_get(target)))


@pytest.mark.parametrize("sender", SENDERS, ids=str)
def test_the_key_id_of_each_server_is_read_as_it_is(sender):
    request = sign_as(sender, make_post())

    signature = cavage.parse_signature(request.values(sender.header))

    assert signature.key_id == sender.key_id


@pytest.mark.parametrize("missing", POST_PARTS)
@pytest.mark.rule("SG-02")
def test_a_post_that_leaves_out_one_part_is_refused(missing):
    names = " ".join(part for part in POST_PARTS if part != missing)
    request = sign_as(MASTODON, make_post(), headers=names)

    with pytest.raises(UnauthenticatedError, match=r"is (not )?signed"):
        is_accepted(request)


@pytest.mark.parametrize("missing", GET_PARTS)
@pytest.mark.rule("SG-02")
def test_a_get_that_leaves_out_one_part_is_refused(missing):
    names = " ".join(part for part in GET_PARTS if part != missing)
    request = sign_as(MASTODON, make_get(), headers=names)

    with pytest.raises(UnauthenticatedError, match=r"is (not )?signed"):
        is_accepted(request)


@pytest.mark.rule("SG-02", "SG-03")
def test_a_post_without_a_body_needs_a_digest_all_the_same():
    request = sign_as(MASTODON, make_post(body=b""), headers=" ".join(GET_PARTS))

    with pytest.raises(UnauthenticatedError, match="digest is not signed"):
        is_accepted(request)


@pytest.mark.rule("SG-03")
def test_a_get_with_a_body_needs_a_digest_too():
    request = sign_as(MASTODON, replace(make_get(), body=BODY), headers=" ".join(GET_PARTS))

    with pytest.raises(UnauthenticatedError, match="digest is not signed"):
        is_accepted(request)


@pytest.mark.parametrize(
    "digest",
    [
        digest_header(b"other"),
        digest_header(BODY)[:-4],
        "MD5=Q2hlY2sgSW50ZWdyaXR5IQ==",
        f"{digest_header(BODY)},{digest_header(b'other')}",
        "",
    ],
)
@pytest.mark.rule("SG-03")
def test_a_digest_that_is_signed_but_not_the_bodys_is_refused(digest):
    request = sign_as(MASTODON, make_post(digest=digest))

    with pytest.raises(UnauthenticatedError, match="digest is not that of the body"):
        is_accepted(request)


@pytest.mark.rule("SG-03")
def test_a_digest_in_lower_case_is_accepted():
    digest = digest_header(BODY).replace("SHA", "sha")

    assert is_accepted(sign_as(MASTODON, make_post(digest=digest)))


@pytest.mark.rule("SG-03")
def test_a_changed_body_is_refused():
    request = replace(signed(make_post()), body=BODY + b" ")

    with pytest.raises(UnauthenticatedError, match="digest"):
        is_accepted(request)


@pytest.mark.parametrize("name", ["host", "date", "digest", "content-type"])
@pytest.mark.rule("SG-02")
def test_a_covered_header_that_is_changed_or_gone_does_not_verify(name):
    request = sign_as(MASTODON, make_post())
    signature = cavage.parse_signature(request.values("signature"))
    key = rsa_pair().public()
    assert cavage.verify(request, signature, key)

    for changed in (without(request, name), add(request, {name: "other"})):
        assert not cavage.verify(changed, signature, key)
    repeated = replace(request, headers=(*request.headers, (name, "other")))
    assert not cavage.verify(repeated, signature, key)


@pytest.mark.rule("SG-12")
@pytest.mark.parametrize("target", TARGETS)
def test_the_target_is_taken_raw(target):
    request = signed(make_post(target))
    assert is_accepted(request)

    for other in set(TARGETS) - {target}:
        assert not is_accepted(replace(request, target=other))


@pytest.mark.rule("SG-12")
def test_bytes_of_a_target_that_are_no_utf_8_can_be_signed():
    target = b"/caf\xe9/\xc3\xa9".decode("utf-8", "surrogateescape")

    assert is_accepted(sign_as(MASTODON, make_get(target)))


@pytest.mark.rule("SG-12")
def test_a_post_with_a_query_must_sign_it():
    misskey = SENDERS[3]

    assert is_accepted(sign_as(MASTODON, make_post("/inbox?x=1")))
    assert not is_accepted(sign_as(misskey, make_post("/inbox?x=1")))


@pytest.mark.rule("SG-09", "SG-12")
def test_a_query_added_or_changed_on_the_way_is_refused():
    request = signed(make_get("/users/ada/outbox?page=2"))

    assert not is_accepted(replace(request, target="/users/ada/outbox?page=3"))
    assert not is_accepted(replace(request, target="/users/ada/outbox"))


@pytest.mark.parametrize("change", [{"method": "PUT"}, {"target": "/users/bo/inbox"}])
@pytest.mark.rule("SG-09")
def test_a_request_replayed_by_another_method_or_to_another_inbox_is_refused(change):
    request = signed(make_post("/users/ada/inbox"))

    assert not is_accepted(replace(request, **change))


@pytest.mark.parametrize("host", ["other.example", "guild.example:8443", "guild.example.", ""])
@pytest.mark.rule("SG-09")
def test_a_request_signed_for_another_host_is_refused(host):
    request = sign_as(MASTODON, make_post(host=host))

    with pytest.raises(UnauthenticatedError, match="host is another"):
        is_accepted(request)


@pytest.mark.rule("SG-09")
def test_two_hosts_are_refused():
    request = signed(make_post())
    request = replace(request, headers=(*request.headers, ("host", "guild.example")))

    with pytest.raises(UnauthenticatedError, match="host is another"):
        is_accepted(request)


@pytest.mark.parametrize("host", ["guild.example", "Guild.Example", "guild.example:443"])
def test_our_host_may_be_spelled_with_capitals_or_its_default_port(host):
    assert is_accepted(sign_as(MASTODON, make_post(host=host)))


@pytest.mark.parametrize(
    ("algorithm", "pair", "is_fine"),
    [
        (None, rsa_pair, True),
        ("rsa-sha256", rsa_pair, True),
        ("hs2019", rsa_pair, True),
        ("rsa-sha1", rsa_pair, False),
        ("rsa-sha512", rsa_pair, False),
        ("hmac-sha256", rsa_pair, False),
        ("ecdsa-sha256", rsa_pair, False),
        ("ed25519", rsa_pair, False),
        ("RSA-SHA256", rsa_pair, False),
        ("none", rsa_pair, False),
        (None, ed25519_pair, True),
        ("hs2019", ed25519_pair, True),
        ("ed25519", ed25519_pair, True),
        ("rsa-sha256", ed25519_pair, False),
        ("hmac-sha256", ed25519_pair, False),
    ],
)
@pytest.mark.rule("SG-05")
def test_the_algorithm_may_only_agree_with_the_key(algorithm, pair, is_fine):
    sender = replace(MASTODON, algorithm=algorithm)
    request = sign_as(sender, make_post(), key=pair())
    signature = cavage.parse_signature(request.values("signature"))

    assert cavage.verify(request, signature, pair().public()) is is_fine


@pytest.mark.rule("SG-05")
def test_a_signature_by_another_key_or_kind_of_key_is_refused():
    request = signed(make_post())
    signature = cavage.parse_signature(request.values("signature"))

    assert not cavage.verify(request, signature, other_rsa_pair().public())
    assert not cavage.verify(request, replace(signature, algorithm=None), ed25519_pair().public())


@pytest.mark.parametrize("value", ["one\ndate: two", "one\rtwo", "\u20ac"])
@pytest.mark.rule("SG-11")
def test_a_value_that_no_header_line_can_hold_is_never_verified(value):
    request = sign_as(MASTODON, make_post(content_type="plain"))
    signature = cavage.parse_signature(request.values("signature"))
    changed = add(request, {"content-type": value})

    assert cavage.signing_string(changed, signature, changed.target) is None
    assert not cavage.verify(changed, signature, rsa_pair().public())


@pytest.mark.rule("SG-11")
def test_bytes_of_a_header_that_are_no_ascii_can_be_signed():
    request = make_post(content_type="caf\xe9")
    signature = cavage.parse_signature(sign_as(MASTODON, request).values("signature"))

    text = cavage.signing_string(sign_as(MASTODON, request), signature, request.target)

    assert text is not None
    assert b"content-type: caf\xe9\n" in text
