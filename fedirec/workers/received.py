"""What was received and waits to be handled: claimed, then all of it done by its journey."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from fedirec.federation.context import Federation
from fedirec.federation.inbox import handle_received
from fedirec.storage import queue
from fedirec.storage.queue import ClaimedReceived
from fedirec.workers.failures import describe, is_last, is_lasting, next_try_at
from fedirec.workers.line import Line

SLOTS: Final = 16  # they wait for the network, and then for the one writer
SETTLING: Final = timedelta(seconds=5)


def received_line(federation: Federation) -> Line[ClaimedReceived, None]:
    """Return the line of received activities, with this instance's limits."""
    return Line(
        name="received",
        slots=SLOTS,
        deadline=max(federation.limits.lease - SETTLING, SETTLING),
        name_of=lambda claimed: f"{claimed.id} {claimed.activity_key} of {claimed.actor_id}",
        claim=_claim,
        work=handle_received,
        settle=_settled_already,
        fail=_fail,
        release=_release,
    )


async def _claim(federation: Federation, limit: int) -> Sequence[ClaimedReceived]:
    mint = federation.mint()
    async with federation.database.transaction() as transaction:
        return await queue.claim_received(
            transaction,
            now=mint.now,
            limit=limit,
            token=mint.ulid(),
            lease_until=mint.now + federation.limits.lease,
        )


async def _settled_already(_federation: Federation, _results: Sequence[None]) -> None:
    """Do nothing: an activity's effects and its row are written in one transaction."""


async def _fail(federation: Federation, claimed: ClaimedReceived, error: Exception) -> None:
    """Ignore what can never be handled, try the rest again, and call it dead after eight times."""
    now, attempt = federation.now(), claimed.attempt
    next_at = None
    if is_lasting(error):
        state = "ignored"
    elif is_last(federation, error, attempt=attempt):
        state = "dead"
    else:
        state, next_at = "waiting", next_try_at(federation, error, attempt=attempt, now=now)
    await _settle(federation, [claimed], state, next_at=next_at, detail=describe(error))


async def _release(federation: Federation, items: Sequence[ClaimedReceived]) -> None:
    await _settle(federation, items, "due", next_at=federation.now())


async def _settle(
    federation: Federation,
    items: Sequence[ClaimedReceived],
    state: str,
    *,
    next_at: datetime | None,
    detail: str | None = None,
) -> None:
    async with federation.database.transaction() as transaction:
        for claimed in items:
            await queue.settle_received(
                transaction,
                id=claimed.id,
                token=claimed.token,
                state=state,
                next_at=next_at,
                cls=None if detail is None else "error",
                detail=detail,
                now=federation.now(),
            )
