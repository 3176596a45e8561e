"""A founded guild to copy for each run: keys, members and tokens cost half a second to make."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from fedirec.community.membership import add_member, make_token
from fedirec.server import open_federation
from tests.databases import Server, temporary_database
from tests.fediverse import settings_at

MEMBERS: Final = ("ada", "ben", "cyd", "dee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Where the guild is for ever, its members' tokens, and its database: a file, or a name."""

    host: str
    tokens: Mapping[str, str]
    template: str
    server: Server | None

    @asynccontextmanager
    async def copied(self, folder: Path) -> AsyncIterator[str]:
        """The address of a copy of the database for the length of the block."""
        if self.server is None:
            shutil.copyfile(self.template, folder / "fedirec.db")
            yield f"sqlite:///{folder / 'fedirec.db'}"
            return
        async with temporary_database(self.server, self.template) as url:
            yield url


def prepare(folder: Path, server: Server | None) -> Prepared:
    """Found a guild on SQLite, or on the server if there is one."""
    return asyncio.run(_prepare(folder, server))


async def _prepare(folder: Path, server: Server | None) -> Prepared:
    host = _free_place()
    template = str(folder / "fedirec.db")
    url = f"sqlite:///{template}"
    if server is not None:
        template = f"fedirec_chaos_{uuid4().hex}"
        await server.run(f"create database {template}")
        url = server.url(template)
    settings = settings_at(folder, 0, domain=host, host=f"http://{host}", listen=host, database=url)
    async with open_federation(settings, is_founding=True) as federation:
        tokens = {}
        for name in MEMBERS:
            await add_member(federation, name)
            tokens[name] = await make_token(federation, name, ("read", "write"))
    return Prepared(host=host, tokens=tokens, template=template, server=server)


def _free_place() -> str:
    """A host that nothing else on loopback takes between two starts of the program."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    address = f"127.0.1.{1 + int(worker)}"
    with socket.create_server((address, 0)) as listener:
        return f"{address}:{listener.getsockname()[1]}"
