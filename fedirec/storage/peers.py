"""Other servers: how they want to be spoken to, and whether they answer (reliability §3).

The circuit of a host opens when it keeps failing; then one probe at a time goes out, at intervals
that double, and what it answers lets the rest through again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.actors import Host
from fedirec.storage.database import Page, Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.delivery_hosts import look_at_hosts
from fedirec.storage.statements import (
    bounded,
    instant,
    instant_or_none,
    number,
    number_or_none,
    page_of,
    text,
    text_or_none,
)

FAILURES_IN_A_ROW: Final = 5
FAILURES_OVERALL: Final = 20
_ROW_SPAN: Final = timedelta(minutes=10)
_FIRST_PROBE: Final = timedelta(minutes=5)
_LONGEST_PROBE: Final = timedelta(hours=6)
_DETAIL: Final = 500

_SELECT: Final = (
    "select host, first_seen_at, last_seen_at, scheme, scheme_at, failures, failing_since, circuit,"
    " opened_at, next_probe_at, last_success_at, last_failure_at, last_status, last_detail"
    " from peers"
)
_SEE: Final = """
insert into peers (host, first_seen_at, last_seen_at, failures, circuit)
values (:host, :now, :now, 0, 'closed')
on conflict (host) do update set last_seen_at = excluded.last_seen_at
"""
_CLOSE: Final = (
    "update peers set circuit = 'closed', failures = 0, failing_since = null, opened_at = null,"
    " next_probe_at = null, probe_interval = null where host = :host and circuit <> 'closed'"
)
# An open circuit is let half open by its first success, and closed by the next.
_SUCCESS: Final = """
update peers set failures = 0, failing_since = null, last_success_at = :now, opened_at = null,
  next_probe_at = null, probe_interval = null,
  circuit = case when circuit = 'open' then 'half_open' else 'closed' end
where host = :host
"""
_FAILURE: Final = """
update peers set failures = failures + 1, failing_since = coalesce(failing_since, :now),
  last_failure_at = :now, last_status = :status, last_detail = :detail
where host = :host
"""
# What was under way when the circuit opened fails too, and is no probe: hence the last condition.
_OPEN: Final = """
update peers set circuit = 'open', opened_at = coalesce(opened_at, :now),
  probe_interval = case when probe_interval is null then :first
    when probe_interval * 2 > :longest then :longest else probe_interval * 2 end,
  next_probe_at = :now + case when probe_interval is null then :first
    when probe_interval * 2 > :longest then :longest else probe_interval * 2 end
where host = :host
  and (circuit <> 'closed' or failures >= :overall
    or (failures >= :in_a_row and failing_since >= :recent))
  and (circuit <> 'open' or next_probe_at <= :now)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What is known of a host. `scheme`: how it wants requests signed, as learnt at `scheme_at`.

    `circuit` is `closed` (all is well), `open` (one probe at `next_probe_at`) or `half_open`.
    """

    host: Host
    first_seen_at: datetime
    last_seen_at: datetime
    scheme: str | None
    scheme_at: datetime | None
    failures: int
    failing_since: datetime | None
    circuit: str
    opened_at: datetime | None
    next_probe_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_status: int | None
    last_detail: str | None


async def see_peer(transaction: Transaction, host: Host, now: datetime) -> None:
    """Note that a host was heard of; who speaks to us is up, so its circuit closes."""
    parameters: dict[str, Value] = {"host": host, "now": to_microseconds(now)}
    await transaction.execute(_SEE, parameters)
    if await transaction.execute(_CLOSE, {"host": host}):
        await look_at_hosts(transaction, [(to_microseconds(now), host)])


async def find_peer(reader: Reader, host: Host) -> Peer | None:
    """Return what is known of a host."""
    row = await reader.fetch_one(f"{_SELECT} where host = :host", {"host": host})
    return None if row is None else _read(row)


async def list_peers(reader: Reader, *, after: str | None = None, limit: int = 100) -> Page[Peer]:
    """Return a page of the hosts, by name."""
    rows = await reader.fetch_all(
        f"{_SELECT} where host > :after order by host limit :limit",
        {"after": after or "", "limit": bounded(limit) + 1},
    )
    return page_of(rows, limit, _read, lambda row: text(row, "host"))


async def set_scheme(
    transaction: Transaction, host: Host, scheme: str | None, now: datetime
) -> None:
    """Remember how a host, which was seen, wants requests signed; None forgets it."""
    await transaction.execute(
        "update peers set scheme = :scheme, scheme_at = :now where host = :host",
        {"host": host, "scheme": scheme, "now": to_microseconds(now)},
    )


async def record_success(transaction: Transaction, host: Host, now: datetime) -> None:
    """Note that a host took a delivery."""
    parameters: dict[str, Value] = {"host": host, "now": to_microseconds(now)}
    await transaction.execute(_SEE, parameters)
    await transaction.execute(_SUCCESS, parameters)


async def record_failure(
    transaction: Transaction, host: Host, now: datetime, status: int | None, detail: str | None
) -> None:
    """Note that a host failed in passing; its circuit opens after 5 in 10 minutes, or 20 in all."""
    at = to_microseconds(now)
    await transaction.execute(
        "insert into peers (host, first_seen_at, last_seen_at, failures, circuit)"
        " values (:host, :now, :now, 0, 'closed') on conflict (host) do nothing",
        {"host": host, "now": at},
    )
    await transaction.execute(
        _FAILURE,
        {
            "host": host,
            "now": at,
            "status": status,
            "detail": None if detail is None else detail[:_DETAIL],
        },
    )
    await transaction.execute(
        _OPEN,
        {
            "host": host,
            "now": at,
            "first": _FIRST_PROBE // timedelta(microseconds=1),
            "longest": _LONGEST_PROBE // timedelta(microseconds=1),
            "overall": FAILURES_OVERALL,
            "in_a_row": FAILURES_IN_A_ROW,
            "recent": to_microseconds(now - _ROW_SPAN),
        },
    )


async def forget_peer(transaction: Transaction, host: Host) -> bool:
    """Forget what is known of a host; return whether anything was. What waits for it goes on."""
    await look_at_hosts(transaction, [(0, host)])
    return await transaction.execute("delete from peers where host = :host", {"host": host}) > 0


async def prune_peers(transaction: Transaction, before: datetime) -> int:
    """Forget hosts neither heard of nor written to since an instant (RX-05); return how many."""
    return await transaction.execute(
        "delete from peers where last_seen_at < :before"
        " and coalesce(last_failure_at, 0) < :before and coalesce(last_success_at, 0) < :before",
        {"before": to_microseconds(before)},
    )


def _read(row: Row) -> Peer:
    return Peer(
        host=Host(text(row, "host")),
        first_seen_at=instant(row, "first_seen_at"),
        last_seen_at=instant(row, "last_seen_at"),
        scheme=text_or_none(row, "scheme"),
        scheme_at=instant_or_none(row, "scheme_at"),
        failures=number(row, "failures"),
        failing_since=instant_or_none(row, "failing_since"),
        circuit=text(row, "circuit"),
        opened_at=instant_or_none(row, "opened_at"),
        next_probe_at=instant_or_none(row, "next_probe_at"),
        last_success_at=instant_or_none(row, "last_success_at"),
        last_failure_at=instant_or_none(row, "last_failure_at"),
        last_status=number_or_none(row, "last_status"),
        last_detail=text_or_none(row, "last_detail"),
    )
