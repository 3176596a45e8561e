"""Writes what this process counted into the history that keepers look at, every five minutes.

Every process has its own counts and writes what was added since it last did; what all share, such
as the age of the queue, each measures, and the highest stays.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fedirec.federation.context import Federation
from fedirec.federation.counts import Counts
from fedirec.storage import history
from fedirec.storage.database import Reader
from fedirec.storage.queue_depths import list_depths, next_looks

SECONDS: Final = history.STEP.total_seconds()
ASIDE: Final = frozenset({"dead", "held"})


class Historian:
    """Remembers what of this process's counts is written already."""

    def __init__(self) -> None:
        self._written: dict[str, int] = {}

    async def write(self, federation: Federation) -> None:
        """Write what was counted since the last time, and how the queue stands."""
        counted = counted_now(federation.counts)
        added = {
            name: count - self._written.get(name, 0)
            for name, count in counted.items()
            if count > self._written.get(name, 0)
        }
        now = federation.now()
        async with federation.database.transaction() as transaction:
            measured = await measure(transaction, now)
            await history.note_history(transaction, {**added, **measured}, now=now)
        self._written = counted


def counted_now(counts: Counts) -> dict[str, int]:
    """Return the counts of a process by the names they have in the history."""
    groups = {
        "delivery": counts.attempts,
        "inbox": counts.received,
        "refused": counts.refused,
        "signature": counts.signatures,
    }
    return {
        f"{group}.{name}": count for group, found in groups.items() for name, count in found.items()
    }


async def measure(reader: Reader, now: datetime) -> Mapping[str, int]:
    """Return how old the oldest delivery is that waits, how late work is, and how much waits."""
    waiting = [
        depth
        for depth in await list_depths(reader)
        if depth.work == "deliveries" and depth.state.value not in ASIDE
    ]
    oldest = min((depth.oldest_at for depth in waiting), default=now)
    late = min((await next_looks(reader)).values(), default=now)
    return {
        "most.age": max(0, int((now - oldest).total_seconds())),
        "most.late": max(0, int((now - late).total_seconds())),
        "most.waiting": sum(depth.depth for depth in waiting),
    }
