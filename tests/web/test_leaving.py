"""Who leaves takes their consent along: what was said of them here is gone, on both faces."""

from typing import Any

import pytest

from fedirec.community import endorsements
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import OfferState
from fedirec.storage import offers
from tests.community.elsewhere import (
    agreed,
    follow,
    offered_to,
    publish,
    with_consent,
)
from tests.community.elsewhere import offered as offered_by
from tests.community.guild import SPEAKS_OURS
from tests.keys import other_rsa_pair
from tests.peers import Peer
from tests.web.neighbours import guild_of


@pytest.fixture
async def guild(home):
    """The same home, moved by the test."""
    return guild_of(home)


@pytest.fixture
async def reader(guild):
    """Somebody on a third server, who follows carol."""
    async with Peer(address="127.0.0.7") as third:
        reader = third.add_actor("reader")
        await guild.hear(reader, reader.activity("Follow", guild.id("carol")))
        yield reader


@pytest.fixture
def bea(peer):
    """Somebody on the other server, which knows endorsements."""
    return peer.add_actor("bea", interactionPolicy=SPEAKS_OURS)


async def says_so(guild, bea) -> None:
    """Her server says that she is gone."""
    await guild.hear(bea, bea.activity("Delete", bea.id))


async def is_found_gone(guild, bea):
    """A Delete comes that is signed by an unknown key, and her own server answers 410."""
    bea.peer.answers("/users/bea", 410)
    guild.clock.forward(minutes=10)
    url = f"{guild.federation.instance.origin}/inbox"
    forged = bea.with_key(other_rsa_pair())
    headers, body = forged.sign_post(url, bea.activity("Delete", bea.id), at=guild.clock.now)
    assert await bea.peer.send("POST", url, headers=headers, body=body) == 202


@pytest.mark.parametrize("leaves", [says_so, is_found_gone])
async def test_what_was_said_of_somebody_who_left_is_gone_on_both_faces(home, guild, bea, leaves):
    note_id, _stamp_id = await agreed(guild, "carol", bea)
    assert (await home.page(note_id)).status == 200

    await leaves(guild, bea)

    assert (await home.ask(note_id)).status == 410
    assert (await home.page(note_id)).status == 410
    assert await guild.endorsement(note_id) is None


@pytest.mark.parametrize("leaves", [says_so, is_found_gone])
async def test_all_who_got_it_are_told_and_nothing_is_boosted(guild, bea, reader, leaves):
    note_id, _stamp_id = await agreed(guild, "carol", bea)
    await follow(guild, reader.id, guild.guild_id)
    assert len(await guild.sent(reader, "Create")) == 1

    await leaves(guild, bea)
    await guild.keep_up(days=1)

    [delete] = await guild.sent(reader, "Delete")
    assert delete["object"]["id"] == note_id
    assert await guild.sent(reader, "Announce") == []
    async with guild.federation.database.reading() as opened:
        newest = await offers.newest_offer(opened, ObjectId(note_id))
    assert newest is None or newest.state is OfferState.WITHDRAWN


@pytest.mark.parametrize("leaves", [says_so, is_found_gone])
async def test_what_only_waits_for_their_answer_is_published_no_more(home, guild, bea, leaves):
    offer = await offered_to(guild, "carol", bea)

    await leaves(guild, bea)

    note_id = offer["object"]["id"]
    assert (await home.ask(note_id)).status in {404, 410}
    assert await guild.endorsement(note_id) is None


async def test_what_others_here_said_stays(home, guild, peer, bea):
    other = peer.add_actor("other", interactionPolicy=SPEAKS_OURS)
    note_id, _stamp_id = await agreed(guild, "carol", other)
    await agreed(guild, "ada", bea)

    await says_so(guild, bea)

    assert (await home.page(note_id)).status == 200


async def accepted(guild, bea) -> Any:
    """Ada agrees to what somebody elsewhere says of her; return the note and her stamp."""
    await guild.know(bea)
    await follow(guild, guild.id("ada"), bea.id)
    offer = offered_by(guild, bea, "ada")
    assert await guild.hear(bea, offer) is None
    answered = await endorsements.answer(guild.federation, "ada", offer["id"], is_accepted=True)
    return offer["object"], str(answered.stamp_id)


async def test_who_agreed_may_take_it_back_before_it_is_published(home, guild, bea):
    note, stamp_id = await accepted(guild, bea)
    assert (await home.ask(stamp_id)).status == 200

    await endorsements.withdraw(guild.federation, "ada", ObjectId(note["id"]))

    assert (await home.ask(stamp_id)).status == 410
    assert (await home.page(stamp_id)).status == 410
    [delete] = await guild.sent(bea, "Delete")
    assert delete["object"]["id"] == stamp_id


async def test_what_is_published_on_a_consent_that_was_taken_back_does_not_show(guild, bea):
    note, stamp_id = await accepted(guild, bea)
    await endorsements.withdraw(guild.federation, "ada", ObjectId(note["id"]))

    late = note | {"to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": note["to"]}
    await publish(guild, bea, with_consent(late, stamp_id))

    assert not await guild.shows(note["id"])
