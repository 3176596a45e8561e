"""The program under test in processes of its own, which a test kills, freezes and starts again."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.chaos.patience import until
from tests.chaos.prepared import Prepared

START_SECONDS: Final = 60.0  # the machine may have much else to do
LIMITS: Final = {
    "lease": "3s",  # what a killed process held is taken up again after that
    "delivery_timeout": "2s",
    "announce_delay": "0s",
    "announces_per_day": "100",
    "requests_per_host_minute": "1000000",
    "requests_per_unknown_host_minute": "1000000",
    "requests_per_actor_minute": "1000000",
}


@dataclass(slots=True, kw_only=True)
class Program:
    """One command that stays, `serve` or `worker`, over one database; it may be started again.

    `settings` are by their names in the environment, without the prefix, and `environment` is the
    rest of it. `log` grows over restarts.
    """

    folder: Path
    settings: dict[str, str]
    words: tuple[str, ...] = ("serve", "--json")
    environment: dict[str, str] = field(default_factory=dict)
    log: Path = field(init=False)
    _process: asyncio.subprocess.Process | None = None
    _starts: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / f"{self.words[0]}-{id(self)}.log"  # two may share the folder

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None
        return self._process.pid

    async def start(self, *, failpoints: str = "", **settings: str) -> None:
        """Start it and return when it is ready; `failpoints` as in `fedirec/failpoints.py`."""
        await self.launch(failpoints=failpoints, **settings)
        await self.ready()

    async def launch(self, *, failpoints: str = "", **settings: str) -> None:
        """Start it without waiting for it."""
        self._starts = self.count_events("worker.ready")
        self._process = await self._run(self.words, failpoints, settings)

    async def command(self, *words: str, failpoints: str = "") -> int:
        """Run another command beside it; return how it ended."""
        process = await self._run(words, failpoints, {})
        async with asyncio.timeout(START_SECONDS):
            await process.communicate()
        assert process.returncode is not None
        return process.returncode

    async def _run(
        self, words: tuple[str, ...], failpoints: str, settings: Mapping[str, str]
    ) -> asyncio.subprocess.Process:
        given = {**self.settings, **settings}
        if failpoints:
            given["FAILPOINTS"] = failpoints
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "fedirec",
                *words,
                cwd=self.folder,
                env={**clean_environment(given), **self.environment},
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def ready(self) -> None:
        """Wait until it says that it is."""
        assert self._process is not None
        assert self._process.stdout is not None
        if self.words[0] == "serve":
            async with asyncio.timeout(START_SECONDS):
                said = await self._process.stdout.readline()
            assert said, self.log.read_text()[-4000:]
            return
        await until(
            lambda: self.count_events("worker.ready") > self._starts, expecting="worker.ready"
        )

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ended(self, *, seconds: float = START_SECONDS) -> int:
        """Wait for its end; return how it ended."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def kill(self) -> None:
        """End it as a power cut would end it, but for what the system has in memory."""
        if self._process is None:
            return
        self.send(signal.SIGKILL)
        await self.ended()

    async def leave(self) -> int:
        """Ask it to end in order; return its exit code."""
        self.send(signal.SIGTERM)
        return await self.ended()

    async def frozen(self) -> None:
        """Wait until it stands still, by SIGSTOP of its own or of ours."""
        await until(lambda: _state_of(self.pid) == "T", expecting="standing still")

    def events(self) -> list[dict[str, Any]]:
        """What it logged so far, one value a line; what is not ours stands under `text`."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [_event(line) for line in lines]

    def count_events(self, name: str) -> int:
        """How often it logged this."""
        return sum(event.get("event") == name for event in self.events())


@asynccontextmanager
async def program_over(
    prepared: Prepared, folder: Path, *, database: str, words: tuple[str, ...] = ("serve", "--json")
) -> AsyncIterator[Program]:
    """A program that is not running yet; whatever runs of it is killed at the end."""
    program = Program(
        folder=folder, settings=settings_of(prepared, folder, database=database), words=words
    )
    try:
        yield program
    finally:
        await program.kill()


def settings_of(prepared: Prepared, folder: Path, *, database: str) -> dict[str, str]:
    """The settings of the prepared guild, that reaches loopback alone."""
    return {
        "DOMAIN": prepared.host,
        "HOST": f"http://{prepared.host}",
        "LISTEN": prepared.host,
        "DATA": str(folder),
        "DATABASE": database,
        "TEST_NETWORK": "127.0.0.0/8",
        **{f"LIMITS__{name.upper()}": value for name, value in LIMITS.items()},
    }


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("FEDIREC_")}
    root = str(Path(__file__).parents[2])
    named = {f"FEDIREC_{name}": value for name, value in settings.items()}
    return {**others, "PYTHONPATH": root, **named}


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"text": line}


def _state_of(pid: int) -> str:
    """The state of a process as Linux names it, such as R, S, T."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
