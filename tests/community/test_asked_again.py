"""An app that lost the answer to a wish to endorse asks again: it is told of the one it made."""

import pytest

from fedirec.activitypub.documents import JsonObject
from fedirec.community.client_outbox import submit
from tests.community.client import endorsement_of
from tests.community.elsewhere import follow

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.rule("ST-01")
@pytest.mark.parametrize("followed", ["the guild", "the endorser", "nobody"])
async def test_whichever_way_a_person_is_asked_a_repeat_asks_nobody(guild, peer, dan, followed):
    [ada] = await guild.add("ada")
    await guild.know(dan)
    if followed != "nobody":
        await follow(guild, dan.id, guild.guild_id if followed == "the guild" else guild.id(ada))
    wish: JsonObject = {"type": "Offer", "object": endorsement_of(dan.id)}

    first, again = [await submit(guild.federation, ada, wish, key="lost") for _ in range(2)]
    await guild.send()

    assert first == again
    assert (await guild.offer(first)).endorsed_id == dan.id
    assert len(peer.posts) == (followed != "nobody")
