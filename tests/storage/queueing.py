"""Putting deliveries into the queue and taking them out, as publishers and workers do."""

from datetime import datetime
from typing import Any

from fedirec.domain.actors import Host, InboxUrl
from fedirec.domain.circuits import Circuit, Sign
from fedirec.domain.queue_states import DeliveryState
from fedirec.storage import deliveries, queue
from fedirec.storage.circuits import HostSigns, find_circuits, note_signs
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue import ClaimedDelivery, Settlement
from fedirec.storage.queue_lists import list_deliveries
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    actor_id,
    an_activity,
)

ADA = actor_id("ada")


def an_inbox(host: str, number: int = 0) -> tuple[InboxUrl, Host]:
    return InboxUrl(f"https://{host}/inbox/{number}"), Host(host)


async def enqueue(
    database: Database,
    number: int,
    *inboxes: tuple[InboxUrl, Host],
    order_key: str | None = None,
    now: datetime = NOW,
    expires_at: datetime = NOW + 5 * DAY,
) -> int:
    async with database.transaction() as transaction:
        return await deliveries.enqueue(
            transaction,
            Leaving(
                activity_id=an_activity(number).id,
                actor_id=ADA,
                order_key=order_key or an_activity(number).id,
                first_try_at=now,
                expires_at=expires_at,
            ),
            inboxes,
        )


async def claim(
    database: Database,
    *,
    now: datetime = NOW,
    limit: int = 64,
    retries: int = 64,
    per_host: int = 8,
    worker: str = "one",
) -> list[ClaimedDelivery]:
    async with database.transaction() as transaction:
        await queue.end_leases(transaction, now=now, most=8)
        return await queue.claim_deliveries(
            transaction,
            now=now,
            limit=limit,
            retries=retries,
            per_host=per_host,
            token=worker,
            lease_until=now + MINUTE,
        )


async def settle(
    database: Database,
    *claimed: ClaimedDelivery,
    state: str = "delivered",
    now: datetime = NOW,
    **more: Any,
) -> list[bool]:
    settlements = [
        Settlement(
            activity_id=each.activity_id,
            inbox=each.inbox,
            token=each.token,
            state=DeliveryState(state),
            **more,
        )
        for each in claimed
    ]
    async with database.transaction() as transaction:
        return await queue.settle_deliveries(transaction, settlements, now=now)


async def tell(database: Database, host: str, *signs: Sign, now: datetime = NOW) -> Circuit:
    """Have attempts say something about a host; return its circuit."""
    told = HostSigns(host=Host(host), signs=signs, status=502, detail="bad gateway")
    async with database.transaction() as transaction:
        await note_signs(transaction, [told], now)
        return (await find_circuits(transaction, [host]))[host]


async def states(database: Database) -> dict[tuple[str, str], str]:
    async with database.reading() as reader:
        page = await list_deliveries(reader, limit=100)
    return {(each.activity_id, each.inbox): each.state for each in page.items}
