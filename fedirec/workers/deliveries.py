"""What waits to be sent: claimed fairly over hosts, delivered, settled in batches."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from fedirec.federation.context import Federation
from fedirec.federation.delivery import DeliveryResult, deliver
from fedirec.federation.settling import settle
from fedirec.storage import queue
from fedirec.storage.queue import ClaimedDelivery, Settlement
from fedirec.workers.failures import describe, is_last, next_try_at
from fedirec.workers.line import Line

SETTLING: Final = timedelta(seconds=10)
"""Of the lease, what is left for recording the answer."""


def delivery_line(federation: Federation) -> Line[ClaimedDelivery, DeliveryResult]:
    """Return the line of deliveries, with this instance's limits."""
    limits = federation.limits
    return Line(
        name="deliveries",
        slots=limits.deliveries_in_flight,
        deadline=max(limits.lease - SETTLING, limits.delivery_timeout),
        name_of=lambda claimed: f"{claimed.activity_id} to {claimed.inbox}",
        claim=_claim,
        work=deliver,
        settle=settle,
        fail=_fail,
        release=_release,
    )


async def _claim(federation: Federation, limit: int) -> Sequence[ClaimedDelivery]:
    mint = federation.mint()
    async with federation.database.transaction() as transaction:
        return await queue.claim_deliveries(
            transaction,
            now=mint.now,
            limit=limit,
            per_host=federation.limits.deliveries_per_host,
            token=mint.ulid(),
            lease_until=mint.now + federation.limits.lease,
        )


async def _fail(federation: Federation, claimed: ClaimedDelivery, error: Exception) -> None:
    """An error of ours, not the peer's: try again later, and give up as dead after some times."""
    now = federation.now()
    is_dead = is_last(federation, error, attempt=claimed.attempt)
    next_at = next_try_at(federation, error, attempt=claimed.attempt, now=now)
    settlement = Settlement(
        activity_id=claimed.activity_id,
        inbox=claimed.inbox,
        token=claimed.token,
        state="dead" if is_dead else "waiting",
        next_at=None if is_dead else next_at,
        cls="error",
        detail=describe(error),
    )
    async with federation.database.transaction() as transaction:
        await queue.settle_deliveries(transaction, [settlement], now=now)


async def _release(federation: Federation, items: Sequence[ClaimedDelivery]) -> None:
    now = federation.now()
    settlements = [
        Settlement(
            activity_id=claimed.activity_id,
            inbox=claimed.inbox,
            token=claimed.token,
            state="due",
            next_at=now,
        )
        for claimed in items
    ]
    async with federation.database.transaction() as transaction:
        await queue.settle_deliveries(transaction, settlements, now=now)
