"""Cards in the words of people: heading, hue, role, dates, the quotation out of the whole text."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from fedirec.activitypub.content import plain_text
from fedirec.activitypub.phrasebook import phrases_in
from fedirec.activitypub.phrases import period_words
from fedirec.domain.endorsements import Period, Relation
from fedirec.domain.job_notes import Pay, PayPer, Remote
from fedirec.storage.cards import EndorsementCard, JobCard
from fedirec.web.languages import gettext as _
from fedirec.web.languages import later, ngettext, spoken

_LINE: Final = 140
_OPEN: Final = "<blockquote>"
_CLOSE: Final = "</blockquote>"

_ROLES: Final = {
    Relation.WORKED_WITH: later("worked with %(name)s"),
    Relation.TAUGHT: later("taught %(name)s"),
    Relation.LEARNT_FROM: later("learnt from %(name)s"),
    Relation.LED: later("led the work of %(name)s"),
    Relation.LED_BY: later("was led by %(name)s"),
    Relation.CLIENT_OF: later("was a client of %(name)s"),
    Relation.WORKED_FOR: later("worked for %(name)s"),
    Relation.CO_MEMBER: later("in the same group as %(name)s"),
    Relation.EMPLOYER: later("employed %(name)s"),
    Relation.EMPLOYEE: later("was employed by %(name)s"),
    Relation.FAMILY: later("family of %(name)s"),
    Relation.OTHER: later("knows the work of %(name)s"),
}
# What schema.org calls a span of pay; a whole project has no word there.
_UNITS: Final = {
    PayPer.HOUR: "HOUR",
    PayPer.DAY: "DAY",
    PayPer.MONTH: "MONTH",
    PayPer.YEAR: "YEAR",
}


def heading_of(card: EndorsementCard) -> str:
    """Return for what: the skills, else where it was, else plainly good work."""
    heading = ", ".join(card.skills) or card.setting or _("good work")
    return heading[:1].upper() + heading[1:]


def role_of(card: EndorsementCard) -> str:
    """Return what the endorser was to the endorsed."""
    name = card.endorsed.display_name or card.endorsed.name
    try:
        relation = Relation(card.relation)
    except ValueError:
        relation = Relation.OTHER
    return _(_ROLES[relation], name=name)


def period_of(card: EndorsementCard) -> str:
    """Return when, in words, beginning with a capital."""
    period = Period(start=card.period_from, end=card.period_until)
    words = period_words(period, phrases_in(spoken()))
    return words[:1].upper() + words[1:]


def quotation_of(content: str) -> str:
    """Return the member's own words out of the whole text, both safe HTML.

    Our texts hold one quotation; a text that is laid out otherwise is shown whole.
    """
    if content.count(_OPEN) != 1 or content.count(_CLOSE) != 1:
        return content
    return content.partition(_OPEN)[2].partition(_CLOSE)[0]


def opening_of(words: str) -> str:
    """Return the first sentence as plain text, cut at a word where it is longer than a line."""
    text = " ".join(plain_text(words).split())
    if len(text) <= _LINE:
        return text
    sentence = text.partition(". ")[0]
    if len(sentence) < _LINE:
        return f"{sentence}."
    return text[:_LINE].rpartition(" ")[0] + "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """A job note's facts in words; `has_pay` is false for one that states none."""

    pay: str
    has_pay: bool
    place: str
    is_remote: bool
    closes: datetime
    closes_in: str


def job_facts(card: JobCard, *, now: datetime) -> JobFacts:
    """Return what somebody looking for work asks first."""
    job = card.job
    return JobFacts(
        pay=_("Pay not stated") if job.pay is None else pay_words(job.pay),
        has_pay=job.pay is not None,
        place=_place(job.place, job.remote),
        is_remote=job.remote is not Remote.NO,
        closes=card.closes_at,
        closes_in=closing_words(card.closes_at, now=now),
    )


def pay_words(pay: Pay) -> str:
    """Return the range with its currency and span: 24 to 28 EUR an hour."""
    phrases = phrases_in(spoken())
    amount = _amount(pay.minimum)
    if pay.maximum != pay.minimum:
        amount = f"{amount}\N{EN DASH}{_amount(pay.maximum)}"
    return f"{amount} {pay.currency} {phrases.pay_per[PayPer(pay.per)]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Salary:
    """Pay as schema.org has it: decimals as text, and the span they are for."""

    currency: str
    minimum: str
    maximum: str
    unit: str


def salary_of(pay: Pay | None) -> Salary | None:
    """Return pay for machines; None where none is stated, or for a whole project."""
    unit = None if pay is None else _UNITS.get(PayPer(pay.per))
    if pay is None or unit is None:
        return None
    return Salary(
        currency=pay.currency, minimum=str(pay.minimum), maximum=str(pay.maximum), unit=unit
    )


def closing_words(closes_at: datetime, *, now: datetime) -> str:
    """Return how long a note stays open, in whole days."""
    if closes_at <= now:
        return _("closed")
    days = (closes_at.date() - now.date()).days
    if days == 0:
        return _("closes today")
    return ngettext("closes tomorrow", "closes in %(num)s days", days)


def _place(place: str | None, remote: Remote) -> str:
    how = phrases_in(spoken()).remote[remote]
    return how[:1].upper() + how[1:] if place is None else f"{place}, {how}"


def _amount(amount: Decimal) -> str:
    """Return an amount with thin spaces between thousands, and cents only where there are any."""
    text = f"{amount:,.2f}" if amount != amount.to_integral_value() else f"{amount:,.0f}"
    return text.replace(",", "\N{THIN SPACE}")
