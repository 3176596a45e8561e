"""One URL, two faces: HTML for people, activity JSON for peers (wire facts of `Accept`).

Peers send `application/activity+json`, `application/ld+json` with or without the profile, or
`application/json`, in one or several Accept lines; browsers send `text/html` first.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from fedirec.activitypub.media_types import ACTIVITY_JSON, JRD_JSON, LD_JSON

_MACHINE: Final = frozenset({ACTIVITY_JSON, LD_JSON, JRD_JSON, "application/json"})
_PEOPLE: Final = frozenset({"text/html", "application/xhtml+xml"})
_MAX_RANGES: Final = 32
_READ: Final = 512
_READ_LENGTH: Final = 512


def wants_json(accept: Sequence[str], *, otherwise: bool) -> bool:
    """Tell whether the Accept lines ask for JSON rather than for a page.

    JSON wins when one of its types outranks HTML, or stands before it at the same weight.
    `otherwise` answers for no Accept, `*/*`, and lines that name neither.
    """
    asked = asks_for_json(tuple(accept))
    return otherwise if asked is None else asked


def asks_for_json(accept: tuple[str, ...]) -> bool | None:
    """Return what `wants_json` tells, None where the lines name neither.

    Most readers send one of few lines: each is read once, which costs more than the answer does.
    """
    if sum(map(len, accept)) > _READ_LENGTH:
        return _asked(accept)
    return _asked_before(accept)


def _asked(accept: tuple[str, ...]) -> bool | None:
    best: tuple[float, bool] | None = None
    for media_type, weight in _ranges(accept):
        is_json = media_type in _MACHINE
        if weight <= 0 or not (is_json or media_type in _PEOPLE):
            continue
        if best is None or weight > best[0]:
            best = (weight, is_json)
    return None if best is None else best[1]


@lru_cache(_READ)
def _asked_before(accept: tuple[str, ...]) -> bool | None:
    return _asked(accept)


def _ranges(accept: Sequence[str]) -> Iterable[tuple[str, float]]:
    parts = [part for line in accept for part in _split_outside_quotes(line, ",")]
    for part in parts[:_MAX_RANGES]:
        media_type, parameters = _split(part)
        yield media_type, _weight(parameters.get("q", "1"))


def _weight(text: str) -> float:
    """Return a quality value (RFC 9110 §12.4.2), 0 for one that is none."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _split(text: str) -> tuple[str, dict[str, str]]:
    """Return a media type in lower case and its parameters, unquoted."""
    media_type, *rest = _split_outside_quotes(text, ";")
    parameters: dict[str, str] = {}
    for item in rest:
        name, _, value = item.partition("=")
        parameters.setdefault(name.strip().lower(), value.strip().strip('"'))
    return media_type.strip().lower(), parameters


def _split_outside_quotes(text: str, separator: str) -> list[str]:
    """Split at `separator`, but not inside double quotes."""
    parts = [""]
    quoted = False
    for character in text:
        if character == '"':
            quoted = not quoted
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts
