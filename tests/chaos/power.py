"""A disk that forgets what was never flushed, once its power is cut (C15): see `power.c`."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.missing import leave_out

_SOURCE: Final = Path(__file__).with_name("power.c")
_PARTS: Final = ("", "-wal")
"""What SQLite finds again; its `-shm` is memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk under one SQLite file, and its shadow: what of it was flushed."""

    file: Path
    shadow: Path
    shim: Path

    @property
    def environment(self) -> dict[str, str]:
        """For each process that writes to it."""
        return {
            "LD_PRELOAD": str(self.shim),
            "POWER_FOLDER": str(self.file.parent),
            "POWER_SHADOW": str(self.shadow),
        }

    def cut(self) -> str:
        """Have the file as it was flushed, after all processes ended; return SQLite's verdict."""
        for part in (*_PARTS, "-shm"):
            self._named(part).unlink(missing_ok=True)
        for part in _PARTS:
            kept = self.shadow / self._named(part).name
            if kept.exists():
                shutil.copyfile(kept, self._named(part))
        with closing(sqlite3.connect(self.file)) as connection:
            verdict = str(connection.execute("pragma integrity_check").fetchone()[0])
        self.flush()  # who closes last moves the log into the file
        return verdict

    def flush(self) -> None:
        """Take what stands in the file now, which nobody has open, as flushed."""
        for part in _PARTS:
            (self.shadow / self._named(part).name).unlink(missing_ok=True)
            if self._named(part).exists():
                shutil.copyfile(self._named(part), self.shadow / self._named(part).name)

    def _named(self, part: str) -> Path:
        return self.file.with_name(f"{self.file.name}{part}")


def disk_under(file: Path, folder: Path) -> Disk:
    """Build the shim in `folder`, and take what stands in `file` now as flushed."""
    compiler = shutil.which("cc")
    if compiler is None:
        leave_out("no C compiler: cc is not on PATH")
    shim, shadow = folder / "power.so", folder / "shadow"
    shadow.mkdir()
    words = [compiler, "-Wall", "-Werror", "-O2", "-shared", "-fPIC", "-o", str(shim)]
    subprocess.run([*words, str(_SOURCE), "-ldl"], check=True, timeout=60)  # noqa: S603 - found above
    disk = Disk(file=file.resolve(), shadow=shadow, shim=shim)
    disk.flush()
    return disk
