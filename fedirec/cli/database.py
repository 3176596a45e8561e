"""`fedirec database migrate`: brings the tables up to date."""

import argparse

from fedirec.cli.arguments import Commands, add_command, add_group, show


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    group = add_group(commands, "database", says="look after the database")
    add_command(group, "migrate", _migrate, says="bring the tables up to date (serve does it too)")


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
