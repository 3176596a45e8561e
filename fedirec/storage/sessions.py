"""Sessions: which browsers are signed in as whom. The cookie's digest is all that is kept (AC-03).

One ends fourteen days after it was last used, ninety days after it began, and a keeper's twelve
hours after it began; and at once with whatever ends it: signing out, another password, a role that
changed, a member who is disabled.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.storage.database import Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.members import Member, read_member
from fedirec.storage.statements import instant, text

IDLE: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=90)
LONGEST_OF_KEEPER: Final = timedelta(hours=12)
TOUCHED_EVERY: Final = timedelta(hours=1)

_SELECT: Final = (
    "select s.digest, s.label, s.is_strong, s.created_at as began_at, s.seen_at, s.expires_at,"
    " m.name, m.actor_id, m.is_admin, m.shows_network, m.language, m.created_at, m.disabled_at"
    " from sessions s join members m on m.name = s.member_name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in.

    `label` says which, in words such as "Firefox on Linux". `is_strong`: begun with a second factor
    or a passkey.
    """

    digest: str
    member: Member
    label: str
    is_strong: bool
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


async def insert_session(
    transaction: Transaction,
    member: Member,
    *,
    digest: str,
    label: str,
    is_strong: bool,
    now: datetime,
) -> None:
    """Begin a session of a member."""
    longest = LONGEST_OF_KEEPER if member.is_admin else LONGEST
    await transaction.execute(
        "insert into sessions (digest, member_name, label, is_strong, created_at, seen_at,"
        " expires_at) values (:digest, :name, :label, :is_strong, :now, :now, :expires_at)",
        {
            "digest": digest,
            "name": member.name,
            "label": label,
            "is_strong": is_strong,
            "now": to_microseconds(now),
            "expires_at": to_microseconds(now + longest),
        },
    )


async def find_session(reader: Reader, digest: str, now: datetime) -> Session | None:
    """Return a session that is not over, of a member who may act."""
    row = await reader.fetch_one(
        f"{_SELECT} where s.digest = :digest and s.expires_at > :now and s.seen_at > :idle_since"
        " and m.disabled_at is null",
        {"digest": digest, **_alive(now)},
    )
    return None if row is None else _read(row)


async def list_sessions(reader: Reader, member_name: str, now: datetime) -> list[Session]:
    """Return a member's sessions that are not over, those used last first."""
    rows = await reader.fetch_all(
        f"{_SELECT} where s.member_name = :name and s.expires_at > :now"
        " and s.seen_at > :idle_since order by s.seen_at desc, s.digest limit 100",
        {"name": member_name, **_alive(now)},
    )
    return [_read(row) for row in rows]


async def touch_session(transaction: Transaction, digest: str, now: datetime) -> None:
    """Note that a session was used; worth a write once an hour."""
    await transaction.execute(
        "update sessions set seen_at = :now where digest = :digest and seen_at < :now",
        {"digest": digest, "now": to_microseconds(now)},
    )


async def end_session(transaction: Transaction, member_name: str, digest: str) -> bool:
    """End one session of a member; tell whether there was one."""
    changed = await transaction.execute(
        "delete from sessions where digest = :digest and member_name = :name",
        {"digest": digest, "name": member_name},
    )
    return changed > 0


async def end_sessions(
    transaction: Transaction, member_name: str, *, keeps: str | None = None
) -> None:
    """End every session of a member, but the one whose digest is `keeps`."""
    await transaction.execute(
        "delete from sessions where member_name = :name and digest <> :keeps",
        {"name": member_name, "keeps": keeps or ""},
    )


async def prune_sessions(transaction: Transaction, now: datetime) -> int:
    """Forget sessions that are over; return how many."""
    return await transaction.execute(
        "delete from sessions where expires_at <= :now or seen_at <= :idle_since", _alive(now)
    )


def _alive(now: datetime) -> dict[str, Value]:
    return {"now": to_microseconds(now), "idle_since": to_microseconds(now - IDLE)}


def _read(row: Row) -> Session:
    return Session(
        digest=text(row, "digest"),
        member=read_member(row),
        label=text(row, "label"),
        is_strong=bool(row["is_strong"]),
        created_at=instant(row, "began_at"),
        seen_at=instant(row, "seen_at"),
        expires_at=instant(row, "expires_at"),
    )
