"""Stands between the program and PostgreSQL, and breaks a connection in the middle of a commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from tests.chaos.patience import until

_SOCKET: Final = ".s.PGSQL.5432"
_COMMIT: Final = b"COMMIT;"
_MUCH: Final = 65_536


@dataclass(slots=True, kw_only=True)
class Between:
    """Passes everything on, but for the commits that it was told to break."""

    server: Path
    broken: int = 0
    _open: int = 0
    _after: bytes = b""
    _arrives: bool = False

    def break_commit(self, *, after: bytes, arrives: bool) -> None:
        """Break at the next commit of a connection that prepares a statement like `after`.

        It happens if it arrives; either way nobody is told.
        """
        self._after, self._arrives = after, arrives

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to the server and back."""
        self._open += 1
        from_server, to_server = await asyncio.open_unix_connection(self.server)
        try:
            async with asyncio.TaskGroup() as tasks:
                back = tasks.create_task(_copy(from_server, writer))
                with suppress(ConnectionError):
                    await self._carry(reader, to_server, from_server, back)
                back.cancel()
        finally:
            for each in (to_server, writer):
                each.close()
                with suppress(ConnectionError):
                    await each.wait_closed()
            self._open -= 1

    async def closed(self) -> None:
        """Wait until the program, which has ended, has let go of its connections."""
        await until(lambda: self._open == 0, expecting="the end of all connections")

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        back: "asyncio.Task[None]",
    ) -> None:
        is_marked = False
        while data := await reader.read(_MUCH):
            is_marked = is_marked or (bool(self._after) and self._after in data)
            is_cut = is_marked and _COMMIT in data
            if is_cut:
                self._after, self.broken = b"", self.broken + 1
                back.cancel()
                await asyncio.wait([back])  # two cannot read from the server at once
            if not is_cut or self._arrives:
                to_server.write(data)
                await to_server.drain()
            if is_cut:
                if self._arrives:
                    await from_server.read(_MUCH)  # it is done
                return


@asynccontextmanager
async def between(url: str, folder: Path) -> AsyncIterator[tuple[Between, str]]:
    """Stand between for the length of the block; yields what breaks and the address to use."""
    parts = urlsplit(url)
    [server] = parse_qs(parts.query)["host"]
    standing = Between(server=Path(server) / _SOCKET)
    async with await asyncio.start_unix_server(standing.serve, folder / _SOCKET):
        yield standing, urlunsplit(parts._replace(query=urlencode({"host": str(folder)})))
        await standing.closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(_MUCH):
            writer.write(data)
            await writer.drain()
