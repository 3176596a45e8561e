"""Taking turns: what only one process at a time does, such as the guild's boosts."""

import hashlib
from typing import Final

from fedirec.storage.database import Transaction

_TRY: Final = "select pg_try_advisory_xact_lock(:number) as is_ours"
_WAIT: Final = "select pg_advisory_xact_lock(:number)"


async def take(transaction: Transaction, task: str) -> bool:
    """Return whether this transaction alone does `task` until it ends; nobody is waited for.

    SQLite has one writer at a time, so there the answer is always yes.
    """
    if transaction.engine == "sqlite":
        return True
    row = await transaction.fetch_one(_TRY, {"number": _number(task)})
    return row is not None and bool(row["is_ours"])


async def wait(transaction: Transaction, name: str) -> None:
    """Wait until this transaction alone does what goes by a name, such as an actor's id.

    Each statement sees what others committed before it, so two that make and edit one thing at the
    same time would each find nothing. Take it first; who takes several takes them in their order.
    """
    if transaction.engine != "sqlite":
        await transaction.fetch_one(_WAIT, {"number": _number(name)})


def _number(name: str) -> int:
    """Return the number that PostgreSQL knows a name by: 64 bits of its digest."""
    digest = hashlib.sha256(f"fedirec {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
