"""What waits to be sent: claimed fairly over hosts, delivered, settled in batches.

A worker begins with few, leaves half of its slots to what is new, and runs alone what may have
ended its workers before.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from fedirec.activitypub.identifiers import Mint
from fedirec.domain.limits import Limits
from fedirec.domain.pacing import open_slots, retry_room
from fedirec.domain.queue_states import DeliveryState
from fedirec.errors import StorageUnavailableError
from fedirec.federation.context import Federation
from fedirec.federation.delivery import DeliveryResult, deliver
from fedirec.federation.inbox_moves import ask_after_inbox, is_telling
from fedirec.federation.settling import settle
from fedirec.storage import queue
from fedirec.storage.database import Transaction
from fedirec.storage.handing_back import hand_back
from fedirec.storage.queue import ClaimedDelivery, Settlement
from fedirec.workers.failures import class_of, describe, is_last, next_try_at
from fedirec.workers.in_hand import InHand
from fedirec.workers.line import Line

SETTLING: Final = timedelta(seconds=10)
"""Of the lease, what is left for recording the answer."""
AHEAD: Final = timedelta(seconds=2)
"""So long after it was leased a delivery is begun, or else handed back: its lease runs."""


_log: Final = structlog.get_logger(__name__)


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
        settle=work.settle,
        fail=_fail,
        release=_release,
        after=ask_after_inbox,
        asks_more=is_telling,
        close=work.close,
    )


class _Deliveries:
    """The deliveries of one worker: how many it may begin now, and which of them."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._in_hand = InHand()
        self._began_at: float | None = None
        self._ahead: tuple[ClaimedDelivery, ...] = ()
        self._ahead_since: datetime | None = None
        self._is_closed = False

    async def claim(self, federation: Federation, limit: int) -> Sequence[ClaimedDelivery]:
        """Lease what is due, all in one unit of work; `limit` slots are free.

        What was leased ahead is begun first, and needs no other look while it fills most of them.
        """
        await self._hand_back_stale(federation)
        ahead = len(self._ahead[:limit])
        limit -= ahead
        under_way = self._slots - limit
        room = self._open_slots() - under_way
        is_enough = ahead > 0 and limit < self._slots // 2
        if room <= 0 or is_enough or self._in_hand.has_suspect:
            return self._begin(ahead)
        lease = self._lease(federation)

        async def take(transaction: Transaction) -> tuple[list[ClaimedDelivery], bool]:
            claimed = await lease.claim(transaction, room)
            if claimed or under_way:
                return claimed, False
            return await lease.claim_suspect(transaction), True

        claimed, is_suspect = await federation.database.run(take)
        self._take(claimed, is_suspect=is_suspect)
        return [*self._begin(ahead), *claimed]

    async def deliver(self, federation: Federation, claimed: ClaimedDelivery) -> DeliveryResult:
        """Make one attempt."""
        async with self._in_hand.doing(_name_of(claimed)):
            return await deliver(federation, claimed)

    async def settle(self, federation: Federation, results: Sequence[DeliveryResult]) -> None:
        """Record results, and lease as many others as end with them: one commit for both.

        On SQLite alone, where one writes at a time: on PostgreSQL two workers that hold the rows of
        hosts from settling could wait for each other. Nothing beside a lone result, which may be
        one that failed with others.
        """
        claimed: list[ClaimedDelivery] = []
        lease = self._lease(federation)

        async def take(transaction: Transaction) -> None:
            claimed[:] = await lease.claim(transaction, len(results))

        may_take = len(results) > 1 and federation.database.engine == "sqlite"
        await settle(federation, results, take if may_take and self._is_at_full_speed() else None)
        self._take(claimed, is_suspect=False)
        self._ahead += tuple(claimed)
        self._ahead_since = federation.now()
        if self._is_closed:  # told to stop meanwhile
            await self._hand_back(federation)

    async def close(self, federation: Federation) -> None:
        """Lease nothing ahead any more, and hand back what was."""
        self._is_closed = True
        await self._hand_back(federation)

    async def _hand_back_stale(self, federation: Federation) -> None:
        since = self._ahead_since
        if self._ahead and since is not None and federation.now() - since > AHEAD:
            await self._hand_back(federation)

    async def _hand_back(self, federation: Federation) -> None:
        """Give up what was leased ahead; if that cannot be recorded its lease runs out."""
        ahead, self._ahead = self._ahead, ()
        for each in ahead:
            self._in_hand.put_down(_name_of(each))
        try:
            await _release(federation, ahead, were_begun=False)
        except StorageUnavailableError as error:
            _log.warning("delivery.not_handed_back", items=len(ahead), reason=str(error))

    def _begin(self, count: int) -> Sequence[ClaimedDelivery]:
        begun, self._ahead = self._ahead[:count], self._ahead[count:]
        return begun

    def _lease(self, federation: Federation) -> "_Lease":
        retries = retry_room(self._slots, retrying=self._in_hand.retrying)
        return _Lease(mint=federation.mint(), limits=federation.limits, retries=retries)

    def _take(self, claimed: Sequence[ClaimedDelivery], *, is_suspect: bool) -> None:
        for each in claimed:
            is_retry = each.attempt > 1
            self._in_hand.take(_name_of(each), is_retry=is_retry, is_suspect=is_suspect)

    def _is_at_full_speed(self) -> bool:
        is_held_up = self._is_closed or self._ahead or self._in_hand.has_suspect
        return not is_held_up and self._open_slots() == self._slots

    def _open_slots(self) -> int:
        now = asyncio.get_running_loop().time()
        if self._began_at is None:
            self._began_at = now
        return open_slots(self._slots, seconds=now - self._began_at)


class _Lease:
    """One look for what is due: its hour, its token, and how much of what is tried again."""

    def __init__(self, *, mint: Mint, limits: Limits, retries: int) -> None:
        self._now = mint.now
        self._token = mint.ulid()
        self._until = mint.now + limits.lease
        self._limits = limits
        self._retries = retries

    async def claim(self, transaction: Transaction, room: int) -> list[ClaimedDelivery]:
        """Lease at most `room` deliveries."""
        await queue.end_leases(transaction, now=self._now, most=self._limits.received_attempts)
        return await queue.claim_deliveries(
            transaction,
            now=self._now,
            limit=room,
            retries=self._retries,
            per_host=self._limits.deliveries_per_host,
            token=self._token,
            lease_until=self._until,
        )

    async def claim_suspect(self, transaction: Transaction) -> list[ClaimedDelivery]:
        """Lease one that runs alone."""
        return await queue.claim_suspect(
            transaction, now=self._now, token=self._token, lease_until=self._until
        )


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
        state=DeliveryState.DEAD if is_dead else DeliveryState.WAITING,
        next_at=None if is_dead else next_at,
        cls=class_of(error),
        detail=describe(error),
    )
    async with federation.database.transaction() as transaction:
        await queue.settle_deliveries(transaction, [settlement], now=now)


async def _release(
    federation: Federation, items: Sequence[ClaimedDelivery], *, were_begun: bool = True
) -> None:
    if not items:
        return
    now = federation.now()
    await federation.database.run(
        lambda transaction: hand_back(transaction, items, were_begun=were_begun, now=now)
    )
