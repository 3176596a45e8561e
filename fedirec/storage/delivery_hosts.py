"""When to look at which host's deliveries: what keeps claims cheap, and fair between hosts.

A row says "look at this host at this instant", in the lane of what is new or of what is tried
again. Whoever writes a delivery adds one in the same transaction; a claim takes the due ones away.
What is due and has none waits for what is in flight to its host, or for what goes before it:
settling either looks again. Rows are only added and removed: two who publish never wait for each
other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from fedirec.domain.circuits import FRESH, RELEASE_EVERY, CircuitState, room_for
from fedirec.domain.queue_states import DeliveryState
from fedirec.storage.circuits import find_circuits, note_releases
from fedirec.storage.database import Row, Transaction, from_microseconds, to_microseconds
from fedirec.storage.statements import (
    in_chunks,
    insert_rows,
    listed,
    number,
    numbered,
    text,
    values_list,
)

NEW: Final = 0
AGAIN: Final = 1
LANES: Final = {NEW: DeliveryState.DUE, AGAIN: DeliveryState.WAITING}
"""Which rows a lane is about, by their state."""

ACTIVE: Final = "state in ('due', 'waiting', 'leased')"
# SQLite has one writer at a time, so nothing there can be locked by somebody else.
SKIP_LOCKED: Final = {"sqlite": "", "postgresql": " for update skip locked"}

Look = tuple[int, int, str]
"""A lane, an instant in microseconds, a host."""

_PICK_HOSTS: Final = """
delete from delivery_hosts where (lane, next_at, host) in (
  select lane, next_at, host from delivery_hosts where lane = :lane and next_at <= :now
  order by next_at, host limit :limit{lock}
) returning host"""
# Of several workers one plans for a host at a time: else each would fill its share.
_TAKE: Final = (
    "select host from (values {hosts}) as wanted(host)"
    " where pg_try_advisory_xact_lock(hashtextextended(host, 7401))"
)
# Materialized: one walk of what is in flight, which is little, never of all that waits for a host.
_BUSY: Final = """
with flying as materialized (
  select host from deliveries where state = 'leased' and next_at > :now)
select host, count(*) as busy from flying where host in {hosts} group by host"""
_WAITS: Final = """
select {lane}, case when p.circuit <> 'closed' and p.next_probe_at > :now then p.next_probe_at
    else :now end, looked.host
from looked left join peers p on p.host = looked.host
where exists (
  select 1 from deliveries d
  where d.host = looked.host and d.{active} and d.state = '{state}' and d.next_at <= :now)"""
_LOOK_AT_WAITING: Final = (
    "with looked(host) as (values {hosts}) insert into delivery_hosts (lane, next_at, host)"
    + " union all".join(
        _WAITS.replace("{lane}", str(lane)).replace("{state}", state)
        for lane, state in LANES.items()
    ).replace("{active}", ACTIVE)
    + " on conflict do nothing"
)
_A_MOMENT: Final = timedelta(milliseconds=100) // timedelta(microseconds=1)


class Visit(NamedTuple):
    """A host to look at: how many rows may be claimed of each lane, and `free` of both together."""

    host: str
    rooms: dict[int, int]
    free: int
    is_half_open: bool


async def look_at_hosts(transaction: Transaction, looks: Sequence[Look]) -> None:
    """Have the claims look at hosts."""
    await insert_rows(
        transaction,
        "delivery_hosts",
        [{"lane": lane, "next_at": at, "host": host} for lane, at, host in looks],
        on_conflict="do nothing",
    )


async def look_at_waiting(transaction: Transaction, hosts: Sequence[str], at: int) -> None:
    """Have the claims look at those hosts that something is due for: now, or when they may."""
    for chunk in in_chunks(hosts):
        await transaction.execute(
            _LOOK_AT_WAITING.format(hosts=values_list({"host": "text"}, len(chunk))),
            {**numbered([{"host": host} for host in chunk]), "now": at},
        )


async def pick_hosts(transaction: Transaction, lane: int, at: int, *, limit: int) -> list[str]:
    """Take the hosts that are to be looked at by now, at most `limit`, those due longest first."""
    if limit <= 0:
        return []
    picked = await transaction.fetch_all(
        _PICK_HOSTS.format(lock=SKIP_LOCKED[transaction.engine]),
        {"lane": lane, "now": at, "limit": limit},
    )
    return list(dict.fromkeys(text(row, "host") for row in picked))


async def plan_visits(
    transaction: Transaction,
    picked: Mapping[int, Sequence[str]],
    at: int,
    *,
    shares: Mapping[int, int],
    per_host: int,
) -> list[Visit]:
    """Return how many rows each picked host may have now, at most the share of its lane.

    A host that may have none yet, for its circuit is not closed, is looked at when it may.
    """
    hosts = sorted({host for hosts in picked.values() for host in hosts})
    mine = await _take(transaction, hosts)
    circuits = await find_circuits(transaction, sorted(mine))
    places, parameters = listed("host", hosts)
    rows = await transaction.fetch_all(_BUSY.format(hosts=places), {**parameters, "now": at})
    busy = {text(row, "host"): number(row, "busy") for row in rows}
    visits: list[Visit] = []
    later: list[Look] = []
    for host in hosts:
        lanes = [lane for lane in LANES if host in picked[lane]]
        circuit = circuits.get(host, FRESH)
        room = room_for(
            circuit, in_flight=busy.get(host, 0), most=per_host, now=from_microseconds(at)
        )
        if host not in mine:
            later += [(lane, at + _A_MOMENT, host) for lane in lanes]
        elif room.not_before is not None:
            later += [(lane, to_microseconds(room.not_before), host) for lane in lanes]
        else:
            rooms = {lane: min(room.count, shares[lane]) for lane in lanes}
            is_half_open = circuit.state is CircuitState.HALF_OPEN
            visits.append(Visit(host, rooms, room.count, is_half_open))
    await look_at_hosts(transaction, later)
    return visits


async def look_again(
    transaction: Transaction, visits: Sequence[Visit], rows: Sequence[Row], at: int
) -> None:
    """Look again at hosts that may have more at once: their room was cut, and was used up."""
    claimed = Counter(text(row, "host") for row in rows)
    released = sorted({visit.host for visit in visits if visit.is_half_open})
    release_at = from_microseconds(at) + RELEASE_EVERY
    await note_releases(transaction, [host for host in released if claimed[host]], release_at)
    cut = {
        visit.host
        for visit in visits
        if claimed[visit.host] >= min(visit.rooms.values())  # else nothing more is due
        and visit.free > (0 if visit.is_half_open else claimed[visit.host])
    }
    await look_at_waiting(transaction, sorted(cut), at)


async def _take(transaction: Transaction, hosts: Sequence[str]) -> set[str]:
    """Return the hosts that nobody else plans for until this transaction ends."""
    if transaction.engine == "sqlite":
        return set(hosts)
    taken: set[str] = set()
    for chunk in in_chunks(hosts):
        rows = await transaction.fetch_all(
            _TAKE.format(hosts=values_list({"host": "text"}, len(chunk))),
            numbered([{"host": host} for host in chunk]),
        )
        taken |= {text(row, "host") for row in rows}
    return taken
