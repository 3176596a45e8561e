"""The loader of foreign JSON, and the readers of single values."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.documents import (
    as_list,
    dump,
    id_of,
    ids_of,
    instant_of,
    instant_text,
    load_document,
    object_of,
    text_of,
    types_of,
)
from fedirec.domain.public import PUBLIC
from fedirec.errors import MalformedActivityError
from tests.unit.activitypub.samples import JSON_VALUES, LIMITS, NAMES, raw

REFUSED = {
    "nothing": b"",
    "no object": b"[]",
    "a text": b'"Create"',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "broken UTF-8": b'{"a":"\xff"}',
    "an encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "a lone surrogate": rb'{"a":"\ud800"}',
    "a lone surrogate in a key": rb'{"\udc00":1}',
    "an escaped NUL": rb'{"a":"\u0000"}',
    "a bare NUL": b'{"a":"\x00"}',
    "a bare line feed in a text": b'{"a":"\n"}',
    "a key twice": b'{"id":"a","id":"b"}',
    "a key twice, deep inside": b'{"object":[{"to":1,"to":2}]}',
    "a key twice, once escaped": rb'{"id":"a","\u0069d":"b"}',
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "a number beyond all bounds": b'{"a":1e999}',
    "an integer of 33 digits": b'{"a":' + b"1" * 33 + b"}",
    "a million digits": b'{"a":' + b"1" * 1_000_000 + b"}",
    "trailing data": b'{"a":1} {}',
    "a trailing comma": b'{"a":1,}',
    "a comment": b'{"a":1}// hi',
    "single quotes": b"{'a':1}",
    "33 levels": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "an abyss": b'{"a":' + b"[" * 500_000,
    "an abyss of objects": b'{"a":' * 200_000,
    "an unterminated text": b'{"a":"' + b'\\"' * 500_000,
    "too many values": b'{"a":[' + b"1," * 30_000 + b"1]}",
    "too many empty lists": b'{"a":[' + b"[]," * 30_000 + b"[]]}",
    "too many texts": b'{"a":[' + b'"",' * 30_000 + b'""]}',
}


@pytest.mark.rule("RX-02", "HT-09")
@pytest.mark.parametrize("raw_bytes", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_plain_json_is_refused_and_nothing_else_happens(raw_bytes):
    with pytest.raises(MalformedActivityError):
        load_document(raw_bytes, limits=LIMITS)


@pytest.mark.rule("RX-02")
def test_a_document_over_the_size_limit_is_refused_unread():
    small = replace(LIMITS, inbox_body_bytes=100)

    with pytest.raises(MalformedActivityError, match="100 bytes"):
        load_document(b'{"a":"' + b"x" * 100 + b'"}', limits=small)


@pytest.mark.rule("RX-02")
def test_what_is_at_the_limits_is_read():
    deep = b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"
    wide = b'{"a":[' + b"1," * 19_000 + b"1]}"
    long = b'{"a":' + b"1" * 32 + b"}"

    for document in (deep, wide, long):
        assert "a" in load_document(document, limits=LIMITS)


@pytest.mark.parametrize("name", NAMES)
def test_every_payload_loads_and_survives_being_written_again(name):
    document = load_document(raw(name), limits=LIMITS)

    assert load_document(dump(document), limits=LIMITS) == document == json.loads(raw(name))


def test_an_integer_beyond_64_bits_can_be_written_again():
    document = load_document(b'{"a":' + b"9" * 30 + b',"b":"\xc3\xa9"}', limits=LIMITS)

    assert dump(document) == b'{"a":' + b"9" * 30 + b',"b":"\xc3\xa9"}'


def test_pairs_of_surrogates_are_one_character():
    assert load_document(rb'{"a":"\ud83d\ude00"}', limits=LIMITS) == {"a": "\U0001f600"}


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_load_or_be_refused(raw_bytes):
    try:
        document = load_document(raw_bytes, limits=LIMITS)
    except MalformedActivityError:
        return
    assert isinstance(document, dict)


@given(JSON_VALUES)
def test_readers_never_raise(value):
    as_list(value), object_of(value), id_of(value), ids_of(value)
    text_of(value), instant_of(value), types_of({"type": value})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ({"id": "https://a.example/1"}, "https://a.example/1"),
        ({"type": "Link", "href": "https://a.example/1"}, "https://a.example/1"),
        ([None, 3, {"id": "https://a.example/1"}], "https://a.example/1"),
        (["https://a.example/1", "https://a.example/2"], "https://a.example/1"),
        ("as:Public", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https://a.example/\u202e", None),
        ("https://user@a.example/", None),
        ({"id": 5}, None),
        (None, None),
    ],
)
def test_an_id_is_found_in_whatever_form_peers_send_it(value, expected):
    assert id_of(value) == expected


def test_a_list_of_ids_is_read_once_each_and_in_order():
    ids = ids_of(
        ["as:Public", {"id": "https://a.example/2"}, None, "x", "https://a.example/2", "Public"]
    )

    assert ids == (PUBLIC, "https://a.example/2")


@pytest.mark.parametrize("spelling", ["as:Public", "Public", PUBLIC])
def test_public_is_understood_in_all_its_spellings(spelling):
    assert ids_of(spelling) == ids_of([spelling]) == (PUBLIC,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T10:00:00Z", datetime(2026, 5, 4, 10, tzinfo=UTC)),
        ("2026-05-04T10:00:00.123Z", datetime(2026, 5, 4, 10, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-05-04T13:45:37+02:00", datetime(2026, 5, 4, 11, 45, 37, tzinfo=UTC)),
        ("2023-06-02T16:43:50.799554Z", datetime(2023, 6, 2, 16, 43, 50, 799_554, tzinfo=UTC)),
        ("2026-05-04T10:00:00", datetime(2026, 5, 4, 10, tzinfo=UTC)),
        ("2026-02-30T10:00:00Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
        ("x" * 100_000, None),
        (5, None),
    ],
)
def test_instants_are_read_as_peers_write_them(text, expected):
    assert instant_of(text) == expected


def test_an_instant_is_written_in_utc_with_z():
    east = timezone(timedelta(hours=2))

    assert instant_text(datetime(2026, 5, 4, 12, 0, 0, 999_999, east)) == "2026-05-04T10:00:00Z"


@given(st.integers(0, 32_000_000_000_000))
def test_an_instant_written_is_read_as_the_same_second(milliseconds):
    instant = datetime.fromtimestamp(milliseconds / 1000, UTC)

    assert instant_of(instant_text(instant)) == instant.replace(microsecond=0)
