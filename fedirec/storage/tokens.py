"""Access tokens of members' apps: only their SHA-256 is kept, so a stolen backup opens nothing."""

from dataclasses import dataclass
from datetime import datetime

from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import instant, microseconds_or_none, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token allows, and in whose name."""

    member_name: str
    scopes: tuple[str, ...]


async def insert_token(
    transaction: Transaction,
    digest: str,
    member_name: str,
    scopes: tuple[str, ...],
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Keep a new token by the SHA-256 of its text, in hex."""
    await transaction.execute(
        "insert into tokens (digest, member_name, scopes, created_at, expires_at, revoked_at)"
        " values (:digest, :member_name, :scopes, :now, :expires_at, null)",
        {
            "digest": digest,
            "member_name": member_name,
            "scopes": " ".join(scopes),
            "now": to_microseconds(now),
            "expires_at": microseconds_or_none(expires_at),
        },
    )


async def find_token(reader: Reader, digest: str, now: datetime) -> Token | None:
    """Return what a token allows; None if unknown, revoked, expired or of a disabled member."""
    row = await reader.fetch_one(
        "select t.member_name, t.scopes from tokens t join members m on m.name = t.member_name"
        " where t.digest = :digest and t.revoked_at is null and m.disabled_at is null"
        " and (t.expires_at is null or t.expires_at > :now)",
        {"digest": digest, "now": to_microseconds(now)},
    )
    if row is None:
        return None
    return Token(member_name=text(row, "member_name"), scopes=tuple(text(row, "scopes").split()))


async def revoke_token(transaction: Transaction, digest: str, now: datetime) -> bool:
    """End a token; return whether there was one to end."""
    changed = await transaction.execute(
        "update tokens set revoked_at = :now where digest = :digest and revoked_at is null",
        {"digest": digest, "now": to_microseconds(now)},
    )
    return changed > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken:
    """A token as its member sees it; `digest` names it and opens nothing."""

    digest: str
    scopes: tuple[str, ...]
    created_at: datetime


async def list_tokens(reader: Reader, member_name: str, now: datetime) -> list[ListedToken]:
    """Return what acts for a member, the newest first."""
    rows = await reader.fetch_all(
        "select digest, scopes, created_at from tokens"
        " where member_name = :member_name and revoked_at is null"
        " and (expires_at is null or expires_at > :now) order by created_at desc, digest limit 100",
        {"member_name": member_name, "now": to_microseconds(now)},
    )
    return [
        ListedToken(
            digest=text(row, "digest"),
            scopes=tuple(text(row, "scopes").split()),
            created_at=instant(row, "created_at"),
        )
        for row in rows
    ]


async def revoke_own_token(
    transaction: Transaction, member_name: str, digest: str, now: datetime
) -> bool:
    """End one token of a member; return whether there was one to end."""
    changed = await transaction.execute(
        "update tokens set revoked_at = :now"
        " where digest = :digest and member_name = :member_name and revoked_at is null",
        {"digest": digest, "member_name": member_name, "now": to_microseconds(now)},
    )
    return changed > 0


async def revoke_tokens(transaction: Transaction, member_name: str, now: datetime) -> int:
    """End all tokens of a member; return how many."""
    return await transaction.execute(
        "update tokens set revoked_at = :now"
        " where member_name = :member_name and revoked_at is null",
        {"member_name": member_name, "now": to_microseconds(now)},
    )
