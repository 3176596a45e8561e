"""The queue after the clock jumped, or after a fault of ours: nothing waits longer than it can.

Walks what is unfinished, so once an hour is enough. A schedule that no rule can have made was made
by a clock that was wrong (ST-07); what is due and looked at by nobody is looked at again.
"""

from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.circuits import LONGEST_PROBE
from fedirec.domain.retry import LONGEST_WAIT
from fedirec.storage import queue
from fedirec.storage.database import Transaction, to_microseconds
from fedirec.storage.delivery_hosts import ACTIVE, AGAIN, NEW

_WAITS: Final = f"{ACTIVE} and state <> 'leased'"
_PULL_BACK: Final = (
    f"update deliveries set next_at = :now where {_WAITS} and next_at > :latest",  # noqa: S608 - text of ours
    f"update received set next_at = :now where {_WAITS} and next_at > :latest",  # noqa: S608 - text of ours
    "update fan_outs set due_at = :now where due_at > :latest",
)
_SHORTEN: Final = (
    "update deliveries set next_at = :ends where state = 'leased' and next_at > :latest",
    "update received set next_at = :ends where state = 'leased' and next_at > :latest",
)
_END: Final = (
    "update deliveries set next_at = :now where state = 'leased' and next_at > :now",
    "update received set next_at = :now where state = 'leased' and next_at > :now",
)
_PROBE: Final = (
    "update peers set next_probe_at = :now where circuit <> 'closed' and next_probe_at > :latest"
)
_LOOK: Final = f"""
insert into delivery_hosts (lane, next_at, host)
select distinct case when state = 'due' then {NEW} else {AGAIN} end, cast(:now as bigint), host
from deliveries where {_WAITS} and next_at <= :now
on conflict do nothing"""  # noqa: S608 - text of ours


async def end_all_leases(transaction: Transaction, *, now: datetime, most: int) -> None:
    """End every lease: whoever calls knows that no worker is alive, and that all of them crashed.

    What was lost `most` times in a row is dead, as when a lease runs out.
    """
    at = to_microseconds(now)
    for sql in _END:
        await transaction.execute(sql, {"now": at})
    await queue.end_leases(transaction, now=now, most=most)
    await queue.end_received_leases(transaction, now=now, most=most)


async def mend_queue(transaction: Transaction, now: datetime, *, lease: timedelta) -> int:
    """Pull back what waits for an absurd time, and have everything due looked at.

    Returns how many schedules were pulled back. A lease that ends too late ends one lease from now.
    """
    at = to_microseconds(now)
    changed = 0
    for sql in _PULL_BACK:
        latest = to_microseconds(now + LONGEST_WAIT)
        changed += await transaction.execute(sql, {"now": at, "latest": latest})
    for sql in _SHORTEN:
        ends = {
            "ends": to_microseconds(now + lease),
            "latest": to_microseconds(now + 2 * lease),
        }
        changed += await transaction.execute(sql, ends)
    latest = to_microseconds(now + LONGEST_PROBE)
    changed += await transaction.execute(_PROBE, {"now": at, "latest": latest})
    await transaction.execute(_LOOK, {"now": at})
    return changed
