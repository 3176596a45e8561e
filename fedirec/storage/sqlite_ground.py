"""What SQLite's writer stands on: the same file as ever, and a log that was flushed.

After a failed flush Linux forgets what it could not write and tells the next flush that all is
well. SQLite writes its frames anew and so never believes that, but only as long as it runs: frames
of a commit that was refused may lie in the log, and what follows them would hang on them after a
power cut. So nothing is written after an I/O error before all that was committed has gone through a
whole checkpoint and the log begins anew. Decided against: ending the process, since reading can go
on, and the kernel's cache, which is what cannot be trusted, outlives a process.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedirec.errors import StorageUnavailableError


class Ground:
    """Asked before each unit that writes; told of every error in one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _identity(path)
        self._is_doubtful = False

    @contextmanager
    def standing(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Check the ground when a unit begins, and note I/O errors in it.

        Raises StorageUnavailableError while the ground does not hold.
        """
        if not connection.in_transaction:
            self._check_file()
            if self._is_doubtful:
                _renew(connection)
                self._is_doubtful = False
        try:
            yield
        except (sqlite3.Error, StorageUnavailableError) as error:
            self._is_doubtful = self._is_doubtful or _is_io_error(error)
            raise

    def _check_file(self) -> None:
        """Refuse to write to a file that was moved away: SQLite would, and it would be lost."""
        if _identity(self._path) != self._file:
            message = f"{self._path} was replaced or removed while it was open: start again"
            raise StorageUnavailableError(message)


def checkpoint(connection: sqlite3.Connection) -> bool:
    """Move all that was committed into the database file and empty the log; False if one reads."""
    (is_busy, _, _) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    return not is_busy


def _renew(connection: sqlite3.Connection) -> None:
    if not checkpoint(connection):
        message = "the disk failed, and what was committed cannot be flushed anew yet"
        raise StorageUnavailableError(message)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_io_error(error: BaseException) -> bool:
    cause = error.__cause__ or error
    return "IOERR" in (getattr(cause, "sqlite_errorname", None) or "")
