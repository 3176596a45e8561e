"""What a note says as an endorsement, and whether the endorsed person's consent to it stands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.contexts import slug_of
from fedirec.domain.endorsements import Evidence, Relation, ShownTo, Skill
from fedirec.storage.database import (
    Parameters,
    Reader,
    Row,
    Transaction,
    to_microseconds,
)
from fedirec.storage.statements import (
    as_json,
    bounded,
    in_chunks,
    instant_or_none,
    listed,
    microseconds_or_none,
    number,
    text,
    text_or_none,
)

_SELECT: Final = (
    "select note_id, endorser_id, endorsed_id, relation, period_from, period_until, setting,"
    " skills, evidence, shown_to, digest, consent_id, state, confirmed_at, missing_since, checks,"
    " next_check_at, published_at from endorsements"
)
_SAVE: Final = """
insert into endorsements (note_id, endorser_id, endorsed_id, relation, period_from, period_until,
  setting, slug, skills, evidence, shown_to, digest, consent_id, state, confirmed_at,
  missing_since, checks, next_check_at, published_at)
values (:note_id, :endorser_id, :endorsed_id, :relation, :period_from, :period_until, :setting,
  :slug, :skills, :evidence, :shown_to, :digest, :consent_id, :state, :confirmed_at,
  :missing_since, :checks, :next_check_at, (select published_at from notes where id = :note_id))
on conflict (note_id) do update set endorser_id = excluded.endorser_id,
  endorsed_id = excluded.endorsed_id, relation = excluded.relation,
  period_from = excluded.period_from, period_until = excluded.period_until,
  setting = excluded.setting, slug = excluded.slug, skills = excluded.skills,
  evidence = excluded.evidence, shown_to = excluded.shown_to, digest = excluded.digest,
  consent_id = excluded.consent_id, state = excluded.state, confirmed_at = excluded.confirmed_at,
  missing_since = excluded.missing_since, checks = excluded.checks,
  next_check_at = excluded.next_check_at
"""
_MOST: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEndorsement:
    """The `endorsement` member of a note, with what its stamp said when last asked for.

    `state` is `confirmed`, `unconfirmed` (an ordinary post for now) or `hidden` (for good).
    """

    note_id: ObjectId
    endorser_id: ActorId
    endorsed_id: ActorId
    relation: Relation
    period_from: str
    period_until: str | None
    setting: str | None
    skills: tuple[Skill, ...]
    evidence: tuple[Evidence, ...]
    shown_to: ShownTo
    digest: str
    consent_id: str | None
    state: str
    confirmed_at: datetime | None
    missing_since: datetime | None
    checks: int
    next_check_at: datetime | None


async def save_endorsement(transaction: Transaction, endorsement: StoredEndorsement) -> None:
    """Keep or renew what a note, which is stored, says as an endorsement."""
    await transaction.execute(_SAVE, _parameters(endorsement))


async def find_endorsement(reader: Reader, note_id: str) -> StoredEndorsement | None:
    """Return the endorsement of a note, whatever its state."""
    row = await reader.fetch_one(f"{_SELECT} where note_id = :note_id", {"note_id": note_id})
    return None if row is None else _read(row)


async def list_by_consent(reader: Reader, stamp_id: str) -> list[StoredEndorsement]:
    """Return the endorsements that name a stamp as their consent, at most 500; what shows first.

    Anybody can name a stamp, so that whoever names it may have nothing to do with it.
    """
    rows = await reader.fetch_all(
        f"{_SELECT} where consent_id = :id order by case state when 'confirmed' then 0"
        " when 'unconfirmed' then 1 else 2 end, note_id limit :most",
        {"id": stamp_id, "most": _MOST},
    )
    return [_read(row) for row in rows]


async def list_ours_about(reader: Reader, endorsed_id: ActorId) -> list[ObjectId]:
    """Return the notes of our members about a person, at most 500, whatever shows of them."""
    rows = await reader.fetch_all(
        "select e.note_id from endorsements e join notes n on n.id = e.note_id and n.is_local"
        " where e.endorsed_id = :endorsed_id order by e.note_id limit :most",
        {"endorsed_id": endorsed_id, "most": _MOST},
    )
    return [ObjectId(text(row, "note_id")) for row in rows]


async def is_shown(reader: Reader, note_id: str) -> bool:
    """Whether a note is an endorsement whose consent stands now."""
    row = await reader.fetch_one(
        "select note_id from endorsements where note_id = :note_id and state = 'confirmed'",
        {"note_id": note_id},
    )
    return row is not None


async def list_due_checks(reader: Reader, *, now: datetime, limit: int) -> list[StoredEndorsement]:
    """Return the endorsements whose stamp is to be asked for by now, longest waiting first."""
    rows = await reader.fetch_all(
        f"{_SELECT} where next_check_at is not null and next_check_at <= :now"
        " order by next_check_at, note_id limit :limit",
        {"now": to_microseconds(now), "limit": bounded(limit)},
    )
    return [_read(row) for row in rows]


async def claim_due_checks(
    transaction: Transaction, *, now: datetime, until: datetime, limit: int
) -> list[StoredEndorsement]:
    """Take the checks that are due in hand: no other worker makes them before `until`."""
    due = await list_due_checks(transaction, now=now, limit=limit)
    claimed: set[str] = set()
    for chunk in in_chunks([stored.note_id for stored in due]):
        places, parameters = listed("id", chunk)
        rows = await transaction.fetch_all(
            f"update endorsements set next_check_at = :until where note_id in {places}"  # noqa: S608 - places
            " and next_check_at <= :now returning note_id",
            {**parameters, "now": to_microseconds(now), "until": to_microseconds(until)},
        )
        claimed |= {text(row, "note_id") for row in rows}
    return [stored for stored in due if stored.note_id in claimed]


async def check_soon(transaction: Transaction, actor_id: ActorId, now: datetime) -> int:
    """Have the stamps of all that is by or about an actor asked for again now; return how many."""
    return await transaction.execute(
        "update endorsements set next_check_at = :now"
        " where next_check_at > :now and (endorsed_id = :actor_id or endorser_id = :actor_id)",
        {"actor_id": actor_id, "now": to_microseconds(now)},
    )


async def hide_endorsement(transaction: Transaction, note_id: str) -> bool:
    """Let an endorsement show no more, for good; return whether it was there."""
    changed = await transaction.execute(
        "update endorsements set state = 'hidden', next_check_at = null where note_id = :note_id",
        {"note_id": note_id},
    )
    return changed > 0


async def delete_endorsement(transaction: Transaction, note_id: str) -> bool:
    """Make a note an ordinary post for good; return whether it was an endorsement."""
    changed = await transaction.execute(
        "delete from endorsements where note_id = :note_id", {"note_id": note_id}
    )
    return changed > 0


async def name_contexts(transaction: Transaction, *, limit: int) -> int:
    """Give the contexts of what was stored before contexts had names theirs; return how many."""
    rows = await transaction.fetch_all(
        "select note_id, setting from endorsements where setting is not null and slug is null"
        " order by note_id limit :limit",
        {"limit": bounded(limit)},
    )
    for row in rows:
        await transaction.execute(
            "update endorsements set slug = :slug where note_id = :note_id",
            {"slug": _slug(text(row, "setting")), "note_id": text(row, "note_id")},
        )
    return len(rows)


def _slug(setting: str | None) -> str | None:
    return None if setting is None else slug_of(setting)


def _parameters(endorsement: StoredEndorsement) -> Parameters:
    return {
        "note_id": endorsement.note_id,
        "endorser_id": endorsement.endorser_id,
        "endorsed_id": endorsement.endorsed_id,
        "relation": endorsement.relation.value,
        "period_from": endorsement.period_from,
        "period_until": endorsement.period_until,
        "setting": endorsement.setting,
        "slug": _slug(endorsement.setting),
        "skills": skills_to_json(endorsement.skills),
        "evidence": as_json([_evidence_members(item) for item in endorsement.evidence]),
        "shown_to": endorsement.shown_to.value,
        "digest": endorsement.digest,
        "consent_id": endorsement.consent_id,
        "state": endorsement.state,
        "confirmed_at": microseconds_or_none(endorsement.confirmed_at),
        "missing_since": microseconds_or_none(endorsement.missing_since),
        "checks": endorsement.checks,
        "next_check_at": microseconds_or_none(endorsement.next_check_at),
    }


def skills_to_json(skills: tuple[Skill, ...]) -> str:
    """Write skills as they are stored: a list of `name` and `same_as`."""
    return as_json([{"name": skill.name, "same_as": skill.same_as} for skill in skills])


def skills_from_json(stored: str) -> tuple[Skill, ...]:
    """Read skills as they are stored."""
    return tuple(
        Skill(name=item["name"], same_as=item.get("same_as")) for item in json.loads(stored)
    )


def _evidence_members(item: Evidence) -> dict[str, str | None]:
    return {
        "href": item.href,
        "name": item.name,
        "media_type": item.media_type,
        "seen": None if item.seen is None else item.seen.isoformat(),
        "digest": item.digest,
    }


def _evidence(item: Mapping[str, str | None]) -> Evidence:
    seen = item.get("seen")
    return Evidence(
        href=str(item["href"]),
        name=str(item["name"]),
        media_type=item.get("media_type"),
        seen=None if seen is None else datetime.fromisoformat(seen),
        digest=item.get("digest"),
    )


def _read(row: Row) -> StoredEndorsement:
    return StoredEndorsement(
        note_id=ObjectId(text(row, "note_id")),
        endorser_id=ActorId(text(row, "endorser_id")),
        endorsed_id=ActorId(text(row, "endorsed_id")),
        relation=Relation(text(row, "relation")),
        period_from=text(row, "period_from"),
        period_until=text_or_none(row, "period_until"),
        setting=text_or_none(row, "setting"),
        skills=skills_from_json(text(row, "skills")),
        evidence=tuple(_evidence(item) for item in json.loads(text(row, "evidence"))),
        shown_to=ShownTo(text(row, "shown_to")),
        digest=text(row, "digest"),
        consent_id=text_or_none(row, "consent_id"),
        state=text(row, "state"),
        confirmed_at=instant_or_none(row, "confirmed_at"),
        missing_since=instant_or_none(row, "missing_since"),
        checks=number(row, "checks"),
        next_check_at=instant_or_none(row, "next_check_at"),
    )
