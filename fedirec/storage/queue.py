"""The queue of what is to be sent and what is to be handled: claim, settle, cancel.

A claim leases rows to a token until an instant, and counts the attempt before it is made (ST-03);
a lease that ran out is due again, and settling asks for the token, so a late result changes nothing
(ST-04). For a leased row `next_at` is the end of its lease: what is due is one index walk.

Deliveries are claimed by host (`delivery_hosts.py`): the cost does not grow with what waits, and no
host waits behind another's backlog. Decided against: the rows that waited longest, as one host that
is back after days would hold up everybody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.storage.blocks import covers
from fedirec.storage.database import Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.delivery_hosts import (
    ACTIVE,
    SKIP_LOCKED,
    Visit,
    look_again,
    look_at_hosts,
    pick_hosts,
    plan_visits,
)
from fedirec.storage.received import recipients_of
from fedirec.storage.statements import (
    in_chunks,
    instant,
    instant_or_none,
    listed,
    number,
    numbered,
    text,
    values_list,
)

_UNFINISHED: Final = "state in ('due', 'waiting', 'leased', 'held')"
# The oldest of a host's due rows; none that follows an unfinished one about the same object (P5).
_FIRST_OF_HOST: Final = """
select * from (
  select d.activity_id as activity, d.inbox as url from deliveries d
  where d.host = :host_{place} and d.{active} and d.next_at <= :now and not exists (
    select 1 from deliveries e where e.inbox = d.inbox and e.order_key = d.order_key
      and e.activity_id < d.activity_id and e.{unfinished})
  order by d.next_at, d.activity_id limit :room_{place}
) as of_host_{place}"""
_LEASE: Final = """
update deliveries set state = 'leased', attempt = attempt + 1, lease_token = :token,
  lease_until = :lease_until, next_at = :lease_until
from ({candidates}) as picked
where deliveries.activity_id = picked.activity and deliveries.inbox = picked.url
returning activity_id, inbox, host, actor_id, attempt, created_at, expires_at"""
# What another worker is about to take is left to it; what it took meanwhile is no longer due.
_LOCK: Final = """
select activity_id as activity, inbox as url from deliveries
where (activity_id, inbox) in ({candidates}) and {active} and next_at <= :now
for update skip locked"""
_SETTLE: Final = """
with settled(activity, url, token, new_state, at, class, status, detail) as (values {rows})
update deliveries set state = settled.new_state, next_at = coalesce(settled.at, :now),
  lease_token = null, lease_until = null, last_class = settled.class,
  last_status = settled.status, last_detail = settled.detail,
  settled_at = case when settled.at is null then :now else null end
from settled
where deliveries.activity_id = settled.activity and deliveries.inbox = settled.url
  and deliveries.lease_token = settled.token
returning activity_id, inbox, host, next_at"""
_SETTLED: Final = {
    "activity": "text",
    "url": "text",
    "token": "text",
    "new_state": "text",
    "at": "bigint",
    "class": "text",
    "status": "integer",
    "detail": "text",
}
_LEASE_RECEIVED: Final = """
update received set state = 'leased', attempt = attempt + 1, lease_token = :token,
  lease_until = :lease_until, next_at = :lease_until, has_new_recipient = false
where id in (
  select id from received where {active} and next_at <= :now
  order by next_at, id limit :limit{lock}
) returning id, activity_key, actor_id, signer_id, host, type, body, attempt"""
_SETTLE_RECEIVED: Final = """
update received set
  state = case when has_new_recipient and :is_end then 'due' else :state end,
  attempt = case when has_new_recipient and :is_end then 0 else attempt end,
  next_at = :next_at, lease_token = null, lease_until = null, last_class = :class,
  last_detail = :detail,
  settled_at = case when has_new_recipient or not :is_end then null else cast(:now as bigint) end
where id = :id and lease_token = :token"""
_CANCEL: Final = f"""
update deliveries set state = 'cancelled', settled_at = :now, lease_token = null, lease_until = null
where {_UNFINISHED} and {covers("cast(:host as text)", "host")}"""  # noqa: S608 - text of ours
_DETAIL: Final = 500
_MOST_HOSTS: Final = 128
_ROUNDS: Final = 8  # of hosts with nothing due, before a claim comes back empty
_BODIES: Final = "select id, type, body from activities where id in "


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery leased to `token`; `attempt` counts the one to be made now, from 1."""

    activity_id: ActivityId
    inbox: InboxUrl
    host: Host
    actor_id: ActorId
    attempt: int
    body: str
    activity_type: str
    token: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedReceived:
    """A received activity leased to `token`; `attempt` counts the one to be made now, from 1."""

    id: str
    activity_key: str
    actor_id: ActorId
    signer_id: ActorId
    host: Host
    type: str
    body: str
    recipients: tuple[ActorId, ...]
    attempt: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an attempt ended: `next_at` is when to try again, None when it is over.

    `cls` is the class of the outcome (`domain/retry.py`), `status` the peer's HTTP status.
    """

    activity_id: ActivityId
    inbox: InboxUrl
    token: str
    state: str
    next_at: datetime | None = None
    cls: str | None = None
    status: int | None = None
    detail: str | None = None


async def claim_deliveries(
    transaction: Transaction,
    *,
    now: datetime,
    limit: int,
    per_host: int,
    token: str,
    lease_until: datetime,
) -> list[ClaimedDelivery]:
    """Lease what is due, at most `limit` in all and `per_host` in flight to one host.

    A host whose circuit is open gets one row when its probe is due, and none before. Hosts that
    turn out to have nothing due make room for others, a few rounds of them.
    """
    lease: dict[str, Value] = {
        "token": token,
        "lease_until": to_microseconds(lease_until),
        "now": to_microseconds(now),
    }
    for _ in range(_ROUNDS):
        rows = await _lease_round(transaction, lease, limit=limit, per_host=per_host)
        if rows is None:
            return []
        if rows:
            return await _with_bodies(transaction, rows, token)
    return []


async def _lease_round(
    transaction: Transaction, lease: dict[str, Value], *, limit: int, per_host: int
) -> Sequence[Row] | None:
    """Lease rows of the hosts that are to be looked at first; None when there are no such hosts."""
    at = int(lease["now"] or 0)
    hosts = await pick_hosts(transaction, at, limit=min(limit, _MOST_HOSTS))
    if not hosts:
        return None
    visits = await plan_visits(transaction, hosts, at, limit=limit, per_host=per_host)
    rows: Sequence[Row] = []
    if visits:
        sql, rooms = _lease_of(transaction.engine, visits)
        rows = await transaction.fetch_all(sql, lease | rooms)
    await look_again(transaction, visits, rows, at)
    return rows


async def settle_deliveries(
    transaction: Transaction, settlements: Sequence[Settlement], *, now: datetime
) -> list[bool]:
    """Record how attempts ended; False, and nothing recorded, for each whose lease was lost."""
    at = to_microseconds(now)
    held: set[tuple[str, str]] = set()
    looks: set[tuple[int, str]] = set()
    for chunk in in_chunks(settlements):
        rows = await transaction.fetch_all(
            _SETTLE.format(rows=values_list(_SETTLED, len(chunk))),
            {**numbered([_settled(settlement) for settlement in chunk]), "now": at},
        )
        for row in rows:
            held.add((text(row, "activity_id"), text(row, "inbox")))
            looks |= {(at, text(row, "host")), (number(row, "next_at"), text(row, "host"))}
    await look_at_hosts(transaction, sorted(looks))
    return [(settlement.activity_id, settlement.inbox) in held for settlement in settlements]


async def claim_received(
    transaction: Transaction, *, now: datetime, limit: int, token: str, lease_until: datetime
) -> list[ClaimedReceived]:
    """Lease received activities that are due, those that wait longest first; oldest id first."""
    rows = await transaction.fetch_all(
        _LEASE_RECEIVED.format(active=ACTIVE, lock=SKIP_LOCKED[transaction.engine]),
        {
            "now": to_microseconds(now),
            "limit": limit,
            "token": token,
            "lease_until": to_microseconds(lease_until),
        },
    )
    recipients = await recipients_of(transaction, [text(row, "id") for row in rows])
    claimed = [
        ClaimedReceived(
            id=text(row, "id"),
            activity_key=text(row, "activity_key"),
            actor_id=ActorId(text(row, "actor_id")),
            signer_id=ActorId(text(row, "signer_id")),
            host=Host(text(row, "host")),
            type=text(row, "type"),
            body=text(row, "body"),
            recipients=recipients.get(text(row, "id"), ()),
            attempt=number(row, "attempt"),
            token=token,
        )
        for row in rows
    ]
    return sorted(claimed, key=lambda item: item.id)


async def settle_received(  # noqa: PLR0913 - a row's columns
    transaction: Transaction,
    *,
    id: str,  # noqa: A002 - the specification's word
    token: str,
    state: str,
    now: datetime,
    next_at: datetime | None = None,
    cls: str | None = None,
    detail: str | None = None,
) -> bool:
    """Record how handling ended; False, and nothing recorded, if the lease was lost.

    Somebody else's inbox that got the same activity meanwhile makes it due again at once (OR-17).
    """
    changed = await transaction.execute(
        _SETTLE_RECEIVED,
        {
            "id": id,
            "token": token,
            "state": state,
            "is_end": next_at is None,
            "next_at": to_microseconds(now if next_at is None else next_at),
            "class": cls,
            "detail": None if detail is None else detail[:_DETAIL],
            "now": to_microseconds(now),
        },
    )
    return changed > 0


async def next_due_at(reader: Reader) -> datetime | None:
    """Return when a worker should look next, for sending or handling; None if nothing waits."""
    row = await reader.fetch_one(
        f"select min(next_at) as next_at from (select min(next_at) as next_at from delivery_hosts"  # noqa: S608 - text of ours
        f" union all select min(next_at) from received where {ACTIVE}"
        " union all select min(due_at) from fan_outs) as waiting"
    )
    return None if row is None else instant_or_none(row, "next_at")


def _lease_of(engine: str, visits: Sequence[Visit]) -> tuple[str, dict[str, Value]]:
    """Return the claim over these hosts, with its rooms, filled up to a power of two."""
    size = 1 << (len(visits) - 1).bit_length()
    candidates = " union all ".join(
        _FIRST_OF_HOST.format(place=place, active=ACTIVE, unfinished=_UNFINISHED)
        for place in range(size)
    )
    rooms: dict[str, Value] = {}
    for place in range(size):
        visit = visits[place] if place < len(visits) else None
        rooms[f"host_{place}"] = "" if visit is None else visit.host
        rooms[f"room_{place}"] = 0 if visit is None else visit.room
    if engine == "postgresql":
        candidates = _LOCK.format(candidates=candidates, active=ACTIVE)
    return _LEASE.format(candidates=candidates), rooms


async def cancel_deliveries(transaction: Transaction, host: str, *, now: datetime) -> int:
    """Drop what is not sent yet to what a block of `host` covers; return how many.

    Their rows tell so.
    """
    return await transaction.execute(_CANCEL, {"host": host, "now": to_microseconds(now)})


async def _with_bodies(
    transaction: Transaction, rows: Sequence[Row], token: str
) -> list[ClaimedDelivery]:
    """Join the claimed rows with their activities, each of which is read once."""
    bodies: dict[str, Row] = {}
    for chunk in in_chunks(list(dict.fromkeys(text(row, "activity_id") for row in rows))):
        places, parameters = listed("id", chunk)
        found = await transaction.fetch_all(f"{_BODIES}{places}", parameters)
        bodies |= {text(row, "id"): row for row in found}
    claimed = [_claimed(row, bodies, token) for row in rows]
    return sorted(claimed, key=lambda delivery: (delivery.host, delivery.activity_id))


def _claimed(row: Row, bodies: Mapping[str, Row], token: str) -> ClaimedDelivery:
    activity = bodies[text(row, "activity_id")]
    return ClaimedDelivery(
        activity_id=ActivityId(text(row, "activity_id")),
        inbox=InboxUrl(text(row, "inbox")),
        host=Host(text(row, "host")),
        actor_id=ActorId(text(row, "actor_id")),
        attempt=number(row, "attempt"),
        body=text(activity, "body"),
        activity_type=text(activity, "type"),
        token=token,
        created_at=instant(row, "created_at"),
        expires_at=instant(row, "expires_at"),
    )


def _settled(settlement: Settlement) -> dict[str, Value]:
    detail, next_at = settlement.detail, settlement.next_at
    return {
        "activity": settlement.activity_id,
        "url": settlement.inbox,
        "token": settlement.token,
        "new_state": settlement.state,
        "at": None if next_at is None else to_microseconds(next_at),
        "class": settlement.cls,
        "status": settlement.status,
        "detail": None if detail is None else detail[:_DETAIL],
    }
