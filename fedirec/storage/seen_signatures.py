"""Signatures seen lately, by digest: the same one again is the same request again (SG-09).

A digest begins with the second in which its signature was made, as 8 hex digits: new ones are
written side by side, whatever the table holds, and old ones are forgotten from its beginning.
"""

from collections.abc import Iterable
from datetime import datetime

from fedirec.storage.database import Parameters, Transaction
from fedirec.storage.statements import insert_new_rows, text


async def insert_seen(transaction: Transaction, digests: Iterable[str]) -> frozenset[str]:
    """Remember signatures; return those that were not known before."""
    rows: list[Parameters] = [{"digest": digest} for digest in sorted(set(digests))]
    written = await insert_new_rows(transaction, "seen_signatures", rows, returning="digest")
    return frozenset(text(row, "digest") for row in written)


async def forget_before(transaction: Transaction, instant: datetime) -> int:
    """Drop what was signed before an instant; return how many."""
    return await transaction.execute(
        "delete from seen_signatures where digest < :before",
        {"before": f"{int(instant.timestamp()):08x}"},
    )
