"""Who writes to SQLite next: one after the other, and nobody waits in vain behind others.

While another program holds the file, each unit would wait the whole time that SQLite waits, and
those behind it as often as there are units before them: peers would long have hung up.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fedirec.errors import StorageUnavailableError


class WriteLock:
    """What the units of one process that want to write wait for, first come, first served.

    `busy_seconds` is how long SQLite waits for other processes; `monotonic` returns seconds.
    """

    def __init__(
        self, *, busy_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = asyncio.Lock()
        self._busy_seconds = busy_seconds
        self._monotonic = monotonic
        self._busy_at = float("-inf")

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold it for the length of the block.

        Raises StorageUnavailableError without a try if the file was still held by another program
        after this unit had waited for as long as SQLite would.
        """
        came_at = self._monotonic()
        async with self._lock:
            if self._busy_at - came_at >= self._busy_seconds:
                message = f"another program has been writing for {self._busy_seconds} s and more"
                raise StorageUnavailableError(message)
            try:
                yield
            except StorageUnavailableError as error:
                if "BUSY" in (getattr(error.__cause__, "sqlite_errorname", None) or ""):
                    self._busy_at = self._monotonic()
                raise
