"""Asking for an endorsement: one direct note, once per person in 30 days, and never too many."""

import pytest

from fedirec.community.meeting import meet
from fedirec.community.requesting import ASKED_A_DAY, request_endorsement
from fedirec.domain.actors import Actor
from fedirec.errors import ForbiddenError, InvalidInputError
from fedirec.storage.notifications import list_notifications
from fedirec.storage.offers import stop_asking
from tests.community.guild import Guild

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def tomorrow(guild):
    """Let each test have a day of its own."""
    guild.clock.forward(days=1)


async def ask(guild, who, person, words="We built the hall's roof together.") -> str:
    """Ask somebody for an endorsement."""
    return await request_endorsement(guild.federation, who, person, words, language="en")


async def member(guild: Guild, name: str) -> Actor:
    """The actor of somebody here."""
    return await meet(guild.federation, guild.handle(name))


async def test_somebody_here_is_told_and_finds_the_way_to_write(guild):
    ada, bea = await guild.add("ada", "bea")

    await ask(guild, ada, await member(guild, bea))

    async with guild.federation.database.reading() as reader:
        told = (await list_notifications(reader, guild.id(bea), before=None, limit=9)).items
    [row] = await guild.rows(
        "select content from notes where id = :id", id=told[0].notice.object_id
    )
    assert [each.notice.actor_id for each in told] == [guild.id(ada)]
    assert "We built the hall" in row["content"]
    assert f"/endorse?to=%40{ada}%40" in row["content"]


async def test_somebody_elsewhere_gets_one_note_that_names_them(guild, dan):
    [ada] = await guild.add("ada")
    person = await guild.know(dan)

    await ask(guild, ada, person, "<b>The roof</b>")

    [sent] = await guild.sent(dan, "Create")
    note = sent["object"]
    assert (note["to"], "cc" in note) == ([dan.id], False)
    assert note["tag"] == [{"type": "Mention", "href": dan.id, "name": dan.handle}]
    assert "&lt;b&gt;The roof" in note["content"]


async def test_nobody_is_asked_twice_in_thirty_days(guild):
    ada, bea = await guild.add("ada", "bea")
    person = await member(guild, bea)
    await ask(guild, ada, person)

    guild.clock.forward(days=29)
    with pytest.raises(ForbiddenError, match="less than 30 days ago"):
        await ask(guild, ada, person)
    guild.clock.forward(days=1)

    await ask(guild, ada, person)


async def test_a_member_asks_a_few_people_a_day(guild):
    ada, *others = await guild.add("ada", *(["bea"] * (ASKED_A_DAY + 1)))
    people = [await member(guild, name) for name in others]
    for person in people[:-1]:
        await ask(guild, ada, person)

    with pytest.raises(ForbiddenError, match="enough"):
        await ask(guild, ada, people[-1])


async def test_who_wants_to_be_asked_no_more_is_left_alone(guild, dan):
    [ada] = await guild.add("ada")
    person = await guild.know(dan)
    async with guild.federation.database.transaction() as transaction:
        await stop_asking(transaction, person.id, guild.clock.now)

    with pytest.raises(ForbiddenError, match="does not want"):
        await ask(guild, ada, person)

    assert dan.peer.posts == []


async def test_nobody_asks_themselves_or_without_a_word(guild):
    ada, bea = await guild.add("ada", "bea")

    with pytest.raises(InvalidInputError, match="themselves"):
        await ask(guild, ada, await member(guild, ada))
    for words in (" \n", "x" * 501):
        with pytest.raises(InvalidInputError, match="1 to 500"):
            await ask(guild, ada, await member(guild, bea), words)


@pytest.mark.parametrize("written", ["{handle}", "{url}", "{id}", " {origin}/@{name}/ "])
async def test_a_person_is_found_by_handle_and_by_address(guild, dan, written):
    text = written.format(
        handle=dan.handle,
        url=f"{dan.peer.origin}/@dan",
        id=dan.id,
        origin=dan.peer.origin,
        name="dan",
    )

    found = await meet(guild.federation, text)

    assert found.id == dan.id


@pytest.mark.parametrize("written", ["", "ada", "https://", "ftp://x.example/@a", "http://[::1"])
async def test_what_is_neither_handle_nor_address_is_told_so(guild, written):
    with pytest.raises(InvalidInputError):
        await meet(guild.federation, written)
