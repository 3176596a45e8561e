"""A mark beside a SQLite file while it is open, so that a log that vanished is noticed (X10).

What was committed last is in `FILE-wal` until it is moved into the file, and who closes last takes
the log away. A mark without a log therefore means: not closed, and the log is gone, with all that
was accepted last. SQLite opens what is left without a word; and after a crash so does a keeper's
own tool, which leaves the mark too: so it is a reason to look, and stops nothing.
"""

import time
from contextlib import suppress
from pathlib import Path

_PATIENCE_SECONDS = 0.3  # somebody may be closing at this moment


class OpenMark:
    """The mark of one opening: made before the file is opened, to see how it was left.

    A mark that was found without its log stays, until a keeper has decided and removes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_doubted = _is_lost(path)

    def leave(self) -> None:
        """Leave the mark: called once the file is open."""
        with suppress(OSError):  # a full disk can still be read
            mark_of(self._path).touch(mode=0o600)

    def take_away(self) -> None:
        """Take the mark away, unless somebody else has the file open: called once it is closed."""
        if not self._is_doubted and not _log_of(self._path).exists():
            mark_of(self._path).unlink(missing_ok=True)


def why_doubted(path: Path) -> str | None:
    """Return what to do when the log of a file that was not closed is gone, or None."""
    if not _is_lost(path):
        return None
    time.sleep(_PATIENCE_SECONDS)
    if not _is_lost(path):
        return None
    return (
        f"{_log_of(path)} is gone, though {path.name} was not closed: what was accepted last may be"
        " lost. Stop fedirec, and put that file back or restore a backup; or go on with what is"
        f" left, and remove {mark_of(path)}"
    )


def mark_of(path: Path) -> Path:
    """Return where the mark of a database file lies."""
    return path.with_name(path.name + "-open")


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _is_lost(path: Path) -> bool:
    return path.exists() and mark_of(path).exists() and not _log_of(path).exists()
