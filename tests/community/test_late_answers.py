"""A reply that its author changed or deleted before it came here: servers keep no order."""

import pytest

from fedirec.domain.endorsements import OfferState
from tests.community.test_asking import answer, ask, follows_guild, reply_to

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("how", ["edit", "deletion"])
async def test_a_yes_that_comes_after_its_edit_or_deletion_counts_no_more(guild, dan, how):
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    reply = reply_to(guild, dan, made, "yes")
    edited = reply_to(guild, dan, made, "no", id=reply["id"], updated="2035-01-01T00:00:00Z")

    if how == "edit":
        said = await guild.hear(dan, dan.activity("Update", edited, to=edited["to"]))
        assert said == "an edit is no answer"
    else:
        await guild.hear(dan, dan.activity("Delete", {"id": reply["id"], "type": "Tombstone"}))
    said = await guild.hear(dan, dan.activity("Create", reply, to=reply["to"]))

    assert said == "an answer that was deleted or edited before it came"
    assert await guild.state_of(made.offer.id) is OfferState.WAITING
    assert not await guild.shows(made.offer.note_id)
    await answer(guild, dan, made, "yes")
    assert await guild.shows(made.offer.note_id)
