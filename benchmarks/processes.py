"""Processes under measurement: started, watched through /proc, and ended. Linux alone."""

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
ROOT: Final = Path(__file__).resolve().parents[1]
LOOPBACK: Final = "127.0.0.1"
_SCHEDULED: Final = 2  # of another process's clocks, the one that counts its time on a core
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """CPU seconds of a process and its threads: exact in all, its two parts in ticks of 10 ms."""

    total: float
    user: float
    system: float

    def __sub__(self, other: "Cpu") -> "Cpu":
        return Cpu(
            total=self.total - other.total,
            user=self.user - other.user,
            system=self.system - other.system,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running process."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def cpu(self) -> Cpu:
        """Return what it has used so far."""
        text = (PROC / str(self.pid) / "stat").read_text()
        fields = text.rpartition(")")[2].split()
        clock = (~self.pid << 3) | _SCHEDULED
        return Cpu(
            total=time.clock_gettime(clock),
            user=int(fields[11]) / _TICKS,
            system=int(fields[12]) / _TICKS,
        )

    def rss_bytes(self) -> int:
        """Return its resident memory now."""
        return int((PROC / str(self.pid) / "statm").read_text().split()[1]) * _PAGE

    def forget_peak(self) -> None:
        """Begin anew to look for the most memory that it holds."""
        (PROC / str(self.pid) / "clear_refs").write_text("5")

    def peak_rss_bytes(self) -> int:
        """Return the most resident memory it held since `forget_peak`."""
        for line in (PROC / str(self.pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        message = f"process {self.pid} has no VmHWM"
        raise RuntimeError(message)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


def as_installed() -> dict[str, str]:
    """Return an environment in which modules are compiled once, as pip leaves them.

    With PYTHONDONTWRITEBYTECODE of the one who measures, each start would compile this checkout
    anew and the libraries of the yardstick not: 250 ms more.
    """
    kept = {name: said for name, said in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[Child]:
    """Run a command for the length of the block, its words in `log`; SIGTERM at the end."""
    with log.open("ab") as words:
        process = subprocess.Popen(
            command,
            env={**as_installed(), **(environment or {})},
            cwd=folder or ROOT,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
        )
    try:
        yield Child(process=process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(
    condition: Callable[[], bool],
    *,
    what: str,
    seconds: float = _START_SECONDS,
    every: float = 0.02,
) -> float:
    """Return how many seconds passed until the condition held; TimeoutError if never."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            message = f"{what}: not within {seconds:g} s"
            raise TimeoutError(message)
        time.sleep(every)
    return time.monotonic() - began


def wait_for_port(child: Child, port: int, *, log: Path, address: str = LOOPBACK) -> None:
    """Return once somebody listens; raise RuntimeError with the last words of who ended instead."""

    def listens() -> bool:
        if child.process.poll() is not None:
            message = f"{child.process.args!r} ended: {log.read_text()[-2000:]}"
            raise RuntimeError(message)
        with socket.socket() as probe:
            return probe.connect_ex((address, port)) == 0

    wait_for(listens, what=f"listening on {address}:{port}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def raise_file_limit(needed: int) -> None:
    """Allow this process and its children enough open files, or raise RuntimeError."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < needed:
        message = f"{needed} open files are needed, and the hard limit is {most}: raise `ulimit -n`"
        raise RuntimeError(message)
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))
