"""A guild's word that somebody agreed by reply: others' counts here when the person boosts."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from fedirec.domain.public import PUBLIC
from tests.community.elsewhere import follow, path_of, publish, said_by, stamp_by, with_consent

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def author(guild, peer):
    """Somebody in another guild, whom somebody here follows."""
    author = peer.add_actor("author")
    peer.add_actor("guild")
    [reader] = await guild.add("reader")
    await guild.know(author)
    await follow(guild, guild.id(reader), author.id)
    return author


@pytest.fixture
def person(stranger):
    """Somebody on a server that knows nothing of endorsements."""
    return stranger.add_actor("person")


async def vouched_for(guild, author, person, **changes) -> tuple[dict[str, Any], str]:
    """Have an endorsement published on the other guild's word."""
    note = said_by(guild, author, person)
    word = {"attributedTo": author.peer.actors["guild"].id, "onBehalfOf": person.id} | changes
    stamp_id = stamp_by(author, note, **word)
    note = with_consent(note, stamp_id)
    await publish(guild, author, note)
    return note, stamp_id


def boost(person, note) -> Any:
    """The person's own boost, as their server sends it."""
    return person.activity("Announce", note["id"], to=[PUBLIC], cc=[person.followers])


async def test_on_its_own_it_is_an_ordinary_post(guild, author, person):
    note, _stamp_id = await vouched_for(guild, author, person)

    await guild.keep_up(minutes=1)

    assert not await guild.shows(note["id"])
    assert (await guild.endorsement(note["id"])).state == "unconfirmed"


async def test_the_persons_boost_confirms_it(guild, author, person):
    note, _stamp_id = await vouched_for(guild, author, person)
    guild.clock.forward(seconds=1)

    assert await guild.hear(person, boost(person, note)) is None
    await guild.keep_up(seconds=1)

    assert await guild.shows(note["id"])


async def test_anybody_elses_boost_does_not(guild, author, stranger, person):
    note, _stamp_id = await vouched_for(guild, author, person)
    other = stranger.add_actor("other")

    await guild.hear(other, boost(other, note))
    await guild.keep_up(seconds=1)

    assert not await guild.shows(note["id"])


async def test_a_boost_taken_back_confirms_no_longer(guild, author, person):
    note, _stamp_id = await vouched_for(guild, author, person)
    boosted = boost(person, note)
    await guild.hear(person, boosted)
    await guild.keep_up(seconds=1)

    await guild.hear(person, person.activity("Undo", boosted))
    await guild.keep_up(seconds=1)

    assert not await guild.shows(note["id"])


async def test_a_boost_of_an_older_text_does_not_confirm_the_new(guild, author, person):
    note, _stamp_id = await vouched_for(guild, author, person)
    await guild.hear(person, boost(person, note))
    await guild.keep_up(minutes=5)
    changed = note | {
        "content": "<p>Bread every morning for nine years, and cakes on Sundays as well.</p>",
        "contentMap": {
            "en": "<p>Bread every morning for nine years, and cakes on Sundays as well.</p>"
        },
        "updated": guild.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    word = {"attributedTo": author.peer.actors["guild"].id, "onBehalfOf": person.id}
    changed = with_consent(changed, stamp_by(author, changed, **word))

    await publish(guild, author, changed, "Update")
    assert not await guild.shows(note["id"])
    guild.clock.forward(seconds=1)
    await guild.hear(person, boost(person, note))
    await guild.keep_up(seconds=1)

    assert await guild.shows(note["id"])


@pytest.mark.parametrize("is_ordinary_between", [False, True], ids=["at once", "by a detour"])
async def test_an_edit_dated_before_the_boost_is_not_confirmed_by_it(
    guild, author, person, is_ordinary_between
):
    yesterday = guild.clock.now - timedelta(days=1)
    word = {"attributedTo": author.peer.actors["guild"].id, "onBehalfOf": person.id}
    note = said_by(guild, author, person, published=f"{yesterday:%Y-%m-%dT%H:%M:%SZ}")
    await publish(guild, author, with_consent(note, stamp_by(author, note, **word)))
    boosted = boost(person, note)
    await guild.hear(person, boosted)
    await guild.keep_up(seconds=1)
    assert await guild.shows(note["id"])

    if is_ordinary_between:
        ordinary = note | {"updated": f"{yesterday + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"}
        del ordinary["endorsement"]
        assert await publish(guild, author, ordinary, "Update") is None
    other = "<p>They lend their name to everything I sell, now and for years to come.</p>"
    changed = note | {
        "content": other,
        "contentMap": {"en": other},
        "updated": f"{yesterday + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}",
    }
    changed = with_consent(changed, stamp_by(author, changed, **word))
    assert await publish(guild, author, changed, "Update") is None
    await guild.keep_up(days=31)
    await guild.hear(person, boosted)
    await guild.keep_up(seconds=1)

    assert (await guild.endorsement(note["id"])).state == "unconfirmed"
    await guild.hear(person, boost(person, note))
    await guild.keep_up(seconds=1)
    assert await guild.shows(note["id"])


async def test_a_boosted_word_is_asked_for_again_and_gone_when_taken_back(
    guild, author, peer, person
):
    note, stamp_id = await vouched_for(guild, author, person)
    await guild.hear(person, boost(person, note))
    await guild.keep_up(seconds=1)
    await guild.keep_up(days=40)
    assert await guild.shows(note["id"])
    peer.answers(path_of(author, stamp_id), 410)

    await guild.keep_up(days=7)

    assert not await guild.shows(note["id"])


async def test_a_boost_before_the_note_was_known_confirms_it_too(guild, author, person):
    [reader] = await guild.add("reader")
    await guild.know(person)
    await follow(guild, guild.id(reader), person.id)
    note = said_by(guild, author, person)
    word = {"attributedTo": author.peer.actors["guild"].id, "onBehalfOf": person.id}
    note = with_consent(note, stamp_by(author, note, **word))
    author.peer.serve(path_of(author, note["id"]), note)

    assert await guild.hear(person, boost(person, note)) is None
    await guild.keep_up(seconds=1)

    assert await guild.shows(note["id"])


async def test_an_endorsement_that_a_guild_boosts_is_judged_like_one_received(guild, peer, author):
    booster, bea = peer.actors["guild"], peer.add_actor("bea")
    [reader] = await guild.add("reader")
    await guild.know(booster)
    await follow(guild, guild.id(reader), booster.id)
    note = said_by(guild, author, bea)
    note = with_consent(note, stamp_by(bea, note))
    peer.serve(path_of(author, note["id"]), note)

    assert await guild.hear(booster, boost(booster, note)) is None

    assert await guild.shows(note["id"])


@pytest.mark.parametrize(
    "changes",
    [
        {"attributedTo": "https://elsewhere.example/users/guild"},
        {"onBehalfOf": "https://elsewhere.example/users/person"},
    ],
    ids=["for another guild", "for another person"],
)
async def test_a_word_that_is_not_the_guilds_to_give_is_not_confirmed(
    guild, author, person, changes
):
    note, _stamp_id = await vouched_for(guild, author, person, **changes)

    await guild.hear(person, boost(person, note))
    await guild.keep_up(seconds=1)

    assert not await guild.shows(note["id"])
