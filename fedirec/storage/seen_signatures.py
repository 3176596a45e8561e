"""Signatures seen lately, by digest: the same one again is the same request again (SG-09)."""

from collections.abc import Iterable
from datetime import datetime

from fedirec.storage.database import Parameters, Reader, Transaction, to_microseconds
from fedirec.storage.statements import insert_rows


async def is_seen(reader: Reader, digest: str) -> bool:
    """Whether a request with this signature was kept before."""
    row = await reader.fetch_one(
        "select digest from seen_signatures where digest = :digest", {"digest": digest}
    )
    return row is not None


async def insert_seen(transaction: Transaction, digests: Iterable[str], now: datetime) -> None:
    """Remember signatures; those known already keep their instant."""
    seen_at = to_microseconds(now)
    rows: list[Parameters] = [
        {"digest": digest, "seen_at": seen_at} for digest in sorted(set(digests))
    ]
    await insert_rows(transaction, "seen_signatures", rows, on_conflict="do nothing")


async def forget_before(transaction: Transaction, instant: datetime) -> int:
    """Drop what was seen before an instant; return how many."""
    return await transaction.execute(
        "delete from seen_signatures where seen_at < :before", {"before": to_microseconds(instant)}
    )
