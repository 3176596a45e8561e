"""Taking turns: what only one process at a time does, such as the guild's boosts."""

import hashlib
from typing import Final

from fedirec.storage.database import Transaction

_TRY: Final = "select pg_try_advisory_xact_lock(:number) as is_ours"


async def take(transaction: Transaction, task: str) -> bool:
    """Return whether this transaction alone does `task` until it ends; nobody is waited for.

    SQLite has one writer at a time, so there the answer is always yes.
    """
    if transaction.engine == "sqlite":
        return True
    digest = hashlib.sha256(f"fedirec {task}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    row = await transaction.fetch_one(_TRY, {"number": number})
    return row is not None and bool(row["is_ours"])
