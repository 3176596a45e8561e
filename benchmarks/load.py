"""The load generator: replays requests that were made and signed before the clock started.

`load.c`, compiled for each run; without a C compiler `slow_load.py`, and the table says so.
"""

import json
import shutil
import struct
import subprocess
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SOURCE: Final = Path(__file__).parent / "load.c"
_SECONDS: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came back: how many of each status, and how long they took at this many connections."""

    requests: int
    statuses: Mapping[int, int]
    breaks: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    def all_are(self, status: int) -> bool:
        """Whether every request got this status."""
        return self.statuses.get(status, 0) == self.requests

    def latency(self) -> str:
        """Return how long the answers took in words."""
        return f"p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"

    def told(self) -> str:
        """Return the counts in words."""
        counts = ", ".join(f"{count} x {status}" for status, count in self.statuses.items())
        silent = self.requests - sum(self.statuses.values())
        return f"{counts}{f', {silent} without an answer' if silent else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """A program that replays files of requests."""

    command: tuple[str, ...]
    name: str

    def play(
        self,
        requests: Path,
        port: int,
        *,
        connections: int = 64,
        times: int = 1,
        statuses: Path | None = None,
    ) -> Answers:
        """Play a file, each request once (`times` times the whole), and return what came back."""
        with self.start(
            requests, port, connections=connections, times=times, statuses=statuses
        ) as run:
            words, _ = run.communicate(timeout=_SECONDS)
        return read_answers(words)

    def start(
        self,
        requests: Path,
        port: int,
        *,
        connections: int = 64,
        times: int = 1,
        statuses: Path | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Begin to play; `read_answers` reads what it prints at the end."""
        numbers = [str(port), str(connections), str(times)]
        command = [*self.command, str(requests), *numbers, str(statuses or "-")]
        return subprocess.Popen(command, stdout=subprocess.PIPE)


def find_generator(folder: Path) -> Generator:
    """Compile the generator into a folder, or fall back on the slow one."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        slow = (sys.executable, "-m", "benchmarks.slow_load")
        return Generator(command=slow, name="an asyncio client: no C compiler was found")
    program = folder / "load"
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-o", str(program), str(_SOURCE)], check=True)
    return Generator(command=(str(program),), name="benchmarks/load.c, one thread, compiled here")


def get_request(authority: str, target: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a GET as bytes of HTTP."""
    lines = [f"GET {target} HTTP/1.1", f"host: {authority}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join((*lines, "", "")).encode()


def write_requests(path: Path, requests: Iterable[bytes]) -> Path:
    """Write the file that a generator plays."""
    with path.open("wb") as file:
        for request in requests:
            file.write(struct.pack("<I", len(request)))
            file.write(request)
    return path


def read_requests(path: Path) -> list[bytes]:
    """Return what `write_requests` wrote."""
    content = path.read_bytes()
    requests, at = [], 0
    while at < len(content):
        (length,) = struct.unpack_from("<I", content, at)
        requests.append(content[at + 4 : at + 4 + length])
        at += 4 + length
    return requests


def read_statuses(path: Path) -> list[int]:
    """Return the status of each request in order; 0 where no answer came."""
    return list(array("H", path.read_bytes()))


def read_answers(words: bytes) -> Answers:
    """Read the line of JSON that a generator prints."""
    said = json.loads(words)
    return Answers(**{**said, "statuses": {int(key): n for key, n in said["statuses"].items()}})
