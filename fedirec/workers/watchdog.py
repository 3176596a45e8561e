"""Watches the event loop: how late it comes back from whatever it was given to do (RX-07)."""

import asyncio
from typing import Final

import structlog

from fedirec.federation.counts import Counts

EVERY_SECONDS: Final = 0.25
LATE_SECONDS: Final = 0.2

_log: Final = structlog.get_logger(__name__)


async def watch_loop(counts: Counts, *, every: float = EVERY_SECONDS) -> None:
    """Sample the loop's lag until cancelled; warn when all requests waited for one piece of work.

    Time between samples is not lost: what blocks the loop makes the next sample late.
    """
    loop = asyncio.get_running_loop()
    while True:
        began_at = loop.time()
        await asyncio.sleep(every)
        lag = max(0.0, loop.time() - began_at - every)
        counts.loop_lag.observe(lag)
        if lag > LATE_SECONDS:
            _log.warning("loop.late", seconds=round(lag, 3))
