import json
import math
import struct

import pytest
from hypothesis import given

from fedirec.errors import InvalidInputError
from fedirec.signatures.canonical import Json, canonicalize
from tests.unit.signatures.samples import json_values

NUMBERS = {  # RFC 8785, appendix B
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
@pytest.mark.spec("RFC 8785 B", level="MUST")
@pytest.mark.rule("SG-17")
def test_numbers_are_written_as_ecmascript_does(bits, text):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonicalize(number) == text.encode()


@pytest.mark.spec("RFC 8785 3.2.3", level="MUST")
@pytest.mark.rule("SG-17")
def test_keys_are_sorted_as_utf_16():
    document: Json = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    keys = list(json.loads(canonicalize(document)))

    assert keys == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.spec("RFC 8785 3.2.2", level="MUST")
def test_strings_keep_everything_but_what_json_must_escape():
    document: Json = {
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True],
    }

    expected = '{"literals":[null,true],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonicalize(document) == expected.encode()


@given(json_values)
def test_the_canonical_form_says_the_same_and_has_itself_as_its_form(value: Json):
    text = canonicalize(value)

    read_as_ecmascript_does = json.loads(text, parse_int=float)
    assert read_as_ecmascript_does == value
    assert canonicalize(read_as_ecmascript_does) == text


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        2**53,
        -(2**53),
        "\ud800",
        {"\ud800": 1},
        {1: "a key that is no string"},
        {"words": b"bytes"},
    ],
)
@pytest.mark.rule("SG-17")
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(InvalidInputError):
        canonicalize(value)


@pytest.mark.rule("SG-17")
def test_nesting_beyond_reason_is_refused():
    value: Json = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(InvalidInputError):
        canonicalize(value)
