"""The form of a job note: what is asked, in which order, and the draft that is made of it."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from fedirec.community.own_words import words_of_job
from fedirec.domain.drafts import LINE_CHARACTERS
from fedirec.domain.endorsements import Skill
from fedirec.domain.job_notes import JobDraft, JobShownTo, Pay, PayPer, Remote
from fedirec.errors import InvalidInputError
from fedirec.storage.job_notes import StoredJob
from fedirec.web.forms import PageForm, choices
from fedirec.web.languages import LANGUAGES, later
from fedirec.web.pages.once import said

_LINE: Final = {"maxlength": LINE_CHARACTERS}
_NUMBER: Final = {"inputmode": "decimal", "autocomplete": "off"}


class JobForm(PageForm):
    """Seven questions, pay first; who may read it and the language have answers already."""

    pay = StringField(
        later("Pay from"),
        [InputRequired(later("Say what it pays, before tax."))],
        render_kw=_NUMBER,
    )
    pay_to = StringField(
        later("to"), description=later("Left out: exactly that."), render_kw=_NUMBER
    )
    currency = StringField(
        later("Currency"),
        [InputRequired(later("Say in which currency."))],
        description=later("Three letters, such as EUR."),
        render_kw={"maxlength": 3, "autocapitalize": "characters"},
    )
    per = SelectField(
        later("For each"),
        [InputRequired()],
        choices=choices(
            (PayPer.HOUR.value, later("hour")),
            (PayPer.DAY.value, later("day")),
            (PayPer.MONTH.value, later("month")),
            (PayPer.YEAR.value, later("year")),
            (PayPer.PROJECT.value, later("project")),
        ),
    )
    title = StringField(
        later("What work"),
        [InputRequired(later("Say in a line what work it is."))],
        description=later("One line, such as: Two framers for a barn repair"),
        render_kw=_LINE,
    )
    words = TextAreaField(
        later("What there is to do"),
        [InputRequired(later("Say what there is to do."))],
        description=later("Plain words. A blank line begins a new paragraph."),
        render_kw={"rows": 7},
    )
    place = StringField(later("Place"), render_kw=_LINE)
    remote = RadioField(
        later("Can it be done from elsewhere?"),
        choices=choices(
            (Remote.NO.value, later("No, on site")),
            (Remote.PARTLY.value, later("Partly")),
            (Remote.YES.value, later("Yes, from anywhere")),
        ),
    )
    skill = StringField(
        later("Skills"), description=later("Up to eight, with commas between them.")
    )
    closes = DateField(
        later("Open until"),
        [InputRequired(later("Say until which day."))],
        description=later("The note closes by itself at the end of this day."),
    )
    language = SelectField(
        later("Language of the note"), [InputRequired()], choices=choices(*LANGUAGES.items())
    )
    shown_to = RadioField(
        later("Who may read it"),
        choices=choices(
            (JobShownTo.PUBLIC.value, later("Everybody; the guild passes it on")),
            (JobShownTo.FOLLOWERS.value, later("Those who follow you")),
        ),
    )


def draft_of(form: JobForm, *, contact: str) -> JobDraft:
    """Return what was filled in; raises InvalidInputError, its field named, for what is no pay."""
    return JobDraft(
        title=said(form.title),
        words=said(form.words),
        pay=_pay(form),
        closes_at=datetime.fromisoformat(f"{form.closes.data}T23:59:59+00:00"),
        contact=contact,
        place=said(form.place).strip() or None,
        remote=Remote(form.remote.data),
        skills=tuple(Skill(name=name) for name in listed_in(said(form.skill))),
        language=form.language.data,
    )


def amended(form: JobForm, stored: StoredJob) -> JobDraft:
    """Return the draft that takes the place of a note; what the form does not ask stays."""
    job = stored.job
    organization = job.organization
    known = {skill.name: skill for skill in job.skills}
    draft = draft_of(form, contact=job.contact)
    return replace(
        draft,
        skills=tuple(known.get(skill.name, skill) for skill in draft.skills),
        organization=None if organization is None else organization.name,
        organization_url=None if organization is None else organization.url,
        hours=job.hours,
        term=job.term,
    )


def begun_with(stored: StoredJob, content: str, language: str) -> dict[str, object]:
    """Return what the form begins with when a note is changed."""
    job, pay = stored.job, stored.job.pay
    begun: dict[str, object] = {
        "title": job.title,
        "words": words_of_job(content),
        "place": job.place or "",
        "remote": job.remote.value,
        "skill": ", ".join(skill.name for skill in job.skills),
        "closes": job.closes_at.date(),
        "language": language,
    }
    if pay is not None:
        begun |= {
            "pay": f"{pay.minimum:f}",
            "pay_to": "" if pay.maximum == pay.minimum else f"{pay.maximum:f}",
            "currency": pay.currency,
            "per": pay.per.value,
        }
    return begun


def _pay(form: JobForm) -> Pay:
    lowest = _amount(said(form.pay), field="pay")
    highest = lowest
    if said(form.pay_to).strip():
        highest = _amount(said(form.pay_to), field="pay_to")
    return Pay(
        minimum=lowest,
        maximum=highest,
        currency=said(form.currency).strip().upper(),
        per=PayPer(form.per.data),
    )


def _amount(given: str, *, field: str) -> Decimal:
    """Return an amount as people write it: a comma may stand before the cents."""
    try:
        return Decimal("".join(given.split()).replace(",", "."))
    except InvalidOperation as error:
        message = f"an amount is a plain number such as 24.50, found {given[:40]!r}"
        raise InvalidInputError(message, field=field) from error


def listed_in(given: str) -> list[str]:
    """Return what was written with commas, or on lines, between."""
    names = (name.strip() for name in given.replace("\n", ",").split(","))
    return [name for name in names if name]
