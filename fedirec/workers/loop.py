"""The clock door: wake or wait, claim, run, settle. The one place where an error becomes a retry.

Every line of work has its own slots, so that slow peers do not hold up what was received. A lease
outlives its item's deadline; what is under way when we stop has 25 seconds, then it is handed back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final, Generic, NamedTuple

import structlog

from fedirec.community.upkeep import forget_old
from fedirec.errors import FedirecError, OvertakenError, StorageUnavailableError
from fedirec.federation.context import Federation
from fedirec.workers.deliveries import delivery_line
from fedirec.workers.line import Item, Line, Result
from fedirec.workers.outage import Outage
from fedirec.workers.received import received_line
from fedirec.workers.upkeep import ask_after_stamps, keep_up

POLL_SECONDS: Final = 1.0
LINGER_SECONDS: Final = 0.05  # for a batch: a commit costs as much for one as for many
SLOW_SECONDS: Final = 0.5  # of what is under way: others do not wait for it to be recorded with it
BEGUN_AT_ONCE: Final = 4  # in one round of the loop: whoever reads a page waits for no more
AFTER_PLACES: Final = 8  # beside the slots: peers decide how long it takes
UPKEEP_SECONDS: Final = 5.0
TIDYING_SECONDS: Final = 3_600.0

_log: Final = structlog.get_logger(__name__)


async def run_workers(federation: Federation, *, stop: asyncio.Event, woken: asyncio.Event) -> None:
    """Deliver, handle and keep up until `stop` is set; returns when what was under way has ended.

    `woken` says that something new waits; without it, looking once a second is enough.
    """
    bells = [asyncio.Event() for _ in range(4)]
    unrung = asyncio.Event()  # nothing new makes anything older
    async with asyncio.TaskGroup() as tasks:
        ringing = tasks.create_task(_ring(woken, bells))
        # it waits for peers, and what it was about stays due: nobody waits for it
        asking = tasks.create_task(repeat(federation, ask_after_stamps, bells[3], stop))
        working = [
            tasks.create_task(run_line(federation, delivery_line(federation), bells[0], stop)),
            tasks.create_task(run_line(federation, received_line(federation), bells[1], stop)),
            tasks.create_task(repeat(federation, keep_up, bells[2], stop)),
            tasks.create_task(repeat(federation, forget_old, unrung, stop, TIDYING_SECONDS)),
        ]
        await stop.wait()
        ringing.cancel()
        asking.cancel()
        for bell in (*bells, unrung):
            bell.set()
        await asyncio.wait(working)


async def _ring(woken: asyncio.Event, bells: Sequence[asyncio.Event]) -> None:
    """Pass one wake-up on to every line."""
    while True:
        await woken.wait()
        woken.clear()
        for bell in bells:
            bell.set()


async def run_line(
    federation: Federation, line: Line[Item, Result], bell: asyncio.Event, stop: asyncio.Event
) -> None:
    """Keep the slots of one line filled until `stop` is set, then let them empty."""
    running: dict[asyncio.Task[None], _Begun[Item]] = {}
    outage = Outage(line.name)
    loop = asyncio.get_running_loop()
    looked_at = -LINGER_SECONDS
    async with asyncio.TaskGroup() as tasks:
        settling = _Settling(federation, line, tasks, running)
        afterwards = _Afterwards(federation, line, tasks)
        while not stop.is_set():
            bell.clear()
            free = line.slots - len(running)
            claimed: Sequence[Item] = ()
            has_waited = loop.time() - looked_at >= LINGER_SECONDS
            if free < max(line.slots // 2, 1) and not (free and has_waited):
                await _pause(bell, LINGER_SECONDS)  # claimed in batches, not one by one
                continue
            async with _looking_past(outage, stop):
                claimed = await _claim(federation, line, free)
            looked_at = loop.time()
            settling.count_slow(looked_at - SLOW_SECONDS)
            for place, item in enumerate(claimed):
                task = tasks.create_task(_carry(federation, line, item, settling, afterwards))
                running[task] = _Begun(item, looked_at)
                task.add_done_callback(partial(_end, running, bell))
                if place % BEGUN_AT_ONCE == BEGUN_AT_ONCE - 1:
                    await asyncio.sleep(0)
            if len(claimed) < free:
                await _rest(bell, looked_at + line.gathers.total_seconds())
        await _drain(federation, line, running)
        settling.end()
        afterwards.end()


class _Begun(NamedTuple, Generic[Item]):
    """What is under way, and since when by the loop's clock."""

    item: Item
    at: float


def _end(
    running: dict[asyncio.Task[None], _Begun[Item]], bell: asyncio.Event, task: asyncio.Task[None]
) -> None:
    """Free the slot of what has ended."""
    del running[task]
    bell.set()


class _Afterwards(Generic[Item, Result]):
    """What recorded results still ask for: outside of the slots, and few at a time.

    What finds no place is left undone, as is what goes on when we stop: nothing is lost.
    """

    def __init__(
        self, federation: Federation, line: Line[Item, Result], tasks: asyncio.TaskGroup
    ) -> None:
        self._federation = federation
        self._line = line
        self._tasks = tasks
        self._going: set[asyncio.Task[None]] = set()

    def begin(self, result: Result) -> None:
        """Begin with what a result asks for, if it asks for anything and there is a place."""
        after = self._line.after
        if after is None or not self._line.asks_more(result) or len(self._going) >= AFTER_PLACES:
            return
        doing = _within(self._federation.limits.fetch_timeout, after(self._federation, result))
        task = self._tasks.create_task(_attempt(f"after {self._line.name}", doing))
        self._going.add(task)
        task.add_done_callback(self._going.discard)

    def end(self) -> None:
        """End what goes on."""
        for task in self._going:
            task.cancel()


class _Waiter(NamedTuple, Generic[Result]):
    """A result that waits to be recorded, and what went wrong with that, told in the end."""

    result: Result
    failure: asyncio.Future[BaseException | None]


class _Settling(Generic[Item, Result]):
    """Gathers results, so that one transaction records all that came during the one before."""

    def __init__(
        self,
        federation: Federation,
        line: Line[Item, Result],
        tasks: asyncio.TaskGroup,
        running: Mapping[asyncio.Task[None], _Begun[Item]],
    ) -> None:
        self._federation = federation
        self._line = line
        self._tasks = tasks
        self._running = running
        self._slow = 0
        self._waiting: list[_Waiter[Result]] = []
        self._enough = asyncio.Event()
        self._going: asyncio.Task[None] | None = None

    async def record(self, result: Result) -> None:
        """Return once the result is recorded, with whatever else came by then; raise its failure.

        While others are under way it waits for some of them, for no longer than a blink.
        """
        waiter = _Waiter(result, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._look_whether_enough()
        if self._going is None:
            self._going = self._tasks.create_task(self._settle_what_waits())
        failure = await waiter.failure
        if failure is not None:
            raise failure

    def count_slow(self, before: float) -> None:
        """Note how many are under way since before an instant."""
        self._slow = sum(begun.at < before for begun in self._running.values())

    def end(self) -> None:
        """End what goes on, as nobody waits for it any more."""
        if self._going is not None:
            self._going.cancel()

    async def _settle_what_waits(self) -> None:
        try:
            while self._waiting:
                self._look_whether_enough()
                await _pause(self._enough, LINGER_SECONDS)
                batch, self._waiting = self._waiting, []
                await self._settle_all(batch)
        finally:
            self._going = None

    def _look_whether_enough(self) -> None:
        """All of a few, half of many: while these are recorded the others go on."""
        lively, few = len(self._running) - self._slow, max(self._line.slots // 4, 1)
        if len(self._waiting) >= (lively if lively <= few else max(few, lively // 2)):
            self._enough.set()
        else:
            self._enough.clear()

    async def _settle_all(self, batch: Sequence[_Waiter[Result]]) -> None:
        """Record a batch, or each alone when that fails: one of them may be at fault."""
        failure: BaseException | None = asyncio.CancelledError()  # should we be stopped ourselves
        try:
            await self._settle([waiter.result for waiter in batch])
        except BaseException as error:  # one of the three places
            if _is_told_to_stop(error):
                raise
            failure = error
            if len(batch) > 1 and not _is_away(error):
                for waiter in batch:
                    await self._settle_all([waiter])
        else:
            failure = None
        finally:
            for waiter in batch:
                if not waiter.failure.done():
                    waiter.failure.set_result(failure)

    async def _settle(self, batch: Sequence[Result]) -> None:
        """Record as soon as the database lets us: what was sent already is not sent again."""
        outage = Outage(f"settling {self._line.name}")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._line.deadline.total_seconds()
        while True:
            try:
                await self._line.settle(self._federation, batch)
            except StorageUnavailableError as error:
                if len(batch) > 1 and not _is_away(error):
                    raise
                seconds = outage.wait_after(error)
                if loop.time() + seconds > deadline:
                    raise
                await asyncio.sleep(seconds)
            else:
                outage.is_over()
                return


def _is_away(error: BaseException) -> bool:
    """Whether it is the database that is not to be had; else fewer at a time may go through."""
    return isinstance(error, StorageUnavailableError) and not isinstance(error, OvertakenError)


async def _claim(federation: Federation, line: Line[Item, Result], limit: int) -> Sequence[Item]:
    """Claim, or nothing when that fails: the loop goes on, and looks again.

    Raises StorageUnavailableError.
    """
    try:
        return await line.claim(federation, limit)
    except StorageUnavailableError:
        raise
    except Exception:  # noqa: BLE001 (one of the three places: nothing may end the loop)
        _log.exception("line.claim_failed", line=line.name)
        return ()


@asynccontextmanager
async def _looking_past(outage: Outage, stop: asyncio.Event) -> AsyncIterator[None]:
    """Wait, for longer each time, where the block finds the database away."""
    try:
        yield
    except StorageUnavailableError as error:
        await _pause(stop, outage.wait_after(error))
    else:
        outage.is_over()


async def _carry(
    federation: Federation,
    line: Line[Item, Result],
    item: Item,
    settling: _Settling[Item, Result],
    afterwards: _Afterwards[Item, Result],
) -> None:
    """Do one item within its deadline; any error is recorded with it, and ends here."""
    try:
        async with asyncio.timeout(line.deadline.total_seconds()):
            result = await line.work(federation, item)
        await settling.record(result)
    except BaseException as error:  # one of the three places
        if _is_told_to_stop(error):
            raise
        is_ours = isinstance(error, FedirecError)
        federation.counts.failures[line.name] += 1
        _log.warning(
            "line.item_failed",
            line=line.name,
            item=line.name_of(item),
            error=type(error).__name__,
            reason=str(error) if is_ours else None,
            exc_info=None if is_ours else error,
        )
        await _attempt(f"failing {line.name}", line.fail(federation, item, error))
    else:
        afterwards.begin(result)


def _is_told_to_stop(error: BaseException) -> bool:
    """Whether this task is being cancelled; else a handler raised what only looks like that."""
    task = asyncio.current_task()
    is_cancelled = task is not None and task.cancelling() > 0
    return isinstance(error, asyncio.CancelledError) and is_cancelled


async def _within(deadline: timedelta, doing: Awaitable[None]) -> None:
    async with asyncio.timeout(deadline.total_seconds()):
        await doing


async def _attempt(what: str, doing: Awaitable[None]) -> None:
    """Do something whose failure is logged and no more: a lease runs out, the hour comes again."""
    try:
        await doing
    except StorageUnavailableError as error:
        _log.warning("line.attempt_failed", what=what, reason=str(error))
    except Exception:  # noqa: BLE001 (one of the three places)
        _log.exception("line.attempt_failed", what=what)


async def _drain(
    federation: Federation,
    line: Line[Item, Result],
    running: Mapping[asyncio.Task[None], _Begun[Item]],
) -> None:
    """Wait for what is under way; hand back what takes too long, and what was not begun."""
    await _attempt(f"closing {line.name}", line.close(federation))
    if not running:
        return
    await asyncio.wait(list(running), timeout=line.patience.total_seconds())
    late = {task: begun.item for task, begun in running.items() if not task.done()}
    if not late:
        return
    for task in late:
        task.cancel()
    await asyncio.wait(list(late))
    _log.warning("line.handed_back", line=line.name, items=len(late))
    await _attempt(f"releasing {line.name}", line.release(federation, list(late.values())))


async def repeat(
    federation: Federation,
    work: Callable[[Federation], Awaitable[None]],
    bell: asyncio.Event,
    stop: asyncio.Event,
    every: float = UPKEEP_SECONDS,
) -> None:
    """Do something now and then: when woken, not twice in a second, or after `every` seconds."""
    outage = Outage(work.__name__)
    while not stop.is_set():
        await _attempt(work.__name__, _unless_away(work(federation), outage, stop))
        await _pause(stop, POLL_SECONDS)
        await _pause(bell, every)
        bell.clear()


async def _unless_away(doing: Awaitable[None], outage: Outage, stop: asyncio.Event) -> None:
    async with _looking_past(outage, stop):
        await doing


async def _rest(bell: asyncio.Event, not_before: float) -> None:
    """Wait for the bell, or until the next look is due; and in any case until an instant."""
    await _pause(bell, POLL_SECONDS)
    await asyncio.sleep(not_before - asyncio.get_running_loop().time())


async def _pause(bell: asyncio.Event, seconds: float) -> None:
    """Wait for the bell, or that long."""
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        pass
