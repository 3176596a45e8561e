"""What templates are given for one endorsement or one job note, with every text decided."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from aiohttp import web
from cachetools import LRUCache

from fedirec.activitypub.identifiers import Instance
from fedirec.domain.contexts import hue_of, slug_of
from fedirec.storage.cards import (
    CardEvidence,
    EndorsementCard,
    JobCard,
    Person,
    read_card,
    read_job,
)
from fedirec.storage.database import Row, Value
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import spoken
from fedirec.web.links import host_of_link, href_of
from fedirec.web.pages.words import (
    JobFacts,
    Salary,
    heading_of,
    job_facts,
    opening_of,
    period_of,
    quotation_of,
    role_of,
    salary_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A link, the host it leads to, and when it was last found there."""

    href: str
    name: str
    host: str
    seen: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorsementView:
    """One endorsement as a card shows it; `words` is HTML still to be cleaned.

    `slug` names the page of its context, `is_ours` says whether its own page is of this instance.
    """

    note_id: str
    url: str
    heading: str
    hue: int
    words: str
    language: str
    endorser: Person
    endorsed: Person
    role: str
    where: str | None
    slug: str | None
    when: str
    evidence: tuple[Evidence, ...]
    is_by_reply: bool
    published_at: datetime
    updated_at: datetime | None
    confirmed_at: datetime | None
    consent_id: str | None
    is_ours: bool

    @property
    def opening(self) -> str:
        """The words' first sentence, plain: what stands for them where they are folded."""
        return opening_of(self.words)


VIEWS = web.AppKey("views", LRUCache[tuple[Value, ...], EndorsementView])
JOBS = web.AppKey("jobs", LRUCache[tuple[Value, ...], JobCard])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job note as a card shows it."""

    url: str
    title: str
    words: str
    language: str
    author: Person
    organization: str | None
    organization_url: str | None
    facts: JobFacts
    salary: Salary | None
    where: str | None
    hours: str | None
    term: str | None
    skills: tuple[str, ...]
    status: str
    contact: str
    contact_words: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What somebody is recognised for: the newest in full, the others folded to a line."""

    heading: str
    first: EndorsementView
    others: tuple[EndorsementView, ...]

    @property
    def all(self) -> tuple[EndorsementView, ...]:
        """Every one of them, the newest first."""
        return (self.first, *self.others)


def endorsement_reader(request: web.Request) -> Callable[[Row], EndorsementView]:
    """Return what makes a view of a row, remembering it by every value of the row.

    And by the language, since its words are in it.
    """
    known, instance = request.app[VIEWS], request.app[FEDERATION].instance
    language = spoken()

    def read(row: Row) -> EndorsementView:
        key = (language, *row.values())
        view = known.get(key)
        if view is None:
            view = known[key] = endorsement_view(read_card(row), instance)
        return view

    return read


def job_reader(request: web.Request) -> Callable[[Row], JobCard]:
    """Return what makes a card of a row, remembering it by every value of the row."""
    known = request.app[JOBS]

    def read(row: Row) -> JobCard:
        key = tuple(row.values())
        card = known.get(key)
        if card is None:
            card = known[key] = read_job(row)
        return card

    return read


def endorsement_view(card: EndorsementCard, instance: Instance) -> EndorsementView:
    """Return the view of one endorsement; ours are linked here, others at their origin."""
    is_ours = instance.owns(card.note_id)
    consent_is_ours = card.consent_id is not None and instance.owns(card.consent_id)
    return EndorsementView(
        note_id=card.note_id,
        url=card.note_id if is_ours else href_of(card.url),
        heading=heading_of(card),
        hue=hue_of(card.setting),
        words=quotation_of(card.content),
        language=card.language or "und",
        endorser=card.endorser,
        endorsed=card.endorsed,
        role=role_of(card),
        where=card.setting,
        slug=None if card.setting is None else slug_of(card.setting),
        when=period_of(card),
        evidence=tuple(_evidence(item) for item in card.evidence),
        is_by_reply=consent_is_ours and not card.endorsed.is_local,
        published_at=card.published_at,
        updated_at=card.updated_at,
        confirmed_at=card.confirmed_at,
        consent_id=card.consent_id,
        is_ours=is_ours,
    )


def _evidence(item: CardEvidence) -> Evidence:
    return Evidence(
        href=href_of(item.href), name=item.name, host=host_of_link(item.href), seen=item.seen_at
    )


def job_view(card: JobCard, *, now: datetime) -> JobView:
    """Return the view of one job note."""
    job = card.job
    organization = job.organization
    organization_url = None
    if organization is not None and organization.url is not None:
        organization_url = href_of(organization.url)
    return JobView(
        url=card.note_id,
        title=card.title,
        words=card.content,
        language=card.language or "und",
        author=card.author,
        organization=None if organization is None else organization.name,
        organization_url=organization_url,
        facts=job_facts(card, now=now),
        salary=salary_of(job.pay),
        where=job.place,
        hours=job.hours,
        term=job.term,
        skills=tuple(skill.name for skill in job.skills),
        status=card.status,
        contact=href_of(job.contact),
        contact_words=card.author.handle
        if job.contact == card.author.id
        else host_of_link(job.contact),
        published_at=card.published_at,
    )


def recognitions(
    views: Iterable[EndorsementView], headings: Mapping[str, str] | None = None
) -> tuple[Recognition, ...]:
    """Group endorsements by what they are for, the group of the newest first.

    Inside a group those of one context stand together. Never ordered by how many there are.
    `headings` are words that the endorsed person chose instead, by id.
    """
    chosen = headings or {}
    newest_first = [
        replace(view, heading=chosen[view.note_id]) if view.note_id in chosen else view
        for view in views
    ]
    order = {view.heading: place for place, view in reversed(list(enumerate(newest_first)))}
    sorted_views = sorted(newest_first, key=lambda view: order[view.heading])
    found = []
    for heading, group in groupby(sorted_views, key=lambda view: view.heading):
        first, *others = _by_context(list(group))
        found.append(Recognition(heading=heading, first=first, others=tuple(others)))
    return tuple(found)


def _by_context(views: list[EndorsementView]) -> list[EndorsementView]:
    order = {view.where: place for place, view in reversed(list(enumerate(views)))}
    return sorted(views, key=lambda view: order[view.where])
