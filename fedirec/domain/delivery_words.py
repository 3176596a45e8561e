"""Where one delivery stands, and why, in words: for keepers and for the author. Pure.

No word is a peer's own: what a server answered is told by its status.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.circuits import FRESH, Circuit, CircuitState, is_refusing, is_unreachable
from fedirec.domain.queue_states import DeliveryState, OwnClass
from fedirec.domain.retry import DeliveryClass

_DAY: Final = timedelta(days=1)
_ENDS: Final = {
    DeliveryState.DELIVERED: "it arrived",
    DeliveryState.CANCELLED: "stopped here before it arrived",
    DeliveryState.DEAD: (
        "it failed here again and again, for a reason of ours: `fedirec queue dead` has it"
    ),
}
_OURS: Final = "could not be sent, for a reason of ours"
_REASONS: Final = {
    DeliveryClass.OK.value: ("", ""),
    DeliveryClass.REJECTED.value: ("refused it: {}", "cannot be sent to"),
    DeliveryClass.AUTH.value: ("refused it: {}", "refused it"),
    DeliveryClass.GONE.value: ("is gone: {}", "is gone"),
    DeliveryClass.MISSING.value: ("does not know the inbox: {}", "does not know the inbox"),
    DeliveryClass.MOVED.value: ("sends us elsewhere: {}", "sends us elsewhere"),
    DeliveryClass.BUSY.value: ("asks for time: {}", "asks for time"),
    DeliveryClass.TEMPORARY.value: ("is in trouble: {}", "does not answer"),
    OwnClass.UNREACHABLE.value: ("has not answered for days", "has not answered for days"),
}
_TRIED_LATER: Final = frozenset({DeliveryState.DUE, DeliveryState.WAITING})
_NEXT: Final = {
    DeliveryState.DUE: "about to be sent",
    DeliveryState.LEASED: "being sent now",
    DeliveryState.HELD: "put aside by a keeper, until it is released",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one delivery: its row, and how its host stands.

    `cls` and `status` are of the last attempt; None when there was none, or no answer.
    """

    state: DeliveryState
    attempt: int
    next_at: datetime
    expires_at: datetime
    cls: str | None
    status: int | None
    circuit: Circuit = FRESH


def in_words(standing: Standing, now: datetime) -> str:
    """Return one line without its subject: `does not answer; next try …, trying until …`."""
    if standing.cls == OwnClass.SUPERSEDED:
        return "something later was said in its place"
    if standing.state in _ENDS:
        return _ENDS[standing.state]
    reason = _reason(standing, now)
    if standing.state is DeliveryState.GONE:
        return f"{reason}; given up" if standing.cls != DeliveryClass.GONE else reason
    if standing.state is DeliveryState.EXPIRED:
        return f"{reason}; given up, as its time was over on {day(standing.expires_at, now)}"
    what_next = _what_next(standing, now)
    return f"{reason}; {what_next}" if reason else what_next


def host_in_words(circuit: Circuit, now: datetime) -> str:
    """Return how a host stands, without its name: `does not answer since …, asked again at …`."""
    since = circuit.opened_at
    if circuit.state is CircuitState.OPEN and since is not None:
        gone = (
            "has not answered for a week, " if is_unreachable(circuit, now) else "does not answer "
        )
        asked = (
            "" if circuit.next_at is None else f", asked again at {moment(circuit.next_at, now)}"
        )
        return f"{gone}since {moment(since, now)}{asked}"
    if circuit.state is CircuitState.HALF_OPEN:
        return "is back, and gets what waits little by little"
    if is_refusing(circuit) and circuit.refusing_since is not None:
        return f"refuses us since {moment(circuit.refusing_since, now)}"
    if circuit.failures:
        return f"failed {circuit.failures} in a row, and is tried on"
    return "answers"


def day(instant: datetime, now: datetime) -> str:
    """Return a day as people say it, with its date: `Tuesday 17 November`; the year if another."""
    year = "" if instant.year == now.year else f" {instant.year}"
    return f"{instant:%A} {instant.day} {instant:%B}{year}"


def moment(instant: datetime, now: datetime) -> str:
    """Return an instant: `14:05 UTC` when less than a day away, else its day."""
    return f"{instant:%H:%M} UTC" if abs(instant - now) < _DAY else day(instant, now)


def _reason(standing: Standing, now: datetime) -> str:
    """Return what the last attempt came to; empty when nothing went wrong yet."""
    down_since = standing.circuit.opened_at
    if standing.circuit.state is CircuitState.OPEN and down_since is not None:
        return f"does not answer since {moment(down_since, now)}"
    if standing.cls is None:
        return ""
    with_status, without = _REASONS.get(standing.cls, (_OURS, _OURS))
    return without if standing.status is None else with_status.format(standing.status)


def _what_next(standing: Standing, now: datetime) -> str:
    """Return what happens to a delivery that is not at its end."""
    until = f"trying until {day(standing.expires_at, now)}"
    if standing.circuit.state is CircuitState.OPEN and standing.state in _TRIED_LATER:
        probe_at = standing.circuit.next_at
        asked = "" if probe_at is None else f"asked again at {moment(probe_at, now)}, "
        return f"{asked}{until}"
    if standing.state is DeliveryState.WAITING:
        return f"next try at {moment(standing.next_at, now)}, {until}"
    return _NEXT.get(standing.state, standing.state)
