"""What a delivery's answer means, and when to try again. Pure: time and dice are handed in.

Lifetimes are those of mail; what protects people (deletions, undone follows, blocks) lives longer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from fedirec.domain.limits import Limits

_PASSING: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""Delays after the first, second, … failure; the last one repeats."""
_REJECTED: Final = (timedelta(hours=1), timedelta(hours=12))  # peers have bugs on deploy day
_AUTH: Final = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=8), timedelta(hours=12))
_MISSING_FOR: Final = timedelta(hours=24)
_SHORTEST_WAIT: Final = timedelta(seconds=1)

LONGEST_WAIT: Final = timedelta(hours=24)
"""No wait is longer: what waits longer was planned by a clock that was wrong (ST-07)."""

_PROTECTIVE: Final = frozenset({"Block", "Delete", "Reject", "Undo"})


class DeliveryClass(StrEnum):
    """What an attempt came to."""

    OK = "ok"
    MOVED = "moved"
    REJECTED = "rejected"
    AUTH = "auth"
    MISSING = "missing"
    GONE = "gone"
    BUSY = "busy"
    TEMPORARY = "temporary"


_REFUSALS: Final = frozenset({DeliveryClass.AUTH, DeliveryClass.REJECTED})
_BY_STATUS: Final = {
    **dict.fromkeys((301, 302, 303, 307, 308), DeliveryClass.MOVED),
    **dict.fromkeys((401, 403), DeliveryClass.AUTH),
    404: DeliveryClass.MISSING,
    410: DeliveryClass.GONE,
    **dict.fromkeys((408, 425, 429, 503), DeliveryClass.BUSY),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """To be tried again, not before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Not to be tried again. `is_expired`: time ran out, rather than the peer's lasting answer."""

    reason: str
    is_expired: bool = False


Plan = Again | GiveUp | Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often it was tried, this time included: `total`, and `alike`, ending as this one did.

    `alike` counts those in a row, which began at `alike_since`.
    """

    total: int
    alike: int
    alike_since: datetime


def classify(status: int | None) -> DeliveryClass:
    """Return what an HTTP status means for a delivery; None is trouble on the way to any status."""
    if status is None:
        return DeliveryClass.TEMPORARY
    match status // 100:
        case 2:
            return DeliveryClass.OK
        case 4:
            return _BY_STATUS.get(status, DeliveryClass.REJECTED)
        case _:
            return _BY_STATUS.get(status, DeliveryClass.TEMPORARY)


def is_protective(activity_type: str, *, is_about_itself: bool) -> bool:
    """Whether an activity protects people: it is tried for longer, and at hosts long down.

    `is_about_itself`: the object is the actor. Its Update carries new keys: who misses it believes
    nothing that is said later.
    """
    return activity_type in _PROTECTIVE or (activity_type == "Update" and is_about_itself)


def lifetime(activity_type: str, limits: Limits, *, is_about_itself: bool) -> timedelta:
    """Return for how long a delivery is worth trying."""
    if is_protective(activity_type, is_about_itself=is_about_itself):
        return limits.protective_delivery_lifetime
    return limits.delivery_lifetime


def delay_after(outcome: DeliveryClass, attempt: int) -> timedelta | None:
    """Return the wait after the `attempt`-th try (from 1), before jitter; None to give up.

    After a refusal, the `attempt`-th refusal of its kind in a row.
    """
    match outcome:
        case DeliveryClass.OK | DeliveryClass.GONE:
            return None
        case DeliveryClass.REJECTED:
            return _REJECTED[attempt - 1] if attempt <= len(_REJECTED) else None
        case DeliveryClass.AUTH:
            return _AUTH[attempt - 1] if attempt <= len(_AUTH) else None
        case (
            DeliveryClass.MOVED
            | DeliveryClass.MISSING
            | DeliveryClass.BUSY
            | DeliveryClass.TEMPORARY
        ):
            return _PASSING[min(attempt, len(_PASSING)) - 1]
        case _:
            assert_never(outcome)


def next_attempt(
    *,
    outcome: DeliveryClass,
    tries: Tries,
    now: datetime,
    expires_at: datetime,
    retry_after: timedelta | None,
    jitter: float,
) -> Plan:
    """Return what to do after a try that came to `outcome`.

    `jitter` is a random number from 0 to 1; the wait is 50 to 150 % of the schedule's. A busy
    peer's `retry_after` counts if it is between a second and a day. What failed for other reasons
    before leaves a refusal all of its tries, and a missing inbox all of its day.
    """
    if outcome is DeliveryClass.OK:
        return Done()
    delay = delay_after(outcome, tries.alike if outcome in _REFUSALS else tries.total)
    missing_for = now - tries.alike_since if outcome is DeliveryClass.MISSING else timedelta(0)
    if delay is None or missing_for >= _MISSING_FOR:
        return GiveUp(reason=f"{outcome} at attempt {tries.total}")
    at = now + delay * (0.5 + jitter)
    if (
        outcome is DeliveryClass.BUSY
        and retry_after is not None
        and _SHORTEST_WAIT <= retry_after <= LONGEST_WAIT
    ):
        at = now + retry_after
    if at >= expires_at:
        return GiveUp(reason=f"{outcome} until it expired", is_expired=True)
    return Again(at=at)
