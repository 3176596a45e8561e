"""A PostgreSQL server of a test's own, that it may end, freeze, restrict and start again."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

from tests.databases import Server, make_cluster, server_in, start_cluster, stop_cluster

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

CONNECTIONS: Final = 30
_SETTINGS: Final = (
    f"-c max_connections={CONNECTIONS} -c superuser_reserved_connections=0"
    " -c synchronous_commit=on"  # it is killed
)
_CUT: Final = (
    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
    " where application_name like 'fedirec%'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A server, and the folder that it stands in."""

    server: Server
    folder: Path

    def start(self) -> None:
        """Start it as it was."""
        start_cluster(self.folder, settings=_SETTINGS)

    def crash(self) -> None:
        """End it at once."""
        stop_cluster(self.folder)

    def freeze(self) -> None:
        """Have all its processes stand still."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._send(signal.SIGCONT)

    async def set_read_only(self, *, is_on: bool) -> None:
        """Refuse writing, as a server does that another one took over from."""
        value = "on" if is_on else "off"
        await self.server.run(f"alter system set default_transaction_read_only = {value}")
        await self.server.run("select pg_reload_conf()")

    async def cut(self) -> None:
        """End every connection of the program, whatever it is doing."""
        await self.server.run(_CUT)

    @asynccontextmanager
    async def crowded(self) -> AsyncIterator[None]:
        """Take every connection for the length of the block, those of the program too."""
        async with AsyncExitStack() as stack:
            held: list[Connection] = []
            while len(held) < CONNECTIONS:
                try:
                    held.append(await asyncpg.connect(self.server.url("postgres")))
                except asyncpg.TooManyConnectionsError:
                    await held[0].execute(_CUT)
                else:
                    stack.push_async_callback(held[-1].close)
            yield

    def _send(self, number: signal.Signals) -> None:
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (first, *map(int, children)):
            os.kill(pid, number)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a server for the length of the block."""
    shared = Path(tempfile.mkdtemp(prefix="fedirec-cluster-"))  # sockets need short paths
    try:
        make_cluster(shared, settings=_SETTINGS)
        cluster = Cluster(server=server_in(shared), folder=shared / "cluster")
        yield cluster
    finally:
        if (shared / "cluster" / "postmaster.pid").exists():
            stop_cluster(shared / "cluster")
        shutil.rmtree(shared, ignore_errors=True)
