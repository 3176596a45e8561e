"""What is ready to be applied, applied at once: a batch is what came ready during the one before.

A commit costs as much for sixty activities as for one, and so does the way to the writer's thread.
"""

import asyncio
from typing import NamedTuple

from fedirec.federation.context import Federation
from fedirec.federation.received import Prepared, apply_all


class _Waiter(NamedTuple):
    prepared: Prepared
    failure: asyncio.Future[BaseException | None]


class Together:
    """Gathers the prepared activities of one worker."""

    def __init__(self) -> None:
        self._waiting: list[_Waiter] = []
        self._lock = asyncio.Lock()

    async def apply(self, federation: Federation, prepared: Prepared) -> None:
        """Return once it is committed, with whatever else came by then; raises what is its own."""
        waiter = _Waiter(prepared, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        async with self._lock:
            batch, self._waiting = self._waiting, []
            if batch:
                await _commit(federation, batch)
        failure = await waiter.failure
        if failure is not None:
            raise failure


async def _commit(federation: Federation, batch: list[_Waiter]) -> None:
    failures = None
    try:
        failures = await apply_all(federation, [waiter.prepared for waiter in batch])
    finally:
        # whoever committed for the others was stopped: they are as if they had never begun
        found = failures or [asyncio.CancelledError()] * len(batch)
        for waiter, failure in zip(batch, found, strict=True):
            if not waiter.failure.done():
                waiter.failure.set_result(failure)
