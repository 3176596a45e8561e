"""Whom a member or the instance does not hear, and, with an allow-list, whom it hears alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, Host
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import instant, text, text_or_none

INSTANCE: Final = "instance"
"""The owner of what is blocked for everybody here."""


def covers(target: str, host: str) -> str:
    """Return the condition that a blocked host covers another; both are SQL expressions of ours.

    It says what `domain.moderation.admit_host` says (PA-01): subdomains, and every port when the
    block names none. No `like`: nothing in a host is a wildcard (ST-09).
    """
    return f"replace('.' || {host} || ':', '.' || {target} || ':', '') <> '.' || {host} || ':'"


def hits(block: str, actor: str) -> str:
    """Return the condition that a row of `blocks` means a row of `actors`, by id or by host."""
    return (
        f"(({block}.kind = 'actor' and {block}.target = {actor}.id)"
        f" or ({block}.kind = 'host' and {covers(f'{block}.target', f'{actor}.host')}))"
    )


# An actor may be blocked by id before anything else is known of them.
_MEANT: Final = f"""
((b.kind = 'actor' and b.target = :actor_id)
  or exists (select 1 from actors a where a.id = :actor_id and {hits("b", "a")}))"""  # noqa: S608 - text of ours
_IS_BLOCKED: Final = (
    f"select b.target from blocks b where b.owner in (:owner, :instance) and {_MEANT} limit 1"  # noqa: S608 - text of ours
)
_BLOCKERS: Final = f"select distinct b.owner from blocks b where {_MEANT}"  # noqa: S608 - text of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`target` is a host or an actor's id, as `kind` says (`host`, `actor`)."""

    owner: str
    target: str
    kind: str
    reason: str | None
    created_at: datetime


async def block(
    transaction: Transaction,
    owner: str,
    target: str,
    *,
    kind: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Block a host or an actor; of one blocked already, the reason is renewed."""
    await transaction.execute(
        "insert into blocks (owner, target, kind, reason, created_at)"
        " values (:owner, :target, :kind, :reason, :now)"
        " on conflict (owner, target) do update set reason = excluded.reason",
        {
            "owner": owner,
            "target": target,
            "kind": kind,
            "reason": reason,
            "now": to_microseconds(now),
        },
    )


async def unblock(transaction: Transaction, owner: str, target: str) -> bool:
    """End a block; return whether there was one."""
    changed = await transaction.execute(
        "delete from blocks where owner = :owner and target = :target",
        {"owner": owner, "target": target},
    )
    return changed > 0


async def list_blocks(reader: Reader, owner: str) -> list[Block]:
    """Return what a member, or `INSTANCE`, blocks, by target."""
    rows = await reader.fetch_all(
        "select owner, target, kind, reason, created_at from blocks where owner = :owner"
        " order by target",
        {"owner": owner},
    )
    return [
        Block(
            owner=text(row, "owner"),
            target=text(row, "target"),
            kind=text(row, "kind"),
            reason=text_or_none(row, "reason"),
            created_at=instant(row, "created_at"),
        )
        for row in rows
    ]


async def is_actor_blocked(reader: Reader, owner: str, actor_id: ActorId) -> bool:
    """Whether `owner` or the instance blocks an actor, by id or by host."""
    row = await reader.fetch_one(
        _IS_BLOCKED, {"owner": owner, "instance": INSTANCE, "actor_id": actor_id}
    )
    return row is not None


async def list_blockers(reader: Reader, actor_id: ActorId) -> frozenset[str]:
    """Return the owners of blocks that an actor falls under, by id or by host."""
    rows = await reader.fetch_all(_BLOCKERS, {"actor_id": actor_id})
    return frozenset(text(row, "owner") for row in rows)


async def blocked_hosts(reader: Reader) -> frozenset[str]:
    """Return the hosts that the instance blocks; each covers its subdomains."""
    rows = await reader.fetch_all(
        "select target from blocks where owner = :owner and kind = 'host'", {"owner": INSTANCE}
    )
    return frozenset(text(row, "target") for row in rows)


async def allowed_hosts(reader: Reader) -> frozenset[str]:
    """Return the hosts on the allow-list."""
    rows = await reader.fetch_all("select host from allowed_hosts")
    return frozenset(text(row, "host") for row in rows)


async def allow_host(transaction: Transaction, host: Host, now: datetime) -> None:
    """Put a host on the allow-list."""
    await transaction.execute(
        "insert into allowed_hosts (host, created_at) values (:host, :now)"
        " on conflict (host) do nothing",
        {"host": host, "now": to_microseconds(now)},
    )


async def disallow_host(transaction: Transaction, host: Host) -> bool:
    """Take a host off the allow-list; return whether it was on it."""
    changed = await transaction.execute(
        "delete from allowed_hosts where host = :host", {"host": host}
    )
    return changed > 0
