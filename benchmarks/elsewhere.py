"""Everybody else: one process that is many hosts of 127.0.1.1 to 127.0.4.250.

It serves the actors that sign our load, takes deliveries and counts them. Some hosts hang, some are
slow. `python -m benchmarks.elsewhere CONFIG.json`; it tells the counts at
/counts, and forgets them at /forget.
"""

import asyncio
import hashlib
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

_TAKEN = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


@dataclass(slots=True)
class Elsewhere:
    """What is known of its hosts, and what came."""

    people: dict[str, str]
    hanging: frozenset[str]
    slow: frozenset[str]
    slow_seconds: float
    by_host: Counter[str] = field(default_factory=Counter)
    seen: set[bytes] = field(default_factory=set)
    last_at: dict[str, float] = field(default_factory=dict)
    in_flight: Counter[str] = field(default_factory=Counter)
    most_in_flight: int = 0

    def take(self, host: str, target: bytes, body: bytes) -> None:
        """Count one delivery; `seen` holds each pair of inbox and body once."""
        self.by_host[host] += 1
        self.seen.add(hashlib.sha256(host.encode() + target + body).digest()[:16])
        self.last_at[host] = time.monotonic()
        self.in_flight[host] += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight[host])

    def tell(self, target: str) -> bytes:
        """Return the counts; at /forget they begin anew."""
        said = {
            "deliveries": sum(self.by_host.values()),
            "distinct": len(self.seen),
            "by_host": self.by_host,
            "last_at": self.last_at,
            "most_in_flight": self.most_in_flight,
        }
        answer = _json(said)
        if target == "/forget":
            self.by_host, self.last_at, self.seen = Counter(), {}, set()
        return answer

    def show_actor(self, authority: str, name: str) -> bytes:
        """Return the document of somebody who lives at any of the hosts."""
        pem = self.people.get(name)
        if pem is None:
            return b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
        return _json(actor_document(f"http://{authority}", name, pem))


def actor_document(origin: str, name: str, pem: str) -> dict[str, object]:
    """Return a person as their server shows them."""
    actor = f"{origin}/users/{name}"
    key = {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": pem}
    return {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            "https://w3id.org/security/v1",
        ],
        "id": actor,
        "type": "Person",
        "preferredUsername": name,
        "name": name.title(),
        "inbox": f"{actor}/inbox",
        "outbox": f"{actor}/outbox",
        "followers": f"{actor}/followers",
        "url": actor,
        "endpoints": {"sharedInbox": f"{origin}/inbox"},
        "publicKey": key,
    }


def _json(document: object) -> bytes:
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/activity+json\r\ncontent-length: {len(body)}"
    )
    return head.encode() + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """One kept connection; requests come one after the other."""

    def __init__(self, elsewhere: Elsewhere, host: str) -> None:
        self._elsewhere = elsewhere
        self._host = host
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            length = _header(head, b"content-length")
            size = int(length or 0)
            if len(rest) < size:
                return
            self._buffer = rest[size:]
            self._answer(head, rest[:size])

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head.partition(b"\r\n")[0].split(b" ", 2)
        if self._host in self._elsewhere.hanging or self._transport is None:
            return
        if method == b"POST":
            self._elsewhere.take(self._host, target, body)
            self._write(_TAKEN)
        elif target.startswith(b"/users/"):
            authority = _header(head, b"host").decode()
            name = target.decode().rpartition("/")[2]
            self._write(self._elsewhere.show_actor(authority, name))
        else:
            self._write(self._elsewhere.tell(target.decode()))

    def _write(self, answer: bytes) -> None:
        if self._transport is None:
            return
        if self._host in self._elsewhere.slow:
            loop = asyncio.get_running_loop()
            loop.call_later(self._elsewhere.slow_seconds, self._write_now, answer)
        else:
            self._write_now(answer)

    def _write_now(self, answer: bytes) -> None:
        if answer is _TAKEN:
            self._elsewhere.in_flight[self._host] -= 1
        if self._transport is not None:
            self._transport.write(answer)


def _header(head: bytes, name: bytes) -> bytes:
    _, _, rest = head.lower().partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip()


async def _serve(said: dict[str, Any]) -> None:
    elsewhere = Elsewhere(
        people=said["people"],
        hanging=frozenset(said["hanging"]),
        slow=frozenset(said["slow"]),
        slow_seconds=said["slow_seconds"],
    )
    loop = asyncio.get_running_loop()
    for host in said["hosts"]:
        connect = partial(_Connection, elsewhere, host)
        await loop.create_server(connect, host, said["port"], backlog=64)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text())))
