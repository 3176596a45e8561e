"""Writing deliveries: one row for each activity and inbox, in the transaction that publishes.

Sending them is `queue.py`. More than one transaction should hold is left as a fan-out, which a
worker expands page by page; the row's key makes that harmless to repeat (C5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.failpoints import failpoint
from fedirec.storage.blocks import INSTANCE, hits
from fedirec.storage.database import (
    Parameters,
    Reader,
    Row,
    Transaction,
    Value,
    from_microseconds,
    to_microseconds,
)
from fedirec.storage.delivery_hosts import SKIP_LOCKED, look_at_hosts
from fedirec.storage.statements import in_chunks, insert_rows, listed, text

Destination = tuple[InboxUrl, Host]

# One inbox for each server with a shared one, of accepted followers elsewhere, unless blocked.
_FOLLOWERS: Final = f"""
select coalesce(a.shared_inbox, a.inbox) as inbox, min(a.host) as host
from follows f join actors a on a.id = f.follower_id
where f.followed_id = :followed_id and f.state = 'accepted' and not a.is_local
  and a.gone_at is null and a.host <> :our_host and coalesce(a.shared_inbox, a.inbox) > :cursor
  and not exists (
    select 1 from blocks b where b.owner in (:instance, :followed_id) and {hits("b", "a")})
group by coalesce(a.shared_inbox, a.inbox)
order by coalesce(a.shared_inbox, a.inbox) limit :limit"""  # noqa: S608 - text of ours
_FAN_OUT: Final = (
    "select activity_id, actor_id, followed_id, our_host, order_key, cursor, due_at, expires_at"
    " from fan_outs where due_at <= :now order by due_at, activity_id, followed_id limit 1"
)
_INBOXES: Final = {
    True: "select id, coalesce(shared_inbox, inbox) as inbox, host from actors",
    False: "select id, inbox, host from actors",
}
_EXPIRE: Final = (
    "update deliveries set state = 'expired', settled_at = :now, lease_token = null,"
    " lease_until = null where state in ('due', 'waiting', 'leased', 'held')"
)
_ELSEWHERE: Final = " where not is_local and gone_at is null and id in "


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What all deliveries of one activity have in common; `actor_id` signs them.

    They are tried from `first_try_at` on until `expires_at`. Of two deliveries to one inbox with
    the same `order_key` the older activity goes first (P5).
    """

    activity_id: ActivityId
    actor_id: ActorId
    order_key: str
    first_try_at: datetime
    expires_at: datetime


async def enqueue(
    transaction: Transaction, leaving: Leaving, inboxes: Sequence[Destination]
) -> int:
    """Write the deliveries of an activity; return how many are new."""
    if not inboxes:
        return 0
    at = to_microseconds(leaving.first_try_at)
    columns: dict[str, Value] = {
        "activity_id": leaving.activity_id,
        "actor_id": leaving.actor_id,
        "order_key": leaving.order_key,
        "state": "due",
        "attempt": 0,
        "next_at": at,
        "created_at": at,
        "expires_at": to_microseconds(leaving.expires_at),
    }
    rows: list[Parameters] = [
        {**columns, "inbox": inbox, "host": host} for inbox, host in dict(inboxes).items()
    ]
    written = await insert_rows(transaction, "deliveries", rows, on_conflict="do nothing")
    if written:
        hosts = sorted({host for _, host in inboxes})
        await look_at_hosts(transaction, [(at, host) for host in hosts])
    return written


async def enqueue_to_followers(
    transaction: Transaction,
    leaving: Leaving,
    followed_id: ActorId,
    *,
    our_host: Host,
    limit: int,
) -> int:
    """Write the deliveries to an actor's followers, one for each inbox; return how many are new.

    Shared inboxes are used where a host has one. What is over `limit` is left as a fan-out.
    """
    return await _enqueue_page(
        transaction,
        {
            "activity_id": leaving.activity_id,
            "actor_id": leaving.actor_id,
            "followed_id": followed_id,
            "our_host": our_host,
            "order_key": leaving.order_key,
            "cursor": "",
            "due_at": to_microseconds(leaving.first_try_at),
            "expires_at": to_microseconds(leaving.expires_at),
        },
        limit,
    )


async def expand_fan_out(transaction: Transaction, *, limit: int, now: datetime) -> int:
    """Write the next `limit` deliveries of the oldest fan-out; return how many are new.

    0 also when none is left; `next_due_at` of `queue.py` tells the two apart.
    """
    row = await transaction.fetch_one(
        f"{_FAN_OUT}{SKIP_LOCKED[transaction.engine]}",
        {"now": to_microseconds(now)},
    )
    if row is None:
        return 0
    await transaction.execute(
        "delete from fan_outs where activity_id = :activity_id and followed_id = :followed_id",
        {"activity_id": row["activity_id"], "followed_id": row["followed_id"]},
    )
    written = await _enqueue_page(transaction, row, limit)
    failpoint("fan_out.written")
    return written


async def inboxes_of(
    reader: Reader, actor_ids: Sequence[str], *, prefer_shared: bool
) -> list[Destination]:
    """Return the inboxes of those of `actor_ids` who are known and elsewhere, each once."""
    found: dict[str, Row] = {}
    for chunk in in_chunks(list(dict.fromkeys(actor_ids))):
        places, parameters = listed("id", chunk)
        rows = await reader.fetch_all(f"{_INBOXES[prefer_shared]}{_ELSEWHERE}{places}", parameters)
        found |= {text(row, "id"): row for row in rows}
    return _destinations([found[uri] for uri in dict.fromkeys(actor_ids) if uri in found])


async def inboxes_that_got(reader: Reader, object_id: str) -> list[Destination]:
    """Return every inbox that anything about an object went to, or may have gone to.

    What was dropped before the first try never left.
    """
    rows = await reader.fetch_all(
        "select distinct d.inbox, d.host"
        " from deliveries d join activities a on a.id = d.activity_id"
        " where a.object_id = :object_id and not (d.state = 'cancelled' and d.attempt = 0)"
        " order by d.inbox",
        {"object_id": object_id},
    )
    return _destinations(rows)


async def expire_deliveries(transaction: Transaction, now: datetime) -> int:
    """End what was tried in its time, in vain, and is in nobody's hands; return how many.

    What was never tried, as we were away ourselves, is tried once before it is given up.
    """
    return await transaction.execute(
        f"{_EXPIRE} and expires_at <= :now and attempt > 0"
        " and not (state = 'leased' and next_at > :now)",
        {"now": to_microseconds(now)},
    )


async def _enqueue_page(transaction: Transaction, fan_out: Row, limit: int) -> int:
    """Write one page of a fan-out and, if more follow, what is left of it."""
    rows = await transaction.fetch_all(
        _FOLLOWERS,
        {
            "followed_id": fan_out["followed_id"],
            "our_host": fan_out["our_host"],
            "cursor": fan_out["cursor"],
            "instance": INSTANCE,
            "limit": limit + 1,
        },
    )
    page = _destinations(rows[:limit])
    leaving = Leaving(
        activity_id=ActivityId(text(fan_out, "activity_id")),
        actor_id=ActorId(text(fan_out, "actor_id")),
        order_key=text(fan_out, "order_key"),
        first_try_at=from_microseconds(fan_out["due_at"]),
        expires_at=from_microseconds(fan_out["expires_at"]),
    )
    written = await enqueue(transaction, leaving, page)
    if len(rows) > limit:
        await insert_rows(
            transaction,
            "fan_outs",
            [{**fan_out, "cursor": page[-1][0]}],
            on_conflict="do nothing",
        )
    return written


def _destinations(rows: Sequence[Row]) -> list[Destination]:
    return [(InboxUrl(text(row, "inbox")), Host(text(row, "host"))) for row in rows]
