"""Job notes on the wire: a Note of FEP-0837 with a `job` member (FEDERATION.md, "Job notes").

Money is decimal strings, for numbers change on their way through other people's JSON.
"""

# ruff: noqa: A002 (an id is `id` in keyword arguments, as it is in the documents)

from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, TypeVar

from fedirec.activitypub.content import (
    clean_line,
    clean_text,
    escaped,
    hashtag,
    hashtag_html,
    hashtag_url,
    link_html,
    paragraphs,
)
from fedirec.activitypub.documents import (
    Json,
    JsonObject,
    id_of,
    instant_of,
    instant_text,
    object_of,
    text_of,
)
from fedirec.activitypub.endorsement_members import parse_skills, render_skills
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.normalization import normalize
from fedirec.activitypub.phrasebook import phrases_in
from fedirec.activitypub.phrases import Phrases, day_words
from fedirec.activitypub.statements import hashtag_tags, hashtags_of
from fedirec.domain.actors import Actor
from fedirec.domain.drafts import LINE_CHARACTERS
from fedirec.domain.job_notes import (
    JobDraft,
    JobNote,
    JobStatus,
    Organization,
    Pay,
    PayPer,
    Remote,
)
from fedirec.domain.public import PUBLIC
from fedirec.errors import MalformedActivityError

JOBS_TAG: Final = "jobs"
AMOUNT_CHARACTERS: Final = 32

_Choice = TypeVar("_Choice", bound=StrEnum)


def render_job_note(
    *,
    instance: Instance,
    id: str,
    actor: Actor,
    draft: JobDraft,
    published: datetime,
    updated: datetime | None = None,
) -> JsonObject:
    """Return the Note of an open job, public; closing it later sets `job.status` in it."""
    tags = (*hashtags_of(draft.skills), JOBS_TAG)
    content = _content(draft, id=id, actor=actor, tags=tags, instance=instance)
    note: JsonObject = {
        "id": id,
        "type": "Note",
        "attributedTo": actor.id,
        "to": [PUBLIC],
        "cc": [str(actor.followers)],
        "published": instant_text(published),
    }
    if updated is not None:
        note["updated"] = instant_text(updated)
    return note | {
        "endTime": instant_text(draft.closes_at),
        "url": id,
        "content": content,
        "contentMap": {draft.language: content},
        "tag": hashtag_tags(tags, instance=instance),
        "purpose": "request",
        "unitBased": False,
        "publishes": _intent(draft, id, instance),
        "job": _job_member(draft),
    }


def parse_job(document: JsonObject) -> JobNote:
    """Read the `job` member of a Note, and its closing instant.

    Raises:
        InvalidInputError: with the field that is missing or wrong.
    """
    note = normalize(document)
    job = object_of(note.get("job"))
    if job is None:
        raise MalformedActivityError("not a job note", field="job")
    closes_at = instant_of(note.get("endTime"))
    if closes_at is None:
        raise MalformedActivityError("a job note says when it closes", field="closes")
    contact = id_of(job.get("contact"))
    title = _line(job, "title")
    if contact is None or title is None:
        field = "title" if title is None else "contact"
        message = f"a job note has a {field}"
        raise MalformedActivityError(message, field=field)
    return JobNote(
        title=title,
        contact=contact,
        closes_at=closes_at,
        pay=_parse_pay(job.get("pay")),
        organization=_parse_organization(job.get("organization")),
        hours=_line(job, "hours"),
        term=_line(job, "term"),
        place=_line(job, "place"),
        remote=_choice(job, "remote", Remote, Remote.NO),
        skills=parse_skills(job.get("skill")),
        status=_choice(job, "status", JobStatus, JobStatus.OPEN),
    )


def _content(
    draft: JobDraft,
    *,
    id: str,
    actor: Actor,
    tags: tuple[str, ...],
    instance: Instance,
) -> str:
    """Return what is wanted, the words, the facts, how to apply until when, tags, link."""
    phrases = phrases_in(draft.language)
    title = escaped(clean_line(draft.title, limit=LINE_CHARACTERS))
    applying = phrases.apply.format(
        contact=f"@{escaped(actor.name)}"
        if draft.contact == actor.id
        else link_html(draft.contact),
        date=day_words(draft.closes_at.date(), phrases),
    )
    hashtags = " ".join(hashtag_html(tag, instance=instance) for tag in tags)
    return "".join(
        (
            f"<p>{phrases.wanted.format(title=title)}</p>",
            paragraphs(clean_text(draft.words, limit=len(draft.words))),
            f"<p>{_facts(draft, phrases)}. {applying}</p>",
            f"<p>{hashtags}</p>",
            f"<p>{link_html(id)}</p>",
        )
    )


def _facts(draft: JobDraft, phrases: Phrases) -> str:
    """Return pay, hours, term, place and for whom, as far as they are said."""
    lines = (draft.hours, draft.term, draft.place)
    said = [escaped(clean_line(line, limit=LINE_CHARACTERS)) for line in lines if line]
    if draft.pay is not None:
        said.insert(0, _pay_words(draft.pay, phrases))
    said.append(phrases.remote[draft.remote])
    if draft.organization is not None:
        said.append(escaped(clean_line(draft.organization, limit=LINE_CHARACTERS)))
    return ", ".join(said)


def _pay_words(pay: Pay, phrases: Phrases) -> str:
    template = phrases.pay_exact if pay.minimum == pay.maximum else phrases.pay_range
    return template.format(
        minimum=f"{pay.minimum:f}",
        maximum=f"{pay.maximum:f}",
        currency=pay.currency,
        per=phrases.pay_per[pay.per],
    )


def _intent(draft: JobDraft, id: str, instance: Instance) -> JsonObject:
    """Return what is wanted as FEP-0837 has it: one service, of the first skill."""
    tags = [hashtag(skill.name) for skill in draft.skills[:1]]
    of_skill = hashtag_url(next(filter(None, tags), JOBS_TAG), instance=instance)
    conforms_to = next((skill.same_as for skill in draft.skills[:1] if skill.same_as), of_skill)
    return {
        "type": "Intent",
        "id": f"{id}#primary",
        "action": "deliverService",
        "resourceConformsTo": conforms_to,
        "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
    }


def _job_member(draft: JobDraft) -> JsonObject:
    job: JsonObject = {"type": "JobNote", "title": clean_line(draft.title, limit=LINE_CHARACTERS)}
    if draft.organization is not None:
        organization: JsonObject = {"name": clean_line(draft.organization, limit=LINE_CHARACTERS)}
        if draft.organization_url is not None:
            organization["url"] = draft.organization_url
        job["organization"] = organization
    if draft.pay is not None:
        job["pay"] = {
            "min": f"{draft.pay.minimum:f}",
            "max": f"{draft.pay.maximum:f}",
            "currency": draft.pay.currency,
            "per": draft.pay.per.value,
        }
    for name, line in (("hours", draft.hours), ("term", draft.term), ("place", draft.place)):
        if line is not None:
            job[name] = clean_line(line, limit=LINE_CHARACTERS)
    job["remote"] = draft.remote.value
    if draft.skills:
        job["skill"] = render_skills(draft.skills)
    job["contact"] = draft.contact
    return job


def _line(member: JsonObject, name: str) -> str | None:
    text = text_of(member.get(name))
    return clean_line(text, limit=LINE_CHARACTERS) or None if text else None


def _choice(member: JsonObject, field: str, choices: type[_Choice], otherwise: _Choice) -> _Choice:
    value = member.get(field)
    if value is None:
        return otherwise
    try:
        return choices(value if isinstance(value, str) else "")
    except ValueError as error:
        message = f"{field} is one of {', '.join(choices)}; found {value!r:.60}"
        raise MalformedActivityError(message, field=field) from error


def _parse_pay(value: Json) -> Pay | None:
    pay = object_of(value)
    if pay is None:
        return None
    return Pay(
        minimum=_amount(pay.get("min")),
        maximum=_amount(pay.get("max")),
        currency=text_of(pay.get("currency")) or "",
        per=_choice(pay, "per", PayPer, PayPer.HOUR),
    )


def _amount(value: Json) -> Decimal:
    if not isinstance(value, str) or len(value) > AMOUNT_CHARACTERS or not value.isascii():
        raise MalformedActivityError("pay is two decimal strings", field="pay")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise MalformedActivityError("pay is two decimal strings", field="pay") from error


def _parse_organization(value: Json) -> Organization | None:
    organization = object_of(value)
    name = _line(organization, "name") if organization is not None else None
    if organization is None or name is None:
        return None
    return Organization(name=name, url=id_of(organization.get("url")))
