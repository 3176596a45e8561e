"""Second factors: the secret of an authenticator app, recovery codes, and sign-ins that wait.

Codes are kept as digests and taken by conditional writes, so that of two at once one wins (AC-10).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedirec.storage.database import Reader, Transaction, Value, to_microseconds
from fedirec.storage.statements import number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSecret:
    """What an authenticator app knows too, in base32; until a first code came it opens nothing."""

    secret: str
    is_confirmed: bool


async def find_totp(reader: Reader, member_name: str) -> TotpSecret | None:
    """Return a member's secret, confirmed or not."""
    row = await reader.fetch_one(
        "select secret, confirmed_at is not null as is_confirmed from totp_secrets"
        " where member_name = :member_name",
        {"member_name": member_name},
    )
    if row is None:
        return None
    return TotpSecret(secret=text(row, "secret"), is_confirmed=bool(row["is_confirmed"]))


async def offer_totp(
    transaction: Transaction, member_name: str, secret: str, now: datetime
) -> bool:
    """Keep a secret that has to be confirmed; return whether none was confirmed before."""
    changed = await transaction.execute(
        "insert into totp_secrets (member_name, secret, created_at, confirmed_at, last_step)"
        " values (:member_name, :secret, :now, null, 0) on conflict (member_name) do update"
        " set secret = excluded.secret, created_at = excluded.created_at, last_step = 0"
        " where totp_secrets.confirmed_at is null",
        {"member_name": member_name, "secret": secret, "now": to_microseconds(now)},
    )
    return changed > 0


async def confirm_totp(
    transaction: Transaction, member_name: str, secret: str, step: int, now: datetime
) -> bool:
    """Let a secret count from now on; return whether it was the one that waited for it."""
    changed = await transaction.execute(
        "update totp_secrets set confirmed_at = :now, last_step = :step"
        " where member_name = :member_name and secret = :secret and confirmed_at is null",
        {
            "member_name": member_name,
            "secret": secret,
            "step": step,
            "now": to_microseconds(now),
        },
    )
    return changed > 0


async def take_step(transaction: Transaction, member_name: str, secret: str, step: int) -> bool:
    """Use up the code of a step, and all before it; return whether it was still to be had."""
    changed = await transaction.execute(
        "update totp_secrets set last_step = :step where member_name = :member_name"
        " and secret = :secret and confirmed_at is not null and last_step < :step",
        {"member_name": member_name, "secret": secret, "step": step},
    )
    return changed > 0


async def remove_totp(transaction: Transaction, member_name: str) -> bool:
    """Forget a member's secret; return whether there was one."""
    changed = await transaction.execute(
        "delete from totp_secrets where member_name = :member_name", {"member_name": member_name}
    )
    return changed > 0


async def replace_recovery_codes(
    transaction: Transaction, member_name: str, digests: Sequence[str]
) -> None:
    """Give a member these recovery codes, and no others; none of them is used."""
    await transaction.execute(
        "delete from recovery_codes where member_name = :member_name", {"member_name": member_name}
    )
    await transaction.execute_many(
        "insert into recovery_codes (digest, member_name, used_at)"
        " values (:digest, :member_name, null)",
        [{"digest": digest, "member_name": member_name} for digest in digests],
    )


async def take_recovery_code(
    transaction: Transaction, member_name: str, digest: str, now: datetime
) -> bool:
    """Use up a recovery code; return whether it was still to be had."""
    changed = await transaction.execute(
        "update recovery_codes set used_at = :now where digest = :digest"
        " and member_name = :member_name and used_at is null",
        {"digest": digest, "member_name": member_name, "now": to_microseconds(now)},
    )
    return changed > 0


async def count_recovery_codes(reader: Reader, member_name: str) -> int:
    """Return how many recovery codes a member has left."""
    row = await reader.fetch_one(
        "select count(*) as unused from recovery_codes"
        " where member_name = :member_name and used_at is null",
        {"member_name": member_name},
    )
    return 0 if row is None else number(row, "unused")


async def insert_pending(
    transaction: Transaction, digest: str, member_name: str, *, expires_at: datetime
) -> None:
    """Keep that a password was right, and that a second factor is waited for."""
    await transaction.execute(
        "insert into pending_sign_ins (digest, member_name, expires_at, tries)"
        " values (:digest, :member_name, :expires_at, 0)",
        {
            "digest": digest,
            "member_name": member_name,
            "expires_at": to_microseconds(expires_at),
        },
    )


async def find_pending(reader: Reader, digest: str, now: datetime, *, most: int) -> str | None:
    """Return who has to show a second factor, if it is not too late, or tried too often."""
    row = await reader.fetch_one(
        "select p.member_name from pending_sign_ins p join members m on m.name = p.member_name"
        " where p.digest = :digest and p.expires_at > :now and p.tries < :most"
        " and m.disabled_at is null",
        _pending(digest, now, most),
    )
    return None if row is None else text(row, "member_name")


async def count_pending_try(
    transaction: Transaction, digest: str, now: datetime, *, most: int
) -> bool:
    """Count one try of a code before it is looked at; return whether it may be made."""
    changed = await transaction.execute(
        "update pending_sign_ins set tries = tries + 1"
        " where digest = :digest and expires_at > :now and tries < :most",
        _pending(digest, now, most),
    )
    return changed > 0


async def end_pending(transaction: Transaction, digest: str) -> bool:
    """Use a waiting sign-in up; return whether it was there."""
    changed = await transaction.execute(
        "delete from pending_sign_ins where digest = :digest", {"digest": digest}
    )
    return changed > 0


async def end_all_pending(transaction: Transaction, member_name: str) -> None:
    """Let no password that was right a moment ago count any more."""
    await transaction.execute(
        "delete from pending_sign_ins where member_name = :member_name",
        {"member_name": member_name},
    )


async def prune_pending(transaction: Transaction, now: datetime) -> int:
    """Forget sign-ins that nobody finished in time; return how many."""
    return await transaction.execute(
        "delete from pending_sign_ins where expires_at <= :now", {"now": to_microseconds(now)}
    )


def _pending(digest: str, now: datetime, most: int) -> dict[str, Value]:
    return {"digest": digest, "now": to_microseconds(now), "most": most}
