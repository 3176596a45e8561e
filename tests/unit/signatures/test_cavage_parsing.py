import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.errors import InvalidInputError
from fedirec.signatures.cavage import CavageSignature, parse_signature

GOOD = 'keyId="https://a.example/u#k",algorithm="rsa-sha256",headers="host date",signature="AAAA"'

token = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", fullmatch=True)
words = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
space = st.sampled_from(["", " ", "\t", "  "])


def quote(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


@st.composite
def headers_in_the_grammar(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A Signature header with its parameters in any order and spelling, and what it says."""
    names = draw(st.lists(token, min_size=1, unique_by=str.lower))
    parameters = {
        **draw(st.dictionaries(token.filter(lambda name: len(name) < 6), words)),
        "keyId": draw(words),
        "headers": " ".join(names).lower(),
        "signature": base64.b64encode(draw(st.binary(min_size=1))).decode(),
    }
    parts = []
    for name in draw(st.permutations(list(parameters))):
        value = parameters[name]
        is_token = re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", value) is not None
        spelled = value if is_token and draw(st.booleans()) else quote(value)
        parts.append(f"{draw(space)}{name}{draw(space)}={draw(space)}{spelled}{draw(space)}")
    prefix = draw(st.sampled_from(["", "Signature ", "signature \t"]))
    return prefix + ",".join(parts), parameters


@given(headers_in_the_grammar())
@pytest.mark.rule("SG-11")
def test_whatever_the_grammar_allows_is_read(made: tuple[str, dict[str, str]]):
    header, parameters = made

    signature = parse_signature([header])

    assert signature.key_id == parameters["keyId"]
    assert " ".join(signature.headers) == parameters["headers"]
    assert base64.b64encode(signature.signature).decode() == parameters["signature"]


fragments = st.sampled_from(
    [
        *("keyId", "algorithm", "headers", "signature", "created", "expires", "Signature"),
        *("=", ",", '"', "\\", " ", "\t", ";", "\n", "\0", "é", "\udc80"),
        *('keyId="a"', 'headers="host"', 'signature="AAAA"', "rsa-sha256", "date", "AAAA="),
    ]
)


@given(st.lists(st.one_of(st.text(), st.lists(fragments).map("".join)), max_size=2))
@pytest.mark.rule("SG-11")
def test_no_header_at_all_raises_anything_but_our_error(values: list[str]):
    try:
        signature = parse_signature(values)
    except InvalidInputError:
        return

    assert signature.key_id
    assert signature.signature
    assert "" not in signature.headers


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Signature",
        "Signature ",
        ",",
        f"{GOOD},",
        f",{GOOD}",
        f"{GOOD},,other=1",
        f"{GOOD} other=1",
        f"{GOOD};other=1",
        GOOD + ',other="never closed',
        GOOD + ',other="escaped at the end\\',
        GOOD + ',other="a\nline"',
        GOOD + ',other="é"',
        GOOD + ',other=""',
        GOOD.replace('"AAAA"', "'AAAA'"),
    ],
)
@pytest.mark.rule("SG-11")
def test_what_is_outside_the_grammar_is_malformed(header):
    if header.endswith('other=""'):
        parse_signature([header])  # an empty quoted string is in it
        return

    with pytest.raises(InvalidInputError):
        parse_signature([header])


@pytest.mark.parametrize("name", ["keyId", "algorithm", "headers", "signature", "other"])
@pytest.mark.rule("SG-11")
def test_a_parameter_twice_is_malformed(name):
    with pytest.raises(InvalidInputError):
        parse_signature([f'{name}="AAAA",other2=1,{GOOD},{name}="AAAA"'])


@pytest.mark.rule("SG-11")
def test_two_signature_headers_are_malformed():
    with pytest.raises(InvalidInputError):
        parse_signature([GOOD, GOOD])
    with pytest.raises(InvalidInputError):
        parse_signature([])


@pytest.mark.parametrize("name", ["keyId", "signature"])
@pytest.mark.rule("SG-11")
def test_a_required_parameter_missing_or_empty_is_malformed(name):
    missing = re.sub(f'{name}="[^"]*",?', "", GOOD).rstrip(",")
    empty = re.sub(f'{name}="[^"]*"', f'{name}=""', GOOD)

    for header in (missing, empty):
        with pytest.raises(InvalidInputError):
            parse_signature([header])


@pytest.mark.parametrize(
    "names", ["", " ", "host ", " host", "host  date", "host host", "Host host"]
)
@pytest.mark.rule("SG-11")
def test_empty_or_repeated_header_names_are_malformed(names):
    with pytest.raises(InvalidInputError):
        parse_signature([GOOD.replace("host date", names)])


@pytest.mark.parametrize("text", ["A", "AAA", "AA A", "AAA\n=", "-_-_", "€"])
@pytest.mark.rule("SG-11")
def test_a_signature_that_is_not_base64_is_malformed(text):
    with pytest.raises(InvalidInputError):
        parse_signature([GOOD.replace("AAAA", text)])


@pytest.mark.rule("SG-11")
def test_a_signature_header_beyond_reason_is_malformed():
    with pytest.raises(InvalidInputError):
        parse_signature([f'{GOOD},other="{"a" * 9_000}"'])


@pytest.mark.rule("SG-11")
def test_commas_and_quotes_inside_quotes_are_part_of_the_value():
    header = r'keyId="a,signature=\"BBBB\",b",headers="host",signature="AAAA"'

    signature = parse_signature([header])

    assert signature == CavageSignature(
        key_id='a,signature="BBBB",b',
        algorithm=None,
        headers=("host",),
        signature=bytes(3),
        created=None,
        expires=None,
    )


@pytest.mark.spec("draft-cavage-http-signatures-12 2.1.6", level="MUST")
def test_without_header_names_the_date_or_creation_is_covered():
    bare = 'keyId="a",signature="AAAA"'

    assert parse_signature([bare]).headers == ("date",)
    assert parse_signature([f'{bare},algorithm="rsa-sha256"']).headers == ("date",)
    assert parse_signature([f'{bare},algorithm="hs2019"']).headers == ("(created)",)


def test_a_parameter_called_like_the_prefix_is_no_prefix():
    assert parse_signature(['signature = "AAAA", keyId="a"']).key_id == "a"
