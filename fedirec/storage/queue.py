"""The queue of what is to be sent and what is to be handled: claim and settle.

A claim leases rows to a token until an instant, and counts the attempt before it is made (ST-03).
A lease that ran out is ended by the next claim, which counts that it was lost; settling asks for
the token, so a late result changes nothing (ST-04). What was lost several times in a row may be
what ended its worker: claims pass it by, and it is claimed alone when nothing else is under way.

Deliveries are claimed by host (`delivery_hosts.py`): the cost does not grow with what waits, no
host waits behind another's backlog, and nothing new behind what is tried again. `held` is what a
keeper put aside; what waits for a host that does not answer stays as it is, held by the host's
circuit. Decided against: the rows that waited longest, as one host that is back after days would
hold up everybody else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.domain.circuits import CircuitState, Sign
from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.storage.circuits import HostSigns, note_signs
from fedirec.storage.database import Row, Transaction, Value, to_microseconds
from fedirec.storage.delivery_hosts import (
    ACTIVE,
    AGAIN,
    NEW,
    SKIP_LOCKED,
    look_again,
    look_at_hosts,
    look_at_waiting,
    pick_hosts,
    plan_visits,
)
from fedirec.storage.leases import (
    LEASE_RECEIVED,
    REAP_RECEIVED,
    SETTLE,
    SETTLE_RECEIVED,
    SETTLED,
    SUSPECT,
    lease_of,
    lease_of_suspect,
    reap,
)
from fedirec.storage.received import recipients_of
from fedirec.storage.schemes import Habit, find_habits
from fedirec.storage.statements import (
    in_chunks,
    instant,
    instant_or_none,
    listed,
    number,
    numbered,
    text,
    text_or_none,
    values_list,
)

_DETAIL: Final = 4_000  # a traceback; an answer is cut before
_LOST: Final = "its worker ended, or was too slow, before there was a result"
_MOST_HOSTS: Final = 128
_ROUNDS: Final = 8  # of hosts with nothing due, before a claim comes back empty
_BODIES: Final = "select id, type, body from activities where id in "


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery leased to `token`; `attempt` counts the one to be made now, from 1.

    `last_class` is what the `alike` before came to, since `alike_since` (`leases.py` counts);
    `habit` is how the host wants it signed, if known.
    """

    activity_id: ActivityId
    inbox: InboxUrl
    host: Host
    actor_id: ActorId
    attempt: int
    body: str
    activity_type: str
    token: str
    created_at: datetime
    expires_at: datetime
    last_class: str | None = None
    alike: int = 0
    alike_since: datetime | None = None
    habit: Habit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedReceived:
    """A received activity leased to `token`; `attempt` counts the one to be made now, from 1."""

    id: str
    activity_key: str
    actor_id: ActorId
    signer_id: ActorId
    host: Host
    type: str
    body: str
    recipients: tuple[ActorId, ...]
    attempt: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an attempt ended: `next_at` is when to try again, None when it is over.

    `cls` is the outcome's class (`retry.py`), `status` HTTP's, `sign` what it says of the host.
    """

    activity_id: ActivityId
    inbox: InboxUrl
    token: str
    state: DeliveryState
    next_at: datetime | None = None
    cls: str | None = None
    status: int | None = None
    detail: str | None = None
    sign: Sign | None = None


async def end_leases(transaction: Transaction, *, now: datetime, most: int) -> int:
    """End the leases of deliveries whose time is over; return how many.

    They are due again, but what was lost `most` times in a row is dead, and shown so.
    """
    at = to_microseconds(now)
    rows = await transaction.fetch_all(
        reap(transaction.engine), {"now": at, "most": most, "detail": _LOST}
    )
    await look_at_waiting(transaction, sorted({text(row, "host") for row in rows}), at)
    return len(rows)


async def claim_deliveries(  # noqa: PLR0913 - one lease: its holder, its time, its bounds
    transaction: Transaction,
    *,
    now: datetime,
    limit: int,
    retries: int,
    per_host: int,
    token: str,
    lease_until: datetime,
) -> list[ClaimedDelivery]:
    """Lease what is due: at most `limit`, `retries` of what was tried before, `per_host` in flight.

    A host that is new to us has fewer in flight, one whose circuit is open gets one row when its
    probe is due (`domain/circuits.py`). Hosts that turn out to have nothing due make room for
    others, a few rounds of them.
    """
    lease: dict[str, Value] = {
        "token": token,
        "lease_until": to_microseconds(lease_until),
        "now": to_microseconds(now),
    }
    for _ in range(_ROUNDS):
        rows = await _lease_round(
            transaction, lease, limit=limit, retries=min(retries, limit), per_host=per_host
        )
        if rows is None:
            return []
        if rows:
            return await _with_bodies(transaction, rows, token)
    return []


async def claim_suspect(
    transaction: Transaction, *, now: datetime, token: str, lease_until: datetime
) -> list[ClaimedDelivery]:
    """Lease one of those that may have ended their workers, to be run alone; or none."""
    rows = await transaction.fetch_all(
        lease_of_suspect(transaction.engine),
        {
            "token": token,
            "lease_until": to_microseconds(lease_until),
            "now": to_microseconds(now),
        },
    )
    return await _with_bodies(transaction, rows, token)


async def _lease_round(
    transaction: Transaction, lease: dict[str, Value], *, limit: int, retries: int, per_host: int
) -> Sequence[Row] | None:
    """Lease rows of the hosts that are to be looked at first; None when there are no such hosts.

    What is tried again has at most half of the room, so that nothing new waits for it.
    """
    at = int(lease["now"] or 0)
    half = min(retries, max(1, limit // 2))
    again = await pick_hosts(transaction, AGAIN, at, limit=min(half, _MOST_HOSTS // 2))
    room = max(0, limit - len(again))
    new = await pick_hosts(transaction, NEW, at, limit=min(room, _MOST_HOSTS - len(again)))
    if not (again or new):
        return None
    share = max(1, half // max(1, len(again)))
    left = limit - share * len(again)
    visits = await plan_visits(
        transaction,
        {NEW: new, AGAIN: again},
        at,
        shares={NEW: max(1, left // max(1, len(new))), AGAIN: share},
        per_host=per_host,
    )
    visited = [visit for visit in visits if visit.free]
    rows: Sequence[Row] = []
    if visited:
        sql, rooms = lease_of(transaction.engine, visited)
        rows = await transaction.fetch_all(sql, lease | rooms)
    await look_again(transaction, visits, rows, at)
    return rows


async def settle_deliveries(
    transaction: Transaction,
    settlements: Sequence[Settlement],
    *,
    now: datetime,
    tell: Callable[[CircuitState], None] = lambda _state: None,
) -> list[bool]:
    """Record how attempts ended, and what they say about their hosts; few statements for a batch.

    False, and nothing recorded, for each whose lease was lost. `tell` hears what circuits become.
    """
    at = to_microseconds(now)
    hosts: dict[tuple[str, str], Host] = {}
    looks: set[tuple[int, int, str]] = set()
    for chunk in in_chunks(settlements):
        rows = await transaction.fetch_all(
            SETTLE.format(rows=values_list(SETTLED, len(chunk))),
            {**numbered([_settled(settlement) for settlement in chunk]), "now": at},
        )
        for row in rows:
            host = Host(text(row, "host"))
            hosts[text(row, "activity_id"), text(row, "inbox")] = host
            if number(row, "next_at") > at:
                looks.add((AGAIN, number(row, "next_at"), host))
    await note_signs(transaction, _signs(settlements, hosts), now, tell=tell)
    await look_at_hosts(transaction, sorted(looks))
    await look_at_waiting(transaction, sorted(set(hosts.values())), at)
    return [(settlement.activity_id, settlement.inbox) in hosts for settlement in settlements]


async def end_received_leases(transaction: Transaction, *, now: datetime, most: int) -> int:
    """End the leases of received activities whose time is over; return how many.

    They are due again, but what was tried `most` times is dead, and shown so.
    """
    lock = SKIP_LOCKED[transaction.engine]
    return await transaction.execute(
        REAP_RECEIVED.format(lock=lock),
        {"now": to_microseconds(now), "most": most, "detail": _LOST},
    )


async def claim_received(
    transaction: Transaction,
    *,
    now: datetime,
    limit: int,
    token: str,
    lease_until: datetime,
    is_suspect: bool = False,
) -> list[ClaimedReceived]:
    """Lease received activities that are due, those that wait longest first; oldest id first.

    `is_suspect`: of those that may have ended their workers, which are else passed by.
    """
    which = f">= {SUSPECT}" if is_suspect else f"< {SUSPECT}"
    rows = await transaction.fetch_all(
        LEASE_RECEIVED.format(active=ACTIVE, lock=SKIP_LOCKED[transaction.engine], which=which),
        {
            "now": to_microseconds(now),
            "limit": limit,
            "token": token,
            "lease_until": to_microseconds(lease_until),
        },
    )
    recipients = await recipients_of(transaction, [text(row, "id") for row in rows])
    claimed = [
        ClaimedReceived(
            id=text(row, "id"),
            activity_key=text(row, "activity_key"),
            actor_id=ActorId(text(row, "actor_id")),
            signer_id=ActorId(text(row, "signer_id")),
            host=Host(text(row, "host")),
            type=text(row, "type"),
            body=text(row, "body"),
            recipients=recipients.get(text(row, "id"), ()),
            attempt=number(row, "attempt"),
            token=token,
        )
        for row in rows
    ]
    return sorted(claimed, key=lambda item: item.id)


async def settle_received(  # noqa: PLR0913 - a row's columns
    transaction: Transaction,
    *,
    id: str,  # noqa: A002 - the specification's word
    token: str,
    state: ReceivedState,
    now: datetime,
    next_at: datetime | None = None,
    cls: str | None = None,
    detail: str | None = None,
) -> bool:
    """Record how handling ended; False, and nothing recorded, if the lease was lost.

    Somebody else's inbox that got the same activity meanwhile makes it due again at once (OR-17).
    """
    changed = await transaction.execute(
        SETTLE_RECEIVED,
        {
            "id": id,
            "token": token,
            "state": state.value,
            "is_end": next_at is None,
            "next_at": to_microseconds(now if next_at is None else next_at),
            "class": cls,
            "detail": None if detail is None else detail[:_DETAIL],
            "now": to_microseconds(now),
        },
    )
    return changed > 0


async def _with_bodies(
    transaction: Transaction, rows: Sequence[Row], token: str
) -> list[ClaimedDelivery]:
    """Join the claimed rows with their activities, each of which is read once."""
    bodies: dict[str, Row] = {}
    for chunk in in_chunks(list(dict.fromkeys(text(row, "activity_id") for row in rows))):
        places, parameters = listed("id", chunk)
        found = await transaction.fetch_all(f"{_BODIES}{places}", parameters)
        bodies |= {text(row, "id"): row for row in found}
    habits = await find_habits(transaction, sorted({Host(text(row, "host")) for row in rows}))
    claimed = [_claimed(row, bodies, habits, token) for row in rows]
    return sorted(claimed, key=lambda delivery: (delivery.host, delivery.activity_id))


def _claimed(
    row: Row, bodies: Mapping[str, Row], habits: Mapping[str, Habit], token: str
) -> ClaimedDelivery:
    activity = bodies[text(row, "activity_id")]
    return ClaimedDelivery(
        activity_id=ActivityId(text(row, "activity_id")),
        inbox=InboxUrl(text(row, "inbox")),
        host=Host(text(row, "host")),
        actor_id=ActorId(text(row, "actor_id")),
        attempt=number(row, "attempt"),
        body=text(activity, "body"),
        activity_type=text(activity, "type"),
        token=token,
        created_at=instant(row, "created_at"),
        expires_at=instant(row, "expires_at"),
        last_class=text_or_none(row, "last_class"),
        alike=number(row, "alike"),
        alike_since=instant_or_none(row, "alike_since"),
        habit=habits.get(text(row, "host")),
    )


def _signs(
    settlements: Sequence[Settlement], hosts: Mapping[tuple[str, str], Host]
) -> list[HostSigns]:
    """Gather by host what the attempts say whose lease was ours."""
    told: dict[Host, list[Settlement]] = {}
    for settlement in settlements:
        host = hosts.get((settlement.activity_id, settlement.inbox))
        if host is not None and settlement.sign is not None:
            told.setdefault(host, []).append(settlement)
    return [
        HostSigns(
            host=host,
            signs=tuple(each.sign for each in ended if each.sign is not None),
            status=ended[-1].status,
            detail=ended[-1].detail,
        )
        for host, ended in told.items()
    ]


def _settled(settlement: Settlement) -> dict[str, Value]:
    detail, next_at = settlement.detail, settlement.next_at
    return {
        "activity": settlement.activity_id,
        "url": settlement.inbox,
        "token": settlement.token,
        "new_state": settlement.state.value,
        "at": None if next_at is None else to_microseconds(next_at),
        "class": settlement.cls,
        "status": settlement.status,
        "detail": None if detail is None else detail[:_DETAIL],
    }
