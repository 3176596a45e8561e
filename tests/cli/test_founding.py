"""`fedirec init`, and what keeps an instance where it was founded."""

import asyncio
import os
import pty
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from fedirec.storage.database import to_microseconds
from fedirec.storage.opening import open_database


def run_sql(url: str, sql: str, **parameters: str | int) -> None:
    """Change the database behind fedirec's back."""

    async def run() -> None:
        database = await open_database(url)
        try:
            async with database.transaction() as transaction:
                await transaction.execute(sql, parameters)
        finally:
            await database.close()

    asyncio.run(run())


def test_init_writes_settings_data_keys_and_database(keeper, place):
    host = place.removeprefix("http://")

    founded = keeper.done("init", "--domain", host, "--name", "Oak Frame Guild", "--admin", "ada")

    assert founded.record["id"] == f"{place}/users/guild"
    assert founded.record["admin"] == f"{place}/@ada"
    assert (keeper.folder / "data" / "fedirec.db").is_file()
    assert 'title = "Oak Frame Guild"' in (keeper.folder / "fedirec.toml").read_text()
    (ada,) = keeper.done("member", "list").records
    assert (ada["name"], ada["is_admin"]) == ("ada", True)


@pytest.mark.rule("OP-04")
def test_only_the_keeper_can_read_what_init_wrote(guild):
    for name in ("fedirec.toml", "data"):
        mode = stat.S_IMODE((guild.folder / name).stat().st_mode)
        assert mode & 0o077 == 0, f"{name} is {mode:o}"


def test_init_says_what_it_needs_instead_of_asking_in_a_pipe(keeper):
    done = subprocess.run(
        [sys.executable, "-m", "fedirec", "init"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "fedirec: say which domain handles shall have: `fedirec init --domain guild.example`\n"
    )
    assert not (keeper.folder / "fedirec.toml").exists()


def test_init_asks_a_person_for_what_is_missing(keeper):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "fedirec", "init"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for answer in ("guild.example", "social.guild.example", "Oak Frame Guild", "ada", "allow"):
            os.write(ours, f"{answer}\n".encode())
        out, err = process.communicate(timeout=60)
    for end in (ours, theirs):
        os.close(end)

    assert process.returncode == 0, err
    assert "Oak Frame Guild is founded: @guild@guild.example" in out
    written = (keeper.folder / "fedirec.toml").read_text()
    assert 'host = "social.guild.example"' in written
    assert "allow_list = true" in written
    assert keeper.done("member", "list").record["name"] == "ada"


def test_init_does_not_found_twice(guild):
    again = guild.run("init", "--domain", "other.example")

    assert "fedirec.toml is there already" in again.complaint


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--domain", "two words"), "FEDIREC_DOMAIN must be a host name"),
        (("--domain", "guild.example", "--admin", "Not A Name"), "name: a name is 1 to 30"),
        (("--domain", "guild.example", "--guild", "admin"), "FEDIREC_GUILD: the name 'admin'"),
    ],
)
def test_an_init_that_fails_leaves_room_for_the_next(keeper, words, said):
    failed = keeper.run("init", *words)

    assert said in failed.complaint
    assert not (keeper.folder / "fedirec.toml").exists()
    assert keeper.run("init", "--domain", "guild.example").code == 0


def test_a_split_domain_is_explained_before_the_start(keeper):
    founded = keeper.run("init", "--domain", "guild.example", "--host", "social.guild.example")

    assert "Let guild.example send /.well-known/webfinger" in founded.out


def test_a_command_before_init_says_so(keeper, quiet_environment):
    quiet_environment.setenv("FEDIREC_DOMAIN", "guild.example")

    listed = keeper.run("member", "list")

    assert "run `fedirec init` first" in listed.complaint
    assert not (keeper.folder / "data").exists()


@pytest.mark.rule("OP-03")
@pytest.mark.parametrize("name", ["DOMAIN", "HOST", "GUILD"])
def test_a_founded_instance_cannot_move(guild, quiet_environment, name):
    moved = {"DOMAIN": "localhost", "HOST": "http://127.0.0.1:9", "GUILD": "rafters"}
    quiet_environment.setenv(f"FEDIREC_{name}", moved[name])

    listed = guild.run("member", "list")

    assert f"set FEDIREC_{name} back" in listed.complaint


def test_a_database_from_the_future_is_refused_in_one_line(guild):
    run_sql(
        f"sqlite:///{guild.folder}/data/fedirec.db",
        "insert into migrations (number, name, digest, applied_at)"
        " values (9999, '9999_tomorrow', 'x', :now)",
        now=to_microseconds(datetime.now(UTC)),
    )

    for command in (("member", "list"), ("database", "migrate"), ("serve",), ("worker",)):
        assert "newer" in guild.run(*command).complaint


def test_a_database_that_waits_for_a_migration_is_refused_until_it_ran(guild):
    fresh = guild.folder / "data" / "fresh.db"
    fresh.touch()
    guild_settings = guild.folder / "fedirec.toml"
    guild_settings.write_text(guild_settings.read_text() + f'database = "sqlite:///{fresh}"\n')

    assert "run `fedirec database migrate`" in guild.run("member", "list").complaint

    applied = guild.done("database", "migrate").records
    assert applied[0]["id"] == "0001_instance"
    assert guild.done("database", "migrate").records == []
    assert guild.done("member", "list").records == []


def test_settings_are_printed_with_secrets_masked(guild, quiet_environment):
    quiet_environment.setenv("FEDIREC_DATABASE", "postgresql://guild:very-secret@db.example/guild")
    quiet_environment.setenv("FEDIREC_LISTN", "127.0.0.1:1")

    checked = guild.run("config", "check")

    assert checked.code == 0
    assert "FEDIREC_DATABASE = postgresql://guild:****@db.example/guild" in checked.out
    assert "very-secret" not in checked.out + checked.err
    assert "FEDIREC_LISTN is not a setting" in checked.err


def test_wrong_settings_are_one_line(keeper, quiet_environment):
    quiet_environment.setenv("FEDIREC_DOMAIN", "guild.example")
    quiet_environment.setenv("FEDIREC_TEST_NETWORK", "127.0.0.1/32")

    assert "FEDIREC_TEST_NETWORK is for loopback" in keeper.run("config", "check").complaint
    assert "FEDIREC_TEST_NETWORK is for loopback" in keeper.run("serve").complaint
