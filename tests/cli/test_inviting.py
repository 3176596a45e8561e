"""Inviting, passwords and keepers by the commands of whoever runs the machine."""

import io
import sys

import pytest

from tests.cli.test_founding import run_sql

PASSWORD = "four oak pegs, well driven"


@pytest.fixture
def typed(quiet_environment):
    """Lets a test say what comes by standard input."""

    def type_in(text: str) -> None:
        quiet_environment.setattr(sys, "stdin", io.StringIO(text))

    return type_in


def test_init_prints_a_link_with_which_the_admin_chooses_a_password(keeper, place):
    founded = keeper.done(
        "init", "--domain", place.removeprefix("http://"), "--admin", "kim"
    ).record

    assert str(founded["link"]).startswith(f"{place}/join/")
    [invite] = keeper.done("member", "invites").records
    assert (invite["for_name"], invite["made_by"], invite["used_by"]) == ("kim", None, None)
    assert str(founded["link"]).rpartition("/")[2] not in str(invite)


def test_an_invitation_is_made_listed_and_taken_back(guild, place):
    made = guild.done("member", "invite", "--for", "cyd", "--days", "3").record
    plain = guild.run("member", "invite")

    assert str(made["link"]).startswith(f"{place}/join/")
    assert plain.out.startswith(f"{place}/join/")
    assert f"{made['id']} for cyd, made by a command, until " in guild.run("member", "invites").out
    guild.done("member", "uninvite", str(made["id"]))
    assert f"{made['id']} for cyd, made by a command, taken back" in (
        guild.run("member", "invites").out
    )
    assert "no invitation" in guild.run("member", "uninvite", str(made["id"])).complaint


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--days", "0"), "1 to 30 days"),
        (("--for", "Not a name"), "a name is 1 to 30"),
        (("--for", "guild"), "reserved"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(guild, words, said):
    assert said in guild.run("member", "invite", *words).complaint


def test_a_password_comes_by_standard_input(guild, typed):
    typed(f"{PASSWORD}\nand nothing after it\n")

    guild.done("member", "add", "cyd", "--password-stdin")

    assert "has a password" in guild.run("member", "invite", "--for", "cyd").complaint
    assert guild.run("member", "invite", "--for", "bo").code == 0


@pytest.mark.rule("AC-01")
@pytest.mark.parametrize("given", ["", "short\n", "qwertyuiopasdf\n"])
def test_a_bad_password_lets_nobody_in(guild, typed, given):
    typed(given)

    assert guild.run("member", "add", "cyd", "--password-stdin").complaint
    assert "cyd" not in guild.run("member", "list").out


def test_a_link_for_a_new_password_is_printed(guild, place):
    reset = guild.done("member", "reset", "bo").record

    assert str(reset["link"]).startswith(f"{place}/reset/")
    assert "no member" in guild.run("member", "reset", "nobody").complaint


def test_lost_second_factors_are_taken_away(guild):
    assert "no second factor" in guild.run("member", "reset-2fa", "bo").out
    assert "no member" in guild.run("member", "reset-2fa", "nobody").complaint


@pytest.mark.rule("AC-12")
def test_keepers_come_and_go_but_for_the_last(guild):
    assert "last keeper" in guild.run("member", "demote", "ada").complaint
    assert "last keeper" in guild.run("member", "disable", "ada").complaint

    assert guild.done("member", "promote", "bo").record["is_admin"] is True
    assert "like others" in guild.run("member", "demote", "ada").out

    admins = {each["name"]: each["is_admin"] for each in guild.done("member", "list").records}
    assert admins == {"ada": False, "bo": True}


def test_who_came_by_an_invitation_is_told(guild):
    made = guild.done("member", "invite").record
    run_sql(
        f"sqlite:///{guild.folder / 'data' / 'fedirec.db'}",
        "update invites set used_by = 'bo', used_at = created_at where id = :id",
        id=str(made["id"]),
    )

    assert f"{made['id']}, made by a command, used by bo" in guild.run("member", "invites").out


@pytest.mark.rule("PA-09")
@pytest.mark.parametrize("listing", ["shown", "hidden"])
def test_a_member_chooses_whether_to_be_listed(guild, listing):
    done = guild.done("member", "set", "bo", "--listing", listing)

    assert done.record["is_listed"] is (listing == "shown")
