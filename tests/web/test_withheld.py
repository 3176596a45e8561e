"""An endorsement whose consent cannot be confirmed now: shown to nobody but its parties."""

from dataclasses import dataclass, replace

import pytest

from fedirec.federation.rechecks import recheck_stamps
from fedirec.storage import endorsements
from tests.community.elsewhere import agreed, follow, path_of
from tests.community.guild import SPEAKS_OURS
from tests.peers import Answer, Peer, PeerActor
from tests.web.neighbours import guild_of

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What carol said of somebody elsewhere: note, stamp and the Create that sent it."""

    person: PeerActor
    note_id: str
    stamp_id: str
    create_id: str

    @property
    def stamp_path(self) -> str:
        """Where on their server the stamp is."""
        return path_of(self.person, self.stamp_id)

    def serve_stamp(self, answer: Answer) -> None:
        """Have their server answer so for the stamp from now on."""
        self.person.peer._always[self.stamp_path] = answer


@pytest.fixture
async def guild(home):
    """The same home, moved by the test."""
    return guild_of(home)


@pytest.fixture
async def told(guild, peer):
    """An endorsement that stands, with the stamp served."""
    bea = peer.add_actor("bea", interactionPolicy=SPEAKS_OURS)
    note_id, stamp_id = await agreed(guild, "carol", bea)
    [create] = await guild.sent(bea, "Create")
    return Told(person=bea, note_id=note_id, stamp_id=stamp_id, create_id=create["id"])


async def miss(guild, told) -> None:
    """The stamp is missing when it is asked for again."""
    told.serve_stamp(Answer(status=404))
    await guild.keep_up(days=WEEK)
    assert (await guild.endorsement(told.note_id)).state == "unconfirmed"


async def lose_touch(guild, told):
    """The person's server cannot be asked for more than thirty days."""
    told.serve_stamp(Answer(status=503))
    for _ in range(5):
        await guild.keep_up(days=WEEK)
    assert (await guild.endorsement(told.note_id)).state == "unconfirmed"


async def is_listed(home, told) -> bool:
    """Whether strangers find it in carol's outbox, on her page or on the guild's."""
    outbox = await home.ask("/users/carol/outbox?page=true")
    pages = [await home.page("/@carol"), await home.page("/")]
    ulid = told.note_id.rpartition("/")[2]
    return any(ulid in seen.text for seen in (outbox, *pages))


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("withhold", [miss, lose_touch])
async def test_strangers_see_nothing_of_it(home, guild, told, withhold):
    assert await is_listed(home, told)

    await withhold(guild, told)

    assert (await home.ask(told.note_id)).status == 404
    assert (await home.page(told.note_id)).status == 404
    assert (await home.ask(told.create_id)).status == 404
    assert not await is_listed(home, told)


@pytest.mark.parametrize("withhold", [miss, lose_touch])
async def test_the_server_of_the_person_still_gets_it(home, guild, told, withhold):
    await withhold(guild, told)

    for thing_id in (told.note_id, told.create_id):
        headers = told.person.sign_get(thing_id, at=guild.clock.now)
        seen = await home.ask(thing_id, headers=headers)
        assert (seen.status, seen.json()["id"]) == (200, thing_id)
        assert seen.headers["cache-control"] == "private, no-store"


@pytest.mark.rule("PA-02")
async def test_the_server_of_a_follower_does_not(home, guild, told):
    async with Peer(address="127.0.0.8") as third:
        reader = third.add_actor("reader")
        await guild.hear(reader, reader.activity("Follow", guild.id("carol")))
        await miss(guild, told)

        for thing_id in (told.note_id, told.create_id):
            headers = reader.sign_get(thing_id, at=guild.clock.now)
            assert (await home.ask(thing_id, headers=headers)).status == 404


async def test_its_author_still_reads_it(home, guild, told):
    await miss(guild, told)
    bearer = {"Authorization": f"Bearer {await home.token('carol')}"}

    assert (await home.ask(told.note_id, headers=bearer)).status == 200


async def test_it_comes_back_when_it_is_confirmed(home, guild, told):
    served = told.person.peer._always[told.stamp_path]
    await miss(guild, told)

    told.serve_stamp(served)
    await guild.keep_up(days=1)

    for thing_id in (told.note_id, told.create_id):
        assert (await home.ask(thing_id)).status == 200
    assert (await home.page(told.note_id)).status == 200
    assert await is_listed(home, told)


async def test_it_is_not_boosted(home, guild, told):
    async with Peer(address="127.0.0.9") as third:
        reader = third.add_actor("reader")
        await guild.know(reader)
        await follow(guild, reader.id, guild.guild_id)
        stored = await guild.endorsement(told.note_id)
        told.serve_stamp(Answer(status=404))
        async with guild.federation.database.transaction() as transaction:
            due = replace(stored, next_check_at=guild.clock.now)
            await endorsements.save_endorsement(transaction, due)
        await recheck_stamps(guild.federation, limit=10)

        await guild.keep_up(minutes=5)

        assert await guild.sent(reader, "Announce") == []
