"""Giving up the lease of deliveries that came to nothing, as their worker stops.

No attempt is judged by it, and what an earlier one came to stays as it was counted (`leases.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fedirec.storage.database import Parameters, Transaction, to_microseconds
from fedirec.storage.delivery_hosts import look_at_waiting
from fedirec.storage.queue import ClaimedDelivery
from fedirec.storage.statements import in_chunks, numbered, text, values_list

_HELD: Final = {"activity": "text", "url": "text", "token": "text"}
_HAND_BACK: Final = """
with held(activity, url, token) as (values {rows})
update deliveries set state = case when attempt > {undone} then 'waiting' else 'due' end,
  attempt = attempt - {undone}, next_at = :now, lease_token = null
from held
where deliveries.activity_id = held.activity and deliveries.inbox = held.url
  and deliveries.lease_token = held.token
returning host"""


async def hand_back(
    transaction: Transaction, items: Sequence[ClaimedDelivery], *, were_begun: bool, now: datetime
) -> None:
    """Have what is leased to us due at once; what is not ours any more stays as it is.

    What was not begun was not tried: its attempt, counted when it was leased, is taken back. What
    was, may have left.
    """
    at, hosts = to_microseconds(now), set[str]()
    for chunk in in_chunks(items):
        held: list[Parameters] = [
            {"activity": item.activity_id, "url": item.inbox, "token": item.token} for item in chunk
        ]
        sql = _HAND_BACK.format(rows=values_list(_HELD, len(held)), undone=0 if were_begun else 1)
        rows = await transaction.fetch_all(sql, {**numbered(held), "now": at})
        hosts |= {text(row, "host") for row in rows}
    await look_at_waiting(transaction, sorted(hosts), at)
