"""A keeper's hand on the queue, and who did what to it. Serves `fedirec queue` and the pages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedirec.community.keepers import record
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.storage import queue_steering, received_steering
from fedirec.storage.database import Transaction


class Act(StrEnum):
    """What can be done to what waits."""

    FLUSH = "flush"
    RETRY = "retry"
    HOLD = "hold"
    RELEASE = "release"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """One act on a part of the queue: what goes to a host or came from it, one item, or all.

    `id` is an activity's of ours, or the number of what was received.
    """

    act: Act
    is_received: bool = False
    host: str | None = None
    id: str | None = None


async def steer(federation: Federation, steering: Steering, *, by: str | None) -> int:
    """Do it, and return to how many; `by` is the keeper, None for the commands.

    Raises InvalidInputError for what was received and is to be put aside.
    """
    if steering.is_received and steering.act in {Act.HOLD, Act.RELEASE}:
        message = "what was received cannot be put aside: `fedirec peer block HOST` stops a host"
        raise InvalidInputError(message)
    now = federation.now()
    async with federation.database.transaction() as transaction:
        steer_these = _steer_received if steering.is_received else _steer_deliveries
        count = await steer_these(transaction, steering, now)
        subject = steering.id or steering.host or ""
        of = "received" if steering.is_received else "sent"
        act = f"queue.{steering.act}"
        await record(transaction, federation, by, act, subject, of=of, count=count)
    federation.wake()
    return count


async def _steer_deliveries(transaction: Transaction, steering: Steering, now: datetime) -> int:
    choice = queue_steering.Choice(host=steering.host, activity_id=steering.id)
    match steering.act:
        case Act.FLUSH:
            return await queue_steering.flush(transaction, choice, now)
        case Act.RETRY:
            return await queue_steering.retry(transaction, choice, now)
        case Act.HOLD:
            return await queue_steering.hold(transaction, choice)
        case Act.RELEASE:
            return await queue_steering.release(transaction, choice, now)
        case Act.CANCEL:
            return await queue_steering.cancel(transaction, choice, now)


async def _steer_received(transaction: Transaction, steering: Steering, now: datetime) -> int:
    act = {
        Act.FLUSH: received_steering.flush_received,
        Act.RETRY: received_steering.retry_received,
        Act.CANCEL: received_steering.cancel_received,
    }[steering.act]
    return await act(transaction, now, host=steering.host, id=steering.id)
