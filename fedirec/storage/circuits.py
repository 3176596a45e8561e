"""The circuits of hosts, kept: read for a claim, written when attempts are settled.

What they mean is `domain/circuits.py`. An attempt that changes nothing writes nothing, so that a
fan-out to hosts that are well writes a row of each once a minute.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.actors import Host
from fedirec.domain.circuits import FRESH, Circuit, CircuitState, Sign, after_signs
from fedirec.storage.database import (
    Parameters,
    Reader,
    Row,
    Transaction,
    Value,
    from_microseconds,
    to_microseconds,
)
from fedirec.storage.statements import (
    as_json,
    in_chunks,
    insert_rows,
    instant_or_none,
    listed,
    microseconds_or_none,
    number,
    number_or_none,
    text,
)

COLUMNS: Final = (
    "circuit, failures, recent_failures, opened_at, next_probe_at, probe_interval, half_open_at,"
    " pace, refusing_since, refused_at"
)
_SELECT: Final = f"select host, last_success_at, {COLUMNS} from peers where host in "  # noqa: S608 - names of ours
_LOCK: Final = {"sqlite": "", "postgresql": " order by host for update"}  # in order: no deadlocks
_RELEASED: Final = (
    "update peers set next_probe_at = :next_at where circuit = 'half_open' and host in "
)
_ANSWERED: Final = (
    "update peers set pace = :pace, last_seen_at = :now, last_success_at = :now where host in "
)
_WRITTEN_EVERY: Final = timedelta(minutes=1)
_DETAIL: Final = 500
_US: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSigns:
    """What the attempts that ended together say about one host; the last answer, or trouble."""

    host: Host
    signs: tuple[Sign, ...]
    status: int | None = None
    detail: str | None = None


async def find_circuits(reader: Reader, hosts: Sequence[str]) -> dict[str, Circuit]:
    """Return the circuits of those hosts that are known."""
    return {text(row, "host"): read_circuit(row) for row in await _rows(reader, hosts)}


async def note_signs(
    transaction: Transaction,
    noted: Sequence[HostSigns],
    now: datetime,
    *,
    tell: Callable[[CircuitState], None] = lambda _state: None,
) -> None:
    """Keep what attempts say about their hosts, each named once: few statements for any number.

    `tell` hears what each circuit became that changed its state.
    """
    signs = [each for each in noted if each.signs]
    lock = _LOCK[transaction.engine]
    rows = await _rows(transaction, sorted({each.host for each in signs}), lock)
    known = {text(row, "host"): row for row in rows}
    changed: list[Parameters] = []
    well: dict[int, list[str]] = {}
    for each in sorted(signs, key=lambda signs: signs.host):
        row = known.get(each.host)
        before = FRESH if row is None else read_circuit(row)
        after = after_signs(before, each.signs, now)
        is_same = Sign.ANSWERS in each.signs and replace(after, pace=before.pace) == before
        if row is None or not is_same:
            changed.append(_values(each, after, now))
        elif after != before or not _is_recent(row, now):
            well.setdefault(after.pace, []).append(each.host)
        if after.state is not before.state:
            tell(after.state)
    await insert_rows(transaction, "peers", changed, on_conflict=_RENEW)
    for pace, hosts in well.items():
        for chunk in in_chunks(hosts):
            places, parameters = listed("host", chunk)
            told = {**parameters, "pace": pace, "now": to_microseconds(now)}
            await transaction.execute(f"{_ANSWERED}{places}", told)


async def note_releases(transaction: Transaction, hosts: Sequence[str], next_at: datetime) -> None:
    """Let nothing more go to half open hosts before `next_at`."""
    for chunk in in_chunks(hosts):
        places, parameters = listed("host", chunk)
        at = to_microseconds(next_at)
        await transaction.execute(f"{_RELEASED}{places}", {**parameters, "next_at": at})


def read_circuit(row: Row) -> Circuit:
    """Read the circuit in a row of `COLUMNS`."""
    interval = number_or_none(row, "probe_interval")
    return Circuit(
        state=CircuitState(text(row, "circuit")),
        failures=number(row, "failures"),
        recent_failures=tuple(
            from_microseconds(at) for at in json.loads(text(row, "recent_failures"))
        ),
        opened_at=instant_or_none(row, "opened_at"),
        next_at=instant_or_none(row, "next_probe_at"),
        interval=None if interval is None else interval * _US,
        half_open_at=instant_or_none(row, "half_open_at"),
        pace=number(row, "pace"),
        refusing_since=instant_or_none(row, "refusing_since"),
        refused_at=instant_or_none(row, "refused_at"),
    )


def circuit_values(circuit: Circuit) -> dict[str, Value]:
    """Return a circuit as the values of `COLUMNS`."""
    return {
        "circuit": circuit.state.value,
        "failures": circuit.failures,
        "recent_failures": as_json([to_microseconds(at) for at in circuit.recent_failures]),
        "opened_at": microseconds_or_none(circuit.opened_at),
        "next_probe_at": microseconds_or_none(circuit.next_at),
        "probe_interval": None if circuit.interval is None else circuit.interval // _US,
        "half_open_at": microseconds_or_none(circuit.half_open_at),
        "pace": circuit.pace,
        "refusing_since": microseconds_or_none(circuit.refusing_since),
        "refused_at": microseconds_or_none(circuit.refused_at),
    }


_RENEW: Final = (
    "(host) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in circuit_values(FRESH))
    + """, last_success_at = coalesce(excluded.last_success_at, peers.last_success_at),
  last_seen_at = coalesce(excluded.last_success_at, peers.last_seen_at),
  last_failure_at = coalesce(excluded.last_failure_at, peers.last_failure_at),
  last_status = case when excluded.last_failure_at is null then peers.last_status
    else excluded.last_status end,
  last_detail = case when excluded.last_failure_at is null then peers.last_detail
    else excluded.last_detail end"""
)


async def _rows(reader: Reader, hosts: Sequence[str], lock: str = "") -> list[Row]:
    found: list[Row] = []
    for chunk in in_chunks(hosts):
        places, parameters = listed("host", chunk)
        found += await reader.fetch_all(f"{_SELECT}{places}{lock}", parameters)
    return found


def _is_recent(row: Row, now: datetime) -> bool:
    at = instant_or_none(row, "last_success_at")
    return at is not None and timedelta() <= now - at < _WRITTEN_EVERY


def _values(noted: HostSigns, circuit: Circuit, now: datetime) -> Parameters:
    at = to_microseconds(now)
    is_well = Sign.ANSWERS in noted.signs
    return {
        "host": noted.host,
        "first_seen_at": at,
        "last_seen_at": at,
        "last_success_at": at if is_well else None,
        "last_failure_at": None if is_well else at,
        "last_status": None if is_well else noted.status,
        "last_detail": None if is_well or noted.detail is None else noted.detail[:_DETAIL],
        **circuit_values(circuit),
    }
