"""Where an activity is to be delivered, written down in the transaction that publishes.

Sending them is `queue.py`. More than one transaction should hold is left as a fan-out, which a
worker expands page by page, follower by follower; a delivery's key makes that harmless to repeat
(C5). Everything is written set by set: what a fan-out costs is the rows, not the statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.domain.circuits import LOST_AFTER
from fedirec.storage.blocks import INSTANCE, covers, hits
from fedirec.storage.database import (
    Reader,
    Row,
    Transaction,
    Value,
    from_microseconds,
    to_microseconds,
)
from fedirec.storage.delivery_hosts import ACTIVE, NEW, SKIP_LOCKED, look_at_waiting
from fedirec.storage.leases import UNFINISHED
from fedirec.storage.queue_depths import ASIDE
from fedirec.storage.statements import (
    LAST,
    in_chunks,
    insert_rows,
    listed,
    numbered,
    text,
    values_list,
)

Destination = tuple[InboxUrl, Host]

UNREACHABLE: Final = "unreachable"
"""The class of what ended untried, as its host has been down for days: kept for its author."""

SUPERSEDED: Final = "superseded"
"""The class of what was never sent, as something later about the same object was said."""

_PAGE: Final = """
from follows f join actors a on a.id = f.follower_id
where f.followed_id = :followed_id and f.state = 'accepted'
  and f.follower_id > :cursor and f.follower_id <= :last"""
# One inbox for each server with a shared one, of accepted followers elsewhere, unless blocked.
_FOLLOWERS: Final = f"""
select coalesce(a.shared_inbox, a.inbox) as inbox, a.host as host {_PAGE}
  and not a.is_local and a.gone_at is null and a.host <> :our_host
  and not exists (
    select 1 from blocks b where b.owner in (:instance, :followed_id) and {hits("b", "a")})"""  # noqa: S608 - text of ours
# The last follower of a page, and whether there is one more.
_PAGE_END: Final = (
    "select follower_id from follows where followed_id = :followed_id and state = 'accepted'"
    " and follower_id > :cursor order by follower_id limit 2 offset :skipped"
)
# Attempted, whatever came of it, or about to be: a Delete must follow it there (ST-05).
_MAY_HAVE_LEFT: Final = (
    (
        "({row}.attempt > 0 or {row}.{unfinished}"
        " or coalesce({row}.last_class, '{never}') not in ('{never}', '{down}'))"
    )
    .replace("{unfinished}", UNFINISHED)
    .format(row="{row}", never=SUPERSEDED, down=UNREACHABLE)
)
# Whoever surely never got anything about an object is not told that it is gone. What made it is in
# no index of order, and found by what its activity is about.
_SAID: Final = """exists (
    select 1 from deliveries e
    where e.inbox = t.inbox and e.order_key = :order_key and not e.is_first{so})
  or exists (
    select 1 from activities a join deliveries e on e.activity_id = a.id and e.inbox = t.inbox
    where a.object_id = :order_key and e.is_first{so})"""
_KNOWS_OF_IT: Final = " and (not ({any}) or {left})".format(
    any=_SAID.format(so=""), left=_SAID.format(so=f" and {_MAY_HAVE_LEFT.format(row='e')}")
)
_THAT_GOT: Final = f"""
select distinct d.inbox, d.host from deliveries d join activities a on a.id = d.activity_id
where a.object_id = :object_id and {_MAY_HAVE_LEFT.format(row="d")} order by d.inbox"""  # noqa: S608 - text of ours
_WRITE: Final = """
insert into deliveries (activity_id, inbox, host, actor_id, order_key, state, attempt, next_at,
  last_class, created_at, expires_at, settled_at, is_first)
select cast(:activity_id as text), t.inbox, t.host, cast(:actor_id as text),
  cast(:order_key as text), case when p.host is null then 'due' else 'expired' end, 0,
  cast(:at as bigint), case when p.host is null then null else '{unreachable}' end,
  cast(:at as bigint), cast(:expires_at as bigint),
  case when p.host is null then null else cast(:at as bigint) end, cast(:is_first as boolean)
from ({targets}) as t
left join peers p on p.host = t.host and p.circuit = 'open' and p.opened_at <= :down_since
where true{only} on conflict do nothing"""
# Even at hosts that get nothing after all: cheaper than asking twice who does.
_LOOK: Final = """
insert into delivery_hosts (lane, next_at, host)
select {lane}, cast(:at as bigint), t.host from ({hosts}) as t where true on conflict do nothing"""
_HOSTS: Final = f"select a.host {_PAGE}"
_SAYING: Final = (
    "select id from activities where object_id = :object_id and actor_id = :actor_id"
    " and type in ('Create', 'Update')"
)
_SUPERSEDE: Final = f"""
update deliveries set state = 'cancelled', settled_at = :now, last_class = '{SUPERSEDED}'
where attempt = 0 and last_class is null and state in ('due', 'held')
  and activity_id in ({_SAYING}) returning host"""  # noqa: S608 - text of ours
_SUPERSEDE_FAN_OUTS: Final = f"delete from fan_outs where activity_id in ({_SAYING})"  # noqa: S608 - text of ours
# An inbox is in no index of its own, and its actors may be on several hosts: all that is unfinished
# is looked at, for one inbox at most once an hour.
_WAITS: Final = f"inbox = :old and {ACTIVE} and state in ('due', 'waiting')"
_REDIRECT: Final = f"""
update deliveries set inbox = :new, host = :host, state = 'due', attempt = 0, next_at = :now
where {_WAITS} and not exists (
  select 1 from deliveries e where e.activity_id = deliveries.activity_id and e.inbox = :new)"""  # noqa: S608 - text of ours
_NOT_TWICE: Final = f"update deliveries set state = 'cancelled', settled_at = :now where {_WAITS}"  # noqa: S608 - text of ours
# The older about the same object goes first (P5), also while another worker has it in hand: it is
# there until its last page is committed.
_IS_OLDER: Final = "select 1 from fan_outs o where o.order_key = {key} and o.activity_id < {id}"
_FAN_OUT: Final = f"""
select activity_id, actor_id, followed_id, our_host, order_key, cursor, due_at, expires_at,
  is_protective, takes_back, is_first
from fan_outs f where due_at <= :now
  and not exists ({_IS_OLDER.format(key="f.order_key", id="f.activity_id")})
order by due_at, activity_id, followed_id limit 1"""  # noqa: S608 - text of ours
_FOLLOWS_ANOTHER: Final = _IS_OLDER.format(key=":order_key", id=":activity_id")
_THIS: Final = "where activity_id = :activity_id and followed_id = :followed_id"
# In place: who deletes it meanwhile waits for this very row, and then finds it.
_GO_ON: Final = f"update fan_outs set cursor = :cursor {_THIS}"  # noqa: S608 - text of ours
_INBOXES: Final = {
    True: "select id, coalesce(shared_inbox, inbox) as inbox, host from actors",
    False: "select id, inbox, host from actors",
}
# Behind an open circuit only one is tried at a time. The others are over once their host failed a
# probe after their time: then it was not us who were away.
_EXPIRE: Final = f"""
update deliveries set state = 'expired', settled_at = :now, lease_token = null,
  last_class = case when attempt > 0 then last_class else coalesce(last_class, '{UNREACHABLE}') end
where {{of}} and expires_at <= :now and not (state = 'leased' and next_at > :now)
  and (attempt > 0 or exists (
    select 1 from peers p where p.host = deliveries.host and p.circuit = 'open'
      and p.last_failure_at >= deliveries.expires_at)) returning host"""  # noqa: S608 - text of ours
# One by one from the indexes of what is unfinished, never from all that was ever sent.
_PARTS: Final = (ACTIVE, f"{ASIDE} and state = 'held'")
_LOST_AFTER: Final = LOST_AFTER // timedelta(microseconds=1)
_ELSEWHERE: Final = " where not is_local and gone_at is null and id in "


_CANCEL: Final = f"""
update deliveries set state = 'cancelled', settled_at = :now, lease_token = null
where {{of}} and {covers("cast(:host as text)", "host")}"""  # noqa: S608 - text of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What all deliveries of one activity have in common; `actor_id` signs them.

    They are tried from `first_try_at` on until `expires_at`. Of two deliveries to one inbox with
    the same `order_key` the older activity goes first (P5). What `is_protective` is tried even at
    hosts that have been down for a week. `takes_back` the object: it is not sent to whom surely
    nothing about the object was sent. What `is_first` made the object: nothing goes before it.
    """

    activity_id: ActivityId
    actor_id: ActorId
    order_key: str
    first_try_at: datetime
    expires_at: datetime
    is_protective: bool = False
    takes_back: bool = False
    is_first: bool = False


async def enqueue(
    transaction: Transaction, leaving: Leaving, inboxes: Sequence[Destination]
) -> int:
    """Write the deliveries of an activity; return how many are new."""
    written = 0
    for chunk in in_chunks(list(dict(inboxes).items())):
        named = values_list({"inbox": "text", "host": "text"}, len(chunk))
        rows = [{"inbox": inbox, "host": host} for inbox, host in chunk]
        targets = f"with named(inbox, host) as (values {named}) select inbox, host from named"  # noqa: S608 - names of ours
        written += await _write(transaction, leaving, targets, numbered(rows), hosts=targets)
    return written


async def supersede(
    transaction: Transaction, leaving: Leaving, object_id: str, *, now: datetime
) -> int:
    """Drop what its sender said of an object where it was never sent, since it is gone (ST-05).

    Returns how many deliveries were dropped. What was tried, even in vain, stays: it may have come.
    """
    told: dict[str, Value] = {"object_id": object_id, "actor_id": leaving.actor_id}
    await transaction.execute(_SUPERSEDE_FAN_OUTS, told)
    at = to_microseconds(now)
    rows = await transaction.fetch_all(_SUPERSEDE, {**told, "now": at})
    await look_at_waiting(transaction, sorted({text(row, "host") for row in rows}), at)
    return len(rows)


async def redirect(
    transaction: Transaction, inbox: InboxUrl, moved: Destination, *, now: datetime
) -> int:
    """Send what waits for an inbox to where that is now; return how many are sent there.

    What goes there already is dropped here.
    """
    at = to_microseconds(now)
    new_inbox, host = moved
    told: dict[str, Value] = {"old": inbox, "new": new_inbox, "host": host, "now": at}
    count = await transaction.execute(_REDIRECT, told)
    await transaction.execute(_NOT_TWICE, {"old": inbox, "now": at})
    await look_at_waiting(transaction, [host], at)
    return count


async def enqueue_to_followers(
    transaction: Transaction,
    leaving: Leaving,
    followed_id: ActorId,
    *,
    our_host: Host,
    limit: int,
) -> int:
    """Write the deliveries to an actor's followers, one for each inbox; return how many are new.

    Shared inboxes are used where a host has one. Followers over `limit` are left as a fan-out; all
    are, while one about the same object is under way.
    """
    fan_out: dict[str, Value] = {
        "activity_id": leaving.activity_id,
        "actor_id": leaving.actor_id,
        "followed_id": followed_id,
        "our_host": our_host,
        "order_key": leaving.order_key,
        "cursor": "",
        "due_at": to_microseconds(leaving.first_try_at),
        "expires_at": to_microseconds(leaving.expires_at),
        "is_protective": leaving.is_protective,
        "takes_back": leaving.takes_back,
        "is_first": leaving.is_first,
    }
    written = 0
    end: str | None = ""
    if leaving.is_first or not await _follows_another(transaction, leaving):
        written, end = await _write_page(transaction, fan_out, leaving, limit)
    if end is not None:
        rest = {**fan_out, "cursor": end}
        await insert_rows(transaction, "fan_outs", [rest], on_conflict="do nothing")
    return written


async def expand_fan_out(transaction: Transaction, *, limit: int, now: datetime) -> int | None:
    """Write the deliveries to the next `limit` followers of the oldest fan-out.

    Who unfollowed meanwhile is passed by. Returns how many are new, None when nothing is left but
    what others have in hand, and what follows that.
    """
    row = await transaction.fetch_one(
        f"{_FAN_OUT}{SKIP_LOCKED[transaction.engine]}",
        {"now": to_microseconds(now)},
    )
    if row is None:
        return None
    leaving = Leaving(
        activity_id=ActivityId(text(row, "activity_id")),
        actor_id=ActorId(text(row, "actor_id")),
        order_key=text(row, "order_key"),
        first_try_at=from_microseconds(row["due_at"]),
        expires_at=from_microseconds(row["expires_at"]),
        is_protective=bool(row["is_protective"]),
        takes_back=bool(row["takes_back"]),
        is_first=bool(row["is_first"]),
    )
    written, end = await _write_page(transaction, row, leaving, limit)
    this = {"activity_id": row["activity_id"], "followed_id": row["followed_id"]}
    if end is None:
        await transaction.execute(f"delete from fan_outs {_THIS}", this)  # noqa: S608 - text of ours
    else:
        await transaction.execute(_GO_ON, {**this, "cursor": end})
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
    rows = await reader.fetch_all(_THAT_GOT, {"object_id": object_id})
    return _destinations(rows)


async def expire_deliveries(transaction: Transaction, now: datetime) -> int:
    """End what is over its time, in vain, and is in nobody's hands; return how many.

    What was never tried, as we were away ourselves, is tried once before it is given up, unless its
    host does not answer: one that fails after their time ends all that wait for it.
    """
    at = to_microseconds(now)
    rows: list[Row] = []
    for part in _PARTS:
        rows += await transaction.fetch_all(_EXPIRE.format(of=part), {"now": at})
    await look_at_waiting(transaction, sorted({text(row, "host") for row in rows}), at)
    return len(rows)


async def cancel_to(transaction: Transaction, host: str, *, now: datetime) -> int:
    """Drop what is not sent yet to what a block of `host` covers; return how many.

    Their rows tell so.
    """
    told: dict[str, Value] = {"host": host, "now": to_microseconds(now)}
    return sum([await transaction.execute(_CANCEL.format(of=part), told) for part in _PARTS])


async def _follows_another(reader: Reader, leaving: Leaving) -> bool:
    """Whether an older fan-out about the same object is under way."""
    told = {"order_key": leaving.order_key, "activity_id": leaving.activity_id}
    return await reader.fetch_one(_FOLLOWS_ANOTHER, told) is not None


async def _write_page(
    transaction: Transaction, fan_out: Row, leaving: Leaving, limit: int
) -> tuple[int, str | None]:
    """Write one page; return how many are new, and the last follower of it if more follow."""
    page = {"followed_id": fan_out["followed_id"], "cursor": fan_out["cursor"]}
    ends = await transaction.fetch_all(_PAGE_END, {**page, "skipped": limit - 1})
    last = text(ends[0], "follower_id") if ends else LAST
    told = {**page, "last": last, "our_host": fan_out["our_host"], "instance": INSTANCE}
    written = await _write(transaction, leaving, _FOLLOWERS, told, hosts=_HOSTS)
    return written, last if len(ends) > 1 else None


async def _write(
    transaction: Transaction,
    leaving: Leaving,
    targets: str,
    parameters: dict[str, Value],
    *,
    hosts: str,
) -> int:
    """Write the deliveries to what a query names, and have the claims look at `hosts`."""
    at = to_microseconds(leaving.first_try_at)
    down_since = 0 if leaving.is_protective else at - _LOST_AFTER
    written = await transaction.execute(
        _WRITE.format(
            targets=targets,
            only=_KNOWS_OF_IT if leaving.takes_back else "",
            unreachable=UNREACHABLE,
        ),
        {
            **parameters,
            "activity_id": leaving.activity_id,
            "actor_id": leaving.actor_id,
            "order_key": leaving.order_key,
            "at": at,
            "expires_at": to_microseconds(leaving.expires_at),
            "down_since": down_since,
            "is_first": leaving.is_first,
        },
    )
    if written:
        looked = _LOOK.format(lane=NEW, hosts=hosts)
        await transaction.execute(looked, {**parameters, "at": at})
    return written


def _destinations(rows: Sequence[Row]) -> list[Destination]:
    return [(InboxUrl(text(row, "inbox")), Host(text(row, "host"))) for row in rows]
