"""How much waits in the queue and since when, for probes and metrics: asked often, so it is cheap.

Everything is read from the partial indexes of what is unfinished; what was settled costs nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.storage.database import Reader
from fedirec.storage.leases import SUSPECT
from fedirec.storage.statements import bounded, instant, instant_or_none, number, text

ACTIVE: Final = "state in ('due', 'waiting', 'leased')"
# As the index has it; both engines want the whole of it beside the part that is meant.
ASIDE: Final = "state in ('held', 'gone', 'expired', 'dead')"
_STATES: Final[dict[str, type[DeliveryState] | type[ReceivedState]]] = {
    "deliveries": DeliveryState,
    "fan_outs": DeliveryState,
    "received": ReceivedState,
}
_COUNTED: Final = "state, count(*) as depth, min(created_at) as oldest_at from"
_DEPTHS: Final = f"""
select 'deliveries' as work, {_COUNTED} deliveries where {ACTIVE} group by state
union all
select 'deliveries', {_COUNTED} deliveries
where {ASIDE} and state in ('held', 'dead') group by state
union all select 'received', {_COUNTED} received where {ACTIVE} group by state
union all select 'received', {_COUNTED} received where state = 'dead' group by state
union all
select 'fan_outs', 'due', count(*), min(due_at) from fan_outs having count(*) > 0"""  # noqa: S608 - text of ours
UNFINISHED_DELIVERIES: Final = f"""
select host, created_at from deliveries where {ACTIVE}
union all select host, created_at from deliveries where {ASIDE} and state = 'held'"""  # noqa: S608 - text of ours
_WORST: Final = f"""
select host, count(*) as depth, min(created_at) as oldest_at from ({UNFINISHED_DELIVERIES}
) as unfinished group by host order by count(*) desc, host limit :limit"""  # noqa: S608 - text of ours
# What somebody should look at now, as the claims look: four steps into indexes. What runs alone
# waits for its turn.
_OVERDUE: Final = f"""
select 'deliveries' as work, min(next_at) as next_at from delivery_hosts where lane = 0
union all select 'retries', min(next_at) from delivery_hosts where lane = 1
union all select 'received', min(next_at) from received where {ACTIVE} and losses < {SUSPECT}
union all select 'fan_outs', min(due_at) from fan_outs"""  # noqa: S608 - text of ours
_SUSPECT: Final = f"""
select min(next_at) as next_at from received
where losses >= {SUSPECT} and state in ('due', 'waiting')"""  # noqa: S608 - text of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many items of one kind of work are in one state, and when the oldest was made."""

    work: str
    state: DeliveryState | ReceivedState
    depth: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDepth:
    """How many deliveries to one host are unfinished, and when the oldest was made."""

    host: str
    depth: int
    oldest_at: datetime


async def list_depths(reader: Reader) -> list[Depth]:
    """Return what is unfinished or dead, by kind of work and state; nothing for what is empty."""
    return [
        Depth(
            work=text(row, "work"),
            state=_STATES[text(row, "work")](text(row, "state")),
            depth=number(row, "depth"),
            oldest_at=instant(row, "oldest_at"),
        )
        for row in await reader.fetch_all(_DEPTHS)
    ]


async def list_worst_hosts(reader: Reader, *, limit: int) -> list[HostDepth]:
    """Return the hosts with the most unfinished deliveries."""
    return [
        HostDepth(
            host=text(row, "host"), depth=number(row, "depth"), oldest_at=instant(row, "oldest_at")
        )
        for row in await reader.fetch_all(_WORST, {"limit": bounded(limit)})
    ]


async def next_looks(reader: Reader) -> dict[str, datetime]:
    """Return, by kind of work that waits, when a worker should look next: late if in the past."""
    rows = await reader.fetch_all(_OVERDUE)
    looks = {text(row, "work"): instant_or_none(row, "next_at") for row in rows}
    return {work: at for work, at in looks.items() if at is not None}


async def next_suspect(reader: Reader) -> datetime | None:
    """Return when the first of what was received and runs alone is due, or has been."""
    row = await reader.fetch_one(_SUSPECT)
    return None if row is None else instant_or_none(row, "next_at")


async def count_hosts_down(reader: Reader) -> int:
    """Return how many hosts are left alone, as they did not answer."""
    row = await reader.fetch_one("select count(*) as found from peers where circuit = 'open'")
    return 0 if row is None else number(row, "found")
