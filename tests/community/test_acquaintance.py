"""Who wrote to a member or the guild lately may be asked by a direct note; and how they answer."""

from typing import Any

import pytest

from fedirec.domain.endorsements import OfferState, OfferWay
from fedirec.domain.public import PUBLIC
from tests.community.elsewhere import instant
from tests.community.test_asking import answer, ask, follows_guild

pytestmark = pytest.mark.asyncio(loop_scope="module")

MONTHS = 90


@pytest.fixture(autouse=True)
def tomorrow(guild):
    """Let each test have a day of its own, as the guild asks so many people a day."""
    guild.clock.forward(days=1)


async def wrote(guild, person, addressee, **changes) -> str:
    """Have somebody elsewhere write to somebody here; return the note's id."""
    note = {
        "id": f"{person.peer.origin}/notes/{person.peer.next_number()}",
        "type": "Note",
        "attributedTo": person.id,
        "content": "<p>Is there work at the hall next month?</p>",
        "published": instant(guild),
        "to": [addressee],
        "tag": [{"type": "Mention", "href": addressee}],
    } | changes
    await guild.hear(person, person.activity("Create", note, to=note["to"]))
    return str(note["id"])


@pytest.mark.parametrize("whom", ["endorser", "guild"])
async def test_who_wrote_privately_to_one_of_both_is_asked_by_them_in_reply(guild, dan, whom):
    [ada] = await guild.add("ada")
    addressee = guild.id(ada) if whom == "endorser" else guild.guild_id
    note_id = await wrote(guild, dan, addressee)
    guild.clock.forward(days=MONTHS - 1)

    made = await ask(guild, ada, dan)

    assert (made.way, made.offer.asked_by) == (OfferWay.QUESTION, addressee)
    [create] = await guild.sent(dan, "Create")
    assert create["object"]["inReplyTo"] == note_id
    assert create["to"] == [dan.id]
    await answer(guild, dan, made, "yes")
    assert await guild.state_of(made.offer.id) is OfferState.PUBLISHED


async def test_after_ninety_days_they_are_strangers_again(guild, dan):
    [ada] = await guild.add("ada")
    await wrote(guild, dan, guild.id(ada))
    guild.clock.forward(days=MONTHS, seconds=1)

    made = await ask(guild, ada, dan)

    assert (made.way, made.offer.question_id) == (OfferWay.LINK, None)


async def test_what_all_may_read_or_went_to_another_member_is_no_acquaintance(guild, dan):
    ada, ben = await guild.add("ada", "ben")
    await wrote(guild, dan, guild.id(ada), to=[PUBLIC, guild.id(ada)])
    await wrote(guild, dan, guild.id(ben))

    made = await ask(guild, ada, dan)

    assert made.way is OfferWay.LINK


async def test_a_follower_is_asked_without_pointing_at_what_they_wrote(guild, dan):
    [ada] = await guild.add("ada")
    await wrote(guild, dan, guild.id(ada))
    await follows_guild(guild, dan)

    made = await ask(guild, ada, dan)

    assert made.offer.asked_by == guild.guild_id
    [create] = await guild.sent(dan, "Create")
    assert "inReplyTo" not in create["object"]


async def explained(guild, dan) -> Any:
    """Ask, and be answered with nothing that counts; return the offer and the explanation's id."""
    [ada] = await guild.add("ada")
    await follows_guild(guild, dan)
    made = await ask(guild, ada, dan)
    await answer(guild, dan, made, "what is this?")
    [explanation] = [
        each["object"]
        for each in await guild.sent(dan, "Create")
        if each["object"].get("inReplyTo") == made.offer.question_id
    ]
    return made, explanation["id"]


async def test_a_yes_to_the_explanation_counts(guild, dan):
    made, explanation_id = await explained(guild, dan)

    _id, said = await answer(guild, dan, made, "yes", inReplyTo=explanation_id)

    assert said is None
    assert await guild.state_of(made.offer.id) is OfferState.PUBLISHED
    assert await guild.shows(made.offer.note_id)


@pytest.mark.parametrize("word", ["no", "stop"])
async def test_a_no_to_the_explanation_counts(guild, dan, word):
    made, explanation_id = await explained(guild, dan)

    await answer(guild, dan, made, word, inReplyTo=explanation_id)

    assert await guild.state_of(made.offer.id) is OfferState.DECLINED


async def test_a_yes_to_the_explanation_by_anybody_else_does_not(guild, peer, dan):
    made, explanation_id = await explained(guild, dan)
    eve = peer.add_actor("eve")

    await answer(guild, eve, made, "yes", inReplyTo=explanation_id)

    assert await guild.state_of(made.offer.id) is OfferState.WAITING
