"""What was counted: added up from several processes, folded to hours, forgotten after a month."""

from datetime import datetime, timedelta

from fedirec.storage.database import Database
from fedirec.storage.history import Stretch, fold_history, note_history, read_history
from tests.storage.samples import NOW

HOUR = timedelta(hours=1)


async def note(database: Database, at: datetime, **values: int) -> None:
    async with database.transaction() as transaction:
        named = {name.replace("_", "."): value for name, value in values.items()}
        await note_history(transaction, named, now=at)


async def read(
    database: Database, *, width: timedelta = HOUR, count: int = 24, now: datetime = NOW
) -> Stretch:
    async with database.reading() as reader:
        return await read_history(reader, now=now, width=width, count=count)


async def rows(database: Database) -> list[int]:
    async with database.reading() as reader:
        found = await reader.fetch_all("select at, name, value from history order by name, at")
    return [int(row["value"] or 0) for row in found]


async def test_what_several_processes_counted_adds_up_and_the_highest_measure_stays(database):
    for count, age in ((3, 40), (4, 90), (5, 10)):
        await note(database, NOW, delivery_ok=count, most_age=age)

    history = await read(database)

    assert history.of("delivery.ok")[-1] == 12
    assert history.of("most.age")[-1] == 90
    assert history.of("delivery.ok")[:-1] == (0,) * 23
    assert history.of("nothing") == (0,) * 24


async def test_a_day_is_kept_in_hours_and_says_the_same_as_before(database):
    begun = NOW - timedelta(days=3)
    for step in range(36):
        await note(database, begun + step * timedelta(minutes=5), inbox_kept=1, most_age=step)
    before = await read(database, width=timedelta(days=1), count=30)

    for _ in range(2):
        async with database.transaction() as transaction:
            await fold_history(transaction, NOW)

    after = await read(database, width=timedelta(days=1), count=30)
    assert after == before
    assert await rows(database) == [12, 12, 12, 11, 23, 35]


async def test_what_is_older_than_a_month_is_forgotten_and_today_stays_fine(database):
    await note(database, NOW - timedelta(days=31), inbox_kept=1)
    await note(database, NOW - timedelta(minutes=7), inbox_kept=2)
    await note(database, NOW, inbox_kept=3)

    async with database.transaction() as transaction:
        await fold_history(transaction, NOW)

    assert await rows(database) == [2, 3]
