"""What PostgreSQL alone needs: parameters by number, a pool, a server that goes away."""

import asyncio
import sys
from collections.abc import Sequence

import asyncpg
import pytest

from fedirec.errors import ConfigurationError, StorageUnavailableError
from fedirec.storage.database import Row
from fedirec.storage.opening import open_database
from fedirec.storage.postgresql import open_postgresql, translate
from tests.databases import temporary_database


@pytest.mark.parametrize(
    ("sql", "translated", "names"),
    [
        ("select 1", "select 1", ()),
        ("a = :a and b = :b", "a = $1 and b = $2", ("a", "b")),
        ("a = :a or b = :a", "a = $1 or b = $1", ("a",)),
        (":a_1 :a_10", "$1 $2", ("a_1", "a_10")),
        ("':a' || :b", "':a' || $1", ("b",)),
        ("'it''s :a' || :b", "'it''s :a' || $1", ("b",)),
        ('":a" = :b', '":a" = $1', ("b",)),
        ("x::text = :a::text", "x::text = $1::text", ("a",)),
        ("a -- :no\n= :b", "a -- :no\n= $1", ("b",)),
        ("a /* :no\n:no */ = :b", "a /* :no\n:no */ = $1", ("b",)),
        ("do $$ begin x := 1; y = :no; end $$", "do $$ begin x := 1; y = :no; end $$", ()),
        ("limit :limit offset :offset", "limit $1 offset $2", ("limit", "offset")),
    ],
)
def test_names_become_numbers_outside_quotes_comments_and_casts(sql, translated, names):
    assert translate(sql) == (translated, names)


async def test_a_wrong_name_of_the_database_is_a_wrong_setting(server):
    with pytest.raises(ConfigurationError, match="does not exist"):
        await open_postgresql(server.url("fedirec_of_nobody"))


async def test_an_address_that_makes_no_sense_is_a_wrong_setting():
    with pytest.raises(ConfigurationError):
        await open_postgresql("postgresql://127.0.0.1:notaport/fedirec")


async def test_without_asyncpg_the_extra_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "fedirec.storage.postgresql")
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(ConfigurationError, match=r"install fedirec\[postgresql\]"):
        await open_database("postgresql://127.0.0.1/fedirec")


async def test_a_server_that_is_away_is_passing_trouble(tmp_path):
    with pytest.raises(StorageUnavailableError):
        await open_postgresql(f"postgresql://fedirec@/fedirec?host={tmp_path}")


@pytest.mark.rule("ST-02")
async def test_a_commit_is_on_the_disk_whatever_the_server_would_like(server):
    async with temporary_database(server) as url:
        database = await open_database(url)
        async with database.transaction() as transaction:
            row = await transaction.fetch_one("show synchronous_commit")
        await database.close()

    assert row is not None
    assert row["synchronous_commit"] == "on"


async def test_a_connection_that_is_cut_is_passing_trouble_and_the_next_unit_works(server):
    async with temporary_database(server) as url:
        database = await open_database(url)
        killer = await asyncpg.connect(server.url("postgres"))

        async def be_cut_off() -> None:
            async with database.transaction() as transaction:
                row = await transaction.fetch_one("select pg_backend_pid() as pid")
                assert row is not None
                await killer.execute("select pg_terminate_backend($1)", row["pid"])
                await transaction.fetch_one("select pg_backend_pid() as pid")

        with pytest.raises(StorageUnavailableError):
            await be_cut_off()

        await killer.close()
        async with database.reading() as reader:
            assert await reader.fetch_one("select cast(:a as text) as a", {"a": "x"}) == {"a": "x"}
        await database.close()


async def test_a_deadlock_is_passing_trouble(server):
    async with temporary_database(server) as url:
        database = await open_database(url)
        async with database.transaction() as transaction:
            await transaction.execute("create table a (id bigint primary key, b bigint)")
            await transaction.execute("insert into a values (1, 0), (2, 0)")

        async def wait_for_each_other() -> None:
            async with database.transaction() as first, database.transaction() as second:
                await first.execute("set local deadlock_timeout = '20ms'")
                await first.execute("update a set b = 1 where id = 1")
                await second.execute("update a set b = 2 where id = 2")
                ends = await asyncio.gather(
                    first.execute("update a set b = 1 where id = 2"),
                    second.execute("update a set b = 2 where id = 1"),
                    return_exceptions=True,
                )
                (error,) = [end for end in ends if isinstance(end, Exception)]
                raise error

        with pytest.raises(StorageUnavailableError):
            await wait_for_each_other()

        await database.close()


async def test_a_schema_that_changed_meanwhile_is_passing_trouble_once(server):
    async with temporary_database(server) as url:
        database = await open_database(url)
        async with database.transaction() as transaction:
            await transaction.execute("create table a (id bigint)")
        other = await asyncpg.connect(url)

        async def read() -> Sequence[Row]:
            async with database.transaction() as transaction:
                return await transaction.fetch_all("select * from a")

        await read()
        await other.execute("alter table a add column b text")
        await other.close()
        with pytest.raises(StorageUnavailableError):
            await read()

        assert await read() == []
        await database.close()
