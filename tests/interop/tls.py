"""A private certificate authority, and a TLS door in front of an instance, like a proxy."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

_CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Files in PEM: the authority's own certificate, and one with its key for loopback."""

    ca_file: Path
    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """What a server on loopback shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_authority(folder: Path) -> Authority:
    """Make an authority that only this test trusts."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    made = Authority(
        ca_file=folder / "ca.pem", certificate=folder / "server.pem", key=folder / "server.key"
    )
    authority.cert_pem.write_to_path(made.ca_file)
    issued.cert_chain_pems[0].write_to_path(made.certificate)
    issued.private_key_pem.write_to_path(made.key)
    return made


@asynccontextmanager
async def tls_door(authority: Authority, *, port: int, behind: int) -> AsyncIterator[None]:
    """Take TLS on loopback `port` and hand the bytes to the plain port `behind`, unread."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(_CHUNK):
                sink.write(chunk)
                await sink.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", behind)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pump(reader, inner_writer))
            tasks.create_task(pump(inner_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=authority.server_context())
    async with server:
        yield
        server.close()
