"""How much of everything a run does, and the workshop it does it in."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Generator, find_generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long to measure: a whole run, or a quick one that tells whether it works at all."""

    is_quick: bool

    @property
    def rounds(self) -> int:
        """How often yardstick and subject take turns."""
        return 2 if self.is_quick else 5

    @property
    def long_rounds(self) -> int:
        """The same where one round takes many seconds."""
        return 1 if self.is_quick else 3

    def some(self, amount: int) -> int:
        """Return how many of something to do in one round."""
        return amount // 5 if self.is_quick else amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where a run works: its folder, its load generator, and who hears how far it is."""

    plan: Plan
    folder: Path
    generator: Generator
    say: Callable[[str], None]

    def room(self, name: str) -> Path:
        """Return a new folder for one benchmark."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))

    @contextmanager
    def stage(self, words: str) -> Iterator[None]:
        """Say what begins, and how long it took."""
        began = time.monotonic()
        self.say(words)
        yield
        self.say(f"{words}: {time.monotonic() - began:.0f} s")


@contextmanager
def open_workshop(plan: Plan, say: Callable[[str], None]) -> Iterator[Workshop]:
    """Make a folder on the disk of this checkout's user, and clear it away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fedirec-benchmarks-"))
    try:
        yield Workshop(plan=plan, folder=folder, generator=find_generator(folder), say=say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
