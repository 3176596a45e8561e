"""What time brings: the rest of large fan-outs, and all that the guild does when it is due."""

from fedirec.community import upkeep
from fedirec.federation.context import Federation
from fedirec.storage import deliveries


async def keep_up(federation: Federation) -> None:
    """Expand what is left of fan-outs, batch by batch, then do what is due here."""
    limit = federation.limits.inboxes_per_transaction
    while True:
        async with federation.database.transaction() as transaction:
            written = await deliveries.expand_fan_out(
                transaction, limit=limit, now=federation.now()
            )
        if not written:
            break
        federation.wake()
    await upkeep.run_due(federation)
