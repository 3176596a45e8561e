"""Invitations, by the SHA-256 of their token: who made them, until when, and who came (AC-12)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    LAST,
    bounded,
    instant,
    instant_or_none,
    page_of,
    text,
    text_or_none,
)

_SELECT: Final = (
    "select id, made_by, for_name, is_claim, created_at, expires_at, revoked_at, used_by, used_at"
    " from invites"
)
_OPEN: Final = "used_at is null and revoked_at is null and expires_at > :now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An invitation; `id` names it and opens nothing.

    `made_by` is a keeper's name, None for the commands. `for_name` is the only name that it may be
    used with. `is_claim`: a member by that name is here already, and only chooses a password.
    """

    id: str
    made_by: str | None
    for_name: str | None
    is_claim: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_by: str | None = None
    used_at: datetime | None = None


async def insert_invite(transaction: Transaction, invite: Invite, digest: str) -> None:
    """Keep a new invitation and the digest of its token."""
    await transaction.execute(
        "insert into invites (id, digest, made_by, for_name, is_claim, created_at, expires_at,"
        " revoked_at, used_by, used_at) values (:id, :digest, :made_by, :for_name, :is_claim,"
        " :created_at, :expires_at, null, null, null)",
        {
            "id": invite.id,
            "digest": digest,
            "made_by": invite.made_by,
            "for_name": invite.for_name,
            "is_claim": invite.is_claim,
            "created_at": to_microseconds(invite.created_at),
            "expires_at": to_microseconds(invite.expires_at),
        },
    )


async def find_open_invite(reader: Reader, digest: str, now: datetime) -> Invite | None:
    """Return the invitation of a token, if it can still be used."""
    row = await reader.fetch_one(
        f"{_SELECT} where digest = :digest and {_OPEN}",
        {"digest": digest, "now": to_microseconds(now)},
    )
    return None if row is None else _read(row)


async def list_invites(reader: Reader, *, before: str | None, limit: int) -> Page[Invite]:
    """Return all invitations, the newest first; `before` is the cursor of a page."""
    rows = await reader.fetch_all(
        f"{_SELECT} where id < :before order by id desc limit :limit",
        {"before": LAST if before is None else before, "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


async def take_invite(transaction: Transaction, id_: str, used_by: str, now: datetime) -> bool:
    """Use an invitation up; return whether it was still open. Of two at once one wins."""
    taken = await transaction.execute(
        f"update invites set used_by = :used_by, used_at = :now where id = :id and {_OPEN}",  # noqa: S608 - ours
        {"id": id_, "used_by": used_by, "now": to_microseconds(now)},
    )
    return taken > 0


async def revoke_invite(transaction: Transaction, id_: str, now: datetime) -> bool:
    """Take an invitation back; return whether there was one to take back."""
    revoked = await transaction.execute(
        "update invites set revoked_at = :now"
        " where id = :id and used_at is null and revoked_at is null",
        {"id": id_, "now": to_microseconds(now)},
    )
    return revoked > 0


async def revoke_claims(transaction: Transaction, name: str, now: datetime) -> None:
    """Take back the links with which a member would choose a first password."""
    await transaction.execute(
        "update invites set revoked_at = :now"
        " where for_name = :name and is_claim and used_at is null and revoked_at is null",
        {"name": name, "now": to_microseconds(now)},
    )


def _read(row: Row) -> Invite:
    return Invite(
        id=text(row, "id"),
        made_by=text_or_none(row, "made_by"),
        for_name=text_or_none(row, "for_name"),
        is_claim=bool(row["is_claim"]),
        created_at=instant(row, "created_at"),
        expires_at=instant(row, "expires_at"),
        revoked_at=instant_or_none(row, "revoked_at"),
        used_by=text_or_none(row, "used_by"),
        used_at=instant_or_none(row, "used_at"),
    )
