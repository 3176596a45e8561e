"""The clock that all processes of one instance go by: on PostgreSQL, the database's own (ST-07).

Leases, schedules and ids of processes on several machines are compared with each other, so they
take no machine's word for the time. Between two looks it is carried on by the monotonic clock, so
that a jump of this machine's clock changes nothing.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from fedirec.errors import StorageUnavailableError
from fedirec.storage.database import Database, from_microseconds

LOOK_SECONDS: Final = 30.0
_UNCERTAIN: Final = timedelta(milliseconds=50)  # of a round trip; smaller corrections are noise
_TIME: Final = (
    "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as microseconds"
)

_log: Final = structlog.get_logger(__name__)


class DatabaseClock:
    """The clock of a PostgreSQL database: `look()` once, then call it as often as you like."""

    def __init__(
        self, database: Database, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._monotonic = monotonic
        self._seen_at: datetime | None = None
        self._read_at = 0.0

    def __call__(self) -> datetime:
        """Return the database's time; raises RuntimeError before the first look."""
        if self._seen_at is None:
            message = "nobody has looked at the database's clock yet"
            raise RuntimeError(message)
        return self._seen_at + timedelta(seconds=self._monotonic() - self._read_at)

    async def look(self) -> None:
        """Ask the database for its time; raises StorageUnavailableError when it is away."""
        async with self._database.reading() as reader:
            asked_at = self._monotonic()
            row = await reader.fetch_one(_TIME)
            answered_at = self._monotonic()
        seen_at = from_microseconds(None if row is None else row["microseconds"])
        read_at = (asked_at + answered_at) / 2
        doubt = _UNCERTAIN + timedelta(seconds=answered_at - asked_at)
        if self._seen_at is None or abs(self._carried_to(read_at) - seen_at) > doubt:
            self._seen_at, self._read_at = seen_at, read_at

    async def keep(self) -> None:
        """Look again now and then, until cancelled; while the database is away, carry on."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except StorageUnavailableError as error:
                _log.info("clock.not_seen", reason=str(error))

    def _carried_to(self, read_at: float) -> datetime:
        assert self._seen_at is not None  # noqa: S101 - asked only after the first look
        return self._seen_at + timedelta(seconds=read_at - self._read_at)
