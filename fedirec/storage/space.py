"""Whether the disk has space left for something new (RX-12).

A database on a full disk cannot even delete, so what is new is refused while there is still space
to handle, to send and to erase what is here.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from fedirec.errors import StorageFullError

LOOKED_AT_SECONDS: Final = 1.0
"""How long one look counts."""


class Space(NamedTuple):
    """Bytes of a filesystem: those that we may still use, and all of them."""

    free_bytes: int
    total_bytes: int


def measure(folder: Path) -> Space:
    """Return the space of the filesystem that holds `folder`. Raises OSError."""
    figures = os.statvfs(folder)  # one call of 2 µs into the kernel's memory: no disk is touched
    return Space(figures.f_bavail * figures.f_frsize, figures.f_blocks * figures.f_frsize)


class SpaceWatch:
    """Looks at the space of one folder, at most once a second.

    Low is less than `least_bytes`, or than `least_percent` of the disk. `monotonic` returns
    seconds; `measuring` is `measure` for everybody but tests.
    """

    def __init__(
        self,
        folder: Path,
        *,
        least_bytes: int = 0,
        least_percent: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
        measuring: Callable[[Path], Space] = measure,
    ) -> None:
        self._folder = folder
        self._least_bytes = least_bytes
        self._least_percent = least_percent
        self._monotonic = monotonic
        self._measuring = measuring
        self._looked_at = float("-inf")
        self._is_low = False

    def is_low(self) -> bool:
        """Whether too little is free, as of a second ago at most."""
        now = self._monotonic()
        if now - self._looked_at >= LOOKED_AT_SECONDS:
            self._looked_at = now
            self._is_low = self._look()
        return self._is_low

    def ask(self) -> Space | None:
        """Return the space as it is now, None if the disk cannot be asked."""
        try:
            return self._measuring(self._folder)
        except OSError:
            return None

    def check(self) -> None:
        """Raise StorageFullError when space is low: called before anything new is taken in."""
        if self.is_low():
            message = f"expected more free space at {self._folder}: nothing new is taken in"
            raise StorageFullError(message)

    def _look(self) -> bool:
        try:
            space = self._measuring(self._folder)
        except OSError:
            return (
                False  # a disk that cannot be asked is the database's trouble, and it will say so
            )
        share = space.total_bytes * self._least_percent // 100
        return space.free_bytes < max(self._least_bytes, share)
