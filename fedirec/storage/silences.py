"""Whom members hear nothing of unless they follow them: hosts and actors that are silenced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.blocks import hits
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import in_chunks, instant, listed, text, text_or_none

_SILENT: Final = f"""
select a.id as id from actors a where exists (
  select 1 from silences s where {hits("s", "a")}) and a.id in """  # noqa: S608 - text of ours
_FOLLOWED: Final = (
    "select follower_id, followed_id from follows where state = 'accepted' and followed_id in "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """`target` is a host or an actor's id, as `kind` says (`host`, `actor`)."""

    target: str
    kind: str
    reason: str | None
    created_at: datetime


async def silence(
    transaction: Transaction, target: str, *, kind: str, reason: str | None, now: datetime
) -> None:
    """Silence a host or an actor; of one silenced already, the reason is renewed."""
    await transaction.execute(
        "insert into silences (target, kind, reason, created_at)"
        " values (:target, :kind, :reason, :now)"
        " on conflict (target) do update set reason = excluded.reason",
        {"target": target, "kind": kind, "reason": reason, "now": to_microseconds(now)},
    )


async def end_silence(transaction: Transaction, target: str) -> bool:
    """End a silence; return whether there was one."""
    sql = "delete from silences where target = :target"
    return await transaction.execute(sql, {"target": target}) > 0


async def list_silences(reader: Reader) -> list[Silence]:
    """Return all silences, by target."""
    rows = await reader.fetch_all(
        "select target, kind, reason, created_at from silences order by target"
    )
    return [
        Silence(
            target=text(row, "target"),
            kind=text(row, "kind"),
            reason=text_or_none(row, "reason"),
            created_at=instant(row, "created_at"),
        )
        for row in rows
    ]


async def list_unheard(
    reader: Reader, pairs: Sequence[tuple[ActorId, ActorId]]
) -> frozenset[tuple[ActorId, ActorId]]:
    """Return the pairs (member, other) whose other is silenced and not followed by the member."""
    others = sorted({other for _, other in pairs})
    if not others or await reader.fetch_one("select 1 as found from silences limit 1") is None:
        return frozenset()
    silent: set[str] = set()
    followed: set[tuple[str, str]] = set()
    for chunk in in_chunks(others):
        places, parameters = listed("actor", chunk)
        rows = await reader.fetch_all(f"{_SILENT}{places}", parameters)
        silent |= {text(row, "id") for row in rows}
        rows = await reader.fetch_all(f"{_FOLLOWED}{places}", parameters)
        followed |= {(text(row, "follower_id"), text(row, "followed_id")) for row in rows}
    return frozenset(pair for pair in pairs if pair[1] in silent and pair not in followed)
