"""`fedirec database`: brings the tables up to date, and moves a guild to PostgreSQL."""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, add_group, show

if TYPE_CHECKING:
    from fedirec.config import Settings
    from fedirec.storage.moving import Progress

_LINE_SECONDS = 5.0


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    group = add_group(commands, "database", says="look after the database")
    add_command(group, "migrate", _migrate, says="bring the tables up to date (serve does it too)")
    parser = add_command(group, "move", _move, says="move the guild from SQLite to PostgreSQL")
    parser.add_argument("url", metavar="URL", help="an empty database: postgresql://USER@HOST/NAME")


async def _migrate(arguments: argparse.Namespace) -> None:
    from datetime import UTC, datetime

    from fedirec.config import load_settings
    from fedirec.storage.migrate import migrate
    from fedirec.storage.opening import open_database

    settings = load_settings()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = await open_database(settings.database_url())
    try:
        applied = await migrate(database, now=datetime.now(UTC))
    finally:
        await database.close()
    for name in applied:
        show(arguments, {"id": name}, f"applied {name}")
    if not applied and not arguments.json:
        print("the database is up to date")


async def _move(arguments: argparse.Namespace) -> None:
    from contextlib import AsyncExitStack

    from fedirec.config import load_settings, masked_url
    from fedirec.server import LOCK_NAME, WORKING_NAME, holding, utc_now
    from fedirec.storage.moving import move
    from fedirec.storage.opening import open_database, open_postgresql_at

    settings = load_settings()
    _check_file(settings)
    where = masked_url(arguments.url)
    async with AsyncExitStack() as stack:
        for name in (LOCK_NAME, WORKING_NAME):
            stack.enter_context(holding(settings.data / name, is_alone=True))
        source = await open_database(settings.database_url(), checks_integrity=True)
        stack.push_async_callback(source.close)
        target = await open_postgresql_at(arguments.url)
        stack.push_async_callback(target.close)
        most, tell = settings.limits.received_attempts, _Teller().tell
        moved = await move(source, target, where=where, now=utc_now, most=most, tell=tell)
    for table in moved:
        record = {"id": table.table, "rows": table.rows, "sha256": table.digest}
        if arguments.json:
            show(arguments, record, "")
    if not arguments.json:
        rows = sum(table.rows for table in moved)
        print(
            f"{rows:,} rows of {len(moved)} tables are in {where} and were found alike.\n"
            "Set FEDIREC_DATABASE to its address (`database` in fedirec.toml), then start"
            " `fedirec serve`.\nThe file is marked as moved, so that nobody serves it by mistake;"
            " keep it until a backup of the new database is made."
        )


def _check_file(settings: "Settings") -> None:
    """Raise ConfigurationError unless this guild is in a file of SQLite."""
    from fedirec.errors import ConfigurationError

    file = settings.sqlite_file()
    if file is None:
        message = "FEDIREC_DATABASE names PostgreSQL already: `database move` begins at SQLite"
        raise ConfigurationError(message)
    if not file.is_file():
        message = f"there is no guild in {file} to move"
        raise ConfigurationError(message)


class _Teller:
    """Says on standard error how far a move is: one line that changes, or a line now and then."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._told_at = time.monotonic()

    def tell(self, progress: "Progress") -> None:
        """Say it, unless something was said just now and there is more to come."""
        verb = "copied" if progress.digest is None else "compared"
        line = f"{verb} {progress.table}: {progress.copied:,} of {progress.rows:,} rows"
        if self._is_terminal:
            is_last = progress.copied == progress.rows
            print(f"\r\x1b[K{line}", end="\n" if is_last else "", file=sys.stderr, flush=True)
            return
        now = time.monotonic()
        if progress.copied == progress.rows or now - self._told_at > _LINE_SECONDS:
            self._told_at = now
            print(line, file=sys.stderr, flush=True)
