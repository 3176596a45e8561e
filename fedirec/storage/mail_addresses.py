"""Where members get mail: an address counts once a link that was sent there was opened (AC-09)."""

from datetime import datetime

from fedirec.errors import ConflictError
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import text, text_or_none


async def find_address(reader: Reader, member_name: str) -> str | None:
    """Return a member's address; None if there is none, or the member is disabled."""
    row = await reader.fetch_one(
        "select email from members where name = :name and disabled_at is null",
        {"name": member_name},
    )
    return None if row is None else text_or_none(row, "email")


async def find_by_address(reader: Reader, email: str) -> str | None:
    """Return whose address this is, unless they are disabled."""
    row = await reader.fetch_one(
        "select name from members where email = :email and disabled_at is null", {"email": email}
    )
    return None if row is None else text(row, "name")


async def set_address(transaction: Transaction, member_name: str, email: str | None) -> None:
    """Give a member an address, or none; raise ConflictError if it is somebody else's."""
    changed = await transaction.execute(
        "update members set email = :email where name = :name and not exists"
        " (select 1 from members other where other.email = :email and other.name <> :name)",
        {"name": member_name, "email": email},
    )
    if not changed:
        message = "this address belongs to another member"
        raise ConflictError(message)


async def insert_confirmation(
    transaction: Transaction, digest: str, member_name: str, email: str, *, expires_at: datetime
) -> None:
    """Keep the digest of a link that is sent to a new address."""
    await transaction.execute(
        "insert into email_confirmations (digest, member_name, email, expires_at)"
        " values (:digest, :member_name, :email, :expires_at)",
        {
            "digest": digest,
            "member_name": member_name,
            "email": email,
            "expires_at": to_microseconds(expires_at),
        },
    )


async def take_confirmation(
    transaction: Transaction, digest: str, now: datetime
) -> tuple[str, str] | None:
    """Use a link up; return the member and the address, or None. Of two at once one wins."""
    row = await transaction.fetch_one(
        "select c.member_name, c.email from email_confirmations c"
        " join members m on m.name = c.member_name"
        " where c.digest = :digest and c.expires_at > :now and m.disabled_at is null",
        {"digest": digest, "now": to_microseconds(now)},
    )
    taken = await transaction.execute(
        "delete from email_confirmations where digest = :digest", {"digest": digest}
    )
    return (text(row, "member_name"), text(row, "email")) if row and taken else None


async def end_confirmations(transaction: Transaction, member_name: str) -> None:
    """Let no link that waits for a member's new address count any more."""
    await transaction.execute(
        "delete from email_confirmations where member_name = :member_name",
        {"member_name": member_name},
    )


async def prune_confirmations(transaction: Transaction, now: datetime) -> int:
    """Forget links that nobody opened in time; return how many."""
    return await transaction.execute(
        "delete from email_confirmations where expires_at <= :now", {"now": to_microseconds(now)}
    )
