"""What was counted over the last month, in buckets of time, for the keeper's plots.

Several processes write the same bucket: what is counted adds up, and of what is measured (names
that begin with `most.`) the highest stays. After a day buckets of five minutes become hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.storage.database import (
    Parameters,
    Reader,
    Transaction,
    from_microseconds,
    to_microseconds,
)
from fedirec.storage.statements import number, text

STEP: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=30)
_HOUR: Final = timedelta(hours=1)
_FINE: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)

_IS_MEASURED: Final = "substr({0}.name, 1, 5) = 'most.'"
_MEASURED: Final = _IS_MEASURED.format("history")
_TOGETHER: Final = f"""
case when not {_MEASURED} then history.value + excluded.value
  when excluded.value > history.value then excluded.value else history.value end"""
_NOTE: Final = f"""
insert into history (at, name, value) values (:at, :name, :value)
on conflict (at, name) do update set value = {_TOGETHER}"""  # noqa: S608 - text of ours
# An hour's row is that of its first five minutes, which the others join.
_FOLD: Final = f"""
insert into history (at, name, value)
select hour_at, name, cast(
    case when substr(name, 1, 5) = 'most.' then max(value) else sum(value) end as bigint)
from (select at - at % :hour as hour_at, name, value from history
  where at < :before and at % :hour <> 0) as fine
where true group by hour_at, name
on conflict (at, name) do update set value = {_TOGETHER}"""  # noqa: S608 - text of ours
_FOLDED: Final = "delete from history where at < :before and at % :hour <> 0"
_FORGET: Final = "delete from history where at < :before"
_READ: Final = """
select name, place, cast(
    case when substr(name, 1, 5) = 'most.' then max(value) else sum(value) end as bigint) as value
from (select name, (at - :since) / :width as place, value from history
  where at >= :since and at < :until) as placed
group by name, place order by name, place"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """So many buckets of equal `width`, the first from `since`; `values` by name, one a bucket."""

    since: datetime
    width: timedelta
    values: Mapping[str, tuple[int, ...]]

    def of(self, name: str) -> tuple[int, ...]:
        """Return the values of a name; zeros if nothing was written."""
        return self.values.get(name, (0,) * self.count)

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return next((len(values) for values in self.values.values()), 0)


async def note_history(
    transaction: Transaction, values: Mapping[str, int], *, now: datetime
) -> None:
    """Add what was counted or measured since the last time to the bucket of this moment."""
    at = _floor(now, STEP)
    rows: list[Parameters] = [
        {"at": at, "name": name, "value": value} for name, value in sorted(values.items())
    ]
    await transaction.execute_many(_NOTE, rows)


async def fold_history(transaction: Transaction, now: datetime) -> None:
    """Make hours of what is older than a day, and forget what is older than a month."""
    hour = _HOUR // _MICROSECOND
    before = {"before": _floor(now - _FINE, _HOUR), "hour": hour}
    await transaction.execute(_FOLD, before)
    await transaction.execute(_FOLDED, before)
    await transaction.execute(_FORGET, {"before": to_microseconds(now - KEPT)})


async def read_history(reader: Reader, *, now: datetime, width: timedelta, count: int) -> Stretch:
    """Return the last `count` buckets of `width`, whole hours; the last one holds this moment."""
    wide = width // _MICROSECOND
    until = _floor(now, width) + wide
    since = until - count * wide
    rows = await reader.fetch_all(_READ, {"since": since, "until": until, "width": wide})
    found: dict[str, list[int]] = {"": [0] * count}
    for row in rows:
        found.setdefault(text(row, "name"), [0] * count)[number(row, "place")] = number(
            row, "value"
        )
    return Stretch(
        since=from_microseconds(since),
        width=width,
        values={name: tuple(values) for name, values in found.items()},
    )


def _floor(instant: datetime, width: timedelta) -> int:
    at = to_microseconds(instant)
    return at - at % (width // _MICROSECOND)
