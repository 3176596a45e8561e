"""How often something was tried of late, by keyed digest; `domain/throttling.py` decides."""

from datetime import datetime

from fedirec.domain.throttling import Throttle
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import instant, number


async def find_throttle(reader: Reader, key: str) -> Throttle | None:
    """Return what is known of a key; who goes on to write takes a turn on it first."""
    row = await reader.fetch_one(
        "select tries, next_at, last_at from throttles where key = :key", {"key": key}
    )
    if row is None:
        return None
    return Throttle(
        tries=number(row, "tries"), next_at=instant(row, "next_at"), last_at=instant(row, "last_at")
    )


async def save_throttle(transaction: Transaction, key: str, throttle: Throttle) -> None:
    """Keep how often a key was tried."""
    await transaction.execute(
        "insert into throttles (key, tries, next_at, last_at)"
        " values (:key, :tries, :next_at, :last_at) on conflict (key) do update"
        " set tries = excluded.tries, next_at = excluded.next_at, last_at = excluded.last_at",
        {
            "key": key,
            "tries": throttle.tries,
            "next_at": to_microseconds(throttle.next_at),
            "last_at": to_microseconds(throttle.last_at),
        },
    )


async def forget_throttle(transaction: Transaction, key: str) -> None:
    """Begin anew with a key."""
    await transaction.execute("delete from throttles where key = :key", {"key": key})


async def prune_throttles(transaction: Transaction, before: datetime) -> int:
    """Forget what was last tried before an instant; return how many."""
    return await transaction.execute(
        "delete from throttles where last_at < :before", {"before": to_microseconds(before)}
    )
