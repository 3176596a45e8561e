"""What keeps a database from being served by mistake: that it has moved away, or half moved in.

A mark is a row of `migrations`, numbered beyond any of them, so that every fedirec refuses such a
database, an older one as made by a newer.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final

from fedirec.errors import ConfigurationError
from fedirec.storage.database import Database, Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import text


class Mark(IntEnum):
    """Numbers of no migration, for ever."""

    MOVED = 1_000_001
    """All of it is in another database now, whose address is the mark's text."""
    HALF = 1_000_002
    """A move into it was begun; the text tells which."""


_HISTORY: Final = {
    "sqlite": "select name from sqlite_master where type = 'table' and name = 'migrations'",
    "postgresql": "select relname from pg_class where oid = to_regclass('migrations')",
}
_NAMES: Final = {Mark.MOVED: "moved to another database", Mark.HALF: "half of a move"}


async def has_history(reader: Reader, engine: str) -> bool:
    """Whether a database was ever migrated, so that its table `migrations` can be read."""
    return await reader.fetch_one(_HISTORY[engine]) is not None


async def find_mark(database: Database, mark: Mark) -> str | None:
    """Return the text of a mark, or None."""
    async with database.reading() as reader:
        if not await has_history(reader, database.engine):
            return None
        row = await reader.fetch_one(
            "select digest from migrations where number = :number", {"number": mark.value}
        )
        return None if row is None else text(row, "digest")


def check_marks(rows: Sequence[Row], allows: Mark | None) -> list[Row]:
    """Return the rows of `migrations` that are no marks.

    Raises ConfigurationError for a mark other than `allows`.
    """
    for row in rows:
        if row["number"] == Mark.MOVED and allows is not Mark.MOVED:
            message = f"this guild has moved to {text(row, 'digest')}: set FEDIREC_DATABASE to it"
            raise ConfigurationError(message)
        if row["number"] == Mark.HALF and allows is not Mark.HALF:
            message = (
                "a move into this database is not finished: set FEDIREC_DATABASE to the SQLite file"
                " again and run `fedirec database move` once more"
            )
            raise ConfigurationError(message)
    return [row for row in rows if row["number"] not in set(Mark)]


async def set_mark(transaction: Transaction, mark: Mark, what: str, *, now: datetime) -> None:
    """Mark a migrated database; one that is marked so already stays as it is."""
    await transaction.execute(
        "insert into migrations (number, name, digest, applied_at)"
        " values (:number, :name, :what, :now) on conflict (number) do nothing",
        {"number": mark.value, "name": _NAMES[mark], "what": what, "now": to_microseconds(now)},
    )


async def unset_mark(transaction: Transaction, mark: Mark) -> None:
    """Take a mark away."""
    await transaction.execute(
        "delete from migrations where number = :number", {"number": mark.value}
    )
