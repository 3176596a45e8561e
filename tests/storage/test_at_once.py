"""Workers at the same moment, where the database lets them: what one takes the other leaves."""

import asyncio
from collections.abc import Sequence

import pytest

from fedirec.storage import queue
from fedirec.storage.database import Database, Row, to_microseconds
from fedirec.storage.leases import lease_of_suspect
from fedirec.storage.received import insert_received
from tests.storage.queueing import an_inbox, enqueue
from tests.storage.samples import MINUTE, NOW, a_received

pytestmark = [
    pytest.mark.parametrize("engine", ["postgresql"], indirect=True),
    pytest.mark.rule("ST-04"),
]

PATIENCE_SECONDS = 20
BETWEEN = 7
"""An advisory lock: who looks through the queue slowly waits for it when the look is taken."""
_WAITING = (
    "select 1 as found from pg_locks where locktype = 'advisory' and not granted"
    " and database = (select oid from pg_database where datname = current_database())"
)


async def claim_slowly(storage: Database) -> Sequence[Row]:
    """Claim what may have ended its workers, with a pause between the look and the lock."""
    sql = lease_of_suspect("postgresql")
    slow = sql.replace(
        "from deliveries d\n", f"from deliveries d, pg_advisory_xact_lock({BETWEEN}) as pause\n"
    )
    assert slow != sql
    until = to_microseconds(NOW + MINUTE)
    async with storage.transaction() as transaction:
        return await transaction.fetch_all(
            slow, {"token": "slow", "lease_until": until, "now": to_microseconds(NOW)}
        )


async def is_waited_for(storage: Database) -> None:
    """Return when somebody waits for the pause to end."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with storage.reading() as reader:
                if await reader.fetch_one(_WAITING) is not None:
                    return


async def test_what_another_took_between_the_look_and_the_lock_is_left_to_it(storage):
    await enqueue(storage, 1, an_inbox("peer.example"))
    async with storage.transaction() as transaction:
        await transaction.execute("update deliveries set losses = 3")

    async with asyncio.TaskGroup() as tasks, storage.transaction() as pause:
        await pause.fetch_one(f"select pg_advisory_xact_lock({BETWEEN})")
        slow = tasks.create_task(claim_slowly(storage))
        await is_waited_for(storage)
        async with storage.transaction() as transaction:
            quick = await queue.claim_suspect(
                transaction, now=NOW, token="quick", lease_until=NOW + MINUTE
            )

    assert len(quick) == 1
    assert slow.result() == []


async def test_what_another_is_about_to_take_of_the_received_is_left_to_it(storage):
    async with storage.transaction() as transaction:
        await insert_received(transaction, [a_received(1), a_received(2)])

    async with asyncio.timeout(PATIENCE_SECONDS), storage.transaction() as first:
        one = await queue.claim_received(
            first, now=NOW, limit=1, token="first", lease_until=NOW + MINUTE
        )
        async with storage.transaction() as second:
            other = await queue.claim_received(
                second, now=NOW, limit=2, token="second", lease_until=NOW + MINUTE
            )

    assert [each.id for each in one] == [a_received(1).id]
    assert [each.id for each in other] == [a_received(2).id]
