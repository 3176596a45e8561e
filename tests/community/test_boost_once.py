"""Two workers of one guild boost what is due: once, whichever comes first."""

import asyncio

import pytest

from fedirec.community import job_notes
from fedirec.community.upkeep import announce_planned
from fedirec.server import open_federation
from tests.community.guild import Clock, Guild
from tests.community.test_job_notes import job_draft
from tests.fediverse import free_port, settings_at

DUE = 10


@pytest.fixture
async def two(tmp_path, database_url):
    """A guild, and a second process of it: the same database, connections of its own."""
    clock = Clock()
    settings = settings_at(tmp_path, free_port(), database=database_url)
    async with (
        open_federation(settings, is_founding=True, now=clock) as one,
        open_federation(settings, now=clock) as other,
    ):
        yield Guild(federation=one, clock=clock), other


async def test_two_workers_boost_each_note_once(two):
    guild, other = two
    [ada] = await guild.add("ada")
    for _ in range(DUE):
        await job_notes.post(guild.federation, ada, job_draft(guild))
    guild.clock.forward(minutes=1)

    await asyncio.gather(*[announce_planned(each) for each in (guild.federation, other) * 3])

    made = await guild.rows("select object_id from activities where type = 'Announce'")
    assert len(made) == DUE
    assert len({row["object_id"] for row in made}) == DUE
