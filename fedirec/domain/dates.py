"""Dates as people know them: a year, a month or a day (`2024`, `2024-03`, `2024-03-18`). Pure."""

import re
from calendar import monthrange
from datetime import date
from typing import Final

from fedirec.errors import InvalidInputError

_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def days_of(text: str) -> tuple[date, date]:
    """Return the first and the last day of a year, a month or a day.

    Raises:
        InvalidInputError: for another form, or a date that is in no calendar.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise _refuse(text)
    year, month, day = (None if part is None else int(part) for part in match.groups())
    try:
        first = date(year or 0, 1 if month is None else month, 1 if day is None else day)
    except ValueError as error:
        raise _refuse(text) from error
    if day is not None:
        return first, first
    last_month = 12 if month is None else month
    return first, date(first.year, last_month, monthrange(first.year, last_month)[1])


def _refuse(text: str) -> InvalidInputError:
    return InvalidInputError(
        f"a date is YYYY, YYYY-MM or YYYY-MM-DD and exists, found {text[:40]!r}"
    )
