"""What public pages show, each list in one statement: endorsements with both people, job notes.

Only what everybody may read comes out of here: confirmed, public, neither person gone; all but
`list_cards_naming`, which is for whom it names. Pages read
these, not the table groups, so that a page of twenty costs one hop and not sixty.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.job_notes import JobNote
from fedirec.storage.blocks import INSTANCE, hits
from fedirec.storage.database import Page, Reader, Row, Value, to_microseconds
from fedirec.storage.endorsements import skills_from_json
from fedirec.storage.job_notes import job_of
from fedirec.storage.search_index import Match
from fedirec.storage.statements import (
    after_cursor,
    bounded,
    dated_cursor,
    instant,
    instant_or_none,
    page_of,
    text,
    text_or_none,
)

T = TypeVar("T")

_PERSON: Final = ("id", "name", "handle_domain", "display_name", "url", "kind", "is_local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """As much of an actor as a card shows."""

    id: ActorId
    name: str
    handle_domain: str
    display_name: str
    url: str
    kind: str
    is_local: bool

    @property
    def handle(self) -> str:
        """`@name@domain`."""
        return f"@{self.name}@{self.handle_domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvidence:
    """A link to what was made, with when it was last found there."""

    href: str
    name: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorsementCard:
    """One confirmed, public endorsement. `content` is safe HTML; all other texts are plain."""

    note_id: ObjectId
    url: str
    content: str
    language: str | None
    endorser: Person
    endorsed: Person
    relation: str
    period_from: str
    period_until: str | None
    setting: str | None
    skills: tuple[str, ...]
    evidence: tuple[CardEvidence, ...]
    consent_id: str | None
    confirmed_at: datetime | None
    published_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCard:
    """One public job note. `content` is safe HTML; all other texts are plain."""

    note_id: ObjectId
    url: str
    content: str
    language: str | None
    author: Person
    title: str
    job: JobNote
    status: str
    closes_at: datetime
    published_at: datetime


def person_columns(table: str, prefix: str) -> str:
    """Return what `read_person` needs of a row of `actors`, under names with a prefix."""
    return ", ".join(f"{table}.{name} as {prefix}_{name}" for name in _PERSON)


def _is_heard(table: str) -> str:
    """Return the condition that the instance blocks neither this actor nor its host (PA-01)."""
    return (
        f"{table}.gone_at is null and not exists (select 1 from blocks k"  # noqa: S608 - ours
        f" where k.owner = '{INSTANCE}' and {hits('k', table)})"
    )


_FOR_ALL: Final = " and n.visibility in ('public', 'unlisted')"
_SHOWN: Final = f" {_is_heard('a')}{_FOR_ALL}"
_CARDS: Final = (
    "select n.id as note_id, n.url, n.content, n.language, n.updated_at,"  # noqa: S608 - ours
    " e.published_at, e.relation, e.period_from, e.period_until, e.setting, e.skills, e.evidence,"
    f" e.consent_id, e.confirmed_at, {person_columns('a', 'endorser')},"
    f" {person_columns('b', 'endorsed')}"
    " from endorsements e join notes n on n.id = e.note_id"
    " join actors a on a.id = e.endorser_id join actors b on b.id = e.endorsed_id where"
)
_ENDORSEMENTS: Final = (
    f"{_CARDS} e.state = 'confirmed' and e.shown_to = 'public' and {_is_heard('b')} and{_SHOWN}"
)
_NAMING: Final = f"""{_CARDS} e.state <> 'hidden'
  and (e.endorsed_id = :actor_id or e.endorser_id = :actor_id)
order by e.published_at desc, e.note_id desc limit :limit"""
_MOST_NAMING: Final = 500
_KEPT_JOBS: Final = (
    "select n.id as note_id, n.url, n.content, n.language, n.published_at, j.title, j.body,"  # noqa: S608 - ours
    f" j.status, j.closes_at, {person_columns('a', 'author')}"
    " from job_notes j join notes n on n.id = j.note_id join actors a on a.id = j.actor_id where"
    f" {_is_heard('a')}"
)
_JOBS: Final = f"{_KEPT_JOBS}{_FOR_ALL}"
_ENDORSEMENTS_BEFORE: Final = (
    " and (e.published_at, e.note_id) < (:before_at, :before_key)"
    " order by e.published_at desc, e.note_id desc limit :limit"
)
_JOBS_BEFORE: Final = (
    " and (n.published_at, n.id) < (:before_at, :before_key)"
    " order by n.published_at desc, n.id desc limit :limit"
)


async def list_latest_cards(
    reader: Reader, read: Callable[[Row], T], *, before: str | None, limit: int
) -> Page[T]:
    """Return endorsements by or about one of ours, newest first; see `list_cards_about`."""
    condition = " and (a.is_local or b.is_local)"
    return await _endorsements(reader, read, condition, {}, before=before, limit=limit)


async def list_cards_about(
    reader: Reader,
    read: Callable[[Row], T],
    endorsed_id: ActorId,
    *,
    before: str | None,
    limit: int,
) -> Page[T]:
    """Return what others recognise this actor for, newest first.

    `read` makes of a row what the page needs: `read_card`, or what remembers its answers.
    """
    condition = " and e.endorsed_id = :actor_id"
    given: dict[str, Value] = {"actor_id": endorsed_id}
    return await _endorsements(reader, read, condition, given, before=before, limit=limit)


async def list_cards_by(
    reader: Reader,
    read: Callable[[Row], T],
    endorser_id: ActorId,
    *,
    before: str | None,
    limit: int,
) -> Page[T]:
    """Return what this actor said about others, newest first."""
    condition = " and e.endorser_id = :actor_id"
    given: dict[str, Value] = {"actor_id": endorser_id}
    return await _endorsements(reader, read, condition, given, before=before, limit=limit)


async def list_cards_tagged(
    reader: Reader, read: Callable[[Row], T], tag: str, *, before: str | None, limit: int
) -> Page[T]:
    """Return endorsements with a hashtag, given in lower case without `#`, newest first."""
    condition = " and exists (select 1 from note_tags g where g.tag = :tag and g.note_id = n.id)"
    return await _endorsements(reader, read, condition, {"tag": tag}, before=before, limit=limit)


async def list_cards_in(
    reader: Reader, read: Callable[[Row], T], slug: str, *, before: str | None, limit: int
) -> Page[T]:
    """Return the endorsements of one context, by its name in addresses, newest first."""
    condition = " and e.slug = :slug"
    return await _endorsements(reader, read, condition, {"slug": slug}, before=before, limit=limit)


async def list_cards_matching(
    reader: Reader, read: Callable[[Row], T], match: Match, *, before: str | None, limit: int
) -> Page[T]:
    """Return endorsements that are found by words, newest first."""
    given: dict[str, Value] = {"query": match.query}
    return await _endorsements(reader, read, match.condition, given, before=before, limit=limit)


async def find_card(reader: Reader, note_id: ObjectId) -> EndorsementCard | None:
    """Return one endorsement, if it may be shown to everybody."""
    row = await reader.fetch_one(f"{_ENDORSEMENTS} and n.id = :note_id", {"note_id": note_id})
    return None if row is None else read_card(row)


async def list_cards_naming(reader: Reader, actor_id: ActorId) -> list[EndorsementCard]:
    """Return what is by or about a person, newest first, at most 500: for their own eyes alone.

    Whoever may read it, and also what counts as an ordinary post until its stamp is found.
    """
    rows = await reader.fetch_all(_NAMING, {"actor_id": actor_id, "limit": _MOST_NAMING})
    return [read_card(row) for row in rows]


async def list_open_jobs(
    reader: Reader,
    read: Callable[[Row], T],
    *,
    now: datetime,
    before: str | None,
    limit: int,
) -> Page[T]:
    """Return job notes that can be answered, newest first; `read` is `read_job`, or remembers."""
    condition = " and j.status = 'open' and j.closes_at > :now"
    given: dict[str, Value] = {"now": to_microseconds(now)}
    return await _jobs(reader, read, condition, given, before=before, limit=limit)


async def list_jobs_tagged(
    reader: Reader, read: Callable[[Row], T], tag: str, *, now: datetime, limit: int
) -> Page[T]:
    """Return open job notes with a hashtag, given in lower case without `#`, newest first."""
    condition = (
        " and j.status = 'open' and j.closes_at > :now"
        " and exists (select 1 from note_tags g where g.tag = :tag and g.note_id = n.id)"
    )
    given: dict[str, Value] = {"now": to_microseconds(now), "tag": tag}
    return await _jobs(reader, read, condition, given, before=None, limit=limit)


async def list_jobs_matching(
    reader: Reader, read: Callable[[Row], T], match: Match, *, now: datetime, limit: int
) -> Page[T]:
    """Return open job notes that are found by words, newest first."""
    condition = f" and j.status = 'open' and j.closes_at > :now{match.condition}"
    given: dict[str, Value] = {"now": to_microseconds(now), "query": match.query}
    return await _jobs(reader, read, condition, given, before=None, limit=limit)


async def list_jobs_by(
    reader: Reader, read: Callable[[Row], T], actor_id: ActorId, *, now: datetime, limit: int
) -> Page[T]:
    """Return an actor's open job notes, newest first."""
    condition = " and j.status = 'open' and j.closes_at > :now and j.actor_id = :actor_id"
    given: dict[str, Value] = {"now": to_microseconds(now), "actor_id": actor_id}
    return await _jobs(reader, read, condition, given, before=None, limit=limit)


async def find_job_card(reader: Reader, note_id: ObjectId) -> JobCard | None:
    """Return one job note, open or not, whoever may read it: who asks for it has seen to that."""
    row = await reader.fetch_one(f"{_KEPT_JOBS} and n.id = :note_id", {"note_id": note_id})
    return None if row is None else read_job(row)


async def list_people(reader: Reader, *, after: str, limit: int) -> list[Person]:
    """Return our members who chose to be listed, by name; `after` is the last name seen."""
    rows = await reader.fetch_all(
        f"select {person_columns('a', 'person')} from members m"  # noqa: S608 - names of ours
        " join actors a on a.id = m.actor_id"
        " where m.is_listed and a.gone_at is null and m.disabled_at is null"
        " and m.name > :after order by m.name limit :limit",
        {"after": after, "limit": bounded(limit)},
    )
    return [read_person(row, "person") for row in rows]


async def _endorsements(
    reader: Reader,
    read: Callable[[Row], T],
    condition: str,
    parameters: dict[str, Value],
    *,
    before: str | None,
    limit: int,
) -> Page[T]:
    rows = await reader.fetch_all(
        f"{_ENDORSEMENTS}{condition}{_ENDORSEMENTS_BEFORE}",
        {**parameters, **after_cursor(before), "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, read, _cursor)


async def _jobs(
    reader: Reader,
    read: Callable[[Row], T],
    condition: str,
    parameters: dict[str, Value],
    *,
    before: str | None,
    limit: int,
) -> Page[T]:
    rows = await reader.fetch_all(
        f"{_JOBS}{condition}{_JOBS_BEFORE}",
        {**parameters, **after_cursor(before), "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, read, _cursor)


def _cursor(row: Row) -> str:
    return dated_cursor(row, at="published_at", key="note_id")


def read_person(row: Row, prefix: str) -> Person:
    """Read a person out of the columns of `person_columns`."""
    return Person(
        id=ActorId(text(row, f"{prefix}_id")),
        name=text(row, f"{prefix}_name"),
        handle_domain=text(row, f"{prefix}_handle_domain"),
        display_name=text(row, f"{prefix}_display_name"),
        url=text(row, f"{prefix}_url"),
        kind=text(row, f"{prefix}_kind"),
        is_local=bool(row[f"{prefix}_is_local"]),
    )


def read_card(row: Row) -> EndorsementCard:
    """Read one endorsement with both people."""
    return EndorsementCard(
        note_id=ObjectId(text(row, "note_id")),
        url=text(row, "url"),
        content=text(row, "content"),
        language=text_or_none(row, "language"),
        endorser=read_person(row, "endorser"),
        endorsed=read_person(row, "endorsed"),
        relation=text(row, "relation"),
        period_from=text(row, "period_from"),
        period_until=text_or_none(row, "period_until"),
        setting=text_or_none(row, "setting"),
        skills=tuple(skill.name for skill in skills_from_json(text(row, "skills"))),
        evidence=tuple(_evidence(item) for item in json.loads(text(row, "evidence"))),
        consent_id=text_or_none(row, "consent_id"),
        confirmed_at=instant_or_none(row, "confirmed_at"),
        published_at=instant(row, "published_at"),
        updated_at=instant_or_none(row, "updated_at"),
    )


def _evidence(item: dict[str, str | None]) -> CardEvidence:
    seen = item.get("seen")
    return CardEvidence(
        href=str(item["href"]),
        name=str(item["name"]),
        seen_at=None if seen is None else datetime.fromisoformat(seen),
    )


def read_job(row: Row) -> JobCard:
    """Read one job note with its author."""
    return JobCard(
        note_id=ObjectId(text(row, "note_id")),
        url=text(row, "url"),
        content=text(row, "content"),
        language=text_or_none(row, "language"),
        author=read_person(row, "author"),
        title=text(row, "title"),
        job=job_of(row),
        status=text(row, "status"),
        closes_at=instant(row, "closes_at"),
        published_at=instant(row, "published_at"),
    )
