"""What an error that ends an attempt means for the next one, and how much of it is kept."""

import traceback
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.queue_states import OwnClass
from fedirec.domain.retry import Again, DeliveryClass, Tries, next_attempt
from fedirec.errors import (
    FedirecError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
    StorageUnavailableError,
    UnauthenticatedError,
)
from fedirec.federation.context import Federation

TRACE_CHARACTERS: Final = 4_000  # as much as a row keeps; the log has all of it
_LASTING: Final = (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RemoteRefusedError,
    UnauthenticatedError,
)
_STORAGE_WAIT: Final = timedelta(seconds=4)
_FOREVER: Final = timedelta(days=365)


def is_lasting(error: BaseException) -> bool:
    """Whether the same attempt would end the same way whenever it is made."""
    return isinstance(error, _LASTING)


def is_last(federation: Federation, error: BaseException, *, attempt: int) -> bool:
    """Whether an item is dead after this attempt; a database that is away or full kills none."""
    is_of_the_item = not isinstance(error, StorageUnavailableError)
    return is_of_the_item and attempt >= federation.limits.received_attempts


def class_of(error: BaseException) -> OwnClass:
    """Return how a row calls what ended an attempt; one that found the database away is void."""
    return OwnClass.AWAY if isinstance(error, StorageUnavailableError) else OwnClass.ERROR


def describe(error: BaseException) -> str:
    """Return what to keep of an error: ours by its message, any other with its traceback."""
    if isinstance(error, FedirecError):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception(error))[-TRACE_CHARACTERS:]


def next_try_at(
    federation: Federation, error: BaseException, *, attempt: int, now: datetime
) -> datetime:
    """Return when to try again after passing trouble: the waits of a delivery, with jitter."""
    jitter = federation.randomness(1)[0] / 255
    if isinstance(error, StorageUnavailableError):  # nothing is claimed while it is away
        return now + _STORAGE_WAIT * (0.5 + jitter)
    retry_after = error.retry_after if isinstance(error, RemoteUnavailableError) else None
    plan = next_attempt(
        outcome=DeliveryClass.TEMPORARY if retry_after is None else DeliveryClass.BUSY,
        tries=Tries(total=attempt, alike=attempt, alike_since=now),
        now=now,
        expires_at=now + _FOREVER,
        retry_after=retry_after,
        jitter=jitter,
    )
    return plan.at if isinstance(plan, Again) else now + timedelta(hours=1)
