"""Group commit: what waits to be kept is written and committed at once, each waiter answered after.

A disk flushes a few hundred times a second; 32 waiters a commit make thousands of rows of it. There
is no delay: a batch is what came while the one before was being committed. One task owns it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from fedirec.errors import FedirecError, OvertakenError, StorageUnavailableError
from fedirec.failpoints import failpoint
from fedirec.storage.database import Database, Transaction
from fedirec.storage.received import Kept, ReceivedActivity, insert_received
from fedirec.storage.seen_signatures import insert_seen

_FULL: Final = 64
"""As many rows as make one commit cheap: a row of eleven costs 100 us, of 32 or more 73."""


class _Waiter(NamedTuple):
    item: ReceivedActivity
    answer: asyncio.Future[Kept]


class Intake:
    """Keeps received activities. Use: one task runs `run()`, everybody else awaits `keep()`.

    `tell` hears how many rows each commit kept.
    """

    def __init__(
        self,
        database: Database,
        *,
        batch: int = 256,
        tell: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        self._database = database
        self._batch = batch
        self._tell = tell
        self._waiting: deque[_Waiter] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False

    async def keep(self, item: ReceivedActivity) -> Kept:
        """Return what became of `item` once the commit that holds it has happened.

        Raises StorageUnavailableError when it could not be kept, or the instance is stopping; then
        the sender may repeat it.
        """
        if self._is_closed:
            message = "the instance is stopping and keeps nothing new"
            raise StorageUnavailableError(message)
        answer: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(item, answer))
        self._arrived.set()
        return await answer

    async def run(self) -> None:
        """Write and commit until cancelled or closed; nobody is left waiting, whatever ends it."""
        try:
            while not (self._is_closed and not self._waiting):
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    await self._gather()
                    await self._commit(self._next_batch())
        finally:
            self._is_closed = True
            _refuse(self._waiting)

    def close(self) -> None:
        """Take nothing new; `run()` ends once what waits is committed."""
        self._is_closed = True
        self._arrived.set()

    async def _gather(self) -> None:
        """Let whoever is on the way in join, for as long as every round of the loop brings more.

        No clock is waited for: where nobody else comes that is one round.
        """
        before = 0
        while before < len(self._waiting) < _FULL:
            before = len(self._waiting)
            await asyncio.sleep(0)

    def _next_batch(self) -> list[_Waiter]:
        size = min(self._batch, len(self._waiting))
        return [self._waiting.popleft() for _ in range(size)]

    async def _commit(self, batch: Sequence[_Waiter]) -> None:
        try:
            try:
                await self._write(batch)
            except OvertakenError:
                await self._commit_alone(batch)
            except StorageUnavailableError as error:
                _fail(batch, error)
            except FedirecError:
                await self._commit_alone(batch)
        finally:
            _refuse(batch)

    async def _commit_alone(self, batch: Sequence[_Waiter]) -> None:
        """Find the row that cannot be written: it fails alone. Singly, nobody waits in a ring."""
        for waiter in batch:
            try:
                await self._write([waiter])
            except FedirecError as error:
                _fail([waiter], error)

    async def _write(self, batch: Sequence[_Waiter]) -> None:
        items = [waiter.item for waiter in batch]
        kept = await self._database.run(lambda transaction: _keep(transaction, items))
        failpoint("inbox.committed")
        self._tell(len(batch))
        for waiter, what in zip(batch, kept, strict=True):
            if not waiter.answer.done():
                waiter.answer.set_result(what)


async def _keep(transaction: Transaction, items: Sequence[ReceivedActivity]) -> list[Kept]:
    """Write what was not signed before, and return what became of each."""
    signatures = [item.signature_digest for item in items if item.signature_digest is not None]
    unseen = await insert_seen(transaction, signatures)
    fresh = [
        item for item in items if item.signature_digest is None or item.signature_digest in unseen
    ]
    kept = await insert_received(transaction, fresh)
    failpoint("inbox.written")
    known = {item.id: what for item, what in zip(fresh, kept, strict=True)}
    return [known.get(item.id, Kept.REPEATED) for item in items]


def _fail(batch: Sequence[_Waiter], error: FedirecError) -> None:
    for waiter in batch:
        if not waiter.answer.done():
            waiter.answer.set_exception(error)


def _refuse(waiting: Sequence[_Waiter]) -> None:
    """Answer whoever is left: whether the last commit held is unknown, and a repeat is harmless."""
    message = "the instance is stopping, and this was perhaps not kept"
    _fail(waiting, StorageUnavailableError(message))
