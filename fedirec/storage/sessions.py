"""Who is signed in: sessions by the SHA-256 of their id, so a stolen backup opens nothing (AC-03).

A session ends when its day has come, when it was not used for 14 days, when the member is disabled,
and when it is ended here. What makes an old password or an old role worthless ends them all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.storage.database import Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.statements import instant, text

IDLE: Final = timedelta(days=14)
TOUCH_INTERVAL: Final = timedelta(hours=1)
_MOST_LISTED: Final = 100

_SELECT: Final = """
select s.digest, s.member_name, m.is_admin, m.language, s.created_at, s.seen_at, s.proved_at,
  s.expires_at, s.is_strong, s.label
from sessions s join members m on m.name = s.member_name
where s.expires_at > :now and s.seen_at > :idle_since and m.disabled_at is null"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A member who is signed in with one browser.

    `digest` names it and opens nothing. `proved_at` is when the member last showed a password or a
    passkey in it; `is_strong` says that a second factor was shown. `label` is the browser, such as
    `Firefox on Linux`. `is_admin` and `language` are the member's own.
    """

    digest: str
    member_name: str
    is_admin: bool
    language: str
    created_at: datetime
    seen_at: datetime
    proved_at: datetime
    expires_at: datetime
    is_strong: bool
    label: str


async def insert_session(transaction: Transaction, session: Session) -> None:
    """Keep a new session."""
    await transaction.execute(
        "insert into sessions (digest, member_name, created_at, seen_at, proved_at, expires_at,"
        " is_strong, label) values (:digest, :member_name, :created_at, :seen_at, :proved_at,"
        " :expires_at, :is_strong, :label)",
        {
            "digest": session.digest,
            "member_name": session.member_name,
            "created_at": to_microseconds(session.created_at),
            "seen_at": to_microseconds(session.seen_at),
            "proved_at": to_microseconds(session.proved_at),
            "expires_at": to_microseconds(session.expires_at),
            "is_strong": session.is_strong,
            "label": session.label,
        },
    )


async def find_session(reader: Reader, digest: str, now: datetime) -> Session | None:
    """Return a session with its member; None if it is unknown, over, or the member is disabled."""
    row = await reader.fetch_one(
        f"{_SELECT} and s.digest = :digest", {"digest": digest, **_at(now)}
    )
    return None if row is None else _read(row)


async def list_sessions(reader: Reader, member_name: str, now: datetime) -> list[Session]:
    """Return where a member is signed in, the newest first."""
    rows = await reader.fetch_all(
        f"{_SELECT} and s.member_name = :member_name"
        " order by s.created_at desc, s.digest limit :limit",
        {"member_name": member_name, "limit": _MOST_LISTED, **_at(now)},
    )
    return [_read(row) for row in rows]


async def touch_session(transaction: Transaction, digest: str, now: datetime) -> bool:
    """Note that a session is in use, at most once an hour; return whether it was written."""
    changed = await transaction.execute(
        "update sessions set seen_at = :now where digest = :digest and seen_at <= :before",
        {
            "digest": digest,
            "now": to_microseconds(now),
            "before": to_microseconds(now - TOUCH_INTERVAL),
        },
    )
    return changed > 0


async def prove_session(transaction: Transaction, digest: str, now: datetime) -> None:
    """Note that the member showed who they are, just now."""
    await transaction.execute(
        "update sessions set proved_at = :now where digest = :digest",
        {"digest": digest, "now": to_microseconds(now)},
    )


async def strengthen_session(transaction: Transaction, digest: str, new_digest: str) -> bool:
    """Give a session in which a second factor was shown another id; return whether it was there."""
    changed = await transaction.execute(
        "update sessions set digest = :new_digest, is_strong = true where digest = :digest",
        {"digest": digest, "new_digest": new_digest},
    )
    return changed > 0


async def weaken_sessions(transaction: Transaction, member_name: str) -> None:
    """Note that a member has no second factor any more."""
    await transaction.execute(
        "update sessions set is_strong = false where member_name = :member_name",
        {"member_name": member_name},
    )


async def end_session(transaction: Transaction, member_name: str, digest: str) -> bool:
    """End one session of a member's own; return whether there was one."""
    ended = await transaction.execute(
        "delete from sessions where digest = :digest and member_name = :member_name",
        {"digest": digest, "member_name": member_name},
    )
    return ended > 0


async def end_sessions(
    transaction: Transaction, member_name: str, *, except_digest: str | None = None
) -> int:
    """End all sessions of a member, or all but one; return how many."""
    return await transaction.execute(
        "delete from sessions where member_name = :member_name and digest <> :kept",
        {"member_name": member_name, "kept": except_digest or ""},
    )


async def prune_sessions(transaction: Transaction, now: datetime) -> int:
    """Forget sessions that are over; return how many."""
    return await transaction.execute(
        "delete from sessions where expires_at <= :now or seen_at <= :idle_since", _at(now)
    )


def _at(now: datetime) -> dict[str, Value]:
    return {"now": to_microseconds(now), "idle_since": to_microseconds(now - IDLE)}


def _read(row: Row) -> Session:
    return Session(
        digest=text(row, "digest"),
        member_name=text(row, "member_name"),
        is_admin=bool(row["is_admin"]),
        language=text(row, "language"),
        created_at=instant(row, "created_at"),
        seen_at=instant(row, "seen_at"),
        proved_at=instant(row, "proved_at"),
        expires_at=instant(row, "expires_at"),
        is_strong=bool(row["is_strong"]),
        label=text(row, "label"),
    )
