"""Cards in the words of people: heading, hue, role, dates, the quotation out of the whole text."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from fedirec.activitypub.content import plain_text
from fedirec.activitypub.phrases import period_words, phrases_in
from fedirec.domain.endorsements import Period, Relation
from fedirec.domain.job_notes import Pay, PayPer, Remote
from fedirec.storage.cards import EndorsementCard, JobCard

_LINE: Final = 140
_OPEN: Final = "<blockquote>"
_CLOSE: Final = "</blockquote>"

_ROLES: Final = {
    Relation.WORKED_WITH: "worked with {name}",
    Relation.TAUGHT: "taught {name}",
    Relation.LEARNT_FROM: "learnt from {name}",
    Relation.LED: "led the work of {name}",
    Relation.LED_BY: "was led by {name}",
    Relation.CLIENT_OF: "was a client of {name}",
    Relation.WORKED_FOR: "worked for {name}",
    Relation.CO_MEMBER: "in the same group as {name}",
    Relation.EMPLOYER: "employed {name}",
    Relation.EMPLOYEE: "was employed by {name}",
    Relation.FAMILY: "family of {name}",
    Relation.OTHER: "knows the work of {name}",
}


def heading_of(card: EndorsementCard) -> str:
    """Return for what: the skills, else where it was, else plainly good work."""
    heading = ", ".join(card.skills) or card.setting or "good work"
    return heading[:1].upper() + heading[1:]


def role_of(card: EndorsementCard) -> str:
    """Return what the endorser was to the endorsed."""
    name = card.endorsed.display_name or card.endorsed.name
    try:
        relation = Relation(card.relation)
    except ValueError:
        relation = Relation.OTHER
    return _ROLES[relation].format(name=name)


def period_of(card: EndorsementCard) -> str:
    """Return when, in words, beginning with a capital."""
    period = Period(start=card.period_from, end=card.period_until)
    words = period_words(period, phrases_in("en"))
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
        pay="Pay not stated" if job.pay is None else pay_words(job.pay),
        has_pay=job.pay is not None,
        place=_place(job.place, job.remote),
        is_remote=job.remote is not Remote.NO,
        closes=card.closes_at,
        closes_in=closing_words(card.closes_at, now=now),
    )


def pay_words(pay: Pay) -> str:
    """Return the range with its currency and span: 24 to 28 EUR an hour."""
    phrases = phrases_in("en")
    amount = _amount(pay.minimum)
    if pay.maximum != pay.minimum:
        amount = f"{amount}\N{EN DASH}{_amount(pay.maximum)}"
    return f"{amount} {pay.currency} {phrases.pay_per[PayPer(pay.per)]}"


def closing_words(closes_at: datetime, *, now: datetime) -> str:
    """Return how long a note stays open, in whole days."""
    if closes_at <= now:
        return "closed"
    days = (closes_at.date() - now.date()).days
    if days == 0:
        return "closes today"
    return "closes tomorrow" if days == 1 else f"closes in {days} days"


def _place(place: str | None, remote: Remote) -> str:
    how = phrases_in("en").remote[remote]
    return how[:1].upper() + how[1:] if place is None else f"{place}, {how}"


def _amount(amount: Decimal) -> str:
    """Return an amount with thin spaces between thousands, and cents only where there are any."""
    text = f"{amount:,.2f}" if amount != amount.to_integral_value() else f"{amount:,.0f}"
    return text.replace(",", "\N{THIN SPACE}")
