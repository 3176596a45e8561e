"""What our posts say in words: one `Phrases` per language (`phrasebook.py`), and dates in them.

Templates are filled with text that is escaped already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

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
