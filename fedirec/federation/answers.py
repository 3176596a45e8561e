"""What a peer's HTTP answer means, beside its body. Pure: the time is handed in."""

import re
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

_SHORTEST_WAIT: Final = timedelta(seconds=1)
_LONGEST_WAIT: Final = timedelta(hours=24)
_PASSING: Final = frozenset({408, 425, 429})


def retry_after_of(response: Response, now: datetime) -> timedelta | None:
    """Return how long the peer asks to be left alone, from a second to a day; None if it does not.

    `Retry-After` is seconds or a date (RFC 9110 §10.2.3). Who asks for longer gets a day. Who asks
    for no time at all, or for the past, asks for nothing: we would be back each second for days.
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
    return None if wait < _SHORTEST_WAIT else min(wait, _LONGEST_WAIT)


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
