"""Members' passwords, as argon2id texts, and the links that let them choose a new one."""

from datetime import datetime

from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import text


async def find_hash(reader: Reader, member_name: str) -> str | None:
    """Return the hash of a member's password; None if there is none, or the member is disabled."""
    row = await reader.fetch_one(
        "select p.hash from passwords p join members m on m.name = p.member_name"
        " where p.member_name = :member_name and m.disabled_at is null",
        {"member_name": member_name},
    )
    return None if row is None else text(row, "hash")


async def set_hash(
    transaction: Transaction, member_name: str, hash_: str, *, now: datetime
) -> None:
    """Give a member a password, whatever it was."""
    await transaction.execute(
        "insert into passwords (member_name, hash, changed_at)"
        " values (:member_name, :hash, :now) on conflict (member_name) do update"
        " set hash = excluded.hash, changed_at = excluded.changed_at",
        {"member_name": member_name, "hash": hash_, "now": to_microseconds(now)},
    )


async def replace_hash(transaction: Transaction, member_name: str, old: str, new: str) -> bool:
    """Write the same password in a newer form; return whether `old` still stood."""
    changed = await transaction.execute(
        "update passwords set hash = :new where member_name = :member_name and hash = :old",
        {"member_name": member_name, "old": old, "new": new},
    )
    return changed > 0


async def insert_reset(
    transaction: Transaction,
    digest: str,
    member_name: str,
    *,
    expires_at: datetime,
    email: str | None = None,
) -> None:
    """Keep the digest of a link with which a member chooses a new password.

    One that is sent to `email` works as long as that is the member's address.
    """
    await transaction.execute(
        "insert into password_resets (digest, member_name, email, expires_at)"
        " values (:digest, :member_name, :email, :expires_at)",
        {
            "digest": digest,
            "member_name": member_name,
            "email": email,
            "expires_at": to_microseconds(expires_at),
        },
    )


async def find_reset(reader: Reader, digest: str, now: datetime) -> str | None:
    """Return whose link this is, if it still opens something."""
    row = await reader.fetch_one(
        "select r.member_name from password_resets r join members m on m.name = r.member_name"
        " where r.digest = :digest and r.expires_at > :now and m.disabled_at is null"
        " and (r.email is null or r.email = m.email)",
        {"digest": digest, "now": to_microseconds(now)},
    )
    return None if row is None else text(row, "member_name")


async def take_reset(transaction: Transaction, digest: str, now: datetime) -> str | None:
    """Use a link up; return whose it was, or None if it opens nothing. Of two at once one wins."""
    member_name = await find_reset(transaction, digest, now)
    taken = await transaction.execute(
        "delete from password_resets where digest = :digest", {"digest": digest}
    )
    return member_name if taken else None


async def end_resets(transaction: Transaction, member_name: str) -> None:
    """Let no link of a member's open anything any more."""
    await transaction.execute(
        "delete from password_resets where member_name = :member_name",
        {"member_name": member_name},
    )


async def prune_resets(transaction: Transaction, now: datetime) -> int:
    """Forget links whose time is over; return how many."""
    return await transaction.execute(
        "delete from password_resets where expires_at <= :now", {"now": to_microseconds(now)}
    )
