"""A founded guild to copy for each run, known to its peers: it costs a second to make."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from fedirec.community.membership import add_member, make_token
from fedirec.domain.actors import ActorId
from fedirec.domain.follows import FollowState
from fedirec.federation.context import Federation
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.server import open_federation
from fedirec.storage.follows import Follow, save_follow
from tests.databases import Server, temporary_database
from tests.fediverse import settings_at
from tests.peers import Peer, PeerActor

MEMBERS: Final = ("ada", "ben", "cyd", "dee")
FOLLOWED: Final = ("ada", "ben")
_PERSONS: Final = ("pia", "quin", "rosa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A guild for ever at `host`; the template is a file, or a database of `server`.

    `peers` are the names of their persons, by where they listen; each follows some of the members.
    """

    host: str
    tokens: Mapping[str, str]
    peers: Mapping[tuple[str, int], str]
    template: str
    server: Server | None

    def id(self, member: str) -> str:
        """The actor id of a member."""
        return f"http://{self.host}/users/{member}"

    @asynccontextmanager
    async def copied(self, folder: Path) -> AsyncIterator[str]:
        """The address of a copy of the database for the length of the block."""
        if self.server is None:
            shutil.copyfile(self.template, folder / "fedirec.db")
            yield f"sqlite:///{folder / 'fedirec.db'}"
            return
        async with temporary_database(self.server, self.template) as url:
            yield url


@asynccontextmanager
async def opened(places: Mapping[tuple[str, int], str]) -> AsyncIterator[list[Peer]]:
    """Open the peers' doors for the length of the block, each with its person."""
    async with AsyncExitStack() as stack:
        peers = []
        for (address, port), name in places.items():
            peer = await stack.enter_async_context(Peer(address=address, port=port))
            peer.add_actor(name)
            peers.append(peer)
        yield peers


def prepare(folder: Path, server: Server | None) -> Prepared:
    """Found a guild on SQLite, or on the server if there is one."""
    return asyncio.run(_prepare(folder, server))


async def _prepare(folder: Path, server: Server | None) -> Prepared:
    address, port = _free_place(1)
    host = f"{address}:{port}"
    template = str(folder / "fedirec.db")
    url = f"sqlite:///{template}"
    if server is not None:
        template = f"fedirec_chaos_{uuid4().hex}"
        await server.run(f"create database {template}")
        url = server.url(template)
    settings = settings_at(folder, 0, domain=host, host=f"http://{host}", listen=host, database=url)
    peers = {_free_place(2 + number): name for number, name in enumerate(_PERSONS)}
    async with open_federation(settings, is_founding=True) as federation, opened(peers) as doors:
        tokens = {}
        for name in MEMBERS:
            await add_member(federation, name)
            tokens[name] = await make_token(federation, name, ("read", "write"))
        for peer in doors:
            for actor in peer.actors.values():
                await _befriend(federation, actor)
    return Prepared(host=host, tokens=tokens, peers=peers, template=template, server=server)


async def _befriend(federation: Federation, actor: PeerActor) -> None:
    """Let a peer's person follow those who are followed."""
    follower, now = await get_or_fetch_actor(federation, ActorId(actor.id)), federation.now()
    async with federation.database.transaction() as transaction:
        for name in FOLLOWED:
            follow = Follow(
                follower_id=follower.id,
                followed_id=federation.instance.member_id(name),
                activity_id=f"{actor.id}#follows/{name}",
                state=FollowState.ACCEPTED,
                requested_at=now,
                accepted_at=now,
            )
            await save_follow(transaction, follow)


def _free_place(number: int) -> tuple[str, int]:
    """An address and port that nothing else on loopback takes between two starts."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    address = f"127.0.{1 + int(worker)}.{number}"
    with socket.create_server((address, 0)) as listener:
        return address, listener.getsockname()[1]
