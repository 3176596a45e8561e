"""X5's zoo: peers that are wrong in every way, each on a loopback address of its own.

They are sockets, not HTTP servers: what is wrong with them would not get through one.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Behaviour = Callable[["Animal", Reader, Writer], Awaitable[None]]

LATE_SECONDS: Final = 4.0
_HEAD: Final = b"HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\n"


@dataclass(slots=True, kw_only=True)
class Animal:
    """One bad peer: how it behaves, and what it counted. `expected` is what a row comes to."""

    name: str
    expected: tuple[str, str]
    behave: Behaviour | None
    scheme: str = "http"
    address: str = ""
    port: int = 0
    requests: list[str] = field(default_factory=list)
    in_flight: int = 0
    most: int = 0

    @property
    def host(self) -> str:
        """Its address and port."""
        return f"{self.address}:{self.port}"

    @property
    def id(self) -> str:
        """Its one actor."""
        return f"{self.scheme}://{self.host}/users/{self.name}"

    @property
    def inbox(self) -> str:
        """Its one inbox."""
        return f"{self.id}/inbox"

    async def meet(self, reader: Reader, writer: Writer) -> None:
        """Count a connection for as long as it lasts, and behave."""
        assert self.behave is not None
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        # asyncio's streams do not expect a handler to be cancelled, as the end of a test does
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self.behave(self, reader, writer)
        self.in_flight -= 1
        writer.close()


def answers(status: int, **headers: str) -> Behaviour:
    """Answer each request so, and close."""

    async def behave(animal: Animal, reader: Reader, writer: Writer) -> None:
        await _read(animal, reader)
        given = {**headers, "Content-Length": "0", "Connection": "close"}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
        await _write(writer, f"HTTP/1.1 {status} So\r\n{lines}\r\n".encode())

    return behave


def sends(*pieces: bytes, every: float = 0.0, ends: bool = True, before: float = 0.0) -> Behaviour:
    """Send these bytes after a request, over and over unless it `ends`."""

    async def behave(animal: Animal, reader: Reader, writer: Writer) -> None:
        await _read(animal, reader)
        await asyncio.sleep(before)
        await _write(writer, pieces[0])
        while not (ends or reader.at_eof()):
            for piece in pieces[1:]:
                await _write(writer, piece)
            with suppress(TimeoutError):  # it listens for the other side's going
                await asyncio.wait_for(reader.read(1), every)

    return behave


def resets(sent: bytes) -> Behaviour:
    """Send the beginning of an answer, then reset the connection."""

    async def behave(animal: Animal, reader: Reader, writer: Writer) -> None:
        await _read(animal, reader)
        await _write(writer, sent)
        await asyncio.sleep(0.05)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    return behave


async def hangs(animal: Animal, reader: Reader, _writer: Writer) -> None:
    """Take a request and say nothing until the other side goes."""
    await _read(animal, reader)
    await reader.read()


async def babbles(_animal: Animal, reader: Reader, writer: Writer) -> None:
    """Answer a handshake of TLS with what is none."""
    await reader.read(64)
    await _write(writer, b"\x16\x03\x01\xff\xffwhat is a certificate?" * 20)


async def alternates(animal: Animal, reader: Reader, writer: Writer) -> None:
    """Be down for each first request, and up for each second."""
    is_up = len(animal.requests) % 2 == 1
    await answers(202 if is_up else 500)(animal, reader, writer)


def animals() -> list[Animal]:
    """Every kind there is, with the state and class that a first try comes to (reliability §3)."""
    passing, busy, delivered = ("waiting", "temporary"), ("waiting", "busy"), ("delivered", "ok")
    kinds: Mapping[str, tuple[tuple[str, str], Behaviour | None]] = {
        "refuses": (passing, None),
        "blackhole": (passing, None),
        "hangs": (passing, hangs),
        "babbles": (passing, babbles),
        "garbage": (passing, sends(b"lorem ipsum dolor\r\n\r\n" * 10)),
        "dripping": (passing, sends(_HEAD + b"X-Slow: ", b"o", every=0.5, ends=False)),
        "drowning": (passing, sends(_HEAD, b"X-More: of this\r\n" * 999, ends=False)),
        "resetting": (passing, resets(b"HTTP/1.1 202 Acc")),
        "failing": (passing, answers(500)),
        "gateway": (passing, answers(502)),
        "minus": (busy, answers(429, Retry_After="-1")),
        "aeons": (busy, answers(429, Retry_After="1000000000000")),
        "past": (busy, answers(429, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT")),
        "never": (busy, answers(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")),
        "circles": (("waiting", "moved"), answers(301, Location="/round")),
        "rejects": (("waiting", "rejected"), answers(422)),
        "forbids": (("waiting", "auth"), answers(403)),
        "missing": (("waiting", "missing"), answers(404)),
        "gone": (("gone", "gone"), answers(410)),
        "late": (delivered, sends(_HEAD + b"Content-Length: 0\r\n\r\n", before=LATE_SECONDS)),
        "endless": (delivered, sends(_HEAD + b"\r\n", b"x" * 65_536, ends=False)),
        "trickles": (delivered, sends(_HEAD + b"\r\n", b"x", every=0.5, ends=False)),
        "torn": (delivered, resets(_HEAD + b"Content-Length: 999\r\n\r\nhalf")),
        "alternates": (("", ""), alternates),
    }
    return [
        Animal(name=name, expected=expected, behave=behave, address=f"127.0.9.{number}")
        for number, (name, (expected, behave)) in enumerate(kinds.items(), 1)
    ]


@asynccontextmanager
async def open_zoo() -> AsyncIterator[list[Animal]]:
    """Let all of them listen, or not, for the length of the block."""
    zoo = animals()
    async with AsyncExitStack() as stack:
        for animal in zoo:
            if animal.name == "babbles":
                animal.scheme = "https"
            if animal.behave is None:
                _close_door(animal, stack)
                continue
            server = await asyncio.start_server(animal.meet, animal.address, 0)
            stack.callback(server.close)
            animal.port = server.sockets[0].getsockname()[1]
        yield zoo


def _close_door(animal: Animal, stack: AsyncExitStack) -> None:
    """Take a port that refuses, or one whose queue is full, so that nothing is answered at all."""
    door = stack.enter_context(socket.socket())
    door.bind((animal.address, 0))
    animal.port = door.getsockname()[1]
    if animal.name == "blackhole":
        door.listen(0)
        for _ in range(4):
            guest = stack.enter_context(socket.socket())
            guest.settimeout(0)
            guest.connect_ex(door.getsockname())


async def _read(animal: Animal, reader: Reader) -> None:
    """Read one request, and note its first line."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(
        (line[15:] for line in head.splitlines() if line.lower().startswith("content-length:")), "0"
    )
    await reader.readexactly(int(length))
    animal.requests.append(head.splitlines()[0])


async def _write(writer: Writer, data: bytes) -> None:
    writer.write(data)
    await writer.drain()
