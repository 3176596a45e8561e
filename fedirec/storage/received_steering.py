"""A keeper's hand on what was received and waits to be handled, or is dead (reliability §4).

The deliveries' half is `queue_steering.py`. What is under way is left to its worker here too.
"""

from datetime import datetime
from typing import Final

from fedirec.domain.queue_states import OwnClass, ReceivedState
from fedirec.storage.database import Reader, Transaction, Value, to_microseconds
from fedirec.storage.queue_depths import ACTIVE
from fedirec.storage.queue_steering import HostShape, read_shape, shape_of

UNFINISHED: Final = (ReceivedState.DUE, ReceivedState.LEASED, ReceivedState.WAITING)

# Casts, since PostgreSQL cannot tell the type of a parameter that stands alone.
_CHOSEN: Final = (
    "(cast(:host as text) is null or host = :host) and (cast(:id as text) is null or id = :id)"
)
_RETRY: Final = f"""
update received set state = 'due', attempt = 0, losses = 0, next_at = :now, settled_at = null
where state = 'dead' and {_CHOSEN}"""  # noqa: S608 - text of ours
_FLUSH: Final = f"""
update received set state = 'due', next_at = :now where state = 'waiting' and {_CHOSEN}"""  # noqa: S608 - text of ours
_CANCEL: Final = f"""
update received set state = 'ignored', settled_at = :now, last_class = '{OwnClass.CANCELLED}'
where state in ('due', 'waiting', 'dead') and {_CHOSEN}"""  # noqa: S608 - text of ours
_SHAPE: Final = shape_of(f"select host, created_at from received where {ACTIVE}")  # noqa: S608 - text of ours


async def retry_received(
    transaction: Transaction,
    now: datetime,
    *,
    host: str | None = None,
    id: str | None = None,  # noqa: A002
) -> int:
    """Begin anew with what is dead; return how many."""
    return await transaction.execute(_RETRY, _parameters(now, host, id))


async def flush_received(
    transaction: Transaction,
    now: datetime,
    *,
    host: str | None = None,
    id: str | None = None,  # noqa: A002
) -> int:
    """Make what waits for its next try due now; return how many."""
    return await transaction.execute(_FLUSH, _parameters(now, host, id))


async def cancel_received(
    transaction: Transaction,
    now: datetime,
    *,
    host: str | None = None,
    id: str | None = None,  # noqa: A002
) -> int:
    """End what waits or is dead without handling it, for good; return how many.

    It stays known, so that the same activity sent again changes nothing.
    """
    return await transaction.execute(_CANCEL, _parameters(now, host, id))


async def list_received_shape(reader: Reader, now: datetime) -> list[HostShape]:
    """Return the hosts whose activities wait to be handled, and how old these are."""
    return await read_shape(reader, _SHAPE, now)


def _parameters(now: datetime, host: str | None, id_: str | None) -> dict[str, Value]:
    return {"now": to_microseconds(now), "host": host, "id": id_}
