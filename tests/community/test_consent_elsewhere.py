"""What becomes of an endorsement elsewhere when its server, a guild or its author is quick."""

from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from tests.community.elsewhere import (
    agreed,
    follow,
    path_of,
    publish,
    said_by,
    stamp_by,
    with_consent,
)
from tests.community.test_guilds_word import boost, vouched_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEEK = 7
LATER = "2035-01-01T00:00:00Z"


@pytest_asyncio.fixture(loop_scope="module")
async def author(guild, peer):
    """Somebody in another guild, whom somebody here follows."""
    author = peer.add_actor("author")
    peer.add_actor("guild")
    [reader] = await guild.add("reader")
    await guild.know(author)
    await follow(guild, guild.id(reader), author.id)
    return author


def edited(note, words) -> Any:
    """The note with other words, later."""
    content = f"<p>{words}</p>"
    return note | {"content": content, "contentMap": {"en": content}, "updated": LATER}


async def test_an_edit_that_comes_while_the_old_stamp_is_asked_for_stands(guild, author, bea):
    note = said_by(guild, author, bea)
    old_stamp = stamp_by(bea, note)
    await publish(guild, author, with_consent(note, old_stamp))
    renewed = edited(note, "Bread every morning for nine years, and cakes on Sundays as well.")
    new_stamp = stamp_by(bea, renewed)

    async def is_edited_meanwhile(_request):
        await publish(guild, author, with_consent(renewed, new_stamp), "Update")
        return web.Response(status=410)

    bea.peer.behaves(path_of(bea, old_stamp), is_edited_meanwhile)
    await guild.keep_up(days=WEEK)

    kept = await guild.endorsement(note["id"])
    assert (kept.state, kept.consent_id) == ("confirmed", new_stamp)
    await guild.keep_up(days=WEEK)
    assert await guild.shows(note["id"])


async def test_what_is_taken_back_while_its_stamp_is_asked_for_stays_hidden(guild, author, bea):
    note = said_by(guild, author, bea)
    stamp_id = stamp_by(bea, note)
    await publish(guild, author, with_consent(note, stamp_id))
    served = bea.peer._always[path_of(bea, stamp_id)]

    async def is_withdrawn_meanwhile(_request):
        await guild.hear(bea, bea.activity("Delete", {"id": stamp_id, "type": "Tombstone"}))
        return web.Response(body=served.body, headers=served.headers)

    bea.peer.behaves(path_of(bea, stamp_id), is_withdrawn_meanwhile)
    await guild.keep_up(days=WEEK)

    assert (await guild.endorsement(note["id"])).state == "hidden"


async def test_what_is_for_a_guild_and_went_to_followers_is_an_ordinary_post(guild, author, bea):
    note = said_by(guild, author, bea)
    note["endorsement"]["shownTo"] = "guild"
    note |= {"to": [author.followers], "cc": [bea.id]}

    await publish(guild, author, with_consent(note, stamp_by(bea, note)))

    assert await guild.rows("select id from notes where id = :id", id=note["id"]) != []
    assert await guild.endorsement(note["id"]) is None


async def test_what_is_for_followers_and_went_to_them_is_an_endorsement(guild, author, bea):
    note = said_by(guild, author, bea)
    note["endorsement"]["shownTo"] = "followers"
    note |= {"to": [author.followers], "cc": [bea.id]}

    await publish(guild, author, with_consent(note, stamp_by(bea, note)))

    assert await guild.shows(note["id"])


async def test_a_guild_takes_its_own_word_back_and_it_is_hidden(guild, author, peer, stranger):
    person = stranger.add_actor("person")
    note, stamp_id = await vouched_for(guild, author, person)
    guild.clock.forward(seconds=1)
    await guild.hear(person, boost(person, note))
    await guild.keep_up(seconds=1)
    assert await guild.shows(note["id"])

    speaker = peer.actors["guild"]
    said = await guild.hear(speaker, speaker.activity("Delete", stamp_id))

    assert said is None
    assert (await guild.endorsement(note["id"])).state == "hidden"


async def test_another_server_does_not_take_a_guilds_word_back(guild, author, stranger):
    person = stranger.add_actor("person")
    note, stamp_id = await vouched_for(guild, author, person)
    guild.clock.forward(seconds=1)
    await guild.hear(person, boost(person, note))
    await guild.keep_up(seconds=1)

    eve = stranger.add_actor("eve")
    said = await guild.hear(eve, eve.activity("Delete", stamp_id))

    assert said == "deletes what is on another origin"
    assert await guild.shows(note["id"])


async def test_a_consent_taken_back_hides_what_stands_on_it_whoever_else_names_it(
    guild, author, peer, stranger
):
    person, mallory = stranger.add_actor("person"), peer.add_actor("mallory")
    [reader] = await guild.add("reader")
    await guild.know(mallory)
    await follow(guild, guild.id(reader), mallory.id)
    false = said_by(guild, mallory, author)
    note = said_by(guild, author, person)
    stamp_id = stamp_by(person, note)
    await publish(guild, mallory, with_consent(false, stamp_id))
    await publish(guild, author, with_consent(note, stamp_id))
    assert false["id"] < note["id"]
    assert await guild.shows(note["id"])

    eve = stranger.add_actor("eve")
    forged = await guild.hear(eve, eve.activity("Delete", stamp_id))
    assert forged == "takes back a consent that somebody else gave"
    assert await guild.shows(note["id"])
    said = await guild.hear(person, person.activity("Delete", stamp_id))

    assert said is None
    assert (await guild.endorsement(note["id"])).state == "hidden"


async def test_somebody_elsewhere_takes_back_what_they_gave_one_of_ours_whoever_names_it(
    guild, author, bea
):
    [ada] = await guild.add("ada")
    note_id, stamp_id = await agreed(guild, ada, bea)
    await guild.keep_up(minutes=1)
    false = said_by(guild, author, bea)
    await publish(guild, author, with_consent(false, stamp_id))
    assert await guild.shows(note_id)

    said = await guild.hear(bea, bea.activity("Delete", stamp_id))

    assert said is None
    assert await guild.endorsement(note_id) is None
