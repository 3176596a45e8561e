"""What is said of one thing leaves in its order, through whatever trouble."""

import pytest

from fedirec.community import following, job_notes
from tests.community.test_job_notes import job_draft

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def heard(guild, person) -> list[str]:
    """Deliver what is due; return the types of all that a person's server was sent so far."""
    await guild.send()
    return [post.json()["type"] for post in person.peer.posts]


@pytest.mark.rule("ST-05")
async def test_an_edit_waits_for_what_is_tried_again_and_what_is_not_about_it_does_not(guild, dan):
    [ada] = await guild.add("ada")
    await guild.hear(dan, dan.activity("Follow", guild.id(ada)))
    await guild.send()
    dan.peer.received.clear()
    for path in ("/inbox", "/users/dan/inbox"):
        dan.peer.answers(path, 503, times=1)

    note_id = await job_notes.post(guild.federation, ada, job_draft(guild))
    tried = await heard(guild, dan)
    guild.clock.forward(seconds=1)
    await job_notes.amend(guild.federation, ada, note_id, job_draft(guild, title="Two framers"))
    waiting = await heard(guild, dan)
    await job_notes.post(guild.federation, ada, job_draft(guild))
    meanwhile = await heard(guild, dan)
    guild.clock.forward(minutes=2)
    at_last = await heard(guild, dan)

    assert (tried, waiting) == (["Create"], ["Create"])
    assert meanwhile == ["Create", "Create"]
    assert at_last == ["Create", "Create", "Create", "Update"]


@pytest.mark.rule("ST-05")
async def test_what_is_taken_back_waits_for_what_it_takes_back(guild, dan):
    [ada] = await guild.add("ada")
    dan.peer.answers("/users/dan/inbox", 503, times=1)

    await following.follow(guild.federation, ada, dan.handle)
    tried = await heard(guild, dan)
    guild.clock.forward(seconds=1)
    await following.unfollow(guild.federation, ada, dan.handle)
    waiting = await heard(guild, dan)
    guild.clock.forward(minutes=2)
    at_last = await heard(guild, dan)

    assert (tried, waiting) == (["Follow"], ["Follow"])
    assert at_last == ["Follow", "Follow", "Undo"]
