"""A keeper's hand on the deliveries, as mail's `postsuper` and `qshape` (reliability §4).

Claiming and settling is `queue.py`. What is under way is left to its worker: nothing leased is
changed here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.queue_states import DeliveryState
from fedirec.storage.database import Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.delivery_hosts import ACTIVE, look_at_waiting
from fedirec.storage.queue_depths import ASIDE, UNFINISHED_DELIVERIES
from fedirec.storage.statements import instant, number, text

UNFINISHED: Final = (
    DeliveryState.DUE,
    DeliveryState.LEASED,
    DeliveryState.WAITING,
    DeliveryState.HELD,
)
FAILED: Final = (DeliveryState.GONE, DeliveryState.EXPIRED, DeliveryState.DEAD)
_ANOTHER_DAY: Final = timedelta(days=1)

# Casts, since PostgreSQL cannot tell the type of a parameter that stands alone.
_CHOSEN: Final = (
    "(cast(:host as text) is null or host = :host)"
    " and (cast(:activity_id as text) is null or activity_id = :activity_id)"
)
# Each names the states of an index besides its own: SQLite uses one by its very words alone.
_MAKE_DUE: Final = """
update deliveries set state = 'due', next_at = :now
where {index} and state = '{state}' and {chosen}"""
# A host that does not answer is probed at once: by one of what waits, as always.
_PROBE: Final = f"""
update peers set next_probe_at = :now where circuit = 'open' and next_probe_at > :now and host in (
  select host from deliveries where {ACTIVE} and {{chosen}}) returning host"""  # noqa: S608 - text of ours
_RETRY: Final = f"""
update deliveries set state = 'due', attempt = 0, losses = 0, next_at = :now, settled_at = null,
  expires_at = case when expires_at < :until then :until else expires_at end
where {ASIDE} and state in ('gone', 'expired', 'dead') and {{chosen}}"""  # noqa: S608 - text of ours
_HOLD: Final = f"""
update deliveries set state = 'held'
where {ACTIVE} and state in ('due', 'waiting') and {{chosen}}"""  # noqa: S608 - text of ours
_CANCEL: Final = """
update deliveries set state = 'cancelled', settled_at = :now
where {index} and state in {states} and {chosen} returning host"""
_CANCELLED: Final = ((ACTIVE, "('due', 'waiting')"), (ASIDE, "('held', 'dead')"))
# The claims look where `delivery_hosts` tells them to.
_LOOK_AT_CHOSEN: Final = f"""
insert into delivery_hosts (lane, next_at, host)
select distinct 0, cast(:now as bigint), host from deliveries
where {ACTIVE} and state = 'due' and next_at = :now and {{chosen}}
on conflict do nothing"""  # noqa: S608 - text of ours
_AGES: Final = """
select host, count(*) as total, min(created_at) as oldest_at,
  sum(case when created_at > :minutes then 1 else 0 end) as fresh,
  sum(case when created_at > :hour then 1 else 0 end) as in_hour,
  sum(case when created_at > :day then 1 else 0 end) as in_day
from ({items}) as items group by host order by count(*) desc, host"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which deliveries an act is about: those to a host, of an activity, or all."""

    host: str | None = None
    activity_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostShape:
    """How much of a host is unfinished, by age."""

    host: str
    total: int
    under_5_minutes: int
    under_1_hour: int
    under_1_day: int
    older: int
    oldest_at: datetime


async def flush(transaction: Transaction, choice: Choice, now: datetime) -> int:
    """Make what waits for its next try due now, and probe its host if it is down; return how many.

    What was never tried, since its host is down, is due already: it is not counted.
    """
    sql = _MAKE_DUE.format(index=ACTIVE, state=DeliveryState.WAITING, chosen=_CHOSEN)
    changed = await _make_due(transaction, sql, choice, now)
    at = to_microseconds(now)
    down = await transaction.fetch_all(
        _PROBE.format(chosen=_CHOSEN), {**_parameters(choice), "now": at}
    )
    await look_at_waiting(transaction, sorted(text(row, "host") for row in down), at)
    return changed


async def release(transaction: Transaction, choice: Choice, now: datetime) -> int:
    """Let what was put aside go on now; return how many."""
    sql = _MAKE_DUE.format(index=ASIDE, state=DeliveryState.HELD, chosen=_CHOSEN)
    return await _make_due(transaction, sql, choice, now)


async def retry(transaction: Transaction, choice: Choice, now: datetime) -> int:
    """Begin anew with what failed for good, for at least one more day; return how many."""
    return await _make_due(
        transaction,
        _RETRY.format(chosen=_CHOSEN),
        choice,
        now,
        until=to_microseconds(now + _ANOTHER_DAY),
    )


async def hold(transaction: Transaction, choice: Choice) -> int:
    """Put aside what is not under way, until it is released; return how many."""
    return await transaction.execute(_HOLD.format(chosen=_CHOSEN), _parameters(choice))


async def cancel(transaction: Transaction, choice: Choice, now: datetime) -> int:
    """End what was not delivered yet, or is dead, for good; return how many."""
    at = to_microseconds(now)
    rows: list[Row] = []
    for index, states in _CANCELLED:
        sql = _CANCEL.format(index=index, states=states, chosen=_CHOSEN)
        rows += await transaction.fetch_all(sql, {**_parameters(choice), "now": at})
    # what came after it about the same object waited for its end
    await look_at_waiting(transaction, sorted({text(row, "host") for row in rows}), at)
    return len(rows)


async def list_shape(reader: Reader, now: datetime) -> list[HostShape]:
    """Return the hosts with unfinished deliveries, most first, and how old these are."""
    return await read_shape(reader, shape_of(UNFINISHED_DELIVERIES), now)


def shape_of(items: str) -> str:
    """Return the statement that counts `items` (host, created_at) by host and age."""
    return _AGES.format(items=items)


async def read_shape(reader: Reader, sql: str, now: datetime) -> list[HostShape]:
    """Return what a statement of `shape_of` counts."""
    rows = await reader.fetch_all(
        sql,
        {
            "minutes": to_microseconds(now - timedelta(minutes=5)),
            "hour": to_microseconds(now - timedelta(hours=1)),
            "day": to_microseconds(now - timedelta(days=1)),
        },
    )
    return [_read_shape(row) for row in rows]


async def _make_due(
    transaction: Transaction, sql: str, choice: Choice, now: datetime, **more: Value
) -> int:
    parameters = {**_parameters(choice), "now": to_microseconds(now)}
    changed = await transaction.execute(sql, {**parameters, **more})
    await transaction.execute(_LOOK_AT_CHOSEN.format(chosen=_CHOSEN), parameters)
    return changed


def _parameters(choice: Choice) -> dict[str, Value]:
    return {"host": choice.host, "activity_id": choice.activity_id}


def _read_shape(row: Row) -> HostShape:
    total, fresh = number(row, "total"), number(row, "fresh")
    in_hour, in_day = number(row, "in_hour"), number(row, "in_day")
    return HostShape(
        host=text(row, "host"),
        total=total,
        under_5_minutes=fresh,
        under_1_hour=in_hour - fresh,
        under_1_day=in_day - in_hour,
        older=total - in_day,
        oldest_at=instant(row, "oldest_at"),
    )
