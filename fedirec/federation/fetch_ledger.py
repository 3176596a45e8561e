"""What was fetched lately, what failed, and what may be asked of whom: the brake on amplification.

Kept in memory, bounded, and owned by one `Federation`: a stranger can make us fetch only so much
(SG-13, RX-04), however many requests they send. Instants are handed in; no network here.
"""

import asyncio
import copy
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from cachetools import LRUCache

from fedirec.activitypub.actors import RemoteActorDocument
from fedirec.errors import FedirecError

MAX_ENTRIES: Final = 8_192
_HOUR: Final = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Allowance:
    """How many requests one received activity may still cause (RX-04)."""

    requests: int

    def spend(self) -> bool:
        """Take one; False when there is none left."""
        if self.requests <= 0:
            return False
        self.requests -= 1
        return True


@dataclass(slots=True, kw_only=True)
class _Window:
    begins_at: datetime
    count: int = 0


class FetchLedger:
    """Counts per host and hour, failures, and finds not yet kept, each forgotten in time."""

    def __init__(self, size: int = MAX_ENTRIES) -> None:
        self._windows: LRUCache[tuple[str, str], _Window] = LRUCache(maxsize=size)
        self._failures: LRUCache[str, tuple[datetime, FedirecError]] = LRUCache(maxsize=size)
        self._refreshes: LRUCache[str, datetime] = LRUCache(maxsize=size)
        self._finds: LRUCache[str, tuple[datetime, RemoteActorDocument]] = LRUCache(maxsize=size)
        # A lock lives as long as somebody holds or awaits it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """Let one task at a time work on `name`; the others look afterwards what it found."""
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        return lock

    def is_busy(self, name: str) -> bool:
        """Whether a task works on `name` now."""
        lock = self._locks.get(name)
        return lock is not None and lock.locked()

    def wait_for_turn(
        self, purpose: str, host: str, *, per_hour: int, now: datetime
    ) -> timedelta | None:
        """Count one use against a host's hour; return None, or how long to wait if none is left."""
        name = (purpose, host)
        window = self._windows.get(name)
        if window is None or not timedelta() <= now - window.begins_at < _HOUR:
            window = self._windows[name] = _Window(begins_at=now)
        if window.count >= per_hour:
            return window.begins_at + _HOUR - now
        window.count += 1
        return None

    def may_refresh(self, name: str, *, interval: timedelta, now: datetime) -> bool:
        """Whether `name` was not refreshed within `interval`; if so, it counts as refreshed now."""
        if not self.is_due(name, interval=interval, now=now):
            return False
        self._refreshes[name] = now
        return True

    def is_due(self, name: str, *, interval: timedelta, now: datetime) -> bool:
        """Whether `name` was not refreshed within `interval`."""
        last = self._refreshes.get(name)
        return last is None or not timedelta() <= now - last < interval

    def note_failure(self, name: str, error: FedirecError, *, until: datetime) -> None:
        """Remember that fetching `name` failed, so that nobody tries again before `until`.

        A copy has neither traceback nor cause: their frames hold the whole request, 40 KB each.
        """
        self._failures[name] = (until, copy.copy(error))

    def find_failure(self, name: str, *, now: datetime) -> FedirecError | None:
        """Return a fresh copy of the error that fetching `name` ended with, if it still stands."""
        found = self._failures.get(name)
        return copy.copy(found[1]) if found is not None and now < found[0] else None

    def note_find(self, name: str, found: RemoteActorDocument, *, until: datetime) -> None:
        """Keep a fetched actor in mind until it has proven worth a row, or time is over."""
        self._finds[name] = (until, found)

    def find_recent(self, name: str, *, now: datetime) -> RemoteActorDocument | None:
        """Return what `note_find` kept under `name`, if it is still to be used."""
        found = self._finds.get(name)
        return found[1] if found is not None and now < found[0] else None

    def forget(self, name: str) -> None:
        """Drop what was remembered about `name`."""
        self._failures.pop(name, None)
        self._finds.pop(name, None)
