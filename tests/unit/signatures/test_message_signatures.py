import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from fedirec.errors import InvalidInputError, UnauthenticatedError
from fedirec.signatures import message_signatures
from fedirec.signatures.digest import content_digest
from fedirec.signatures.fields import Parameters, write_inner_list
from fedirec.signatures.keys import PrivateKey
from fedirec.signatures.messages import SignedRequest
from tests.keys import ed25519_pair, other_rsa_pair, rsa_pair
from tests.unit.signatures.samples import (
    BODY,
    HOUR,
    KEY_ID,
    NOW,
    add,
    is_accepted,
    make_get,
    make_post,
    message_signed,
    without,
)

SECONDS = int(NOW.timestamp())
PARAMETERS: Parameters = {"created": SECONDS, "keyid": KEY_ID}
POST_PARTS = ("@method", "@target-uri", "content-digest")
WHOLE_URL = ("@authority", "@path", "@query")
INPUT = f'sig1=("@method");created={SECONDS};keyid="{KEY_ID}"'


def sign_with(
    request: SignedRequest,
    components: tuple[str, ...] = POST_PARTS,
    parameters: Parameters | None = None,
    key: PrivateKey | None = None,
    *,
    is_pss: bool = False,
) -> SignedRequest:
    """Sign whatever is asked for, wise or not."""
    parameters = PARAMETERS if parameters is None else parameters
    if request.body and not request.values("content-digest"):
        request = add(request, {"content-digest": content_digest(request.body)})
    text = message_signatures.signature_base(request, components, parameters)
    assert text is not None
    if is_pss:
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
        signature = rsa_pair().key.sign(text, pss, hashes.SHA512())
    else:
        signature = (key or rsa_pair()).sign(text)
    headers = {
        "signature-input": f"sig1={write_inner_list(components, parameters)}",
        "signature": f"sig1=:{base64.b64encode(signature).decode()}:",
    }
    return add(request, headers)


@pytest.mark.parametrize(
    "components",
    [
        POST_PARTS,
        ("@method", *WHOLE_URL, "content-digest"),
        ("@method", "@target-uri", "@authority", "host", "content-digest"),
        ("content-digest", "@request-target", "@scheme", "@target-uri", "@method"),
    ],
)
@pytest.mark.rule("SG-02")
def test_a_post_that_covers_enough_is_accepted(components):
    assert is_accepted(sign_with(make_post("/inbox?a=b"), components))


@pytest.mark.parametrize("components", [("@method", "@target-uri"), ("@method", *WHOLE_URL)])
@pytest.mark.parametrize("target", ["/users/ada", "/users/ada/outbox?page=2"])
@pytest.mark.rule("SG-02")
def test_a_get_that_covers_enough_is_accepted(components, target):
    assert is_accepted(sign_with(make_get(target), components))


@pytest.mark.parametrize("missing", POST_PARTS)
@pytest.mark.rule("SG-02")
def test_a_post_that_leaves_out_one_component_is_refused(missing):
    components = tuple(part for part in POST_PARTS if part != missing)

    with pytest.raises(UnauthenticatedError, match=r"is not signed|are signed"):
        is_accepted(sign_with(make_post(), components))


@pytest.mark.parametrize("missing", WHOLE_URL)
@pytest.mark.rule("SG-02")
def test_a_url_of_which_one_part_is_left_out_is_refused(missing):
    components = tuple(part for part in WHOLE_URL if part != missing)

    with pytest.raises(UnauthenticatedError, match="neither @target-uri"):
        is_accepted(sign_with(make_get(), ("@method", *components)))


@pytest.mark.rule("SG-02", "SG-10")
def test_a_signature_without_its_hour_is_refused():
    request = sign_with(make_post(), parameters={"keyid": KEY_ID})
    signature = message_signatures.parse(request)
    assert signature is not None

    with pytest.raises(UnauthenticatedError, match="created is missing"):
        is_accepted(request)
    with pytest.raises(UnauthenticatedError):
        message_signatures.signed_at(signature)


@pytest.mark.rule("SG-03")
def test_a_changed_body_is_refused():
    request = replace(message_signed(make_post()), body=BODY + b" ")

    with pytest.raises(UnauthenticatedError, match="content-digest is not that"):
        is_accepted(request)


@pytest.mark.rule("SG-09")
def test_another_host_is_refused():
    request = add(message_signed(make_post()), {"host": "other.example"})

    with pytest.raises(UnauthenticatedError, match="host is another"):
        is_accepted(request)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"url": "https://guild.example/users/bo/inbox"},
        {"url": "https://guild.example/inbox?x=1"},
        {"url": "http://guild.example/inbox"},
    ],
)
@pytest.mark.rule("SG-09", "SG-12")
def test_a_request_replayed_elsewhere_is_refused(change):
    assert not is_accepted(replace(message_signed(make_post()), **change))


@pytest.mark.parametrize("name", ["content-digest", "date"])
@pytest.mark.rule("SG-02")
def test_a_covered_field_that_is_changed_or_gone_does_not_verify(name):
    request = sign_with(make_post(date="now"), (*POST_PARTS, "date"))
    signature = message_signatures.parse(request)
    assert signature is not None
    assert message_signatures.verify(request, signature, rsa_pair().public())

    for changed in (without(request, name), add(request, {name: "other"})):
        assert not message_signatures.verify(changed, signature, rsa_pair().public())


@pytest.mark.parametrize(
    ("algorithm", "pair", "is_fine"),
    [
        (None, rsa_pair, True),
        ("rsa-v1_5-sha256", rsa_pair, True),
        ("rsa-pss-sha512", rsa_pair, False),  # declared, but signed by v1.5
        ("ed25519", rsa_pair, False),
        ("hmac-sha256", rsa_pair, False),
        ("rsa-sha256", rsa_pair, False),
        ("", rsa_pair, False),
        (None, ed25519_pair, True),
        ("ed25519", ed25519_pair, True),
        ("rsa-v1_5-sha256", ed25519_pair, False),
        ("rsa-pss-sha512", ed25519_pair, False),
        ("hmac-sha256", ed25519_pair, False),
    ],
)
@pytest.mark.rule("SG-05")
def test_the_algorithm_may_only_agree_with_the_key(algorithm, pair, is_fine):
    declared = {} if algorithm is None else {"alg": algorithm}
    request = sign_with(make_post(), parameters=PARAMETERS | declared, key=pair())
    signature = message_signatures.parse(request)
    assert signature is not None

    assert message_signatures.verify(request, signature, pair().public()) is is_fine


@pytest.mark.rule("SG-05")
def test_pss_is_verified_where_declared_and_only_there():
    declared = PARAMETERS | {"alg": "rsa-pss-sha512"}

    assert is_accepted(sign_with(make_post(), parameters=declared, is_pss=True))
    assert not is_accepted(sign_with(make_post(), is_pss=True))


@pytest.mark.rule("SG-05")
def test_a_signature_by_another_key_or_kind_of_key_is_refused():
    assert not is_accepted(sign_with(make_post(), key=other_rsa_pair()))
    assert not is_accepted(sign_with(make_post(), key=ed25519_pair()))


@pytest.mark.parametrize("seconds", [0, 3_600, -3_600])
@pytest.mark.rule("SG-09", "SG-10")
def test_an_hour_either_way_is_near_enough(seconds):
    assert is_accepted(message_signed(make_post()), NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "created", [SECONDS - 3_601, SECONDS + 3_601, 0, -1, 10**15 - 1, 1.5, "now", True]
)
@pytest.mark.rule("SG-09", "SG-10")
def test_a_creation_that_is_far_off_or_unreadable_is_refused(created):
    request = sign_with(make_post(), parameters=PARAMETERS | {"created": created})

    with pytest.raises(UnauthenticatedError):
        is_accepted(request)


@pytest.mark.rule("SG-10", "SG-11")
def test_a_creation_of_twenty_digits_is_malformed():
    request = message_signed(make_post())
    changed = request.values("signature-input")[0].replace(str(SECONDS), "9" * 20)

    with pytest.raises(InvalidInputError):
        is_accepted(add(request, {"signature-input": changed}))


@pytest.mark.parametrize(
    ("hours", "expires", "is_fine"),
    [
        (2, SECONDS + 3 * 3_600, True),
        (13, SECONDS + 24 * 3_600, False),
        (1, SECONDS + 60, False),
        (0, -1, False),
        (0, "soon", False),
    ],
)
@pytest.mark.rule("SG-09", "SG-10")
def test_an_expiry_allows_twelve_hours_and_no_more_than_it_says(hours, expires, is_fine):
    request = sign_with(make_post(), parameters=PARAMETERS | {"expires": expires})
    now = NOW + hours * HOUR

    if is_fine:
        assert is_accepted(request, now)
    else:
        with pytest.raises(UnauthenticatedError):
            is_accepted(request, now)


@pytest.mark.parametrize(
    ("signature_input", "signature"),
    [
        ("", "sig1=:AAAA:"),
        ("sig1", "sig1=:AAAA:"),
        ('sig1="@method"', "sig1=:AAAA:"),
        ("sig1=(", "sig1=:AAAA:"),
        ("sig1=?1", "sig1=:AAAA:"),
        ('sig1=("@method")', "sig1=:AAAA:"),
        ('sig1=("@method");keyid=""', "sig1=:AAAA:"),
        ('sig1=("@method");keyid=1', "sig1=:AAAA:"),
        ('sig1=("@method");keyid=token', "sig1=:AAAA:"),
        (f"{INPUT};alg=1", "sig1=:AAAA:"),
        (f"{INPUT};alg=token", "sig1=:AAAA:"),
        (f"{INPUT};created=1", "sig1=:AAAA:"),
        (f"{INPUT}, {INPUT}", "sig1=:AAAA:"),
        (f"{INPUT}, {INPUT.replace('sig1', 'sig2')}", "sig1=:AAAA:, sig2=:AAAA:"),
        (INPUT.replace('"@method"', '"@method" "@method"'), "sig1=:AAAA:"),
        (INPUT.replace('"@method"', "method"), "sig1=:AAAA:"),
        (INPUT.replace('"@method"', '"@query-param";name="a"'), "sig1=:AAAA:"),
        (INPUT.replace('"@method"', '"date";sf'), "sig1=:AAAA:"),
        (INPUT, ""),
        (INPUT, "sig1"),
        (INPUT, 'sig1="AAAA"'),
        (INPUT, "sig1=(:AAAA:)"),
        (INPUT, "sig2=:AAAA:"),
        (INPUT, "sig1=:AAAA:, sig2=:AAAA:"),
        (INPUT, 'keyId="a",headers="date",signature="AAAA"'),
        (f'{INPUT};nonce="é"', "sig1=:AAAA:"),
        (f'{INPUT};nonce="{"a" * 9_000}"', "sig1=:AAAA:"),
    ],
)
@pytest.mark.rule("SG-11")
def test_what_is_not_one_signature_in_the_grammar_is_malformed(signature_input, signature):
    request = make_post(signature_input=signature_input, signature=signature)

    with pytest.raises(InvalidInputError):
        message_signatures.parse(request)


@pytest.mark.rule("SG-11")
def test_an_input_without_its_signature_is_malformed():
    with pytest.raises(InvalidInputError):
        message_signatures.parse(make_post(signature_input=INPUT))


@pytest.mark.rule("SG-11")
def test_without_signature_input_there_is_none():
    assert message_signatures.parse(make_post(signature="sig1=:AAAA:")) is None


fragments = st.sampled_from(
    [
        *("sig1", "sig1=", '("@method" "@target-uri")', "(", ")", ";", ",", " ", "\t", '"', "\\"),
        *("created=1", 'keyid="a"', "expires=9", 'alg="x"', ":AAAA:", ":", "?1", "@1", "%", '%"é"'),
        *("1.5", "-1", "token", "\0", "é", "\udc80", "*", "="),
    ]
)
lines = st.one_of(st.text(), st.lists(fragments).map("".join))


@given(lines, lines)
@pytest.mark.rule("SG-11")
def test_no_header_at_all_raises_anything_but_our_errors(signature_input: str, signature: str):
    request = make_post(signature_input=signature_input, signature=signature)

    try:
        assert not is_accepted(request)
    except (InvalidInputError, UnauthenticatedError):
        return


@pytest.mark.parametrize("name", ["@status", "@unknown", "x-missing", "Host", "x\ny"])
@pytest.mark.rule("SG-11")
def test_a_component_that_the_request_does_not_have_is_never_verified(name):
    components = (*POST_PARTS, name)

    assert message_signatures.signature_base(make_post(), components, PARAMETERS) is None


@pytest.mark.parametrize("value", ["one\ntwo", "one\rtwo", "caf\xe9"])
@pytest.mark.rule("SG-11")
def test_a_value_that_cannot_be_in_a_signature_base_is_never_verified(value):
    request = sign_with(make_post(accept="plain"), (*POST_PARTS, "accept"))
    signature = message_signatures.parse(request)
    assert signature is not None

    changed = add(request, {"accept": value})

    assert not message_signatures.verify(changed, signature, rsa_pair().public())


@pytest.mark.spec("RFC 9421 2.2", level="MUST")
def test_derived_components_are_as_the_rfc_says():
    request = replace(make_get("/a?b=c"), url="HTTPS://Guild.Example:443/a?b=c")

    text = message_signatures.signature_base(
        request, ("@method", "@authority", "@scheme", "@request-target", "@path", "@query"), {}
    )

    assert text is not None
    assert text.decode().splitlines()[:-1] == [
        '"@method": GET',
        '"@authority": guild.example',
        '"@scheme": https',
        '"@request-target": /a?b=c',
        '"@path": /a',
        '"@query": ?b=c',
    ]


@pytest.mark.spec("RFC 9421 2.2.7", level="MUST")
def test_no_query_is_a_bare_question_mark():
    text = message_signatures.signature_base(make_get("/a"), ("@query",), {})

    assert text == b'"@query": ?\n"@signature-params": ("@query")'


@pytest.mark.spec("RFC 9421 2.1", level="MUST")
def test_repeated_fields_are_joined():
    request = make_get("/a", accept="one")
    request = replace(request, headers=(*request.headers, ("accept", "two")))

    text = message_signatures.signature_base(request, ("accept",), {})

    assert text == b'"accept": one, two\n"@signature-params": ("accept")'


@pytest.mark.parametrize("pair", [rsa_pair, ed25519_pair])
@pytest.mark.parametrize("request_", [make_post(), make_get(), make_post(body=b"")])
def test_what_we_sign_we_accept(pair, request_):
    added = message_signatures.sign(request_, key_id=KEY_ID, key=pair(), created=NOW)
    sent = add(request_, added)
    signature = message_signatures.parse(sent)

    assert signature is not None
    assert message_signatures.covers_enough(sent, signature) is None
    assert message_signatures.signed_at(signature) == NOW
    assert message_signatures.expires_at(signature) is None
    assert message_signatures.verify(sent, signature, pair().public())


@pytest.mark.parametrize("key_id", ["a\r\nhost: b", "ä"])
@pytest.mark.rule("TR-16")
def test_a_key_id_that_would_break_out_of_its_header_is_not_sent(key_id):
    with pytest.raises(InvalidInputError):
        message_signatures.sign(make_post(), key_id=key_id, key=rsa_pair(), created=NOW)


def test_a_url_that_is_not_ascii_is_not_signed():
    request = replace(make_get(), url="https://guild.example/caf\xe9")

    with pytest.raises(InvalidInputError):
        message_signatures.sign(request, key_id=KEY_ID, key=rsa_pair(), created=NOW)
