"""What a process wrote that can be seen is counted, whichever way it was written."""

import pytest

from fedirec.storage.changes import UNSEEN, Changes, of_actors, of_all_shown

ACTOR = "update actors set summary = 'x' where id = 'nobody'"
NOTE = "delete from notes where id = 'nothing'"
QUEUE = "update deliveries set state = 'waiting' where host = 'nowhere'"
LOOK = "select id from actors where id = 'nobody'"


def seen(changes: Changes) -> tuple[int, int]:
    """Both numbers."""
    return of_actors(changes), of_all_shown(changes)


async def in_a_block(database, sql: str) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(sql)


async def as_a_unit(database, sql: str) -> None:
    await database.run(lambda transaction: transaction.execute(sql))


async def of_many_rows(database, sql: str) -> None:
    async with database.transaction() as transaction:
        await transaction.execute_many(sql, [{}, {}])


async def returning(database, sql: str) -> None:
    await database.run(lambda transaction: transaction.fetch_all(f"{sql} returning 1 as one"))


WAYS = pytest.mark.parametrize("write", [in_a_block, as_a_unit, of_many_rows, returning])


@WAYS
@pytest.mark.parametrize(
    ("sql", "grown"), [(ACTOR, (True, True)), (NOTE, (False, True)), (QUEUE, (False, False))]
)
async def test_a_write_counts_where_its_table_is_seen(database, write, sql, grown):
    before = seen(database.changes)

    await write(database, sql)

    after = seen(database.changes)
    assert tuple(new > old for new, old in zip(after, before, strict=True)) == grown


PEER = """insert into peers (host, first_seen_at, last_seen_at) values ('a.example', 1, 1)
on conflict (host) do update set last_seen_at = excluded.last_seen_at"""
CLAIM = """update deliveries set state = 'leased' where activity_id in (
  select activity_id from deliveries where state = 'due' for update skip locked)"""


@pytest.mark.parametrize("sql", [PEER, CLAIM])
def test_the_books_of_the_queue_count_nothing_however_they_are_written(sql):
    changes = Changes()

    changes.note([sql])

    assert seen(changes) == (0, 0)


async def test_reading_counts_nothing(database):
    before = seen(database.changes)

    async with database.reading() as reader:
        await reader.fetch_all(LOOK)
    await database.read(lambda reader: reader.fetch_one(LOOK))

    assert seen(database.changes) == before


async def test_every_table_that_is_not_seen_is_there(database):
    async with database.reading() as reader:
        for table in UNSEEN:
            await reader.fetch_all(f"select * from {table} limit 0")  # noqa: S608


@pytest.mark.parametrize(
    "sql",
    [
        "insert into follows (follower_id) values ('x')",
        "INSERT OR IGNORE INTO follows values ('x')",
        "with old as (select 1) update follows set state = 'x'",
        "with gone as (delete from follows returning 1) insert into deliveries select 1",
    ],
)
def test_the_table_is_found_wherever_it_stands_in_a_statement(sql):
    changes = Changes()

    changes.note([sql])

    assert seen(changes) == (0, 1)
