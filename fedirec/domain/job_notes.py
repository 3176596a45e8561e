"""What a job note is, and which drafts may be posted. Pure.

A job note always says when it closes and, unless the guild rules otherwise, what it pays.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from fedirec.domain.drafts import check_language, check_line, check_link, check_skill_names
from fedirec.domain.endorsements import Skill
from fedirec.domain.limits import Limits
from fedirec.errors import InvalidInputError

_CURRENCY: Final = re.compile(r"[A-Z]{3}")  # ISO 4217
_PAY_DIGITS: Final = 15


class PayPer(StrEnum):
    """What the pay is for."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    PROJECT = "project"


class Remote(StrEnum):
    """Whether the work can be done from elsewhere."""

    NO = "no"
    PARTLY = "partly"
    YES = "yes"


class JobShownTo(StrEnum):
    """Who may read a job note."""

    PUBLIC = "public"
    FOLLOWERS = "followers"


class JobStatus(StrEnum):
    """An open note has no `status` on the wire; the others were closed by hand."""

    OPEN = "open"
    FILLED = "filled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """From `minimum` to `maximum` in a currency of ISO 4217, before tax, for each `per`.

    Raises InvalidInputError with field `pay` for amounts that are negative, absurd or in the wrong
    order, or for what is no currency code.
    """

    minimum: Decimal
    maximum: Decimal
    currency: str
    per: PayPer

    def __post_init__(self) -> None:
        if not all(_is_amount(amount) for amount in (self.minimum, self.maximum)):
            message = "pay is two plain amounts, none below zero"
            raise InvalidInputError(message, field="pay")
        if self.minimum > self.maximum:
            message = f"pay goes from less to more, found {self.minimum} to {self.maximum}"
            raise InvalidInputError(message, field="pay")
        if not _CURRENCY.fullmatch(self.currency):
            message = f"a currency is three capital letters, found {self.currency[:20]!r}"
            raise InvalidInputError(message, field="pay")


def _is_amount(amount: Decimal) -> bool:
    """Whether it is a number that can be written out in a few digits; `1E+999` is one otherwise."""
    if not amount.is_finite() or amount < 0:
        return False
    _sign, digits, exponent = amount.as_tuple()
    return isinstance(exponent, int) and len(digits) + abs(exponent) <= _PAY_DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """Who the work is for, when that is not who posts it."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDraft:
    """What a member wrote. `words` are plain text; `contact` is an actor id or a web address."""

    title: str
    words: str
    pay: Pay | None
    closes_at: datetime
    contact: str
    place: str | None = None
    remote: Remote = Remote.NO
    skills: tuple[Skill, ...] = ()
    organization: str | None = None
    organization_url: str | None = None
    hours: str | None = None
    term: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNote:
    """The `job` member of a note, as read, with the note's closing instant."""

    title: str
    contact: str
    closes_at: datetime
    pay: Pay | None = None
    organization: Organization | None = None
    hours: str | None = None
    term: str | None = None
    place: str | None = None
    remote: Remote = Remote.NO
    skills: tuple[Skill, ...] = ()
    status: JobStatus = JobStatus.OPEN


def check_job(draft: JobDraft, *, now: datetime, limits: Limits) -> None:
    """Raise InvalidInputError, naming the field, unless the draft may be posted now."""
    check_line(draft.title, field="title")
    _check_words(draft.words, limits)
    if draft.pay is None:
        raise InvalidInputError("a job note says what it pays", field="pay")
    if not now < draft.closes_at <= now + limits.job_lifetime_max:
        message = f"a job note closes within {limits.job_lifetime_max.days} days from now"
        raise InvalidInputError(message, field="closes")
    check_language(draft.language)
    check_skill_names([skill.name for skill in draft.skills])
    check_link(draft.contact, field="contact")
    _check_organization(draft)
    lines = (("place", draft.place), ("hours", draft.hours), ("term", draft.term))
    for field, line in lines:
        if line is not None:
            check_line(line, field=field)


def _check_words(words: str, limits: Limits) -> None:
    # The text stands in the note twice, as content and as contentMap.
    if not words.strip() or 2 * len(words.encode()) > limits.note_bytes:
        message = f"the words fill at most {limits.note_bytes // 2} bytes, and are not empty"
        raise InvalidInputError(message, field="words")


def _check_organization(draft: JobDraft) -> None:
    if draft.organization is not None:
        check_line(draft.organization, field="organization")
    if draft.organization_url is not None:
        if draft.organization is None:
            message = "an organization with an address has a name"
            raise InvalidInputError(message, field="organization")
        check_link(draft.organization_url, field="organization")
