"""JSON in and out: the one loader of foreign bytes, and tolerant readers of single values.

Nothing here knows an activity from an actor; `normalization.py` turns other spellings of JSON-LD
into the compact one. Readers return None for what they cannot read, and never raise.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Final, NoReturn, TypeAlias

import orjson

from fedirec.domain.limits import Limits
from fedirec.domain.origins import origin_of
from fedirec.domain.public import PUBLIC, PUBLIC_SPELLINGS
from fedirec.errors import InvalidInputError, MalformedActivityError

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject: TypeAlias = dict[str, Json]

URL_CHARACTERS: Final = 2_048  # RX-03
NUMBER_CHARACTERS: Final = 32

# Closed or not, so that no byte is read twice
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NESTING: Final = re.compile(r"[\[\]{}]")
_MEMBER: Final = re.compile(rb'"[ \t\r\n]*:')  # each member's name ends so; some text may too


def load_document(raw: bytes, *, limits: Limits) -> JsonObject:
    """Read the bytes of one JSON object from a stranger (RFC 8259, stricter).

    Refused: over the size, depth or node limit, a byte order mark, bytes that are not UTF-8, a key
    twice, NaN and infinities, numbers over 32 characters, NUL, lone surrogates, trailing data.

    Raises:
        MalformedActivityError: for every refusal; nothing else is raised.
    """
    if len(raw) > limits.inbox_body_bytes:
        _refuse(f"at most {limits.inbox_body_bytes} bytes are read, {len(raw)} came")
    openings = raw.count(b"[") + raw.count(b"{")
    if openings > limits.json_depth or openings + raw.count(b",") >= limits.json_nodes:
        _check_size(_bare(raw), limits)  # some of them stand in strings, and count for nothing
    document = _load_plain(raw)
    if not isinstance(document, dict):
        _refuse("expected one JSON object")
    members, has_fractions = _survey(document)
    if members != len(_MEMBER.findall(raw)) and members != _bare(raw).count(":"):
        _refuse("a key stands twice in one object")
    if has_fractions:
        document = _load_with_care(raw)
    if b"\\u" in raw:  # only an escape can hide them: bare ones are not UTF-8, bare NUL not JSON
        _check_characters(document)
    return document


def dump(document: JsonObject) -> bytes:
    """Return the document as compact UTF-8 JSON, members in the order they have."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, which RFC 8259 allows
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def as_list(value: Json) -> list[Json]:
    """Return a list as it is, None as an empty one, anything else as its only item."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def object_of(value: Json) -> JsonObject | None:
    """Return the object, or the first object of a list."""
    if isinstance(value, dict):
        return value
    return next((item for item in as_list(value) if isinstance(item, dict)), None)


def id_of(value: Json) -> str | None:
    """Return the URI of a string, an object with `id` or `href`, or the first of a list of them."""
    if isinstance(value, str):
        return value if is_uri(value) else None
    for item in as_list(value):
        found = item.get("id", item.get("href")) if isinstance(item, dict) else item
        if isinstance(found, str) and is_uri(found):
            return found
    return None


def ids_of(value: Json) -> tuple[str, ...]:
    """Return every URI in a string, object or list, once and in order; Public in its full form."""
    found: dict[str, None] = {}
    for item in as_list(value):
        text = item.get("id", item.get("href")) if isinstance(item, dict) else item
        if isinstance(text, str) and text in PUBLIC_SPELLINGS:
            found[PUBLIC] = None
        elif isinstance(text, str) and may_be_uri(text):
            found[text] = None
    return tuple(found)


def is_uri(text: str) -> bool:
    """Whether `text` can be the id of something: an http(s) URL in ASCII that one parser reads."""
    if not text.isascii():
        return False
    try:
        origin_of(text)
    except InvalidInputError:
        return False
    return True


def may_be_uri(text: str) -> bool:
    """Whether `text` looks like a URI: cheap, for lists whose items are only ever compared."""
    return (
        len(text) <= URL_CHARACTERS
        and text.startswith(("https://", "http://"))
        and text.isascii()
        and text.isprintable()
        and " " not in text
    )


def text_of(value: Json) -> str | None:
    """Return a text that is not empty: the string itself, or the first one of a list."""
    return next((item for item in as_list(value) if isinstance(item, str) and item), None)


def instant_of(value: Json) -> datetime | None:
    """Return an instant in UTC of an RFC 3339 or `xsd:dateTime` text; without offset it is UTC."""
    text = text_of(value)
    if text is None or len(text) > NUMBER_CHARACTERS + 8 or not text[:4].isdigit():
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def instant_text(instant: datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC, whole seconds, with `Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def types_of(document: JsonObject) -> tuple[str, ...]:
    """Return the types, in order: `type` may be a string or a list."""
    return tuple(item for item in as_list(document.get("type")) if isinstance(item, str))


def walk(value: Json) -> Iterator[Json]:
    """Yield the value and everything in it, keys of objects included, without recursion."""
    waiting: list[Json] = [value]
    while waiting:
        current = waiting.pop()
        yield current
        if isinstance(current, dict):
            waiting.extend(current.keys())
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _refuse(message: str) -> NoReturn:
    raise MalformedActivityError(message)


def _check_size(bare: str, limits: Limits) -> None:
    """Count depth and values before anything reads them (RX-02); `bare` is without its strings."""
    # at most: each comma and each opening sign lets one more value begin
    if bare.count("[") + bare.count("{") + bare.count(",") >= limits.json_nodes:
        _refuse(f"more than {limits.json_nodes} values")
    depth = 0
    for sign in _NESTING.findall(bare):
        depth += 1 if sign in "[{" else -1
        if depth > limits.json_depth:
            _refuse(f"nested deeper than {limits.json_depth}")


def _load_plain(raw: bytes) -> Json:
    try:
        document: Json = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedActivityError(f"expected JSON: {error}") from error
    return document


def _load_with_care(raw: bytes) -> JsonObject:
    """Read JSON with fractions, or integers of over 64 bits, which orjson takes for such."""
    try:
        document: JsonObject = json.loads(
            raw,
            parse_int=_parse_integer,
            parse_float=_parse_float,
            parse_constant=_refuse_constant,
        )
    except ValueError as error:
        raise MalformedActivityError(f"expected JSON: {error}") from error
    return document


def _survey(document: JsonObject) -> tuple[int, bool]:
    """Count what is left of the members once the later of two alike has replaced the former.

    Also returns whether there is a number that is no integer of 64 bits.
    """
    count, has_fractions = 0, False
    waiting: list[Json] = [document]
    for value in waiting:  # each once; `type` is a third of the price of `isinstance`
        if type(value) is dict:
            count += len(value)
            members: Iterable[Json] = value.values()
        else:
            members = as_list(value)
        for member in members:
            kind = type(member)
            if kind is dict or kind is list:
                waiting.append(member)
            elif kind is float:
                has_fractions = True
    return count, has_fractions


def _bare(raw: bytes) -> str:
    """Return the text without its strings."""
    try:
        return _STRING.sub("", raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedActivityError(f"expected UTF-8: {error.reason}") from error


def _parse_integer(text: str) -> int:
    if len(text) > NUMBER_CHARACTERS:
        _refuse(f"a number of more than {NUMBER_CHARACTERS} characters")
    return int(text)


def _parse_float(text: str) -> float:
    number = float(text)
    if len(text) > NUMBER_CHARACTERS or not isfinite(number):
        _refuse(f"a number out of range: {text[:NUMBER_CHARACTERS]}")
    return number


def _refuse_constant(text: str) -> NoReturn:
    _refuse(f"{text} is not JSON")


def _check_characters(document: JsonObject) -> None:
    """Refuse what no database can keep (HT-09): NUL, and halves of a surrogate pair."""
    for value in walk(document):
        if isinstance(value, str) and any(
            character == "\0" or "\ud800" <= character <= "\udfff" for character in value
        ):
            _refuse("a text holds NUL or half a character")
