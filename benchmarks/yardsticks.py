"""What a figure is measured against: openssl's signatures, and aiohttp with nothing behind it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load import Answers, Generator
from benchmarks.processes import Child, Cpu, free_port, running, wait_for_port

_SPEED: Final = re.compile(rb"^rsa\s+2048 bits.*\s([\d.]+)\s+([\d.]+)\s*$", re.MULTILINE)
_FLUSHES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaSpeed:
    """RSA-2048 of openssl on one core: operations for each CPU second."""

    signs: float
    verifies: float


def measure_rsa() -> RsaSpeed:
    """Run `openssl speed -seconds 1 rsa2048`, which counts its own CPU time; 2 s."""
    ran = subprocess.run(
        ["openssl", "speed", "-seconds", "1", "rsa2048"], capture_output=True, check=True
    )
    found = _SPEED.search(ran.stdout)
    if found is None:
        message = f"openssl speed said {ran.stdout!r:.300}"
        raise RuntimeError(message)
    return RsaSpeed(signs=float(found[1]), verifies=float(found[2]))


def measure_flushes(folder: Path) -> float:
    """Return how often a second the disk flushes 4 KB (fdatasync), now."""
    path = folder / "flushes"
    with path.open("wb", buffering=0) as file:
        began = time.monotonic()
        for _ in range(_FLUSHES):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        seconds = time.monotonic() - began
    path.unlink()
    return _FLUSHES / seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """The bare aiohttp server, running."""

    child: Child
    port: int


@contextmanager
def bare_server(folder: Path, *, keepers: Mapping[str, str] | None = None) -> Iterator[Bare]:
    """Run the bare server for the length of the block.

    `keepers`: PEM by key id, of whom it takes one committed row each; else it takes anything.
    """
    port, log = free_port(), folder / "bare.log"
    command = [sys.executable, "-m", "benchmarks.bare", str(port)]
    if keepers is not None:
        keys = folder / "keys.json"
        keys.write_text(json.dumps(keepers))
        command += [str(folder / "kept.db"), str(keys)]
    with running(command, log=log) as child:
        wait_for_port(child, port, log=log)
        yield Bare(child=child, port=port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A file of requests as one server answered it, and what that cost the server."""

    answers: Answers
    cpu: Cpu

    @property
    def per_cpu_second(self) -> float:
        """Requests for each CPU second of the server."""
        return self.answers.requests / self.cpu.total

    @property
    def microseconds(self) -> float:
        """CPU time of one request."""
        return 1e6 / self.per_cpu_second

    def cost(self) -> str:
        """Return the CPU time of one request in words: user and system apart."""
        each = 1e6 / self.answers.requests
        return f"{self.cpu.user * each:.0f} + {self.cpu.system * each:.0f} us"


def play(
    generator: Generator,
    requests: Path,
    server: Child,
    port: int,
    *,
    connections: int = 64,
    times: int = 1,
) -> Played:
    """Play requests to a server and return the answers with the CPU time it took meanwhile."""
    before = server.cpu()
    answers = generator.play(requests, port, connections=connections, times=times)
    return Played(answers=answers, cpu=server.cpu() - before)
