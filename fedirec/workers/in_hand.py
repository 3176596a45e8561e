"""What a line has under way that is unlike the rest: what is tried again, and what runs alone.

Runs alone, and last, what may have ended its workers before (ST-03): nothing else is under way in
the line that it could take with it, and nothing waits for it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class InHand:
    """Of one line in one process; items are told apart by name."""

    def __init__(self) -> None:
        self._retrying: set[str] = set()
        self._alone: set[str] = set()

    @property
    def retrying(self) -> int:
        """How many were tried before."""
        return len(self._retrying)

    @property
    def has_suspect(self) -> bool:
        """Whether one runs alone: nothing else is begun."""
        return bool(self._alone)

    def take(self, name: str, *, is_retry: bool, is_suspect: bool) -> None:
        """Begin with an item."""
        if is_suspect:
            self._alone.add(name)
        elif is_retry:
            self._retrying.add(name)

    @asynccontextmanager
    async def doing(self, name: str) -> AsyncIterator[None]:
        """Put an item down at the end of the block, however it ends."""
        try:
            yield
        finally:
            self.put_down(name)

    def put_down(self, name: str) -> None:
        """End with an item, if it is in hand."""
        self._alone.discard(name)
        self._retrying.discard(name)
