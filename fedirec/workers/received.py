"""What was received and waits to be handled: claimed, then all of it done by its journey."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.queue_states import ReceivedState
from fedirec.federation.context import Federation
from fedirec.federation.received import Prepared, apply_all, prepare
from fedirec.storage import queue
from fedirec.storage.database import Transaction
from fedirec.storage.queue import ClaimedReceived
from fedirec.storage.queue_depths import next_suspect
from fedirec.workers.failures import class_of, describe, is_last, is_lasting, next_try_at
from fedirec.workers.in_hand import InHand
from fedirec.workers.line import Line

SLOTS: Final = 64  # they wait for the network, and then are applied together
SETTLING: Final = timedelta(seconds=5)
GATHERS: Final = timedelta(milliseconds=50)
"""Two commits cost as much for one as for many; whoever wrote has their answer already."""
PATIENCE: Final = timedelta(minutes=5)
"""So long what runs alone waits for the rest to be done; then the rest waits for it."""


def received_line(federation: Federation) -> Line[ClaimedReceived, Prepared]:
    """Return the line of received activities, with this instance's limits."""
    work = _Received()
    return Line(
        name="received",
        slots=SLOTS,
        gathers=GATHERS,
        deadline=max(federation.limits.lease - SETTLING, SETTLING),
        name_of=_name_of,
        claim=work.claim,
        work=work.prepare,
        settle=work.apply,
        fail=_fail,
        release=_release,
    )


class _Received:
    """The received activities of one worker; one that may have ended its workers runs alone."""

    def __init__(self) -> None:
        self._latest: datetime | None = None
        self._in_hand = InHand()
        self._is_turn_of_rest = False  # between two that run alone

    async def claim(self, federation: Federation, limit: int) -> Sequence[ClaimedReceived]:
        """Lease what is due, all in one unit of work; `limit` slots are free."""
        if self._in_hand.has_suspect:
            return ()
        mint, limits = federation.mint(), federation.limits
        now, token, lease_until = mint.now, mint.ulid(), mint.now + limits.lease

        async def claim(
            transaction: Transaction, limit: int, *, is_suspect: bool
        ) -> list[ClaimedReceived]:
            return await queue.claim_received(
                transaction,
                now=now,
                limit=limit,
                token=token,
                lease_until=lease_until,
                is_suspect=is_suspect,
            )

        async def take(transaction: Transaction) -> tuple[list[ClaimedReceived], bool]:
            await queue.end_received_leases(transaction, now=now, most=limits.received_attempts)
            claimed = []
            if self._is_turn_of_rest or not await _waits_long(transaction, now):
                claimed = await claim(transaction, limit, is_suspect=False)
            if claimed or limit < SLOTS:
                return claimed, False
            return await claim(transaction, 1, is_suspect=True), True

        claimed, is_suspect = await federation.database.run(take)
        self._is_turn_of_rest = is_suspect
        for each in claimed:
            self._in_hand.take(_name_of(each), is_retry=False, is_suspect=is_suspect)
        return claimed

    async def prepare(self, federation: Federation, claimed: ClaimedReceived) -> Prepared:
        """Fetch what its handler asks for."""
        try:
            return await prepare(federation, claimed)
        except BaseException:
            self._in_hand.put_down(_name_of(claimed))
            raise

    async def apply(self, federation: Federation, batch: Sequence[Prepared]) -> None:
        """Write everything that follows, and that it is done."""
        try:
            self._latest = await apply_all(federation, batch, after=self._latest)
        finally:
            for prepared in batch:
                self._in_hand.put_down(_name_of(prepared.claimed))


async def _waits_long(transaction: Transaction, now: datetime) -> bool:
    """Whether something that runs alone has waited long enough for the rest."""
    due_at = await next_suspect(transaction)
    return due_at is not None and due_at <= now - PATIENCE


def _name_of(claimed: ClaimedReceived) -> str:
    return f"{claimed.id} {claimed.activity_key} of {claimed.actor_id}"


async def _fail(federation: Federation, claimed: ClaimedReceived, error: BaseException) -> None:
    """Ignore what can never be handled, try the rest again, and call it dead after eight times."""
    now, attempt = federation.now(), claimed.attempt
    next_at = None
    if is_lasting(error):
        state = ReceivedState.IGNORED
    elif is_last(federation, error, attempt=attempt):
        state = ReceivedState.DEAD
    else:
        state = ReceivedState.WAITING
        next_at = next_try_at(federation, error, attempt=attempt, now=now)
    federation.counts.handled[state] += 1
    await _settle(federation, [claimed], state, next_at=next_at, error=error)


async def _release(federation: Federation, items: Sequence[ClaimedReceived]) -> None:
    await _settle(federation, items, ReceivedState.DUE, next_at=federation.now())


async def _settle(
    federation: Federation,
    items: Sequence[ClaimedReceived],
    state: ReceivedState,
    *,
    next_at: datetime | None,
    error: BaseException | None = None,
) -> None:
    async with federation.database.transaction() as transaction:
        for claimed in items:
            await queue.settle_received(
                transaction,
                id=claimed.id,
                token=claimed.token,
                state=state,
                next_at=next_at,
                cls=None if error is None else class_of(error),
                detail=None if error is None else describe(error),
                now=federation.now(),
            )
