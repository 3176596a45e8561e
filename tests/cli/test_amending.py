"""Members change what they said and how they are shown; what they see tells no refusal apart."""

import asyncio
from datetime import timedelta

import pytest

from fedirec.cli.members import ENDORSED_BY
from fedirec.cli.opening import open_here
from fedirec.community.profiles import EndorsedBy
from fedirec.domain.actors import ActorId
from fedirec.storage.keys import list_keys

WORDS = "Found the failed wall plate that two firms had missed, and wrote it up plainly."
BETTER = "Found the failed wall plate that three firms had missed, and drew it to scale."
REST = ("--relation", "workedWith", "--from", "2026-03")
JOB = ("--title", "Two framers", "--words", "Six weeks from March, tools and lunch are there.")
PAY = ("--pay-min", "190", "--pay-max", "220", "--currency", "EUR", "--per", "day")


@pytest.fixture
def bo(guild, place):
    """Bo's handle."""
    return f"@bo@{place.removeprefix('http://')}"


@pytest.fixture
def offer(guild, bo):
    """An offer of ada's to bo, as it was printed."""
    return guild.done("endorse", "ada", bo, "--words", WORDS, *REST).record


def key_ids(actor_id: str, *, after: timedelta = timedelta()) -> set[str]:
    """The keys that an actor has, now or a while later."""

    async def read() -> set[str]:
        async with open_here() as federation, federation.database.reading() as reader:
            now = federation.now() + after
            return {key.id for key in await list_keys(reader, ActorId(actor_id), now=now)}

    return asyncio.run(read())


@pytest.mark.parametrize("name", ["ada", "guild"])
def test_a_member_and_the_guild_can_have_new_keys(guild, place, name):
    actor_id = f"{place}/users/{name}"
    before = key_ids(actor_id)

    rotated = guild.done("member", "rotate-keys", name).record

    assert rotated["id"] == actor_id
    after = key_ids(actor_id, after=timedelta(hours=1))
    assert len(after) == 2
    assert not after & before


def test_new_keys_are_told_to_followers(guild):
    guild.done("member", "rotate-keys", "ada")

    (told,) = guild.done("outbox", "ada").records
    assert told["type"] == "Update"


def test_nobody_unknown_gets_new_keys(guild):
    ran = guild.run("member", "rotate-keys", "eve")

    assert "no member called eve" in ran.err.splitlines()[-1]


def test_a_member_is_shown_as_they_wish(guild, place):
    changed = guild.done(
        *("member", "set", "ada", "--display-name", "Ada Plum", "--summary", "Framer."),
        *("--network", "shown", "--endorsed-by", "followers"),
    ).record

    assert changed["display_name"] == "Ada Plum"
    assert changed["summary"] == "<p>Framer.</p>"
    assert changed["shows_network"] is True
    assert changed["can_endorse"] == [f"{place}/users/ada/followers"]


def test_what_is_not_named_stays(guild):
    guild.done("member", "set", "ada", "--display-name", "Ada Plum", "--network", "shown")

    changed = guild.done("member", "set", "ada", "--endorsed-by", "nobody").record

    assert (changed["display_name"], changed["shows_network"]) == ("Ada Plum", True)


def test_a_change_of_nothing_says_what_can_be_changed(guild):
    assert "--display-name" in guild.run("member", "set", "ada").complaint


def test_who_takes_no_endorsements_is_offered_none(guild, bo):
    guild.done("member", "set", "bo", "--endorsed-by", "nobody")

    ran = guild.run("endorse", "ada", bo, "--words", WORDS, *REST)

    assert ran.code == 1
    assert guild.done("offers", "bo").records == []


def test_the_choices_of_the_help_are_those_of_the_guild():
    assert list(ENDORSED_BY) == list(EndorsedBy)


def test_an_endorsement_stands_until_its_new_text_is_agreed_to(guild, bo, offer):
    guild.done("answer", "bo", str(offer["id"]), "accept")

    again = guild.done(
        "endorse", "ada", bo, "--words", BETTER, *REST, "--amend", str(offer["endorsement"])
    ).record

    assert again["endorsement"] == offer["endorsement"]
    assert published(guild) == [("Create", True)]
    guild.done("answer", "bo", str(again["id"]), "accept")
    assert published(guild) == [("Update", False), ("Create", True)]


def published(guild) -> list[tuple[str, bool]]:
    """What ada published, newest first: its type, and whether it still has the old words."""
    sent = guild.done("outbox", "ada").records
    return [
        (item["type"], WORDS in item["object"]["content"])
        for item in sent
        if item["type"] in {"Create", "Update"}
    ]


def test_a_new_text_is_for_the_same_person(guild, place, offer):
    guild.done("member", "add", "cyd")
    cyd = f"@cyd@{place.removeprefix('http://')}"

    ran = guild.run(
        "endorse", "ada", cyd, "--words", BETTER, *REST, "--amend", str(offer["endorsement"])
    )

    assert ran.err.splitlines()[-1].startswith("fedirec: amend: ")
    assert guild.done("offers", "cyd").records == []


def test_only_ones_own_endorsement_is_amended(guild, bo, offer):
    ran = guild.run(
        "endorse", "bo", bo, "--words", BETTER, *REST, "--amend", str(offer["endorsement"])
    )

    assert "bo has no endorsement" in ran.err.splitlines()[-1]


def test_a_job_note_is_changed_and_keeps_its_day(guild):
    posted = guild.done("job", "ada", *JOB, *PAY, "--closes", in_a_week()).record

    changed = guild.done(
        "job", "ada", "--title", "Three framers", *JOB[2:], *PAY, "--amend", str(posted["id"])
    ).record

    assert changed == posted | {"title": "Three framers"}
    newest = guild.done("outbox", "ada").records[0]
    assert (newest["type"], newest["object"]["job"]["title"]) == ("Update", "Three framers")


def in_a_week() -> str:
    """A day, as it is written on the command line."""

    async def read() -> str:
        async with open_here() as federation:
            return (federation.now() + timedelta(days=7)).date().isoformat()

    return asyncio.run(read())


def test_a_job_note_of_somebody_else_is_not_changed(guild):
    posted = guild.done("job", "ada", *JOB, *PAY).record

    ran = guild.run("job", "bo", *JOB, *PAY, "--amend", str(posted["id"]))

    assert "bo has no job note" in ran.complaint


def test_what_was_offered_shows_where_it_stands(guild, place, offer):
    assert guild.done("offers", "ada", "--made").record["state"] == "waiting"

    guild.done("answer", "bo", str(offer["id"]), "accept")

    made = guild.done("offers", "ada", "--made").record
    assert (made["id"], made["endorsed"]) == (offer["id"], f"{place}/users/bo")
    assert made["state"] == "published"
    assert "published: offered to" in guild.run("offers", "ada", "--made").out
    assert "bo has offered nothing" in guild.run("offers", "bo", "--made").out


def test_a_refusal_looks_like_silence_to_who_offered(guild, offer):
    before = guild.done("offers", "ada", "--made").records

    guild.done("answer", "bo", str(offer["id"]), "decline")

    assert guild.done("offers", "ada", "--made").records == before


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_new_text_tells_nothing_of_what_became_of_the_old(guild, bo, offer, is_refused):
    if is_refused:
        guild.done("answer", "bo", str(offer["id"]), "decline")

    ran = guild.run(
        "endorse", "ada", bo, "--words", BETTER, *REST, "--amend", str(offer["endorsement"])
    )

    assert ran.code == 0, ran.err
    (made,) = guild.done("offers", "ada", "--made").records
    assert (made["endorsement"], made["state"]) == (offer["endorsement"], "waiting")


@pytest.mark.parametrize("is_refused", [True, False])
def test_after_its_end_an_offer_was_not_published(guild, bo, quiet_environment, is_refused):
    quiet_environment.setenv("FEDIREC_LIMITS__OFFER_LIFETIME", "1s")
    offered = guild.done("endorse", "ada", bo, "--words", WORDS, *REST).record
    if is_refused:
        guild.run("answer", "bo", str(offered["id"]), "decline")

    asyncio.run(asyncio.sleep(1.0))

    assert guild.done("offers", "ada", "--made").record["state"] == "not published"
