"""Low disk space: reading and taking back go on, and what is new is put off, in words."""

from pathlib import Path

import pytest

from fedirec.storage.space import Space, SpaceWatch
from tests.web.home import Home, open_home
from tests.web.test_client_side import NOTE, bearing, post


class Disk:
    """A disk that is full, or not, as a test says."""

    def __init__(self) -> None:
        self.is_full = False

    def __call__(self, _folder: Path) -> Space:
        return Space(0 if self.is_full else 1_000, 1_000)


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
async def home(tmp_path, disk):
    ticks = iter(range(10**6))  # each look is a new one
    space = SpaceWatch(
        tmp_path, least_bytes=100, monotonic=lambda: float(next(ticks)), measuring=disk
    )
    async with open_home(tmp_path, space=space) as opened:
        yield opened


async def posted(home: Home, actor, activity) -> int:
    """Post to the shared inbox; return the status."""
    status: int = await actor.post(f"http://127.0.0.1:{home.port}/inbox", activity)
    return status


@pytest.mark.rule("RX-12")
async def test_an_inbox_puts_news_off_before_anything_is_fetched_or_stored(home, peer, disk):
    dan = peer.add_actor("dan")
    disk.is_full = True

    inbox = f"http://127.0.0.1:{home.port}/inbox"
    headers, body = dan.sign_post(inbox, dan.activity("Follow", home.id("ada")))
    seen = await peer.exchange("POST", inbox, headers=headers, body=body)

    assert seen.status == 507
    assert int(seen.headers["retry-after"]) >= 1
    assert peer.received == []
    assert await home.count("received") == 0


@pytest.mark.rule("RX-12")
async def test_an_inbox_takes_news_again_once_there_is_space(home, peer, disk):
    dan = peer.add_actor("dan")
    follow = dan.activity("Follow", home.id("ada"))
    disk.is_full = True
    refused = await posted(home, dan, follow)
    disk.is_full = False

    assert (refused, await posted(home, dan, follow)) == (507, 202)


@pytest.mark.rule("RX-12")
async def test_what_is_taken_back_is_taken_in_without_space(home, peer, disk):
    dan = peer.add_actor("dan")
    follow = dan.activity("Follow", home.id("ada"))
    await posted(home, dan, follow)
    disk.is_full = True

    assert await posted(home, dan, dan.activity("Undo", follow)) == 202
    assert await posted(home, dan, dan.activity("Delete", f"{dan.id}/notes/1")) == 202


@pytest.mark.rule("RX-12")
async def test_a_members_writing_is_put_off_in_words_and_their_deletion_is_done(home, disk):
    token = await home.token("ada")
    note = (await home.ask((await post(home, "ada", token, NOTE)).headers["location"])).json()
    disk.is_full = True

    refused = await post(home, "ada", token, NOTE)
    deletion = {"type": "Delete", "object": note["object"]["id"]}
    deleted = await post(home, "ada", token, deletion)

    assert refused.status == 507
    assert refused.json()["error"] == "There is no space left here."
    assert int(refused.headers["retry-after"]) >= 1
    assert deleted.status == 201
    assert (await home.ask(note["object"]["id"])).status == 410


@pytest.mark.rule("RX-12")
@pytest.mark.parametrize("path", ["/", "/@ada", "/users/ada", "/jobs", "/nodeinfo/2.1"])
async def test_reading_goes_on_without_space(home, disk, path):
    disk.is_full = True

    assert (await home.ask(path)).status == 200


async def test_the_own_inbox_can_be_read_without_space(home, disk):
    token = await home.token("ada")
    disk.is_full = True

    assert (await home.ask("/users/ada/inbox", headers=bearing(token))).status == 200
