"""Opens the instance of the current settings for a command, and finds the member it acts as."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedirec.cli.logs import configure_logs
from fedirec.config import load_settings
from fedirec.errors import NotFoundError
from fedirec.federation.context import Federation
from fedirec.server import is_served, open_federation
from fedirec.storage.members import Member, find_member


@asynccontextmanager
async def open_here(*, needs_server: bool = False) -> AsyncIterator[Federation]:
    """Open this instance for one command.

    Args:
        needs_server: What the command does is finished by a running `serve`, or needs a peer to
            fetch our key: say so when nobody serves.
    """
    settings = load_settings()
    configure_logs(style="console", level="warning")
    async with open_federation(settings) as federation:
        if needs_server and not is_served(settings.data):
            print(
                "fedirec: nobody serves this instance: peers cannot fetch our key, and what is "
                "to be sent waits until `fedirec serve` runs",
                file=sys.stderr,
            )
        yield federation


async def the_member(federation: Federation, name: str) -> Member:
    """Return the member called `name`; raises NotFoundError when there is none."""
    async with federation.database.reading() as reader:
        member = await find_member(reader, name)
    if member is None:
        message = f"there is no member called {name}: see `fedirec member list`"
        raise NotFoundError(message)
    return member
