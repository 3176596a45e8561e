"""Instants in signatures: how they are written, and which are near enough to now (SG-09, SG-10).

What cannot be read is answered as what is stale: 401, so that a peer's second knock proceeds.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Final, Protocol

from fedirec.errors import UnauthenticatedError

_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
# The one form of RFC 9110 §5.6.7 that is still written; PHP senders call GMT UTC.
_HTTP_DATE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC)"
)
_SECONDS: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Window(Protocol):
    """How far from now a signature may be. `Limits` is one; this room may not import it."""

    @property
    def signature_age(self) -> timedelta:
        """How old, at most."""
        ...

    @property
    def signature_ahead(self) -> timedelta:
        """How far ahead, at most: clocks differ."""
        ...

    @property
    def signature_age_with_expires(self) -> timedelta:
        """How old, at most, where a signed expiry has not passed."""
        ...


def http_date(instant: datetime) -> str:
    """Write an aware instant as HTTP does, to the second: `Tue, 20 Apr 2021 02:07:55 GMT`."""
    return _http_second(int(instant.timestamp()))


@lru_cache(16)  # many requests leave in one second
def _http_second(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)


@lru_cache(256)  # many requests come in one second
def parse_http_date(text: str) -> datetime:
    """Read a `Date` header.

    Raises:
        UnauthenticatedError: if it is not in the form of RFC 9110, or no such day.
    """
    parts = _HTTP_DATE.fullmatch(text)
    if parts is None or parts[2] not in _MONTHS:
        raise UnauthenticatedError("expected an HTTP date, found another form")
    day, _, year, *clock = parts.groups()
    hour, minute, second = map(int, clock)
    month = _MONTHS.index(parts[2]) + 1
    try:
        return datetime(int(year), month, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise UnauthenticatedError("expected an HTTP date, found no such instant") from error


def parse_seconds(text: str) -> datetime:
    """Read seconds since 1970, as `created` and `expires` have them; a fraction may follow.

    Raises:
        UnauthenticatedError: if it is no such number, or outside the calendar.
    """
    if not _SECONDS.fullmatch(text):
        raise UnauthenticatedError("expected seconds since 1970")
    try:
        return _EPOCH + timedelta(seconds=float(text))
    except OverflowError as error:
        raise UnauthenticatedError("expected seconds within the calendar") from error


def check_window(
    signed_at: datetime, expires_at: datetime | None, *, now: datetime, window: Window
) -> None:
    """Check that a signature is of about now. `expires_at` counts only if it was signed too.

    Raises:
        UnauthenticatedError: if it is stale, from the future or expired.
    """
    age = window.signature_age if expires_at is None else window.signature_age_with_expires
    if signed_at < now - age:
        raise UnauthenticatedError(f"signed at {signed_at}, longer ago than {age}")
    if signed_at > now + window.signature_ahead:
        raise UnauthenticatedError(f"signed at {signed_at}, which is too far ahead")
    if expires_at is not None and expires_at < now:
        raise UnauthenticatedError(f"expired at {expires_at}")
