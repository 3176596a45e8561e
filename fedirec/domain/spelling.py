"""How a keeper writes the value of a setting, in a file or as a text, and how it is shown. Pure."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, NewType

from fedirec.errors import InvalidInputError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Secret = NewType("Secret", str)
"""A text that nothing shows; empty for none."""
LogStyle = Literal["json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]

_SPAN: Final = re.compile(r"(\d+)\s*([smhd]?)", re.ASCII)
_UNITS: Final = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_YES: Final = frozenset({"true", "t", "yes", "y", "on", "1"})
_NO: Final = frozenset({"false", "f", "no", "n", "off", "0"})


def read_as(kind: object, given: object) -> object:
    """Return `given` as the type that a setting is declared with.

    Args:
        kind: A type of `_KINDS`, as it stands in the declaration.
        given: A text from the environment, a value from TOML, or one that is of the type already.

    Raises:
        InvalidInputError: `must be …, found …`, to be put behind the name of the setting.
    """
    expected, read = _KINDS[kind]
    try:
        return read(given)
    except (TypeError, ValueError, OverflowError) as error:
        found = "something else" if kind is Secret else repr(given)
        message = f"must be {expected}, found {found}"
        raise InvalidInputError(message) from error


def written(value: object) -> str:
    """Return a value as it would be given in the environment."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case timedelta():
            return _written_span(value)
        case tuple():
            return ",".join(str(part) for part in value)
        case _:
            return str(value)


def _written_span(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _text(given: object) -> str:
    if isinstance(given, str):
        return given
    raise TypeError


def _flag(given: object) -> bool:
    word = str(given).lower()
    if word in _YES | _NO:
        return word in _YES
    raise ValueError


def _number(given: object) -> int:
    if isinstance(given, bool | float):
        raise TypeError
    return int(given) if isinstance(given, int) else int(_text(given))


def _span(given: object) -> timedelta:
    if isinstance(given, timedelta):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return timedelta(seconds=given)
    match = _SPAN.fullmatch(_text(given).strip())
    if match is None:
        raise ValueError
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _path(given: object) -> Path:
    return given if isinstance(given, Path) else Path(_text(given))


def _network(given: object) -> Network:
    return given if isinstance(given, Network) else ipaddress.ip_network(_text(given))


def _one_of(*words: str) -> Callable[[object], str]:
    def read(given: object) -> str:
        if given in words:
            return _text(given)
        raise ValueError

    return read


def _list_of(read: Callable[[object], object]) -> Callable[[object], tuple[object, ...]]:
    """Return what reads `a,b` or `["a", "b"]`."""

    def read_list(given: object) -> tuple[object, ...]:
        if isinstance(given, str):
            given = [stripped for part in given.split(",") if (stripped := part.strip())]
        if not isinstance(given, list | tuple):
            raise TypeError
        return tuple(read(part) for part in given)

    return read_list


_KINDS: Final[Mapping[object, tuple[str, Callable[[object], object]]]] = {
    str: ("text", _text),
    Secret: ("text", _text),
    bool: ("true or false", _flag),
    int: ("a whole number", _number),
    timedelta: ("a span such as 90s, 15m, 12h or 30d", _span),
    Path: ("a path", _path),
    Path | None: ("a path", _path),
    LogStyle: ("json or console", _one_of("json", "console")),
    LogLevel: ("debug, info, warning or error", _one_of("debug", "info", "warning", "error")),
    tuple[str, ...]: ("texts, separated by commas", _list_of(_text)),
    tuple[int, ...]: ("whole numbers, separated by commas", _list_of(_number)),
    tuple[Network, ...]: (
        "networks such as 127.0.0.1/32, separated by commas",
        _list_of(_network),
    ),
}
"""What is expected of each type, in words, and what reads it."""
