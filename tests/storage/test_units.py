"""Units of work that run whole: committed, undone, and never waiting for anything else."""

import asyncio

import pytest

from fedirec.errors import ConflictError, InvalidInputError, StorageUnavailableError
from fedirec.storage import instance
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.migrate import migrate
from fedirec.storage.sqlite import open_sqlite
from tests.storage.samples import NOW

INSERT = "insert into instance (name, value) values (:name, :value)"


class DropError(Exception):
    """Something went wrong in the middle of a unit."""


async def value_of(database, name: str) -> str | None:
    async with database.reading() as reader:
        return await instance.find_value(reader, name)


async def test_a_unit_is_committed_with_its_result(database):
    async def work(transaction: Transaction) -> int:
        written = await transaction.execute(INSERT, {"name": "a", "value": "1"})
        await transaction.execute_many(INSERT, [{"name": "b", "value": "2"}])
        rows = await transaction.fetch_all("select name from instance where name in ('a', 'b')")
        return written + len(rows)

    result = await database.run(work)

    assert result == 3
    assert await value_of(database, "b") == "2"


async def test_a_unit_that_fails_leaves_nothing_and_the_next_goes_on(database):
    async def work(transaction: Transaction) -> None:
        await transaction.execute(INSERT, {"name": "a", "value": "1"})
        raise DropError

    with pytest.raises(DropError):
        await database.run(work)

    assert await value_of(database, "a") is None
    await database.run(lambda transaction: instance.set_value(transaction, "a", "2"))
    assert await value_of(database, "a") == "2"


async def test_errors_inside_a_unit_are_ours(database):
    async def twice(transaction: Transaction) -> None:
        for _ in range(2):
            await transaction.execute(INSERT, {"name": "a", "value": "1"})

    async def with_nul(transaction: Transaction) -> None:
        await transaction.execute(INSERT, {"name": "a", "value": "\0"})

    with pytest.raises(ConflictError):
        await database.run(twice)
    with pytest.raises(InvalidInputError):
        await database.run(with_nul)


async def test_a_part_of_a_unit_can_be_undone_alone(database):
    async def work(transaction: Transaction) -> None:
        await transaction.execute(INSERT, {"name": "a", "value": "1"})
        await transaction.execute("savepoint part")
        await transaction.execute(INSERT, {"name": "b", "value": "2"})
        await transaction.execute("rollback to savepoint part")
        await transaction.execute("release savepoint part")

    await database.run(work)

    assert await value_of(database, "a") == "1"
    assert await value_of(database, "b") is None


async def test_units_at_once_do_not_mix(database):
    await database.run(lambda transaction: instance.set_value(transaction, "a", "0"))

    async def add_one(transaction: Transaction) -> None:
        row = await transaction.fetch_one(
            "update instance set value = value where name = 'a' returning value"
        )
        assert row is not None
        await instance.set_value(transaction, "a", str(int(str(row["value"])) + 1))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(database.run(add_one))

    assert await value_of(database, "a") == "20"


async def test_a_unit_that_reads_sees_one_state_and_cannot_write(database):
    await database.run(lambda transaction: instance.set_value(transaction, "a", "1"))

    async def look(reader: Reader) -> tuple[str | None, str | None]:
        return await instance.find_value(reader, "a"), await instance.find_value(reader, "b")

    async def write(reader: Reader) -> None:
        await reader.fetch_all(
            "insert into instance (name, value) values ('b', '2') returning name"
        )

    assert await database.read(look) == ("1", None)
    with pytest.raises(StorageUnavailableError):
        await database.read(write)
    assert await database.read(look) == ("1", None)


async def test_a_unit_that_waits_for_something_else_is_refused_on_sqlite(tmp_path):
    database = await open_sqlite(tmp_path / "fedirec.db")
    await migrate(database, now=NOW)

    async def work(transaction: Transaction) -> None:
        await transaction.execute(INSERT, {"name": "a", "value": "1"})
        await asyncio.sleep(0)

    try:
        with pytest.raises(RuntimeError, match="nothing but its transaction"):
            await database.run(work)

        assert await value_of(database, "a") is None
    finally:
        await database.close()
