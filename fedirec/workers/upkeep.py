"""What time brings: the rest of large fan-outs, and all that the guild does when it is due.

Asking after stamps is a task of its own: it waits for peers, and nothing else here does.
"""

from typing import Final

from fedirec.community import upkeep
from fedirec.failpoints import failpoint
from fedirec.federation.context import Federation
from fedirec.federation.rechecks import recheck_stamps
from fedirec.storage import deliveries

STAMPS_AT_A_TIME: Final = 50


async def keep_up(federation: Federation) -> None:
    """Expand what is left of fan-outs, batch by batch, then do what is due here."""
    limit = federation.limits.inboxes_per_transaction
    while True:
        async with federation.database.transaction() as transaction:
            written = await deliveries.expand_fan_out(
                transaction, limit=limit, now=federation.now()
            )
            if written is None:
                break
            failpoint("fan_out.written")
        failpoint("fan_out.committed")
        federation.wake()
    await upkeep.run_due(federation)


async def ask_after_stamps(federation: Federation) -> None:
    """Ask again for the stamps that are due; network."""
    await recheck_stamps(federation, limit=STAMPS_AT_A_TIME)
