"""Verified activities of others, as they came, waiting to be handled; then kept for a while.

Each is there once for its id and actor. A repeat changes nothing; the same in another member's
inbox adds that recipient and goes round once more (OR-17). Claiming and settling is `queue.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from fedirec.domain.actors import ActorId, Host
from fedirec.storage.database import Parameters, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    in_chunks,
    insert_new_rows,
    instant,
    listed,
    numbered,
    text,
    text_or_none,
    values_list,
)

_SELECT: Final = (
    "select id, activity_key, actor_id, signer_id, host, type, object_id, body, body_digest,"
    " created_at from received"
)
_KNOWN: Final = (
    "select id, activity_key, actor_id, body_digest from received"
    " where (activity_key, actor_id) in (values "
)
_RECIPIENTS: Final = "select received_id, actor_id from received_recipients where received_id in "
_KEY: Final = {"activity_key": "text", "actor_id": "text"}
_GO_ROUND: Final = """
update received set has_new_recipient = true,
  attempt = case when state in ('handled', 'ignored', 'dead') then 0 else attempt end,
  next_at = case when state in ('handled', 'ignored', 'dead') then :now else next_at end,
  settled_at = null,
  state = case when state in ('handled', 'ignored', 'dead') then 'due' else state end
where id in """
_SETTLE_HANDLED: Final = """
update received set
  state = case when has_new_recipient then 'due' else 'handled' end,
  attempt = case when has_new_recipient then 0 else attempt end, losses = 0,
  next_at = :now, lease_token = null, lease_until = null, last_class = null, last_detail = null,
  settled_at = case when has_new_recipient then null else cast(:now as bigint) end
where id in {ids} and lease_token in {tokens}"""
# Looked at once: nothing leaves an inbox but through here.
_SETTLED_BEFORE: Final = """
select id, type in ('Announce', 'Create', 'Offer', 'Update')
  and exists (select 1 from inbox_items i where i.source_id = received.id) as is_shown
from received where not is_shown and settled_at < :before order by settled_at, id limit :limit"""
_STAYS: Final = "update received set is_shown = true where id in "
_LEAVE_INBOXES: Final = "delete from inbox_items where source_id in "
_DROP: Final = "delete from received where id in "

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedActivity:
    """An activity as it came. `activity_key` is its id, or the body's digest where it has none.

    Signed by another than its actor, it is known by digest and signer; a Follow or Undo by its
    signature too, for it may be meant anew.
    `recipients` own the personal inboxes it was put in; `signature_digest` is only written, to know
    the request when it comes again.
    """

    id: str
    activity_key: str
    actor_id: ActorId
    signer_id: ActorId
    host: Host
    type: str
    object_id: str | None
    body: str
    body_digest: str
    recipients: tuple[ActorId, ...]
    created_at: datetime
    signature_digest: str | None = None

    @property
    def key(self) -> Key:
        """What makes it one and the same."""
        return self.activity_key, self.actor_id


class Kept(StrEnum):
    """What became of an activity that came. `CONFLICT`: another body under a known id; dropped."""

    NEW = "new"
    REPEATED = "repeated"
    ADDED_RECIPIENT = "added_recipient"
    CONFLICT = "conflict"


async def insert_received(
    transaction: Transaction, items: Sequence[ReceivedActivity]
) -> list[Kept]:
    """Keep what is new; return what became of each, in the order given.

    Three statements for a batch without repeats that is not over 128.
    """
    ordered = sorted(items, key=lambda item: (item.key, item.id))  # two batches never deadlock
    written = await insert_new_rows(
        transaction, "received", [_parameters(item) for item in ordered], returning="id"
    )
    new = {text(row, "id") for row in written}
    known = await _find_known(transaction, [item for item in ordered if item.id not in new])
    added = await _add_recipients(transaction, ordered, new, known)
    again = [known[item.key][0] for item in ordered if item.id in added]
    await _go_round(transaction, again, items)
    return [_kept(item, new, known, added) for item in items]


async def find_received(
    reader: Reader, activity_key: str, actor_id: ActorId
) -> ReceivedActivity | None:
    """Return an activity that came, by its key and actor."""
    row = await reader.fetch_one(
        f"{_SELECT} where activity_key = :activity_key and actor_id = :actor_id",
        {"activity_key": activity_key, "actor_id": actor_id},
    )
    if row is None:
        return None
    recipients = await recipients_of(reader, [text(row, "id")])
    return replace(_read(row), recipients=recipients.get(text(row, "id"), ()))


async def settle_handled(
    transaction: Transaction, leases: Sequence[tuple[str, str]], *, now: datetime
) -> bool:
    """Record that all of these, id and token each, were handled; False if one lease was lost.

    Then the caller undoes it all. What came for somebody else meanwhile is due again (OR-17).
    """
    changed = 0
    for chunk in in_chunks(leases):
        places, ids = listed("id", [id_ for id_, _ in chunk])
        held, tokens = listed("token", sorted({token for _, token in chunk}))
        changed += await transaction.execute(
            _SETTLE_HANDLED.format(ids=places, tokens=held),
            {**ids, **tokens, "now": to_microseconds(now)},
        )
    return changed == len(leases)


async def recipients_of(
    reader: Reader, received_ids: Sequence[str]
) -> Mapping[str, tuple[ActorId, ...]]:
    """Return the recipients of each of these that has any."""
    found: dict[str, tuple[ActorId, ...]] = {}
    for chunk in in_chunks(received_ids):
        places, parameters = listed("id", chunk)
        rows = await reader.fetch_all(
            f"{_RECIPIENTS}{places} order by received_id, actor_id", parameters
        )
        for row in rows:
            earlier = found.get(text(row, "received_id"), ())
            found[text(row, "received_id")] = (*earlier, ActorId(text(row, "actor_id")))
    return found


async def prune_received(transaction: Transaction, before: datetime, *, limit: int) -> int:
    """Drop what was settled before an instant; return how many were looked at, oldest first.

    They are fewer than `limit` when none is left.
    What says something stays while an inbox shows it, for its body is nowhere else; what only does
    something, such as a Follow, leaves the inboxes too.
    """
    rows = await transaction.fetch_all(
        _SETTLED_BEFORE, {"before": to_microseconds(before), "limit": limit}
    )
    shown = [text(row, "id") for row in rows if row["is_shown"]]
    over = [text(row, "id") for row in rows if not row["is_shown"]]
    for statement, ids in ((_STAYS, shown), (_LEAVE_INBOXES, over), (_DROP, over)):
        for chunk in in_chunks(ids):
            places, parameters = listed("id", chunk)
            await transaction.execute(f"{statement}{places}", parameters)
    return len(rows)


async def _find_known(
    transaction: Transaction, items: Sequence[ReceivedActivity]
) -> dict[Key, tuple[str, str]]:
    """Return id and body digest of the rows that stand in the way of these."""
    known = {}
    for chunk in in_chunks(items):
        rows = await transaction.fetch_all(
            f"{_KNOWN}{values_list(_KEY, len(chunk))})",
            numbered([dict(zip(_KEY, item.key, strict=True)) for item in chunk]),
        )
        for row in rows:
            key = text(row, "activity_key"), text(row, "actor_id")
            known[key] = text(row, "id"), text(row, "body_digest")
    return known


async def _add_recipients(
    transaction: Transaction,
    items: Sequence[ReceivedActivity],
    new: set[str],
    known: Mapping[Key, tuple[str, str]],
) -> set[str]:
    """Write who is to have what; return the ids of repeats that brought somebody new."""
    pairs: dict[tuple[str, str], str] = {}
    for item in sorted(items, key=lambda item: item.id not in new):
        row_id, digest = known.get(item.key, (item.id, item.body_digest))
        if item.id in new:
            row_id = item.id
        if digest == item.body_digest:
            for recipient in item.recipients:
                pairs.setdefault((row_id, recipient), item.id)
    written = await insert_new_rows(
        transaction,
        "received_recipients",
        [{"received_id": row_id, "actor_id": recipient} for row_id, recipient in sorted(pairs)],
        returning="received_id, actor_id",
    )
    brought = {pairs[text(row, "received_id"), text(row, "actor_id")] for row in written}
    return brought - new


async def _go_round(
    transaction: Transaction, row_ids: Sequence[str], items: Sequence[ReceivedActivity]
) -> None:
    for chunk in in_chunks(row_ids):
        places, parameters = listed("id", chunk)
        now = to_microseconds(max(item.created_at for item in items))
        await transaction.execute(f"{_GO_ROUND}{places}", {**parameters, "now": now})


def _kept(
    item: ReceivedActivity,
    new: set[str],
    known: Mapping[Key, tuple[str, str]],
    added: set[str],
) -> Kept:
    if item.id in new:
        return Kept.NEW
    if known[item.key][1] != item.body_digest:
        return Kept.CONFLICT
    return Kept.ADDED_RECIPIENT if item.id in added else Kept.REPEATED


def _parameters(item: ReceivedActivity) -> Parameters:
    created_at = to_microseconds(item.created_at)
    return {
        "id": item.id,
        "activity_key": item.activity_key,
        "actor_id": item.actor_id,
        "signer_id": item.signer_id,
        "host": item.host,
        "type": item.type,
        "object_id": item.object_id,
        "body": item.body,
        "body_digest": item.body_digest,
        "next_at": created_at,
        "created_at": created_at,
    }


def _read(row: Row) -> ReceivedActivity:
    return ReceivedActivity(
        id=text(row, "id"),
        activity_key=text(row, "activity_key"),
        actor_id=ActorId(text(row, "actor_id")),
        signer_id=ActorId(text(row, "signer_id")),
        host=Host(text(row, "host")),
        type=text(row, "type"),
        object_id=text_or_none(row, "object_id"),
        body=text(row, "body"),
        body_digest=text(row, "body_digest"),
        recipients=(),
        created_at=instant(row, "created_at"),
    )
