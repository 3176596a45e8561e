"""What waits to be sent: claimed fairly over hosts, delivered, settled in batches.

A worker begins with few, leaves half of its slots to what is new, and runs alone what may have
ended its workers before.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from fedirec.domain.pacing import open_slots, retry_room
from fedirec.federation.context import Federation
from fedirec.federation.delivery import DeliveryResult, deliver
from fedirec.federation.inbox_moves import ask_after_inbox, is_telling
from fedirec.federation.settling import settle
from fedirec.storage import queue
from fedirec.storage.database import Transaction
from fedirec.storage.queue import ClaimedDelivery, Settlement
from fedirec.workers.failures import class_of, describe, is_last, next_try_at
from fedirec.workers.in_hand import InHand
from fedirec.workers.line import Line

SETTLING: Final = timedelta(seconds=10)
"""Of the lease, what is left for recording the answer."""


def delivery_line(federation: Federation) -> Line[ClaimedDelivery, DeliveryResult]:
    """Return the line of deliveries, with this instance's limits."""
    limits = federation.limits
    work = _Deliveries(limits.deliveries_in_flight)
    return Line(
        name="deliveries",
        slots=limits.deliveries_in_flight,
        deadline=max(limits.lease - SETTLING, limits.delivery_timeout),
        name_of=_name_of,
        claim=work.claim,
        work=work.deliver,
        settle=settle,
        fail=_fail,
        release=_release,
        after=ask_after_inbox,
        asks_more=is_telling,
    )


class _Deliveries:
    """The deliveries of one worker: how many it may begin now, and which of them."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._in_hand = InHand()
        self._began_at: float | None = None

    async def claim(self, federation: Federation, limit: int) -> Sequence[ClaimedDelivery]:
        """Lease what is due, all in one unit of work; `limit` slots are free."""
        under_way = self._slots - limit
        room = self._open_slots() - under_way
        if room <= 0 or self._in_hand.has_suspect:
            return ()
        mint, limits = federation.mint(), federation.limits
        now, token, lease_until = mint.now, mint.ulid(), mint.now + limits.lease
        retries = retry_room(self._slots, retrying=self._in_hand.retrying)

        async def take(transaction: Transaction) -> tuple[list[ClaimedDelivery], bool]:
            await queue.end_leases(transaction, now=now, most=limits.received_attempts)
            claimed = await queue.claim_deliveries(
                transaction,
                now=now,
                limit=room,
                retries=retries,
                per_host=limits.deliveries_per_host,
                token=token,
                lease_until=lease_until,
            )
            if claimed or under_way:
                return claimed, False
            return await queue.claim_suspect(
                transaction, now=now, token=token, lease_until=lease_until
            ), True

        claimed, is_suspect = await federation.database.run(take)
        for each in claimed:
            is_retry = each.attempt > 1
            self._in_hand.take(_name_of(each), is_retry=is_retry, is_suspect=is_suspect)
        return claimed

    async def deliver(self, federation: Federation, claimed: ClaimedDelivery) -> DeliveryResult:
        """Make one attempt."""
        async with self._in_hand.doing(_name_of(claimed)):
            return await deliver(federation, claimed)

    def _open_slots(self) -> int:
        now = asyncio.get_running_loop().time()
        if self._began_at is None:
            self._began_at = now
        return open_slots(self._slots, seconds=now - self._began_at)


def _name_of(claimed: ClaimedDelivery) -> str:
    return f"{claimed.activity_id} to {claimed.inbox}"


async def _fail(federation: Federation, claimed: ClaimedDelivery, error: BaseException) -> None:
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
        cls=class_of(error),
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
