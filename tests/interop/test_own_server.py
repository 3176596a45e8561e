"""mastodon-mock, which serves Mastodon's API, as the own server of somebody without an account.

It serves no actors, so this goes as far as whose account it is; the rest is in tests/web.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from fedirec.domain.actors import Host
from fedirec.errors import FedirecError, RemoteRefusedError
from fedirec.federation.own_server import (
    authorization_link,
    challenge_of,
    open_own_server,
)
from tests.fediverse import free_port
from tests.web.home import open_home

TRIES = 300
VERIFIER = "a-verifier-of-this-test-that-is-long-enough-"
STATE = "a-state"


@asynccontextmanager
async def serving(command: str, folder: Path) -> AsyncIterator[Host]:
    """Run the server in a folder of its own; give its host once it answers."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        command,
        "serve",
        "--in-memory",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await wait_until_open(port)
        yield Host(f"127.0.0.1:{port}")
    finally:
        process.kill()
        await process.wait()


async def wait_until_open(port: int) -> None:
    """Return once something listens there; raise TimeoutError if nothing does in a minute."""
    for _ in range(TRIES):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return
    raise TimeoutError("mastodon-mock does not answer")


async def say_yes(link: str, name: str) -> dict[str, list[str]]:
    """Choose an account on its page, as a browser does; return what it sends back with it."""
    parts = urlsplit(link)
    asked = {key: each[0] for key, each in parse_qs(parts.query).items()}
    async with aiohttp.ClientSession() as session:
        async with session.get(link) as page:
            assert name in await page.text()
        async with session.post(
            link.partition("?")[0], data={**asked, "username": name}, allow_redirects=False
        ) as sent:
            return parse_qs(urlsplit(sent.headers["Location"]).query)


async def test_a_server_of_another_make_says_whose_account_it_is_and_forgets_the_token(
    tmp_path, mastodon_mock
):
    async with serving(mastodon_mock, tmp_path) as host, open_home(tmp_path) as home:
        back = f"{home.instance.origin}/sign-in/elsewhere/back/{host}"
        server = await open_own_server(home.federation, host)
        ways = await server.find_ways()
        client = await server.register(ways, redirect_uri=back)
        link = authorization_link(
            ways, client, redirect_uri=back, state=STATE, challenge=challenge_of(VERIFIER)
        )

        returned = await say_yes(link, "testuser")
        token = await server.redeem(
            client, ways.token_url, code=returned["code"][0], verifier=VERIFIER, redirect_uri=back
        )
        account = await server.ask_whose(token)
        await server.revoke(client, ways.revocation_url, token)

        assert ways.authorization_url == f"http://{host}/oauth/authorize"
        assert ways.scope == "read:accounts"
        assert returned["state"] == [STATE]
        assert account.name == "testuser"
        with pytest.raises(RemoteRefusedError):
            await server.ask_whose(token)
        with pytest.raises(FedirecError):
            await server.find_actor(account)
