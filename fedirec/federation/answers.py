"""What a peer's HTTP answer means, beside its body. Pure: the hour is handed in."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from fedirec.errors import (
    GoneError,
    NotFoundError,
    RemoteError,
    RemoteRefusedError,
    RemoteUnavailableError,
)
from fedirec.transport.protocol import Response

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = "application/ld+json"
LD_PROFILE: Final = "https://www.w3.org/ns/activitystreams"
ACCEPT_ACTIVITY: Final = f'{ACTIVITY_JSON}, {LD_JSON}; profile="{LD_PROFILE}"'

_SHORTEST_WAIT: Final = timedelta(seconds=1)
_LONGEST_WAIT: Final = timedelta(hours=24)
_PASSING: Final = frozenset({408, 425, 429})
_TOKEN: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105 (RFC 9110 §5.6.2, no secret)
_MEDIA_TYPE: Final = re.compile(rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;.*)?)", re.DOTALL)
_PARAMETER: Final = re.compile(
    rf'[ \t]*;[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?[ \t]*'
)


def is_activity_type(content_type: str) -> bool:
    """Whether a body of this type is an ActivityStreams document, the header read exactly (OR-02).

    `application/activity+json`, or `application/ld+json` with the profile in quotes; a type with
    anything else in it, such as a second type after a comma, is none.
    """
    parsed = parse_media_type(content_type)
    if parsed is None:
        return False
    media_type, parameters = parsed
    if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        return False
    if media_type == ACTIVITY_JSON:
        return True
    return media_type == LD_JSON and LD_PROFILE in parameters.get("profile", "").split()


def parse_media_type(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Read a Content-Type (RFC 9110 §8.3.1): type in lower case, parameters; None if it is none."""
    shape = _MEDIA_TYPE.fullmatch(text.strip(" \t"))
    if shape is None:
        return None
    media_type, rest = shape.groups()
    parameters: dict[str, str] = {}
    position = 0
    while position < len(rest):
        found = _PARAMETER.match(rest, position)
        if found is None:
            return None
        name, token, quoted = found.groups()
        if name is not None:
            value = token if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            if parameters.setdefault(name.lower(), value) != value:
                return None
        position = found.end()
    return media_type.lower(), parameters


def retry_after_of(response: Response, now: datetime) -> timedelta | None:
    """Return how long the peer asks to be left alone, from a second to a day; None if it does not.

    `Retry-After` is seconds or a date (RFC 9110 §10.2.3). Absurd values are brought into bounds.
    """
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[+-]?[0-9]{1,32}", text):
        seconds = min(int(text), int(_LONGEST_WAIT.total_seconds()))
        wait = timedelta(seconds=max(seconds, 0))
    else:
        try:
            instant = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        wait = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now
    return min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT)


def raise_unless_ok(response: Response, asked: str, now: datetime) -> None:
    """Raise our error for any answer to a GET but 200.

    Raises:
        GoneError: 410.
        NotFoundError: 404.
        RemoteUnavailableError: 408, 425, 429 and 5xx, with `retry_after`.
        RemoteRefusedError: anything else, with `status`.
    """
    status = response.status
    if status == HTTPStatus.OK:
        return
    message = f"expected 200 for {asked}, found {status}"
    if status == HTTPStatus.GONE:
        raise GoneError(message)
    if status == HTTPStatus.NOT_FOUND:
        raise NotFoundError(message)
    raise _trouble(status, message, retry_after_of(response, now))


def _trouble(status: int, message: str, retry_after: timedelta | None) -> RemoteError:
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RemoteUnavailableError(message, retry_after=retry_after)
    return RemoteRefusedError(message, status=status)
