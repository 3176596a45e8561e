"""Passkeys of members, and the challenges that wait for an answer. Ids and keys are base64url."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedirec.errors import ConflictError
from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import instant, instant_or_none, number, text


class Purpose(StrEnum):
    """What a challenge is for."""

    REGISTER = "register"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey, by the name its owner gave it. `public_key` is COSE; `id` names the credential."""

    id: str
    member_name: str
    name: str
    public_key: str
    sign_count: int
    created_at: datetime
    used_at: datetime | None = None


async def insert_passkey(transaction: Transaction, passkey: Passkey) -> None:
    """Keep a new passkey; raise ConflictError if it is known."""
    inserted = await transaction.execute(
        "insert into passkeys (id, member_name, name, public_key, sign_count, created_at, used_at)"
        " values (:id, :member_name, :name, :public_key, :sign_count, :created_at, null)"
        " on conflict (id) do nothing",
        {
            "id": passkey.id,
            "member_name": passkey.member_name,
            "name": passkey.name,
            "public_key": passkey.public_key,
            "sign_count": passkey.sign_count,
            "created_at": to_microseconds(passkey.created_at),
        },
    )
    if not inserted:
        message = "this passkey is known already"
        raise ConflictError(message)


async def find_passkey(reader: Reader, id_: str) -> Passkey | None:
    """Return a passkey of a member who is not disabled."""
    row = await reader.fetch_one(
        "select p.id, p.member_name, p.name, p.public_key, p.sign_count, p.created_at, p.used_at"
        " from passkeys p join members m on m.name = p.member_name"
        " where p.id = :id and m.disabled_at is null",
        {"id": id_},
    )
    return None if row is None else _read(row)


async def list_passkeys(reader: Reader, member_name: str) -> Sequence[Passkey]:
    """Return a member's passkeys, the oldest first."""
    rows = await reader.fetch_all(
        "select id, member_name, name, public_key, sign_count, created_at, used_at from passkeys"
        " where member_name = :member_name order by created_at, id",
        {"member_name": member_name},
    )
    return [_read(row) for row in rows]


async def use_passkey(
    transaction: Transaction, id_: str, *, before: int, after: int, now: datetime
) -> bool:
    """Note that a passkey was used; return whether its counter was still where it was read."""
    changed = await transaction.execute(
        "update passkeys set sign_count = :after, used_at = :now"
        " where id = :id and sign_count = :before",
        {"id": id_, "before": before, "after": after, "now": to_microseconds(now)},
    )
    return changed > 0


async def remove_passkey(transaction: Transaction, member_name: str, id_: str) -> bool:
    """Forget a passkey of a member's own; return whether there was one."""
    changed = await transaction.execute(
        "delete from passkeys where id = :id and member_name = :member_name",
        {"id": id_, "member_name": member_name},
    )
    return changed > 0


async def remove_passkeys(transaction: Transaction, member_name: str) -> int:
    """Forget all passkeys of a member; return how many."""
    return await transaction.execute(
        "delete from passkeys where member_name = :member_name", {"member_name": member_name}
    )


async def insert_challenge(
    transaction: Transaction,
    digest: str,
    purpose: Purpose,
    member_name: str | None,
    *,
    expires_at: datetime,
) -> None:
    """Keep the digest of a challenge; one to sign in belongs to nobody yet."""
    await transaction.execute(
        "insert into passkey_challenges (digest, purpose, member_name, expires_at)"
        " values (:digest, :purpose, :member_name, :expires_at)",
        {
            "digest": digest,
            "purpose": purpose.value,
            "member_name": member_name,
            "expires_at": to_microseconds(expires_at),
        },
    )


async def take_challenge(
    transaction: Transaction,
    digest: str,
    purpose: Purpose,
    member_name: str | None,
    now: datetime,
) -> bool:
    """Use a challenge up; return whether it was open, and for this."""
    taken = await transaction.execute(
        "delete from passkey_challenges where digest = :digest and purpose = :purpose"
        " and coalesce(member_name, '') = :member_name and expires_at > :now",
        {
            "digest": digest,
            "purpose": purpose.value,
            "member_name": member_name or "",
            "now": to_microseconds(now),
        },
    )
    return taken > 0


async def prune_challenges(transaction: Transaction, now: datetime) -> int:
    """Forget challenges that nobody answered in time; return how many."""
    return await transaction.execute(
        "delete from passkey_challenges where expires_at <= :now", {"now": to_microseconds(now)}
    )


def _read(row: Row) -> Passkey:
    return Passkey(
        id=text(row, "id"),
        member_name=text(row, "member_name"),
        name=text(row, "name"),
        public_key=text(row, "public_key"),
        sign_count=number(row, "sign_count"),
        created_at=instant(row, "created_at"),
        used_at=instant_or_none(row, "used_at"),
    )
