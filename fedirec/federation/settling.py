"""What follows an attempt to deliver: its row, the circuit of its host, the log.

Nothing is decided here that `domain/retry.py` decides. An answer is recorded only while the lease
is ours.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, assert_never

import structlog
from structlog.typing import FilteringBoundLogger

from fedirec.domain.circuits import CircuitState, sign_of
from fedirec.domain.queue_states import DeliveryState
from fedirec.domain.retry import Again, Done, GiveUp, Plan, Tries, next_attempt
from fedirec.failpoints import failpoint
from fedirec.federation.context import Federation
from fedirec.federation.delivery import DeliveryResult
from fedirec.storage import queue
from fedirec.storage.database import Transaction
from fedirec.storage.queue import Settlement

_DICE_SIDES: Final = 2**32

_log: Final = structlog.get_logger(__name__)


async def settle(
    federation: Federation,
    results: Sequence[DeliveryResult],
    then: Callable[[Transaction], Awaitable[None]] | None = None,
) -> None:
    """Record what attempts came to, in one transaction; a result whose lease is lost is dropped.

    `then` goes into the same transaction, behind that.
    """
    now = federation.now()
    settlements = [
        _settlement(result, now, int.from_bytes(federation.randomness(4), "big") / _DICE_SIDES)
        for result in results
    ]
    changes: list[CircuitState] = []

    async def record(transaction: Transaction) -> list[bool]:
        are_ours = await queue.settle_deliveries(
            transaction, settlements, now=now, tell=changes.append
        )
        if then is not None:
            await then(transaction)
        return are_ours

    are_ours = await federation.database.run(record)
    failpoint("delivery.settled")
    counts = federation.counts
    counts.circuits.update(change.value for change in changes)
    counts.attempts.update(result.cls.value for result in results)
    counts.leases_lost["deliveries"] += are_ours.count(False)
    log = _log.bind()  # once: the logger of a module is made anew by each call
    for result, settlement, is_ours in zip(results, settlements, are_ours, strict=True):
        _tell(log, result, settlement, is_ours=is_ours)


def _tell(
    log: FilteringBoundLogger, result: DeliveryResult, settlement: Settlement, *, is_ours: bool
) -> None:
    tell = log.debug if is_ours and settlement.state is DeliveryState.DELIVERED else log.info
    tell(
        "delivery.settled" if is_ours else "delivery.lease_lost",
        activity_id=result.claimed.activity_id,
        host=result.claimed.host,
        actor_id=result.claimed.actor_id,
        attempt=result.claimed.attempt,
        status=result.status,
        state=settlement.state,
    )


def _settlement(result: DeliveryResult, now: datetime, jitter: float) -> Settlement:
    state, next_at = _state_after(plan_next(result, now, jitter), is_blocked=result.is_blocked)
    return Settlement(
        activity_id=result.claimed.activity_id,
        inbox=result.claimed.inbox,
        token=result.claimed.token,
        state=state,
        next_at=next_at,
        cls=result.cls,
        status=result.status,
        detail=result.detail,
        sign=None if result.is_blocked else sign_of(result.cls, result.status),
    )


def plan_next(result: DeliveryResult, now: datetime, jitter: float) -> Plan:
    """Return what to do after an attempt; `jitter` is from 0 to 1."""
    claimed = result.claimed
    since = (
        claimed.alike_since if claimed.attempt > 1 and claimed.last_class == result.cls else None
    )
    return next_attempt(
        outcome=result.cls,
        tries=Tries(
            total=claimed.attempt,
            alike=1 if since is None else claimed.alike + 1,
            alike_since=now if since is None else since,
        ),
        now=now,
        expires_at=claimed.expires_at,
        retry_after=result.retry_after,
        jitter=jitter,
    )


def _state_after(plan: Plan, *, is_blocked: bool) -> tuple[DeliveryState, datetime | None]:
    """Return the row's state, and when it is due again if it is."""
    if is_blocked:
        return DeliveryState.CANCELLED, None
    match plan:
        case Done():
            return DeliveryState.DELIVERED, None
        case Again(at=at):
            return DeliveryState.WAITING, at
        case GiveUp(is_expired=is_expired):
            return (DeliveryState.EXPIRED if is_expired else DeliveryState.GONE), None
        case _:
            assert_never(plan)
