"""What work does while the database is away: wait longer each time, and say so once (P9)."""

from typing import Final

import structlog

from fedirec.errors import StorageUnavailableError

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 10.0

_log: Final = structlog.get_logger(__name__)


class Outage:
    """One line's view of the database: here, or away since some failures.

    The log has one line when it goes and one when it is back, however long that takes.
    """

    def __init__(self, line: str) -> None:
        self._line = line
        self._seconds = 0.0

    def wait_after(self, error: StorageUnavailableError) -> float:
        """Note a failure; return for how many seconds to leave the database alone."""
        if not self._seconds:
            _log.warning("database.away", line=self._line, reason=str(error))
        self._seconds = min(max(FIRST_SECONDS, self._seconds * 2), LONGEST_SECONDS)
        return self._seconds

    def is_over(self) -> None:
        """Note a success."""
        if self._seconds:
            _log.warning("database.back", line=self._line)
        self._seconds = 0.0
