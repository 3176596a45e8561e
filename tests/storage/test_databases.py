"""What both adapters promise alike: units of work, errors of ours, text as it went in."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from fedirec.errors import (
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    StorageUnavailableError,
)
from fedirec.storage import instance
from fedirec.storage.database import Database, Row, from_microseconds, to_microseconds
from fedirec.storage.opening import open_database
from fedirec.storage.statements import (
    after_cursor,
    bounded,
    in_chunks,
    insert_rows,
    instant,
    listed,
    number,
    text,
)
from tests.storage.samples import NOW, an_actor, save_actors

INSERT = "insert into instance (name, value) values (:name, :value)"
CORPUS = [
    "",
    " ",
    "plain",
    "quote ' and \" and `",
    "100% _ \\ back",
    ":name $1 ?",
    "a\tb\r\nc",
    "\x01\x7f",
    "é e\N{COMBINING ACUTE ACCENT}",
    "a" + "\N{COMBINING GRAVE ACCENT}" * 500,
    "\N{RIGHT-TO-LEFT OVERRIDE}abc\N{ZERO WIDTH JOINER}",
    "\U0001f469\N{ZERO WIDTH JOINER}\U0001f52c \U00010000 \U0010ffff",
    "\ufdd0\uffff\ufeff",
    "Ωmega \N{LATIN SMALL LETTER LONG S} ß İ \N{LATIN SMALL LETTER DOTLESS I}",
    "x" * 100_000,
]
REFUSED = ["a\0b", "\0", "lone \ud800 surrogate", "\udfff"]


class DropError(Exception):
    """Something went wrong in the middle of a unit."""


async def values(database: Database) -> Sequence[str]:
    async with database.reading() as reader:
        rows = await reader.fetch_all("select value from instance order by name")
    return [text(row, "value") for row in rows]


async def test_a_unit_is_committed_when_its_block_ends(database):
    async with database.transaction() as transaction:
        await transaction.execute(INSERT, {"name": "a", "value": "1"})

    assert await values(database) == ["1"]


async def test_a_unit_is_undone_when_an_error_leaves_it(database):
    async def fail_half_way() -> None:
        async with database.transaction() as transaction:
            await transaction.execute(INSERT, {"name": "a", "value": "1"})
            raise DropError

    with pytest.raises(DropError):
        await fail_half_way()

    assert await values(database) == []


async def test_a_cancelled_unit_is_undone_and_the_next_one_works(database):
    started = asyncio.Event()

    async def write_forever() -> None:
        async with database.transaction() as transaction:
            for place in range(1_000_000):
                await transaction.execute(INSERT, {"name": f"{place}", "value": "lost"})
                started.set()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(write_forever())
        await started.wait()
        task.cancel()
    async with database.transaction() as transaction:
        await transaction.execute(INSERT, {"name": "a", "value": "kept"})

    assert await values(database) == ["kept"]


async def test_a_reader_sees_one_state_from_its_first_statement_on(database):
    async with database.reading() as reader:
        before = await instance.find_value(reader, "a")
        async with database.transaction() as transaction:
            await instance.set_value(transaction, "a", "1")
        after = await instance.find_value(reader, "a")

    assert (before, after) == (None, None)
    assert await values(database) == ["1"]


async def test_a_reader_cannot_write(database):
    async with database.reading() as reader:
        with pytest.raises(StorageUnavailableError):
            await reader.fetch_all(f"{INSERT} returning name", {"name": "a", "value": "1"})

    assert await values(database) == []


async def test_writers_do_not_lose_each_others_work(database):
    async with database.transaction() as transaction:
        await instance.set_value(transaction, "count", "0")

    async def add_one() -> None:
        async with database.transaction() as transaction:
            await transaction.execute(
                "update instance set value = cast(cast(value as integer) + 1 as text)"
            )

    await asyncio.gather(*(add_one() for _ in range(20)))

    assert await values(database) == ["20"]


async def test_execute_says_how_many_rows_it_changed(database):
    async with database.transaction() as transaction:
        await transaction.execute_many(
            INSERT, [{"name": f"{place}", "value": "1"} for place in range(5)]
        )
        changed = await transaction.execute("update instance set value = '2' where name < '3'")
        none = await transaction.execute("delete from instance where name = 'x'")

    assert (changed, none) == (3, 0)
    assert await values(database) == ["2", "2", "2", "1", "1"]


async def test_nothing_many_times_is_nothing(database):
    async with database.transaction() as transaction:
        await transaction.execute_many(INSERT, [])
        await insert_rows(transaction, "instance", [])

    assert await values(database) == []


async def test_what_contradicts_the_tables_is_a_conflict(database):
    broken = [
        (INSERT, {"name": "a", "value": "2"}),  # its key is taken
        (INSERT, {"name": "b", "value": None}),  # must not be null
        (
            "insert into keys values ('k', 'nobody', 'rsa', '', '', 1, null)",  # no such actor
            {},
        ),
        ("update actors set kind = 'Robot'", {}),  # no such kind
    ]
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await transaction.execute(INSERT, {"name": "a", "value": "1"})

    for sql, parameters in broken:
        with pytest.raises(ConflictError):
            async with database.transaction() as transaction:
                await transaction.execute(sql, parameters)

    assert await values(database) == ["1"]


@pytest.mark.rule("HT-09")
async def test_text_comes_back_as_it_went_in(database):
    async with database.transaction() as transaction:
        await insert_rows(
            transaction,
            "instance",
            [{"name": f"{place:03}", "value": value} for place, value in enumerate(CORPUS)],
        )

    assert await values(database) == CORPUS


@pytest.mark.rule("HT-09")
@pytest.mark.parametrize("value", REFUSED)
async def test_text_that_one_engine_could_not_hold_is_refused_by_both(database, value):
    for name in ("fetch_one", "fetch_all", "execute"):
        with pytest.raises(InvalidInputError):
            async with database.transaction() as transaction:
                await getattr(transaction, name)(
                    "select value from instance where name = :name", {"name": value}
                )
    with pytest.raises(InvalidInputError):
        async with database.transaction() as transaction:
            await transaction.execute_many(INSERT, [{"name": "a", "value": value}])


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30])
async def test_a_number_too_large_is_refused(database, value):
    with pytest.raises(InvalidInputError):
        async with database.reading() as reader:
            await reader.fetch_one(
                "select name from actors where published_at = :at", {"at": value}
            )


@pytest.mark.rule("ST-09")
async def test_what_looks_like_sql_is_only_text(database):
    hostile = "'; delete from instance; --"

    async with database.transaction() as transaction:
        await instance.set_value(transaction, hostile, hostile)
        found = await instance.find_value(transaction, hostile)
        other = await instance.find_value(transaction, "' or '1' = '1")

    assert (found, other) == (hostile, None)


async def test_a_closed_database_is_unavailable(database_url):
    opened = await open_database(database_url)
    await opened.close()

    with pytest.raises(StorageUnavailableError):
        async with opened.reading() as reader:
            await reader.fetch_one("select value from instance")
    with pytest.raises(StorageUnavailableError):
        async with opened.transaction() as transaction:
            await transaction.execute("delete from instance")


@pytest.mark.parametrize("url", ["", "mysql://x", "sqlite://x", "sqlite:///", "/srv/fedirec.db"])
async def test_an_address_of_no_engine_is_refused(url):
    with pytest.raises(ConfigurationError, match="expected sqlite:///"):
        await open_database(url)


async def test_a_refused_address_does_not_show_its_password():
    with pytest.raises(ConfigurationError) as caught:
        await open_database("postgre://fedirec:secret@database.example/fedirec")

    assert "secret" not in str(caught.value)


def test_an_instant_survives_storage_to_the_microsecond():
    moment = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)

    assert from_microseconds(to_microseconds(moment)) == moment


@pytest.mark.parametrize("value", [None, "1", 1.5])
def test_an_instant_is_read_from_an_integer_alone(value):
    with pytest.raises(TypeError):
        from_microseconds(value)


def test_columns_are_read_as_what_they_are():
    row: Row = {"word": "a", "count": 1, "at": to_microseconds(NOW)}

    assert (text(row, "word"), number(row, "count"), instant(row, "at")) == ("a", 1, NOW)
    readers: list[tuple[Callable[[Row, str], object], str]] = [
        (text, "count"),
        (number, "word"),
        (instant, "word"),
    ]
    for read, name in readers:
        with pytest.raises(TypeError):
            read(row, name)


def test_rows_are_cut_into_few_lengths():
    lengths = {len(chunk) for size in range(300) for chunk in in_chunks(range(size))}

    assert lengths == {*range(1, 9), 16, 32, 64, 128}
    assert [len(list(in_chunks(range(size)))) for size in range(10)] == [0, *[1] * 8, 2]
    assert [place for chunk in in_chunks(range(300)) for place in chunk] == list(range(300))


def test_a_list_is_filled_up_with_its_last_value():
    places, parameters = listed("id", ["a", "b", "c"])

    assert places == "(:id_0, :id_1, :id_2, :id_3)"
    assert parameters == {"id_0": "a", "id_1": "b", "id_2": "c", "id_3": "c"}
    with pytest.raises(ValueError, match="empty"):
        listed("id", [])


@pytest.mark.rule("ST-10")
@pytest.mark.parametrize("cursor", ["", "x", "1", "~a", "1e3~a", f"{10**19}~a", "१~a", "1 ~a"])
def test_a_cursor_that_was_never_given_out_is_refused(cursor):
    with pytest.raises(InvalidInputError):
        after_cursor(cursor)


@pytest.mark.rule("ST-10")
@pytest.mark.parametrize(("asked", "given"), [(-1, 1), (0, 1), (20, 20), (10**9, 500)])
def test_the_size_of_a_page_is_bounded(asked, given):
    assert bounded(asked) == given
