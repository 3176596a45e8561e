"""What our posts say in words, one `Phrases` per language; whoever translates works here only.

Templates are filled with text that is escaped already. A language that is not here reads English.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from fedirec.domain.endorsements import Period, Relation, ShownTo
from fedirec.domain.job_notes import PayPer, Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Sentences and parts of sentences in one language. `{…}` are filled in."""

    months: tuple[str, ...]
    month: str
    month_of_year: str
    day: str
    day_of_year: str
    in_span: str
    on_day: str
    from_to: str
    headline: str
    headline_with_skills: str
    relations: Mapping[Relation, str]
    setting: str
    asks: str
    shown_to: Mapping[ShownTo, str]
    how_to_answer: str
    details: str
    explanation: str
    request: str
    how_to_endorse: str
    wanted: str
    pay_range: str
    pay_exact: str
    pay_per: Mapping[PayPer, str]
    remote: Mapping[Remote, str]
    apply: str


_ENGLISH: Final = Phrases(
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    month="{month}",
    month_of_year="{month} {year}",
    day="{day} {month}",
    day_of_year="{day} {month} {year}",
    in_span="in {date}",
    on_day="on {date}",
    from_to="from {start} to {end}",
    headline="{endorsed} did good work.",
    headline_with_skills="{endorsed} did good work: {skills}",
    relations={
        Relation.WORKED_WITH: "{endorser} worked with {endorsed} {period}.",
        Relation.TAUGHT: "{endorser} taught {endorsed} {period}.",
        Relation.LEARNT_FROM: "{endorser} learnt from {endorsed} {period}.",
        Relation.LED: "{endorser} led the work of {endorsed} {period}.",
        Relation.LED_BY: "{endorser} was led by {endorsed} {period}.",
        Relation.CLIENT_OF: "{endorser} was a client of {endorsed} {period}.",
        Relation.WORKED_FOR: "{endorser} worked for {endorsed} {period}.",
        Relation.CO_MEMBER: "{endorser} and {endorsed} were in the same group {period}.",
        Relation.EMPLOYER: "{endorser} employed {endorsed} {period}.",
        Relation.EMPLOYEE: "{endorser} was employed by {endorsed} {period}.",
        Relation.FAMILY: "{endorser} is family of {endorsed} and saw the work {period}.",
        Relation.OTHER: "{endorser} knows the work of {endorsed} {period}.",
    },
    setting="In: {setting}.",
    asks="{person} {endorser} ({name} at {host}) would like to publish this about you:",
    shown_to={
        ShownTo.PUBLIC: "Public, with your name, on {host} and on the servers of those who follow"
        " {endorser}. Nothing is published unless you agree.",
        ShownTo.FOLLOWERS: "For those who follow {endorser}, with your name, on {host} and on their"
        " servers. Nothing is published unless you agree.",
        ShownTo.GUILD: "For the members of {host} alone, with your name. Nothing is published"
        " unless you agree.",
    },
    how_to_answer="To agree, reply to this message with the one word: yes. To refuse: no, or just"
    " ignore it; {endorser} is not told which, and there is no reminder. For no more such messages:"
    " stop. You can take a yes back at any time with: withdraw.",
    details="Details, after signing in with your own server: {link}",
    explanation="{person} That is not an answer we can take, so nothing is published. To agree,"
    " reply with the one word: yes. Other words we take: no, stop, withdraw. Saying nothing is a"
    " no. We explain this only once.",
    request="{person} {asker} ({name} at {host}) asks whether you would say in your own words what"
    " they did well:",
    how_to_endorse="If you would like to, here is where: {link}. There is nothing you need to do,"
    " and there is no reminder.",
    wanted="Wanted: {title}",
    pay_range="{minimum} to {maximum} {currency} {per}",
    pay_exact="{minimum} {currency} {per}",
    pay_per={
        PayPer.HOUR: "an hour",
        PayPer.DAY: "a day",
        PayPer.MONTH: "a month",
        PayPer.YEAR: "a year",
        PayPer.PROJECT: "for the project",
    },
    remote={Remote.NO: "on site", Remote.PARTLY: "partly remote", Remote.YES: "remote"},
    apply="Apply to {contact} by {date}.",
)

PHRASES: Final[Mapping[str, Phrases]] = {"en": _ENGLISH}


def phrases_in(language: str) -> Phrases:
    """Return the phrases of a language tag (`pt-BR` reads `pt`), English if there are none."""
    return PHRASES.get(language.partition("-")[0].lower(), _ENGLISH)


def period_words(period: Period, phrases: Phrases) -> str:
    """Return a period as people say it: `from March to September 2024`, `in 2024`, `on 3 May 2024`.

    The year stands once where both ends share it.
    """
    is_day = len(period.start) == len("2024-03-18")
    if period.end is None or period.end == period.start:
        template = phrases.on_day if is_day else phrases.in_span
        return template.format(date=_date_words(period.start, phrases))
    same_year = period.start[:4] == period.end[:4] and "-" in period.start and "-" in period.end
    return phrases.from_to.format(
        start=_date_words(period.start, phrases, has_year=not same_year),
        end=_date_words(period.end, phrases),
    )


def day_words(day: date, phrases: Phrases) -> str:
    """Return one day in words, with its year."""
    return _date_words(day.isoformat(), phrases)


def _date_words(text: str, phrases: Phrases, *, has_year: bool = True) -> str:
    """Return `YYYY`, `YYYY-MM` or `YYYY-MM-DD` in words."""
    year, _, rest = text.partition("-")
    if not rest:
        return year
    month, _, day = rest.partition("-")
    name = phrases.months[int(month) - 1]
    if not day:
        template = phrases.month_of_year if has_year else phrases.month
        return template.format(month=name, year=year)
    template = phrases.day_of_year if has_year else phrases.day
    return template.format(day=int(day), month=name, year=year)
