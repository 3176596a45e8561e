"""The statements that lease and settle: for `queue.py`, which says what they mean.

Statements over many hosts come in few lengths, so that each engine prepares few of them.
"""

from collections.abc import Sequence
from typing import Final

from fedirec.storage.database import Value
from fedirec.storage.delivery_hosts import ACTIVE, LANES, SKIP_LOCKED, Visit

UNFINISHED: Final = "state in ('due', 'waiting', 'leased', 'held')"
AWAY: Final = "away"
"""The class of an attempt that ended as the database was away: it does not count as one.

But a delivery that may have left was tried: its first attempt stays.
"""
SUSPECT: Final = 3
"""So many workers in a row ended in the middle of it: from now on it runs alone."""

# What something follows: what else was said of its object, and what made that, which is in no index
# of order: its activity says what it is about (`Leaving.is_first`).
_IS_FIRST: Final = """(d.is_first or not (
    exists (
      select 1 from deliveries e where e.inbox = d.inbox and e.order_key = d.order_key
        and not e.is_first and e.activity_id < d.activity_id and e.{unfinished})
    or exists (
      select 1 from activities a join deliveries e on e.activity_id = a.id and e.inbox = d.inbox
      where a.object_id = d.order_key and a.id < d.activity_id
        and e.is_first and e.{unfinished})))""".replace("{unfinished}", UNFINISHED)
# The oldest due of one lane; none that follows an unfinished one about the same object (P5).
_FIRST_OF_LANE: Final = f"""select * from (
    select d.activity_id as activity, d.inbox as url from deliveries d
    where d.host = :host_{{place}} and d.{ACTIVE} and d.state = '{{state}}'
      and d.next_at <= :now and d.losses < {SUSPECT} and {_IS_FIRST}
    order by d.next_at, d.activity_id limit :{{state}}_{{place}}) as {{state}}_{{place}}"""  # noqa: S608 - text of ours
# Only what waits for nobody: neither for another about the same object nor for its host.
_SUSPECT: Final = f"""
select d.activity_id as activity, d.inbox as url from deliveries d
where d.losses >= {SUSPECT} and d.state in ('due', 'waiting') and d.next_at <= :now and {_IS_FIRST}
  and not exists (
    select 1 from peers p
    where p.host = d.host and p.circuit <> 'closed' and p.next_probe_at > :now)
order by d.next_at, d.activity_id limit 1"""  # noqa: S608 - text of ours
_LEASE: Final = """
update deliveries set state = 'leased', attempt = attempt + 1, lease_token = :token,
  next_at = :lease_until
from ({candidates}) as picked
where deliveries.activity_id = picked.activity and deliveries.inbox = picked.url
returning activity_id, inbox, host, actor_id, attempt, created_at, expires_at, last_class,
  alike, alike_since"""
# What another worker is about to take is left to it; what it took meanwhile is no longer due.
_LOCK: Final = """
select activity_id as activity, inbox as url from deliveries
where (activity_id, inbox) in ({candidates}) and state in ('due', 'waiting') and next_at <= :now
for update skip locked"""
_REAP: Final = """
update deliveries set state = case when losses + 1 >= :most then 'dead' else 'waiting' end,
  losses = losses + 1, next_at = :now, lease_token = null,
  settled_at = case when losses + 1 >= :most then cast(:now as bigint) else null end,
  last_class = 'lost', last_status = null, last_detail = :detail
where (activity_id, inbox) in (
  select activity_id, inbox from deliveries where state = 'leased' and next_at <= :now{lock})
returning host"""
# In a row, of this round: a keeper who has it tried again has it begin anew.
_IS_ALIKE: Final = "attempt > 1 and last_class = settled.class"
SETTLE: Final = """
with settled(activity, url, token, new_state, at, class, status, detail) as (values {rows})
update deliveries set state = settled.new_state, next_at = coalesce(settled.at, :now),
  lease_token = null, last_class = settled.class,
  attempt = case when {is_away} and attempt > 1 then attempt - 1 else attempt end,
  last_status = settled.status, last_detail = settled.detail,
  alike = case when {is_alike} then alike + 1 else 1 end,
  alike_since = case when {is_alike} then coalesce(alike_since, :now) else :now end,
  losses = case when settled.new_state = 'due' then losses else 0 end,
  settled_at = case when settled.at is null then :now else null end
from settled
where deliveries.activity_id = settled.activity and deliveries.inbox = settled.url
  and deliveries.lease_token = settled.token
returning activity_id, inbox, host, next_at""".replace("{is_alike}", _IS_ALIKE).replace(
    "{is_away}", f"settled.class = '{AWAY}'"
)
SETTLED: Final = {
    "activity": "text",
    "url": "text",
    "token": "text",
    "new_state": "text",
    "at": "bigint",
    "class": "text",
    "status": "integer",
    "detail": "text",
}
LEASE_RECEIVED: Final = """
update received set state = 'leased', attempt = attempt + 1, lease_token = :token,
  lease_until = :lease_until, next_at = :lease_until, has_new_recipient = false
where id in (
  select id from received where {active} and state <> 'leased' and next_at <= :now
    and losses {which} order by next_at, id limit :limit{lock}
) returning id, activity_key, actor_id, signer_id, host, type, body, attempt"""
REAP_RECEIVED: Final = """
update received set state = case when attempt >= :most then 'dead' else 'waiting' end,
  losses = losses + 1, next_at = :now, lease_token = null, lease_until = null,
  settled_at = case when attempt >= :most then cast(:now as bigint) else null end,
  last_class = 'lost', last_detail = :detail
where id in (select id from received where state = 'leased' and next_at <= :now{lock})"""
SETTLE_RECEIVED: Final = """
update received set
  state = case when has_new_recipient and :is_end then 'due' else :state end,
  attempt = case when has_new_recipient and :is_end then 0
    when cast(:class as text) = '{away}' then attempt - 1 else attempt end,
  next_at = :next_at, lease_token = null, lease_until = null, last_class = :class,
  last_detail = :detail, losses = case when :state = 'due' then losses else 0 end,
  settled_at = case when has_new_recipient or not :is_end then null else cast(:now as bigint) end
where id = :id and lease_token = :token""".replace("{away}", AWAY)


def lease_of(engine: str, visits: Sequence[Visit]) -> tuple[str, dict[str, Value]]:
    """Return the claim over these hosts, with its rooms, filled up to a power of two."""
    size = 1 << (len(visits) - 1).bit_length()
    lanes = sorted({lane for visit in visits for lane in visit.rooms})
    candidates = " union all ".join(_first_of_host(place, lanes) for place in range(size))
    rooms: dict[str, Value] = {}
    for place in range(size):
        visit = visits[place] if place < len(visits) else None
        rooms[f"host_{place}"] = "" if visit is None else visit.host
        rooms[f"room_{place}"] = 0 if visit is None else visit.free
        for lane in lanes:
            rooms[f"{LANES[lane]}_{place}"] = 0 if visit is None else visit.rooms.get(lane, 0)
    return _lease(engine, candidates), rooms


def lease_of_suspect(engine: str) -> str:
    """Return the claim of one that runs alone."""
    return _lease(engine, _SUSPECT)


def reap(engine: str) -> str:
    """Return the statement that ends the leases whose time is over."""
    return _REAP.format(lock=SKIP_LOCKED[engine])


def _first_of_host(place: int, lanes: Sequence[int]) -> str:
    """Return what is first of each lane, and of them as many as may go to the host in all."""
    firsts = " union all ".join(_FIRST_OF_LANE.format(place=place, state=LANES[x]) for x in lanes)
    return f"select * from ({firsts} limit :room_{place}) as of_host_{place}"  # noqa: S608 - text of ours


def _lease(engine: str, candidates: str) -> str:
    if engine == "postgresql":
        candidates = _LOCK.format(candidates=candidates)
    return _LEASE.format(candidates=candidates)
