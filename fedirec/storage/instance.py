"""What the instance knows about itself: a few named values, such as where it was founded."""

from fedirec.storage.database import Reader, Transaction
from fedirec.storage.statements import text


async def find_value(reader: Reader, name: str) -> str | None:
    """Return a value, or None if it was never set."""
    row = await reader.fetch_one("select value from instance where name = :name", {"name": name})
    return None if row is None else text(row, "value")


async def set_value(transaction: Transaction, name: str, value: str) -> None:
    """Set a value, whatever it was."""
    await transaction.execute(
        "insert into instance (name, value) values (:name, :value)"
        " on conflict (name) do update set value = excluded.value",
        {"name": name, "value": value},
    )


async def write_and_undo(transaction: Transaction) -> None:
    """Write, which a server that only reads lets nobody do; a transaction may be begun there."""
    await transaction.execute("savepoint probe")
    await transaction.execute("update instance set value = value where name = 'host'")
    await transaction.execute("rollback to savepoint probe")
