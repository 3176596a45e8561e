"""What takes the slots of what has ended is claimed with it, and never kept by who has to stop."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedirec.domain.actors import ActivityId, Host, InboxUrl
from fedirec.domain.limits import Limits
from fedirec.domain.retry import DeliveryClass
from fedirec.federation.context import Federation
from fedirec.federation.delivery import DeliveryResult
from fedirec.storage import activities, deliveries
from fedirec.storage.activities import LocalActivity
from fedirec.storage.database import Database
from fedirec.storage.deliveries import Leaving
from fedirec.storage.queue import ClaimedDelivery
from fedirec.workers.deliveries import delivery_line
from fedirec.workers.line import Line
from tests.databases import CountingDatabase
from tests.federation.peers_side.home import INSTANCE, MEMBER

ACTIVITY = ActivityId(f"{INSTANCE.origin}/activities/1")
HOSTS = [Host(f"peer{number}.example") for number in range(12)]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def at_full_speed(federation: Federation, database: Database) -> Federation:
    """Return the instance with four slots, all of them open, and an activity for twelve hosts."""
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await activities.insert_activity(
            transaction,
            LocalActivity(
                id=ACTIVITY,
                actor_id=MEMBER,
                type="Create",
                object_id=None,
                body="{}",
                is_public=True,
                readers=(),
                published_at=now,
            ),
        )
        leaving = Leaving(
            activity_id=ACTIVITY,
            actor_id=MEMBER,
            order_key=ACTIVITY,
            first_try_at=now,
            expires_at=now + timedelta(days=5),
        )
        inboxes = [(InboxUrl(f"https://{host}/inbox"), host) for host in HOSTS]
        await deliveries.enqueue(transaction, leaving, inboxes)
    return replace(federation, database=database, limits=Limits(deliveries_in_flight=4))


async def states(federation: Federation) -> list[str]:
    async with federation.database.reading() as reader:
        rows = await reader.fetch_all("select state from deliveries order by state")
    return [str(row["state"]) for row in rows]


async def answered(
    line: Line[ClaimedDelivery, DeliveryResult], federation: Federation
) -> list[DeliveryResult]:
    """Return what the attempts of one look came to, all of them taken."""
    claimed = await line.claim(federation, line.slots)
    return [DeliveryResult(claimed=each, cls=DeliveryClass.OK, status=202) for each in claimed]


async def test_the_commit_that_settles_also_claims_what_takes_the_slots(federation, database):
    counting = CountingDatabase(database)
    federation = await at_full_speed(federation, counting)
    line = delivery_line(federation)
    results = await answered(line, federation)
    before = counting.counts.commits

    await line.settle(federation, results)
    begun = await line.claim(federation, line.slots)

    hops = {"sqlite": 1, "postgresql": 2}[database.engine]
    assert len(results) == len(begun) == line.slots
    assert counting.counts.commits - before == hops
    assert not {each.claimed.inbox for each in results} & {each.inbox for each in begun}


async def test_what_was_claimed_ahead_is_handed_back_untried_when_nothing_more_is_begun(
    federation, database
):
    federation = await at_full_speed(federation, database)
    line = delivery_line(federation)
    await line.settle(federation, await answered(line, federation))

    await line.close(federation)

    assert await states(federation) == ["delivered"] * 4 + ["due"] * 8
    assert await tries(federation) == [0] * 8 + [1] * 4


async def test_nothing_is_claimed_ahead_once_nothing_more_is_begun(federation, database):
    federation = await at_full_speed(federation, database)
    line = delivery_line(federation)
    results = await answered(line, federation)

    await line.close(federation)
    await line.settle(federation, results)

    assert await states(federation) == ["delivered"] * 4 + ["due"] * 8
    assert await tries(federation) == [0] * 8 + [1] * 4


@pytest.mark.rule("ST-03")
async def test_handing_back_forgets_nothing_of_the_tries_before(federation, database, clock):
    federation = await at_full_speed(federation, database)
    line = delivery_line(federation)
    refused = [
        replace(each, cls=DeliveryClass.REJECTED, status=422, detail="no")
        for each in await answered(line, federation)
    ]
    await line.settle(federation, refused)
    await line.close(federation)
    clock.forward(hours=2)
    begun = await delivery_line(federation).claim(federation, 4)

    await line.release(federation, begun)

    async with federation.database.reading() as reader:
        rows = await reader.fetch_all(
            "select state, attempt, last_class, last_detail, alike from deliveries"
            " where attempt > 1 or last_class is not null order by inbox"
        )
    again = [row for row in rows if row["last_class"] == "rejected"]
    assert [(row["last_detail"], row["alike"], row["state"]) for row in again] == [
        ("no", 1, "waiting")
    ] * 4


async def test_what_was_claimed_ahead_long_ago_is_not_begun_under_its_old_lease(
    federation, database, clock
):
    federation = await at_full_speed(federation, database)
    line = delivery_line(federation)
    await line.settle(federation, await answered(line, federation))
    async with federation.database.reading() as reader:
        rows = await reader.fetch_all(
            "select distinct lease_token from deliveries where state = 'leased'"
        )
    old = {row["lease_token"] for row in rows}

    clock.forward(seconds=50)
    begun = await line.claim(federation, line.slots)

    assert len(begun) == line.slots
    assert old.isdisjoint({each.token for each in begun})
    assert {each.attempt for each in begun} == {1}


async def tries(federation: Federation) -> list[int]:
    """How often each was tried."""
    async with federation.database.reading() as reader:
        rows = await reader.fetch_all("select attempt from deliveries order by attempt")
    return [int(str(row["attempt"])) for row in rows]
