"""Offers of endorsements, whichever way the person was asked, and what counts against a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.actors import ActorId, Host, ObjectId
from fedirec.domain.endorsements import OfferState, OfferWay, OpenOffers, Questions
from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    instant,
    instant_or_none,
    listed,
    microseconds_or_none,
    number,
    text,
    text_or_none,
)

_COLUMNS: Final = (
    "id, note_id, endorser_id, endorsed_id, way, asked_by, question_id, body, digest, state,"
    " created_at, ends_at, answered_at, explained_at, explanation_id, stamp_id, reply_id"
)
_SELECT: Final = f"select {_COLUMNS} from offers"  # noqa: S608 - texts of ours
_INSERT: Final = """
insert into offers (id, note_id, endorser_id, endorsed_id, way, asked_by, question_id, body, digest,
  state, created_at, ends_at, answered_at, explained_at, explanation_id, stamp_id, reply_id)
values (:id, :note_id, :endorser_id, :endorsed_id, :way, :asked_by, :question_id, :body, :digest,
  :state, :created_at, :ends_at, :answered_at, :explained_at, :explanation_id, :stamp_id, :reply_id)
"""
_SET_STATE: Final = """
update offers set state = :state, answered_at = :now, stamp_id = coalesce(:stamp_id, stamp_id),
  reply_id = coalesce(:reply_id, reply_id)
where id = :id
"""
_EXPIRE: Final = f"""
update offers set state = 'expired', answered_at = :now
where state in ('waiting', 'aside') and ends_at <= :now returning {_COLUMNS}
"""  # noqa: S608 - texts of ours
# A declined offer of ours looks like one that waits, so its text goes when that one's would.
_ERASE: Final = f"""
update offers set body = null where body is not null and answered_at < :before
  and state in ('declined', 'expired', 'retracted', 'superseded', 'withdrawn')
  and (state <> 'declined' or ends_at < :before or not exists (
    select 1 from actors a where a.id = offers.endorser_id and a.is_local))
returning {_COLUMNS}
"""  # noqa: S608 - texts of ours
_MOST: Final = 500
_DAY: Final = timedelta(days=1)
_YEAR: Final = timedelta(days=365)
# To who made it, a declined offer waits until its time is over, and then has expired.
_IS_OPEN: Final = (
    "(state in ('waiting', 'aside') or (state = 'declined' and :knows_answers = 0))"
    " and ends_at > :now and note_id <> :note_id"
)
_COUNT_OPEN: Final = f"""
select
  (select count(distinct note_id) from offers where endorsed_id = :endorsed_id
    and endorser_id = :endorser_id and {_IS_OPEN}) as per_pair,
  (select count(distinct note_id) from offers where endorser_id = :endorser_id
    and {_IS_OPEN}) as per_endorser,
  (select count(distinct note_id) from offers where endorsed_id = :endorsed_id
    and {_IS_OPEN}) as per_endorsed,
  (select count(*) from offers o join actors a on a.id = o.endorser_id
    where o.endorsed_id = :endorsed_id and o.created_at > :day_ago and a.host = :host)
    as host_today,
  (select max(case when state in ('withdrawn', 'retracted')
      or (state = 'declined' and :knows_answers = 1) then answered_at else ends_at end)
    from offers where endorsed_id = :endorsed_id and endorser_id = :endorser_id
    and (state in ('withdrawn', 'retracted') or (state = 'declined' and :knows_answers = 1)
      or (state in ('waiting', 'aside', 'declined', 'expired') and ends_at <= :now)))
    as refused_at,
  (select count(*) from no_asks where actor_id = :endorsed_id) +
  (select count(*) from blocks where owner = :endorsed_id and target = :endorser_id
    and :knows_answers = 1) as stops
"""  # noqa: S608 - texts of ours
_COUNT_QUESTIONS: Final = """
select
  (select count(*) from offers where way = 'question' and endorsed_id = :endorsed_id
    and state = 'waiting' and ends_at > :now) as open_for_person,
  (select count(*) from offers where way = 'question' and endorsed_id = :endorsed_id
    and created_at > :year_ago) as person_year,
  (select count(*) from offers where way = 'question' and endorser_id = :endorser_id
    and created_at > :day_ago) as endorser_today,
  (select count(*) from offers where way = 'question' and asked_by = :guild_id
    and created_at > :day_ago) as guild_today,
  (select count(*) from offers o join actors a on a.id = o.endorsed_id
    where o.way = 'question' and o.created_at > :day_ago and a.host = :host) as host_today,
  (select count(*) from no_asks where actor_id = :endorsed_id) as stops
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One asking of one text. `id` is the Offer activity's, or ours for another way.

    `asked_by` is who asked, the endorser or the guild; `question_id` the direct note that asked,
    `reply_id` the person's answer to it. `body` is the Offer as it came, until it is erased.
    """

    id: str
    note_id: ObjectId
    endorser_id: ActorId
    endorsed_id: ActorId
    way: OfferWay
    asked_by: str | None
    question_id: str | None
    body: str | None
    digest: str
    state: OfferState
    created_at: datetime
    ends_at: datetime
    answered_at: datetime | None
    explained_at: datetime | None
    stamp_id: str | None
    reply_id: str | None = None
    explanation_id: str | None = None


async def insert_offer(transaction: Transaction, offer: Offer) -> None:
    """Keep an offer; raise ConflictError if its id is there."""
    await transaction.execute(
        _INSERT,
        {
            "id": offer.id,
            "note_id": offer.note_id,
            "endorser_id": offer.endorser_id,
            "endorsed_id": offer.endorsed_id,
            "way": offer.way.value,
            "asked_by": offer.asked_by,
            "question_id": offer.question_id,
            "body": offer.body,
            "digest": offer.digest,
            "state": offer.state.value,
            "created_at": to_microseconds(offer.created_at),
            "ends_at": to_microseconds(offer.ends_at),
            "answered_at": microseconds_or_none(offer.answered_at),
            "explained_at": microseconds_or_none(offer.explained_at),
            "explanation_id": offer.explanation_id,
            "stamp_id": offer.stamp_id,
            "reply_id": offer.reply_id,
        },
    )


async def find_offer(reader: Reader, offer_id: str) -> Offer | None:
    """Return an offer by id."""
    row = await reader.fetch_one(f"{_SELECT} where id = :id", {"id": offer_id})
    return None if row is None else _read(row)


async def find_by_question(reader: Reader, question_id: str) -> Offer | None:
    """Return the newest offer that a direct note asked about, or explained how to answer."""
    row = await reader.fetch_one(
        f"{_SELECT} where question_id = :id or explanation_id = :id"
        " order by created_at desc, id desc limit 1",
        {"id": question_id},
    )
    return None if row is None else _read(row)


async def find_by_reply(reader: Reader, reply_id: str) -> Offer | None:
    """Return the offer that a reply agreed to."""
    row = await reader.fetch_one(
        f"{_SELECT} where reply_id = :id order by created_at desc, id desc limit 1",
        {"id": reply_id},
    )
    return None if row is None else _read(row)


async def newest_offer(reader: Reader, note_id: str) -> Offer | None:
    """Return the latest offer of a text: the only one that can be accepted."""
    row = await reader.fetch_one(
        f"{_SELECT} where note_id = :id order by created_at desc, id desc limit 1", {"id": note_id}
    )
    return None if row is None else _read(row)


async def list_offered_notes(reader: Reader, endorsed_id: ActorId) -> list[ObjectId]:
    """Return the ids of the texts that were ever offered to a person, at most 5,000."""
    rows = await reader.fetch_all(
        "select distinct note_id from offers where endorsed_id = :actor_id"
        " order by note_id desc limit 5000",
        {"actor_id": endorsed_id},
    )
    return [ObjectId(text(row, "note_id")) for row in rows]


async def set_offer_state(
    transaction: Transaction,
    offer_id: str,
    state: OfferState,
    now: datetime,
    *,
    stamp_id: str | None = None,
    reply_id: str | None = None,
) -> None:
    """Say where an offer stands since now, with the stamp or reply that it is owed to, if any."""
    await transaction.execute(
        _SET_STATE,
        {
            "id": offer_id,
            "state": state.value,
            "now": to_microseconds(now),
            "stamp_id": stamp_id,
            "reply_id": reply_id,
        },
    )


async def supersede_earlier(
    transaction: Transaction, note_id: str, except_id: str, now: datetime
) -> int:
    """End the other offers of a text that still wait; return how many."""
    return await transaction.execute(
        "update offers set state = 'superseded', answered_at = :now"
        " where note_id = :note_id and id <> :except_id and state in ('waiting', 'aside')",
        {"note_id": note_id, "except_id": except_id, "now": to_microseconds(now)},
    )


async def list_offers_for(
    reader: Reader, endorsed_id: ActorId, *, states: Sequence[OfferState]
) -> list[Offer]:
    """Return what was offered to a person, newest first, at most 500."""
    return await _list(reader, "endorsed_id", endorsed_id, states)


async def list_offers_by(
    reader: Reader, endorser_id: ActorId, *, states: Sequence[OfferState]
) -> list[Offer]:
    """Return what an endorser offered, newest first, at most 500."""
    return await _list(reader, "endorser_id", endorser_id, states)


async def list_accepted_before(reader: Reader, before: datetime) -> list[Offer]:
    """Return offers agreed to before an instant that were never published, at most 500."""
    rows = await reader.fetch_all(
        f"{_SELECT} where state = 'accepted' and answered_at < :before order by id limit {_MOST}",
        {"before": to_microseconds(before)},
    )
    return [_read(row) for row in rows]


async def expire_due(transaction: Transaction, now: datetime) -> list[Offer]:
    """End the offers whose time is over; return them."""
    rows = await transaction.fetch_all(_EXPIRE, {"now": to_microseconds(now)})
    return sorted((_read(row) for row in rows), key=lambda offer: offer.id)


async def erase_texts(transaction: Transaction, before: datetime) -> list[Offer]:
    """Forget the text of what came to nothing before an instant; parties, digest and dates stay.

    Returns those offers, as the text stands elsewhere too (`erasure.py`).
    """
    rows = await transaction.fetch_all(_ERASE, {"before": to_microseconds(before)})
    return [_read(row) for row in rows]


async def mark_explained(
    transaction: Transaction, offer_id: str, explanation_id: str, now: datetime
) -> None:
    """Note that the person was told which words count, and by which note; that happens once."""
    await transaction.execute(
        "update offers set explained_at = :now, explanation_id = :explanation_id where id = :id",
        {"id": offer_id, "explanation_id": explanation_id, "now": to_microseconds(now)},
    )


async def stop_asking(transaction: Transaction, actor_id: ActorId, now: datetime) -> None:
    """Note that a person never wants to be asked again."""
    await transaction.execute(
        "insert into no_asks (actor_id, since) values (:actor_id, :now)"
        " on conflict (actor_id) do nothing",
        {"actor_id": actor_id, "now": to_microseconds(now)},
    )


async def is_stopped(reader: Reader, actor_id: ActorId) -> bool:
    """Whether a person never wants to be asked again."""
    row = await reader.fetch_one(
        "select since from no_asks where actor_id = :actor_id", {"actor_id": actor_id}
    )
    return row is not None


async def count_open(  # noqa: PLR0913 - what a limit is about
    reader: Reader,
    *,
    endorser_id: ActorId,
    endorsed_id: ActorId,
    host: Host,
    now: datetime,
    note_id: str = "",
    knows_answers: bool = True,
) -> OpenOffers:
    """Count what stands against one more offer; those of `note_id` would be replaced by it.

    `host` is the endorser's. Without `knows_answers`, count as the endorser may know it: declined
    looks like no answer yet, and a block like none.
    """
    row = await reader.fetch_one(
        _COUNT_OPEN,
        {
            "endorser_id": endorser_id,
            "endorsed_id": endorsed_id,
            "host": host,
            "note_id": note_id,
            "now": to_microseconds(now),
            "day_ago": to_microseconds(now - _DAY),
            "knows_answers": int(knows_answers),
        },
    )
    counts = row or {}
    return OpenOffers(
        per_pair=number(counts, "per_pair"),
        per_endorser=number(counts, "per_endorser"),
        per_endorsed=number(counts, "per_endorsed"),
        host_today=number(counts, "host_today"),
        refused_at=instant_or_none(counts, "refused_at"),
        is_stopped=number(counts, "stops") > 0,
    )


async def count_questions(
    reader: Reader,
    *,
    endorsed_id: ActorId,
    endorser_id: ActorId,
    guild_id: ActorId,
    host: Host,
    now: datetime,
) -> Questions:
    """Count what stands against one more direct note; `host` is the endorsed person's."""
    row = await reader.fetch_one(
        _COUNT_QUESTIONS,
        {
            "endorsed_id": endorsed_id,
            "endorser_id": endorser_id,
            "guild_id": guild_id,
            "host": host,
            "now": to_microseconds(now),
            "day_ago": to_microseconds(now - _DAY),
            "year_ago": to_microseconds(now - _YEAR),
        },
    )
    counts = row or {}
    return Questions(
        open_for_person=number(counts, "open_for_person"),
        person_year=number(counts, "person_year"),
        endorser_today=number(counts, "endorser_today"),
        guild_today=number(counts, "guild_today"),
        host_today=number(counts, "host_today"),
        is_stopped=number(counts, "stops") > 0,
    )


async def _list(
    reader: Reader, column: str, actor_id: ActorId, states: Sequence[OfferState]
) -> list[Offer]:
    if not states:
        return []
    places, parameters = listed("state", [state.value for state in states])
    rows = await reader.fetch_all(
        f"{_SELECT} where {column} = :actor_id and state in {places}"
        f" order by created_at desc, id desc limit {_MOST}",
        {**parameters, "actor_id": actor_id},
    )
    return [_read(row) for row in rows]


def _read(row: Row) -> Offer:
    return Offer(
        id=text(row, "id"),
        note_id=ObjectId(text(row, "note_id")),
        endorser_id=ActorId(text(row, "endorser_id")),
        endorsed_id=ActorId(text(row, "endorsed_id")),
        way=OfferWay(text(row, "way")),
        asked_by=text_or_none(row, "asked_by"),
        question_id=text_or_none(row, "question_id"),
        body=text_or_none(row, "body"),
        digest=text(row, "digest"),
        state=OfferState(text(row, "state")),
        created_at=instant(row, "created_at"),
        ends_at=instant(row, "ends_at"),
        answered_at=instant_or_none(row, "answered_at"),
        explained_at=instant_or_none(row, "explained_at"),
        stamp_id=text_or_none(row, "stamp_id"),
        reply_id=text_or_none(row, "reply_id"),
        explanation_id=text_or_none(row, "explanation_id"),
    )
