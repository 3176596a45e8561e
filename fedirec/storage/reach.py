"""How far an activity, or the newest about an object, has come: counted by server, for its author.

A server got it when every inbox there did, which is one inbox for most. What was overtaken by
something later before it left is nobody's loss, and is not counted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, Host
from fedirec.domain.queue_states import DeliveryState, OwnClass
from fedirec.storage.database import Page, Reader, Row
from fedirec.storage.statements import (
    bounded,
    instant,
    number,
    number_or_none,
    page_of,
    text,
    text_or_none,
)

# What tells servers about an object; a boost or a like of it is another matter.
_ABOUT: Final = """
about as materialized (
  select id, actor_id from activities where id = :id
  union
  select id, actor_id from activities
  where object_id = :id and type in ('Create', 'Update', 'Delete'))"""
_NEWEST: Final = f"""{_ABOUT},
newest as (
  select inbox, host, state, attempt, next_at, expires_at, last_class, last_status from (
    select d.inbox, d.host, d.state, d.attempt, d.next_at, d.expires_at, d.last_class,
      d.last_status,
      row_number() over (partition by d.inbox order by d.activity_id desc) as place
    from about join deliveries d on d.activity_id = about.id
    where coalesce(d.last_class, '') <> '{OwnClass.SUPERSEDED}'
  ) as all_of_them where place = 1)"""  # noqa: S608 - text of ours
_COUNTS: Final = f"""
with {_NEWEST}, servers as (
  select host, min(case when state = 'delivered' then 1 else 0 end) as got_it
  from newest group by host)
select count(*) as total, coalesce(sum(got_it), 0) as reached from servers"""  # noqa: S608 - text of ours
_MISSED: Final = f"""
with {_NEWEST}
select host, state, attempt, next_at, expires_at, last_class, last_status from (
  select n.*, row_number() over (partition by host order by next_at desc, inbox) as place
  from newest n where state <> 'delivered') as missed
where place = 1 and host > :after order by host limit :limit"""  # noqa: S608 - text of ours
_SPREADING: Final = f"""
with {_ABOUT} select 1 as found from about
where exists (select 1 from fan_outs f where f.activity_id = about.id) limit 1"""  # noqa: S608 - text of ours
_AUTHOR: Final = f"with {_ABOUT} select actor_id from about order by id limit 1"  # noqa: S608 - text of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many servers got it, of how many. `is_spreading`: more are being added still."""

    reached: int
    total: int
    is_spreading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A server that did not get it: the delivery there that ends last, or ended."""

    host: Host
    state: DeliveryState
    attempt: int
    next_at: datetime
    expires_at: datetime
    last_class: str | None
    last_status: int | None


async def find_author(reader: Reader, id: str) -> ActorId | None:  # noqa: A002 - the specification's word
    """Return who of ours made the activity `id`, or the object `id`; None for what is not ours."""
    row = await reader.fetch_one(_AUTHOR, {"id": id})
    return None if row is None else ActorId(text(row, "actor_id"))


async def count_reached(reader: Reader, id: str) -> Reach:  # noqa: A002
    """Return how far an activity of ours, or the newest about an object of ours, has come."""
    row = await reader.fetch_one(_COUNTS, {"id": id})
    spreading = await reader.fetch_one(_SPREADING, {"id": id})
    return Reach(
        reached=0 if row is None else number(row, "reached"),
        total=0 if row is None else number(row, "total"),
        is_spreading=spreading is not None,
    )


async def list_missed(
    reader: Reader,
    id: str,  # noqa: A002
    *,
    after: str | None = None,
    limit: int,
) -> Page[Missed]:
    """Return a page of the servers that did not get it, by name."""
    rows = await reader.fetch_all(
        _MISSED, {"id": id, "after": after or "", "limit": bounded(limit) + 1}
    )
    return page_of(rows, limit, _read, lambda row: text(row, "host"))


def _read(row: Row) -> Missed:
    return Missed(
        host=Host(text(row, "host")),
        state=DeliveryState(text(row, "state")),
        attempt=number(row, "attempt"),
        next_at=instant(row, "next_at"),
        expires_at=instant(row, "expires_at"),
        last_class=text_or_none(row, "last_class"),
        last_status=number_or_none(row, "last_status"),
    )
