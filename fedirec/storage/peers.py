"""Other servers: how they want to be spoken to, and whether they answer (reliability §3).

What attempts say about a host is kept by `circuits.py`; who speaks to us is up, whatever was
thought before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import Host
from fedirec.domain.circuits import Circuit, heard_from
from fedirec.storage.circuits import COLUMNS, circuit_values, read_circuit
from fedirec.storage.database import Page, Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.delivery_hosts import look_at_waiting
from fedirec.storage.statements import (
    bounded,
    in_chunks,
    instant,
    instant_or_none,
    listed,
    number,
    number_or_none,
    page_of,
    text,
    text_or_none,
)

_SELECT: Final = f"""
select host, first_seen_at, last_seen_at, scheme, scheme_at, last_success_at, last_failure_at,
  last_status, last_detail, {COLUMNS} from peers"""  # noqa: S608 - names of ours
_SEE: Final = """
insert into peers (host, first_seen_at, last_seen_at, failures, circuit)
values (:host, :now, :now, 0, 'closed')
on conflict (host) do update set last_seen_at = excluded.last_seen_at
returning circuit"""
_VALUES: Final = ", ".join(f"{name} = :{name}" for name in circuit_values(Circuit()))
_CLOSE: Final = f"update peers set {_VALUES} where host = :host"  # noqa: S608 - names of ours
_OLD: Final = (
    "delete from peers where last_seen_at < :before and coalesce(last_failure_at, 0) < :before"
)
_MOST: Final = """
delete from peers where host in (
  select host from peers
  order by case when last_failure_at > last_seen_at then last_failure_at else last_seen_at end, host
  limit :excess)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What is known of a host. `scheme`: how it wants requests signed, as learnt at `scheme_at`.

    `health` is how it stands with us. `last_success_at` is its last answer to a delivery,
    `last_failure_at` the last attempt that was refused or had none, with `last_status` and
    `last_detail`.
    """

    host: Host
    first_seen_at: datetime
    last_seen_at: datetime
    scheme: str | None
    scheme_at: datetime | None
    health: Circuit
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_status: int | None
    last_detail: str | None

    @property
    def circuit(self) -> str:
        """`closed` (all is well), `open` (one probe at `next_probe_at`) or `half_open`."""
        return self.health.state.value

    @property
    def failures(self) -> int:
        """How many since its last answer."""
        return self.health.failures

    @property
    def next_probe_at(self) -> datetime | None:
        """When it is asked again, if it does not answer."""
        return self.health.next_at


async def see_peer(transaction: Transaction, host: Host, now: datetime) -> None:
    """Note that a host was heard of; who speaks to us is up, so its circuit closes."""
    parameters: dict[str, Value] = {"host": host, "now": to_microseconds(now)}
    row = await transaction.fetch_one(_SEE, parameters)
    if row is None or row["circuit"] == "closed":
        return
    peer = await find_peer(transaction, host)
    circuit = heard_from(Circuit() if peer is None else peer.health)
    await transaction.execute(_CLOSE, {"host": host, **circuit_values(circuit)})
    await look_at_waiting(transaction, [host], to_microseconds(now))


async def find_peer(reader: Reader, host: Host) -> Peer | None:
    """Return what is known of a host."""
    row = await reader.fetch_one(f"{_SELECT} where host = :host", {"host": host})
    return None if row is None else _read(row)


async def list_peers(reader: Reader, *, after: str | None = None, limit: int = 100) -> Page[Peer]:
    """Return a page of the hosts, by name."""
    rows = await reader.fetch_all(
        f"{_SELECT} where host > :after order by host limit :limit",
        {"after": after or "", "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, _read, lambda row: text(row, "host"))


async def list_named(reader: Reader, hosts: Sequence[str]) -> dict[str, Peer]:
    """Return what is known of those of these hosts that were met."""
    found: dict[str, Peer] = {}
    for chunk in in_chunks(hosts):
        places, parameters = listed("host", chunk)
        rows = await reader.fetch_all(f"{_SELECT} where host in {places}", parameters)
        found |= {text(row, "host"): _read(row) for row in rows}
    return found


async def forget_peer(transaction: Transaction, host: Host, now: datetime) -> bool:
    """Forget what is known of a host; return whether anything was. What waits for it goes on."""
    forgotten = await transaction.execute("delete from peers where host = :host", {"host": host})
    await look_at_waiting(transaction, [host], to_microseconds(now))
    return forgotten > 0


async def prune_peers(transaction: Transaction, before: datetime, *, most: int) -> int:
    """Forget hosts neither heard of nor written to since an instant, and then those over `most`.

    Those used longest ago go first (RX-05). Returns how many are forgotten.
    """
    old = await transaction.execute(_OLD, {"before": to_microseconds(before)})
    row = await transaction.fetch_one("select count(*) as kept from peers")
    excess = 0 if row is None else number(row, "kept") - most
    if excess <= 0:
        return old
    return old + await transaction.execute(_MOST, {"excess": excess})


def _read(row: Row) -> Peer:
    return Peer(
        host=Host(text(row, "host")),
        first_seen_at=instant(row, "first_seen_at"),
        last_seen_at=instant(row, "last_seen_at"),
        scheme=text_or_none(row, "scheme"),
        scheme_at=instant_or_none(row, "scheme_at"),
        health=read_circuit(row),
        last_success_at=instant_or_none(row, "last_success_at"),
        last_failure_at=instant_or_none(row, "last_failure_at"),
        last_status=number_or_none(row, "last_status"),
        last_detail=text_or_none(row, "last_detail"),
    )
