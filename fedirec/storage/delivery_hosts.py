"""When to look at which host's deliveries: what keeps claims cheap, and fair between hosts.

A row says "look at this host at this instant". Whoever writes a delivery adds one in the same
transaction; a claim takes the due ones away and leaves one for what is next. Rows are only added
and removed, so that two transactions that publish never wait for each other.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fedirec.storage.database import Parameters, Row, Transaction
from fedirec.storage.statements import (
    in_chunks,
    insert_rows,
    listed,
    number,
    numbered,
    text,
    values_list,
)

ACTIVE: Final = "state in ('due', 'waiting', 'leased')"
# SQLite has one writer at a time, so nothing there can be locked by somebody else.
SKIP_LOCKED: Final = {"sqlite": "", "postgresql": " for update skip locked"}

_PICK_HOSTS: Final = """
delete from delivery_hosts where (next_at, host) in (
  select next_at, host from delivery_hosts where next_at <= :now
  order by next_at, host limit :limit{lock}
) returning host"""
_BUSY: Final = """
select host, count(*) as busy from deliveries
where state = 'leased' and next_at > :now and host in {hosts} group by host"""
_CIRCUITS: Final = (
    "select host, circuit, next_probe_at from peers where circuit <> 'closed' and host in "
)
_LOOK_AGAIN: Final = """
with visited(host, is_full) as (values {hosts})
insert into delivery_hosts (next_at, host)
select case when visited.is_full then :now else (
    select min(d.next_at) from deliveries d
    where d.host = visited.host and d.{active} and d.next_at > :now) end, visited.host
from visited
where visited.is_full or exists (
  select 1 from deliveries d where d.host = visited.host and d.{active} and d.next_at > :now)
on conflict do nothing"""


class Visit(NamedTuple):
    """A host to look at: `room` rows may be claimed; `is_full` when there may be more to claim."""

    host: str
    room: int
    is_full: bool


async def look_at_hosts(transaction: Transaction, looks: Sequence[tuple[int, str]]) -> None:
    """Have the claims look at hosts: each at an instant, in microseconds."""
    await insert_rows(
        transaction,
        "delivery_hosts",
        [{"next_at": at, "host": host} for at, host in looks],
        on_conflict="do nothing",
    )


async def pick_hosts(transaction: Transaction, at: int, *, limit: int) -> list[str]:
    """Take the hosts that are to be looked at by now, at most `limit`, those due longest first."""
    picked = await transaction.fetch_all(
        _PICK_HOSTS.format(lock=SKIP_LOCKED[transaction.engine]), {"now": at, "limit": limit}
    )
    return list(dict.fromkeys(text(row, "host") for row in picked))


async def plan_visits(
    transaction: Transaction, hosts: Sequence[str], at: int, *, limit: int, per_host: int
) -> list[Visit]:
    """Return how many rows each host may have now; an open circuit waits for its probe."""
    places, parameters = listed("host", hosts)
    circuits = await transaction.fetch_all(f"{_CIRCUITS}{places}", parameters)
    busy = await transaction.fetch_all(_BUSY.format(hosts=places), {**parameters, "now": at})
    open_until = {
        text(row, "host"): row["next_probe_at"] for row in circuits if row["circuit"] == "open"
    }
    halved = {text(row, "host") for row in circuits}
    in_flight = {text(row, "host"): number(row, "busy") for row in busy}
    visits: list[Visit] = []
    later: list[tuple[int, str]] = []
    share = max(1, limit // len(hosts))
    for host in hosts:
        probe_at = open_until.get(host)
        if isinstance(probe_at, int) and probe_at > at:
            later.append((probe_at, host))
            continue
        most = 1 if host in halved else per_host
        room = most - in_flight.get(host, 0)
        visits.append(Visit(host, max(0, min(room, share)), share < room))
    await look_at_hosts(transaction, later)
    return visits


async def look_again(
    transaction: Transaction, visits: Sequence[Visit], rows: Sequence[Row], at: int
) -> None:
    """Note when to look at each visited host again: its next row, or the end of a lease.

    Rows that were due and had no room need no note: settling one in flight looks at its host.
    """
    claimed: dict[str, int] = {}
    for row in rows:
        claimed[text(row, "host")] = claimed.get(text(row, "host"), 0) + 1
    noted: list[Parameters] = [
        {"host": visit.host, "is_full": visit.is_full and claimed.get(visit.host, 0) == visit.room}
        for visit in visits
    ]
    for chunk in in_chunks(noted):
        hosts = values_list({"host": "text", "is_full": "boolean"}, len(chunk))
        await transaction.execute(
            _LOOK_AGAIN.format(hosts=hosts, active=ACTIVE), {**numbered(chunk), "now": at}
        )
