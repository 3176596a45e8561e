"""Whether a host answers, and how much goes to it at once (reliability §3). Pure: time handed in.

Closed: all goes. Open, after failures: one probe at a time, at intervals that double. Half open,
after an answer: 1, 2, 4, … a second, then closed. What waits behind an open circuit is held by the
circuit alone: its rows stay as they are, so that one row changes however many wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fedirec.domain.retry import DeliveryClass

FAILURES_IN_A_ROW: Final = 5
FAILURES_OVERALL: Final = 20
PACE: Final = 2
"""In flight to a host that we know nothing of, or that failed; with answers it doubles (RX-08)."""

RELEASE_EVERY: Final = timedelta(seconds=1)
_ROW_SPAN: Final = timedelta(minutes=10)
_FIRST_PROBE: Final = timedelta(minutes=5)
LONGEST_PROBE: Final = timedelta(hours=6)
LOST_AFTER: Final = timedelta(days=7)
"""Down so long, a host is unreachable; refusing so long in every inbox, it refuses us."""

_CLOSING_AFTER: Final = timedelta(seconds=3)  # 1, 2 and 4 were released
_MOST_PACE: Final = 64
_FORBIDDEN: Final = 403
_TOO_MANY: Final = 429


class CircuitState(StrEnum):
    """What may go to a host: all, one probe, or more each second."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Sign(StrEnum):
    """What one attempt says about its host. `REFUSES` is an answer too, `BUSY` neither."""

    ANSWERS = "answers"
    REFUSES = "refuses"
    BUSY = "busy"
    FAILS = "fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How a host stands with us.

    `failures` are those since its last answer, `recent_failures` the instants of the last five;
    `opened_at` is when it opened, through all failed probes since. `next_at` is the next probe of
    an open circuit, the next release of a half open one. `refusing_since` and `refused_at` are the
    first and last 403 with no other answer between.
    """

    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    recent_failures: tuple[datetime, ...] = ()
    opened_at: datetime | None = None
    next_at: datetime | None = None
    interval: timedelta | None = None
    half_open_at: datetime | None = None
    pace: int = PACE
    refusing_since: datetime | None = None
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many deliveries may be begun now; `not_before` is set when that changes by time alone."""

    count: int
    not_before: datetime | None = None


FRESH: Final = Circuit()
"""A host that nothing was sent to yet."""


def sign_of(outcome: DeliveryClass, status: int | None) -> Sign | None:
    """Return what an attempt says about its host; None for trouble of ours, before it was asked.

    A host that asks for fewer requests is well (429); other ways to say "not now" are no answers.
    """
    if outcome is DeliveryClass.TEMPORARY:
        return Sign.FAILS
    if status is None:
        return None
    if outcome is DeliveryClass.BUSY:
        return Sign.BUSY if status == _TOO_MANY else Sign.FAILS
    return Sign.REFUSES if status == _FORBIDDEN else Sign.ANSWERS


def after_signs(circuit: Circuit, signs: Sequence[Sign], now: datetime) -> Circuit:
    """Return the circuit after attempts that ended together; an answer outweighs failures."""
    failures = signs.count(Sign.FAILS)
    answers = signs.count(Sign.ANSWERS) + signs.count(Sign.REFUSES)
    if answers:
        grown = PACE if failures else min(circuit.pace * 2, _MOST_PACE)
        noted = _note_refusal(replace(circuit, pace=grown), signs, now)
        return _answered(noted, now)
    if failures:
        return _failed(circuit, failures, now)
    return _asked_for_time(circuit, now) if signs else circuit


def heard_from(circuit: Circuit) -> Circuit:
    """Return the circuit of a host that spoke to us: it is up, whatever was thought of it."""
    if circuit.state is CircuitState.CLOSED:
        return circuit
    return _closed(circuit)


def room_for(circuit: Circuit, *, in_flight: int, most: int, now: datetime) -> Room:
    """Return how many deliveries to a host may be begun now.

    Args:
        circuit: How the host stands.
        in_flight: Deliveries to it that are under way.
        most: More are never under way to any one host.
        now: The time.
    """
    if circuit.state is CircuitState.CLOSED:
        return Room(count=max(0, min(circuit.pace, most) - in_flight))
    if circuit.next_at is not None and circuit.next_at > now:
        return Room(count=0, not_before=circuit.next_at)
    if circuit.state is CircuitState.OPEN or circuit.half_open_at is None:
        return Room(count=max(0, 1 - in_flight))
    seconds = max(0, (now - circuit.half_open_at) // RELEASE_EVERY)
    released = 1 << min(seconds, 10)
    return Room(count=max(0, min(released, min(circuit.pace, most) - in_flight)))


def is_unreachable(circuit: Circuit, now: datetime) -> bool:
    """Whether a host has been down for seven days: what is ordinary is no longer tried there."""
    is_open = circuit.state is CircuitState.OPEN
    return is_open and circuit.opened_at is not None and now - circuit.opened_at >= LOST_AFTER


def is_refusing(circuit: Circuit) -> bool:
    """Whether a host has answered 403, and nothing else, for seven days."""
    if circuit.refusing_since is None or circuit.refused_at is None:
        return False
    return circuit.refused_at - circuit.refusing_since >= LOST_AFTER


def standing(circuit: Circuit, now: datetime) -> str:
    """Return how a host stands, in one word: that of its circuit, `unreachable` or `refusing`."""
    if is_unreachable(circuit, now):
        return "unreachable"
    if circuit.state is CircuitState.CLOSED and is_refusing(circuit):
        return "refusing"
    return circuit.state.value


def _note_refusal(circuit: Circuit, signs: Sequence[Sign], now: datetime) -> Circuit:
    if Sign.ANSWERS in signs:
        return replace(circuit, refusing_since=None, refused_at=None)
    return replace(circuit, refusing_since=circuit.refusing_since or now, refused_at=now)


def _answered(circuit: Circuit, now: datetime) -> Circuit:
    calm = replace(circuit, failures=0, recent_failures=())
    if circuit.state is CircuitState.OPEN:
        return replace(
            calm,
            state=CircuitState.HALF_OPEN,
            half_open_at=now,
            next_at=now,
            opened_at=None,
            interval=None,
        )
    since = circuit.half_open_at
    if circuit.state is CircuitState.HALF_OPEN and since and now - since < _CLOSING_AFTER:
        return calm
    return _closed(calm)


def _failed(circuit: Circuit, count: int, now: datetime) -> Circuit:
    recent = (*circuit.recent_failures, *[now] * min(count, FAILURES_IN_A_ROW))
    failing = replace(
        circuit,
        failures=circuit.failures + count,
        recent_failures=recent[-FAILURES_IN_A_ROW:],
        pace=PACE,
    )
    if circuit.state is CircuitState.OPEN:
        return _probed_in_vain(failing, now)
    if circuit.state is CircuitState.HALF_OPEN or _is_too_much(failing):
        return replace(
            failing,
            state=CircuitState.OPEN,
            opened_at=now,
            next_at=now + _FIRST_PROBE,
            interval=_FIRST_PROBE,
            half_open_at=None,
        )
    return failing


def _is_too_much(circuit: Circuit) -> bool:
    recent = circuit.recent_failures
    is_row = len(recent) == FAILURES_IN_A_ROW and recent[-1] - recent[0] <= _ROW_SPAN
    return is_row or circuit.failures >= FAILURES_OVERALL


def _probed_in_vain(circuit: Circuit, now: datetime) -> Circuit:
    """What was under way when the circuit opened fails too, and is no probe."""
    if circuit.next_at is not None and circuit.next_at > now:
        return circuit
    interval = min((circuit.interval or _FIRST_PROBE) * 2, LONGEST_PROBE)
    return replace(circuit, interval=interval, next_at=now + interval)


def _asked_for_time(circuit: Circuit, now: datetime) -> Circuit:
    """A probe that is told to come back later comes back after the same wait, or the first."""
    if circuit.state is CircuitState.CLOSED:
        return circuit
    return replace(circuit, next_at=now + (circuit.interval or _FIRST_PROBE))


def _closed(circuit: Circuit) -> Circuit:
    return replace(
        circuit,
        state=CircuitState.CLOSED,
        failures=0,
        recent_failures=(),
        opened_at=None,
        next_at=None,
        interval=None,
        half_open_at=None,
    )
