"""Group commit: few commits for many, each waiter answered, a bad row alone (ST-01, ST-02)."""

import asyncio
from collections.abc import Awaitable
from contextlib import asynccontextmanager
from itertools import count

import pytest

from fedirec.errors import InvalidInputError, StorageUnavailableError
from fedirec.storage.database import Database
from fedirec.storage.intake import Intake
from fedirec.storage.received import Kept, insert_received
from fedirec.storage.seen_signatures import insert_seen
from fedirec.storage.statements import number
from tests.stepping import SteppingDatabase, waits_for_a_lock
from tests.storage.samples import a_received

PATIENCE_SECONDS = 20


@asynccontextmanager
async def running(database, batch=256):
    intake = Intake(database, batch=batch)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(intake.run())
        yield intake
        task.cancel()


async def count_rows(database: Database) -> int:
    async with database.reading() as reader:
        row = await reader.fetch_one("select count(*) as many from received")
    assert row is not None
    return number(row, "many")


@pytest.mark.rule("ST-01")
async def test_keep_returns_after_the_commit_that_holds_the_row(counting):
    async with running(counting) as intake:
        kept = await intake.keep(a_received(1))

        assert (kept, counting.counts.commits) == (Kept.NEW, 1)
        assert await count_rows(counting) == 1


async def test_what_waits_is_committed_at_once(counting):
    items = [a_received(each, signature_digest=f"s{each}") for each in range(32)]

    async with running(counting) as intake:
        kept = await asyncio.gather(*(intake.keep(item) for item in items))

    assert set(kept) == {Kept.NEW}
    # 32 rows, then their signatures: no recipients, nothing repeated.
    assert (counting.counts.commits, len(counting.counts.statements)) == (1, 2)


async def test_one_alone_costs_three_statements(counting):
    item = a_received(1, recipients=(a_received(1).actor_id,), signature_digest="s")

    async with running(counting) as intake:
        await intake.keep(item)

    assert len(counting.counts.statements) == 3


async def test_a_batch_is_bounded(counting):
    async with running(counting, batch=10) as intake:
        await asyncio.gather(*(intake.keep(a_received(each)) for each in range(32)))

    assert counting.counts.commits == 4
    assert await count_rows(counting) == 32


async def test_what_comes_during_a_commit_is_the_next_batch(counting):
    async with running(counting) as intake, asyncio.TaskGroup() as tasks:
        tasks.create_task(intake.keep(a_received(1)))
        await counting.counts.begun.wait()
        for each in range(2, 12):
            tasks.create_task(intake.keep(a_received(each)))

    assert counting.counts.commits == 2


async def test_a_commit_takes_along_what_every_round_of_the_loop_brings(counting):
    async with running(counting) as intake, asyncio.TaskGroup() as tasks:
        for each in range(32):
            tasks.create_task(intake.keep(a_received(each)))
            await asyncio.sleep(0)

    assert counting.counts.commits == 1


async def test_each_waiter_gets_its_own_answer(database):
    first, again = a_received(1), a_received(1, id=a_received(2).id)
    other = a_received(1, id=a_received(3).id, body_digest="other")

    async with running(database) as intake:
        kept = await asyncio.gather(*(intake.keep(item) for item in (first, again, other)))

    assert kept == [Kept.NEW, Kept.REPEATED, Kept.CONFLICT]


async def test_a_row_that_cannot_be_stored_fails_alone(counting):
    items = [a_received(each) for each in range(5)]
    items[2] = a_received(2, body="a\0b")

    async with running(counting) as intake:
        kept = await asyncio.gather(*(intake.keep(item) for item in items), return_exceptions=True)

    assert isinstance(kept[2], InvalidInputError)
    assert [kept[place] for place in (0, 1, 3, 4)] == [Kept.NEW] * 4
    assert await count_rows(counting) == 4


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_a_batch_that_another_process_overtook_is_kept_one_by_one_at_once(database):
    items = [a_received(each, signature_digest=f"{each}") for each in range(3)]
    has_begun, may_go_on, steps = asyncio.Event(), asyncio.Event(), count()

    async def keep_two_of_them() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("set local deadlock_timeout = '1min'")  # ours is given up
            await insert_received(transaction, [a_received(1, id=a_received(9).id)])
            has_begun.set()
            await may_go_on.wait()
            await insert_seen(transaction, ["0"])

    async def step() -> None:
        if next(steps) == 2:  # the signatures are written, what they signed is next
            may_go_on.set()
            while not await waits_for_a_lock(database):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.005)

    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_two_of_them())
        await has_begun.wait()
        async with running(SteppingDatabase(database, step)) as intake:
            kept = await asyncio.gather(*(intake.keep(item) for item in items))

    assert kept == [Kept.REPEATED, Kept.REPEATED, Kept.NEW]


async def test_the_signature_is_remembered_with_the_row(database):
    async with running(database) as intake:
        await intake.keep(a_received(1, signature_digest="seen"))

    async with database.reading() as reader:
        rows = await reader.fetch_all("select digest from seen_signatures")
    assert [row["digest"] for row in rows] == ["seen"]


@pytest.mark.rule("SG-09")
async def test_what_was_signed_before_is_not_kept_again_though_its_row_is_gone(database):
    async with running(database) as intake:
        await intake.keep(a_received(1, signature_digest="seen"))
        async with database.transaction() as transaction:
            await transaction.execute("delete from received")

        again = await intake.keep(a_received(1, signature_digest="seen"))

    assert again is Kept.REPEATED
    assert await count_rows(database) == 0


async def test_a_database_that_is_away_is_told_to_all(database):
    async with running(database) as intake:
        await database.close()
        kept = await asyncio.gather(
            *(intake.keep(a_received(each)) for each in range(3)), return_exceptions=True
        )

    assert {type(answer) for answer in kept} == {StorageUnavailableError}


async def test_a_waiter_who_left_does_not_stop_the_others(database):
    async with running(database) as intake, asyncio.TaskGroup() as tasks:
        leaving = tasks.create_task(intake.keep(a_received(1)))
        staying = tasks.create_task(intake.keep(a_received(2)))
        await asyncio.sleep(0)
        leaving.cancel()

    assert leaving.cancelled()
    assert staying.result() is Kept.NEW


async def test_whoever_waits_when_it_is_cancelled_is_answered(database):
    intake = Intake(database, batch=1)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(intake.run())
        waiting = [tasks.create_task(gathered(intake.keep(a_received(each)))) for each in range(9)]
        await waiting[0]
        task.cancel()

    answers = [task.result() for task in waiting]
    assert {type(answer) for answer in answers} == {Kept, StorageUnavailableError}
    kept = [answer for answer in answers if answer is Kept.NEW]
    assert len(kept) <= await count_rows(database)


async def test_what_waits_when_it_is_closed_is_still_kept(database):
    intake = Intake(database)
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(intake.keep(a_received(each))) for each in range(9)]
        await asyncio.sleep(0)
        intake.close()
        tasks.create_task(intake.run())

    assert {task.result() for task in waiting} == {Kept.NEW}
    with pytest.raises(StorageUnavailableError, match="stopping"):
        await intake.keep(a_received(99))


async def test_it_may_be_closed_while_nobody_waits(database):
    intake = Intake(database)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(intake.run())
        await asyncio.sleep(0)
        intake.close()

    assert await count_rows(database) == 0


async def gathered(keeping: Awaitable[Kept]) -> Kept | BaseException:
    return (await asyncio.gather(keeping, return_exceptions=True))[0]
