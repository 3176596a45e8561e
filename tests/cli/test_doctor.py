"""Each thing that can be wrong, broken on purpose: `fedirec doctor` says which, and what to do."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from fedirec.cli.opening import open_here
from fedirec.storage import checkup
from fedirec.storage.received import insert_received
from tests.cli.conftest import Keeper, Ran, Record
from tests.cli.test_queue_commands import receive
from tests.storage.samples import a_received

DATABASE = "data/fedirec.db"


def asked(guild: Keeper) -> tuple[Ran, dict[str, Record]]:
    ran = guild.run("doctor", "--json")
    return ran, {str(record["id"]): record for record in ran.records}


def wrong(guild: Keeper, id_: str) -> str:
    """What is to be done about the one thing that is wrong."""
    ran, found = asked(guild)
    assert {name for name, record in found.items() if record["state"] == "wrong"} == {id_}
    assert ran.complaint == "fedirec: 1 thing is wrong: do as it says above, then ask again"
    return str(found[id_]["todo"])


def write(guild: Keeper, sql: str) -> None:
    with closing(sqlite3.connect(guild.folder / DATABASE)) as connection:
        connection.execute(sql)
        connection.commit()


def test_a_sound_instance_is_well(guild):
    found = {str(record["id"]): record for record in guild.done("doctor").records}

    assert {name for name, record in found.items() if record["state"] == "wrong"} == set()
    assert found["test network"]["state"] == "mind"
    assert {"settings", "data", "disk", "open files", "database", "integrity", "durability", "keys",
            "queue", "dead", "hosts", "clock"} <= set(found)  # fmt: skip
    assert "well   integrity    whole" in guild.run("doctor").out


def test_settings_that_cannot_be_read_are_told_first(guild):
    (guild.folder / "fedirec.toml").write_text("domian = 'x'")

    assert "FEDIREC_DOMAIN is not set" in wrong(guild, "settings") or "not a setting"


@pytest.mark.rule("OP-04")
@pytest.mark.parametrize("name", ["data", DATABASE, "fedirec.toml"])
def test_what_others_may_read_is_told_with_the_command_that_mends_it(guild, name):
    (guild.folder / name).chmod(0o755)

    told = wrong(guild, "data")
    assert "run `chmod -R go= " in told
    assert name in told


@pytest.mark.rule("RX-12")
def test_a_disk_that_is_nearly_full_is_told(guild, monkeypatch):
    monkeypatch.setenv("FEDIREC_LIMITS__FREE_SPACE_PERCENT", "50")
    monkeypatch.setenv("FEDIREC_LIMITS__FREE_SPACE_BYTES", str(2**40))

    assert "make space" in wrong(guild, "disk")


def test_a_database_that_is_not_there_is_told(guild):
    (guild.folder / DATABASE).unlink()

    assert "restore a backup" in wrong(guild, "database")


def test_a_file_that_is_no_database_is_told(guild):
    (guild.folder / DATABASE).write_bytes(b"no database" * 4_096)

    assert "restore a backup" in wrong(guild, "database")


def test_a_database_that_is_damaged_inside_is_told(guild):
    path = guild.folder / DATABASE
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "select rootpage from sqlite_master where name = 'actors_by_host'"
        ).fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size + 8)
        file.write(os.urandom(64))

    assert "restore a backup" in wrong(guild, "integrity")


def test_a_row_that_hangs_in_the_air_is_told(guild):
    write(guild, "insert into tokens values ('d', 'nobody', '[]', 1, null, null)")

    assert "restore a backup" in wrong(guild, "integrity")


def test_tables_of_another_version_are_told(guild):
    write(guild, "insert into migrations values (999, '999_x', 'x', 1)")

    assert "upgrade fedirec" in wrong(guild, "database")


def test_an_actor_without_a_key_is_told(guild):
    write(guild, "delete from keys where actor_id like '%/users/bo'")

    assert "restore a backup" in wrong(guild, "keys")


def test_work_that_is_late_and_a_clock_that_fell_back_are_told(guild):
    async def come(behind: timedelta) -> None:
        async with open_here() as federation, federation.database.transaction() as transaction:
            item = a_received(1, created_at=federation.now() - behind)
            await insert_received(transaction, [item])

    asyncio.run(come(timedelta(minutes=6)))
    assert wrong(guild, "queue") == "start `fedirec serve`: nobody works here"

    write(guild, "update received set created_at = created_at + 3600000000, next_at = created_at")
    assert "signatures carry the hour" in str(asked(guild)[1]["clock"]["todo"])


@pytest.mark.rule("ST-03")
def test_what_is_dead_is_told(guild):
    receive(7)

    assert "fedirec queue dead" in wrong(guild, "dead")


def test_a_host_that_is_long_down_is_to_be_known_and_nothing_wrong(guild):
    write(
        guild,
        "insert into peers (host, first_seen_at, last_seen_at, failures, circuit, opened_at)"
        " values ('far.example', 1, 1, 20, 'open', 1)",
    )

    found = {str(record["id"]): record for record in guild.done("doctor").records}
    assert (found["hosts"]["state"], "far.example" in str(found["hosts"]["says"])) == ("mind", True)


def killed(guild: Keeper) -> None:
    """Leave the files as a process leaves them that was killed: a log, and the mark."""

    async def write_and_copy() -> None:
        async with open_here() as federation:
            async with federation.database.transaction() as transaction:
                await insert_received(transaction, [a_received(1, created_at=federation.now())])
            shutil.copytree(guild.folder / "data", guild.folder / "killed")

    asyncio.run(write_and_copy())
    shutil.rmtree(guild.folder / "data")
    (guild.folder / "killed").rename(guild.folder / "data")


def test_a_log_that_was_left_is_read_and_one_that_vanished_is_told(guild):
    killed(guild)
    assert (guild.folder / f"{DATABASE}-wal").stat().st_size > 0
    assert guild.done("doctor").records
    assert len(guild.done("queue", "list", "--received").records) == 1

    killed(guild)
    (guild.folder / f"{DATABASE}-wal").unlink()
    told = wrong(guild, "log")
    assert "fedirec.db-wal is gone" in told
    assert "restore a backup" in told
    assert "database.log_gone" in guild.run("queue", "list").err
    assert wrong(guild, "log") == told
    (guild.folder / f"{DATABASE}-open").unlink()
    assert guild.done("doctor").records


async def test_careless_settings_of_postgresql_are_named(database):
    async with database.reading() as reader:
        careless = await checkup.list_careless_settings(reader, database.engine)
        damage = await checkup.find_damage(reader, database.engine)
        latest = await checkup.latest_instant(reader)

    # the cluster of the tests need not survive a power cut
    assert ("fsync" in careless) == (database.engine == "postgresql")
    assert (damage, latest) == ([], None)
