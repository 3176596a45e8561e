"""What keepers did, one row an act, only ever added to (AC-12); and when each was last here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.storage.database import Page, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import LAST, as_json, bounded, instant, page_of, text, text_or_none

COMMANDS: Final = ""
"""Who acts by the commands, among the keepers who were here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAct:
    """One act. `actor_name` is a keeper, None for the commands; `subject` whom or what it met.

    `act` is a verb and its object, such as `invite.create`; `detail` has what else there is to say,
    never a secret.
    """

    id: str
    acted_at: datetime
    actor_name: str | None
    act: str
    subject: str
    detail: Mapping[str, object]


async def record_act(transaction: Transaction, act: AdminAct) -> None:
    """Write an act down for ever, and that its keeper was here."""
    await transaction.execute(
        "insert into admin_acts (id, acted_at, actor_name, act, subject, detail)"
        " values (:id, :acted_at, :actor_name, :act, :subject, :detail)",
        {
            "id": act.id,
            "acted_at": to_microseconds(act.acted_at),
            "actor_name": act.actor_name,
            "act": act.act,
            "subject": act.subject,
            "detail": as_json(dict(act.detail)),
        },
    )
    await note_keeper(transaction, act.actor_name or COMMANDS, act.acted_at)


async def list_acts(reader: Reader, *, before: str | None, limit: int) -> Page[AdminAct]:
    """Return acts, the newest first; `before` is the cursor of a page."""
    rows = await reader.fetch_all(
        "select id, acted_at, actor_name, act, subject, detail from admin_acts"
        " where id < :before order by id desc limit :limit",
        {"before": LAST if before is None else before, "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


async def note_keeper(transaction: Transaction, keeper: str, now: datetime) -> None:
    """Note that a keeper was here."""
    await transaction.execute(
        "insert into keeper_activity (keeper, seen_at) values (:keeper, :now)"
        " on conflict (keeper) do update set seen_at = excluded.seen_at",
        {"keeper": keeper, "now": to_microseconds(now)},
    )


async def was_keeper_here(reader: Reader, since: datetime) -> bool:
    """Return whether anybody who is a keeper now, or the commands, did anything since then."""
    row = await reader.fetch_one(
        "select 1 as found from keeper_activity k left join members m"
        " on m.name = k.keeper and m.is_admin and m.disabled_at is null"
        " where k.seen_at >= :since and (k.keeper = :commands or m.name is not null) limit 1",
        {"since": to_microseconds(since), "commands": COMMANDS},
    )
    return row is not None


def _read(row: Row) -> AdminAct:
    return AdminAct(
        id=text(row, "id"),
        acted_at=instant(row, "acted_at"),
        actor_name=text_or_none(row, "actor_name"),
        act=text(row, "act"),
        subject=text(row, "subject"),
        detail=json.loads(text(row, "detail")),
    )
