"""Hints between the processes of one instance: "due work was written", so that others look at once.

Nothing depends on them: every worker looks once a second anyway. On PostgreSQL a hint is a NOTIFY,
sent after the commit on a connection of its own and at most ten times a second. Decided against:
NOTIFY inside the unit of work, as PostgreSQL lets one notifying transaction commit at a time, and
every accepted activity would queue there. On SQLite a process sees in the file that another has
committed, a command included.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import structlog

from fedirec.errors import ConfigurationError, StorageUnavailableError

CHANNEL: Final = "fedirec_work"
SPACING_SECONDS: Final = 0.1
GREETING_SECONDS: Final = 30.0
PAUSES: Final = (1.0, 2.0, 5.0, 10.0, 30.0)

_log: Final = structlog.get_logger(__name__)


class Session(Protocol):
    """A connection of one's own to a database that passes notes between its clients."""

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call `heard` for every note of others."""
        ...

    async def notify(self, channel: str) -> None:
        """Send a note to everybody who listens."""
        ...

    async def greet(self) -> None:
        """Find out whether the connection still stands."""
        ...


async def exchange_hints(
    connect: Callable[[], AbstractAsyncContextManager[Session]],
    *,
    heard: Callable[[], None],
    told: asyncio.Event,
    pauses: Sequence[float] = PAUSES,
) -> None:
    """Pass hints on until cancelled; a lost connection is made anew, after longer and longer waits.

    Args:
        connect: Opens a session; raises StorageUnavailableError when nobody answers.
        heard: Called when another process may have written due work.
        told: Set by whoever writes due work here.
        pauses: Seconds to wait after the first failure, the second, and so on.
    """
    failures = 0
    while True:
        try:
            async with connect() as session:
                await session.listen(CHANNEL, heard)
                heard()  # what was written while nobody here listened
                failures = 0
                await _pass_on(session, told)
        except (StorageUnavailableError, ConfigurationError) as error:
            # settings that were right when we began: a server that is being set up anew
            _log.warning("hints.lost", reason=str(error))
        await asyncio.sleep(pauses[min(failures, len(pauses) - 1)])
        failures += 1


async def watch_commits(
    version: Callable[[], Awaitable[int]], *, heard: Callable[[], None]
) -> None:
    """Call `heard` soon after another process has committed, until cancelled.

    Args:
        version: Returns a number that changes when another process commits.
        heard: Called when another process may have written due work.
    """
    seen = None
    while True:
        try:
            found = await version()
        except StorageUnavailableError as error:
            _log.info("hints.not_seen", reason=str(error))
            await asyncio.sleep(GREETING_SECONDS)
            continue
        if seen is not None and found != seen:
            heard()
        seen = found
        await asyncio.sleep(SPACING_SECONDS)


async def _pass_on(session: Session, told: asyncio.Event) -> None:
    """Send what is told, the first at once and then now and then; greet when there is nothing."""
    while True:
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                await told.wait()
        except TimeoutError:
            await session.greet()
            continue
        told.clear()
        await session.notify(CHANNEL)
        await asyncio.sleep(SPACING_SECONDS)
