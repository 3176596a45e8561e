"""`kill -9` loses nothing accepted: what was kept is handled, what was published is sent."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from fedirec.community.membership import add_member, make_token
from fedirec.config import Settings
from fedirec.domain.actors import ActorId
from fedirec.server import open_federation
from fedirec.storage import follows
from fedirec.workers.deliveries import delivery_line
from tests.fediverse import Home, eventually, free_port, running, settings_at, settings_values
from tests.peers import Peer

_START_SECONDS = 30


@asynccontextmanager
async def killed_after(folder: Path, port: int) -> AsyncIterator[None]:
    """Serve in a process of its own for the length of the block; then kill it at once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.federation.idle_server",
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(settings_values(folder, port)).encode())
    process.stdin.close()
    try:
        async with asyncio.timeout(_START_SECONDS):
            said = b""
            while said.strip() != b"ready":
                said = await process.stdout.readline()
                assert said, "the server ended before it was ready"
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def prepared(settings: Settings) -> str:
    """Found the instance with a member; return a token of hers."""
    async with open_federation(settings, is_founding=True) as federation:
        await add_member(federation, "carol", display_name="Carol")
        return await make_token(federation, "carol", ("read", "write"))


async def test_killed_between_the_202_and_the_handling_it_still_takes_effect(tmp_path):
    port = free_port()
    await prepared(settings_at(tmp_path, port))
    async with Peer() as peer:
        dan = peer.add_actor("dan")
        followed = f"http://127.0.0.1:{port}/users/carol"
        follow = dan.activity("Follow", followed)

        async with killed_after(tmp_path, port):
            status = await dan.post(f"{followed}/inbox", follow)

        assert status == 202
        async with running(tmp_path, port=port) as home:
            assert await eventually(lambda: is_follower(home, dan.id), expecting="the follow")
            assert await eventually(lambda: got(peer, str(follow["id"])), expecting="the Accept")
            again = await dan.post(f"{followed}/inbox", follow)
            assert again == 202


async def test_killed_between_publishing_and_delivering_it_still_arrives_once(tmp_path):
    port = free_port()
    token = await prepared(settings_at(tmp_path, port))
    async with Peer() as peer:
        carol = await followed_by_dan(tmp_path, port, peer)

        async with killed_after(tmp_path, port):
            location = await post_note(carol, token)
            sent_before = [each for each in peer.posts if location in each.body.decode()]

        assert sent_before == []
        async with running(tmp_path, port=port):
            assert await eventually(lambda: got(peer, location), expecting="the note")
        creates = [each for each in peer.posts if each.json()["id"] == location]
        assert len(creates) == 1


async def followed_by_dan(folder: Path, port: int, peer: Peer) -> str:
    """Have somebody of the peer follow carol; return her actor's id."""
    dan = peer.add_actor("dan")
    carol = f"http://127.0.0.1:{port}/users/carol"
    async with running(folder, port=port) as home:
        await dan.post(f"{carol}/inbox", dan.activity("Follow", carol))
        assert await eventually(lambda: is_follower(home, dan.id), expecting="the follow")
    return carol


async def post_note(carol: str, token: str) -> str:
    """Publish a note through the client side; return the activity's id."""
    note = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Note",
        "content": "<p>Kept before it was answered.</p>",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [f"{carol}/followers"],
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/activity+json"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{carol}/outbox", data=json.dumps(note), headers=headers) as response,
    ):
        assert response.status == 201
        return response.headers["Location"]


async def is_follower(home: Home, follower_id: str) -> bool:
    """Whether the follow is there."""
    async with home.federation.database.reading() as reader:
        return await follows.is_follower(
            reader, follower=ActorId(follower_id), followed=home.id("carol")
        )


async def got(peer: Peer, text: str) -> bool:
    """Whether the peer got a POST that holds `text`."""
    return any(text in each.body.decode() for each in peer.posts)


async def test_after_a_crash_in_the_middle_of_sending_nobody_waits_for_the_lease(tmp_path):
    port = free_port()
    token = await prepared(settings_at(tmp_path, port))
    async with Peer() as peer:
        carol = await followed_by_dan(tmp_path, port, peer)
        async with killed_after(tmp_path, port):
            location = await post_note(carol, token)
        async with open_federation(settings_at(tmp_path, port)) as federation:
            line = delivery_line(federation)
            leased = await line.claim(federation, line.slots)

        async with running(tmp_path, port=port):
            assert await eventually(lambda: got(peer, location), expecting="the note")

        assert [each.activity_id for each in leased] == [location]
