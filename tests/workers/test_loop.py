"""The loop: what waits is done once, errors are recorded, and what is under way ends well."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import structlog

from fedirec.domain.limits import Limits
from fedirec.errors import FedirecError, OvertakenError
from fedirec.federation.counts import Counts
from fedirec.workers import loop
from fedirec.workers.line import Line


@dataclass(frozen=True, slots=True)
class Nobody:
    """A line asks little of the federation: it hands it on."""

    counts: Counts = field(default_factory=Counts)
    limits: Limits = field(default_factory=Limits)


NOBODY: Any = Nobody()


@dataclass(slots=True)
class Pile:
    """Work in memory: numbers to be done, by a rule of the test's own."""

    waiting: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    claims: int = 0

    async def claim(self, _federation: Any, limit: int) -> list[int]:
        self.claims += 1
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def work(self, _federation: Any, number: int) -> int:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0.01)
        finally:
            self.under_way -= 1
        return number

    async def settle(self, _federation: Any, results: Sequence[int]) -> None:
        self.batches.append(len(results))
        await asyncio.sleep(0.005)
        self.done += results

    async def fail(self, _federation: Any, number: int, error: BaseException) -> None:
        self.failed.append((number, type(error).__name__))

    async def release(self, _federation: Any, numbers: Sequence[int]) -> None:
        self.released += numbers

    def line(
        self, *, slots: int = 4, work: Any = None, deadline: float = 5.0, **changes: Any
    ) -> Line[int, int]:
        parts: dict[str, Any] = {
            "name": "numbers",
            "slots": slots,
            "deadline": timedelta(seconds=deadline),
            "name_of": lambda number: f"number {number}",
            "claim": self.claim,
            "work": work or self.work,
            "settle": self.settle,
            "fail": self.fail,
            "release": self.release,
        }
        return Line(**(parts | changes))


@pytest.fixture
def pile() -> Pile:
    return Pile()


@asynccontextmanager
async def at_work(
    line: Line[int, int], *, bell: asyncio.Event | None = None
) -> AsyncIterator[None]:
    """Run a line until the block ends, and then until it has stopped."""
    bell, stop = bell or asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run_line(NOBODY, line, bell, stop))
        yield
        stop.set()
        bell.set()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 (the pile knows no events)
            await asyncio.sleep(0.005)


async def test_everything_that_waits_is_done_once(pile):
    pile.waiting = list(range(50))

    async with at_work(pile.line()):
        await until(lambda: len(pile.done) == 50)

    assert sorted(pile.done) == list(range(50))
    assert pile.failed == []


@pytest.mark.rule("RX-08")
async def test_no_more_is_under_way_than_there_are_slots(pile):
    pile.waiting = list(range(40))

    async with at_work(pile.line(slots=3)):
        await until(lambda: len(pile.done) == 40)

    assert pile.most == 3


async def test_results_that_come_together_are_settled_together(pile):
    pile.waiting = list(range(64))

    async with at_work(pile.line(slots=32)):
        await until(lambda: len(pile.done) == 64)

    assert len(pile.batches) < 20


async def test_a_result_that_cannot_be_recorded_fails_alone_whoever_it_was_gathered_with(pile):
    pile.waiting = list(range(16))
    tried: list[Sequence[int]] = []

    async def settle(federation: Any, results: Sequence[int]) -> None:
        tried.append(results)
        if 2 in results:
            raise ValueError("not this one")
        await pile.settle(federation, results)

    async with at_work(pile.line(slots=16, settle=settle)):
        await until(lambda: len(pile.done) + len(pile.failed) == 16)

    assert pile.failed == [(2, "ValueError")]
    assert sorted(pile.done) == [number for number in range(16) if number != 2]
    assert any(2 in results and len(results) > 1 for results in tried)


async def test_a_batch_that_another_transaction_overtook_is_recorded_one_by_one(pile):
    pile.waiting = list(range(16))
    tried: list[int] = []

    async def settle(federation: Any, results: Sequence[int]) -> None:
        tried.append(len(results))
        if len(results) > 1:
            raise OvertakenError("a deadlock")
        await pile.settle(federation, results)

    async with at_work(pile.line(slots=16, settle=settle)):
        await until(lambda: len(pile.done) + len(pile.failed) == 16)

    assert pile.failed == []
    assert len(tried) - tried.count(1) <= 2  # no batch was tried again as it was


async def test_a_bell_is_answered_without_waiting_for_the_next_look(pile, monkeypatch):
    monkeypatch.setattr(loop, "POLL_SECONDS", 3_600.0)
    bell = asyncio.Event()

    async with at_work(pile.line(), bell=bell):
        await until(lambda: pile.claims == 1)
        pile.waiting = [7]
        bell.set()
        await until(lambda: pile.done == [7])


async def test_without_a_bell_a_look_a_second_is_enough(pile):
    async with at_work(pile.line()):
        await until(lambda: pile.claims == 1)
        pile.waiting = [7]
        await until(lambda: pile.done == [7])

    assert pile.claims <= 4


@pytest.mark.rule("ST-03")
async def test_an_error_is_recorded_and_delays_nobody(pile):
    async def work(federation, number):
        if number == 3:
            raise ZeroDivisionError
        return await pile.work(federation, number)

    pile.waiting = list(range(8))

    async with at_work(pile.line(work=work)):
        await until(lambda: len(pile.done) == 7)

    assert pile.failed == [(3, "ZeroDivisionError")]


@pytest.mark.rule("ST-03")
@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError(), BaseException("odd")]
)
async def test_nothing_that_one_item_raises_ends_another(pile, error):
    async def work(federation, number):
        if number == 3:
            raise error
        return await pile.work(federation, number)

    pile.waiting = list(range(8))

    async with at_work(pile.line(work=work)):
        await until(lambda: len(pile.done) == 7)
        pile.waiting = [8]
        await until(lambda: len(pile.done) == 8)

    assert pile.failed == [(3, type(error).__name__)]


async def test_what_a_result_still_asks_for_is_done_once_it_is_recorded(pile):
    seen: list[tuple[int, bool]] = []

    async def after(_federation, number):
        seen.append((number, number in pile.done))
        raise ZeroDivisionError

    pile.waiting = [1, 2]

    async with at_work(pile.line(after=after)):
        await until(lambda: len(seen) == 2)

    assert sorted(seen) == [(1, True), (2, True)]
    assert (sorted(pile.done), pile.failed) == ([1, 2], [])


@pytest.mark.rule("RX-08")
async def test_what_a_result_still_asks_for_holds_no_slot_however_long_it_takes(pile):
    begun: list[int] = []
    has_ended: list[int] = []

    async def after(_federation, number):
        begun.append(number)
        try:
            await asyncio.sleep(60)
        finally:
            has_ended.append(number)

    pile.waiting = list(range(50))

    async with at_work(pile.line(slots=4, after=after, asks_more=lambda number: number % 2 == 0)):
        await until(lambda: len(pile.done) == 50)
        assert len(begun) == loop.AFTER_PLACES
        assert not has_ended

    assert sorted(has_ended) == sorted(begun)
    assert all(number % 2 == 0 for number in begun)
    assert pile.released == []


async def test_the_log_says_which_item_failed_and_why(pile):
    async def work(_federation, _number):
        raise FedirecError("the shelf is full")

    pile.waiting = [3]

    with structlog.testing.capture_logs() as events:
        async with at_work(pile.line(work=work)):
            await until(lambda: pile.failed)

    (event,) = events
    assert (event["event"], event["log_level"]) == ("line.item_failed", "warning")
    assert (event["item"], event["error"]) == ("number 3", "FedirecError")
    assert event["reason"] == "the shelf is full"
    assert event["exc_info"] is None


async def test_a_fault_is_logged_with_its_traceback(pile):
    async def work(_federation, _number):
        raise ZeroDivisionError

    pile.waiting = [3]

    with structlog.testing.capture_logs() as events:
        async with at_work(pile.line(work=work)):
            await until(lambda: pile.failed)

    (event,) = events
    assert event["item"] == "number 3"
    assert isinstance(event["exc_info"], ZeroDivisionError)


@pytest.mark.rule("ST-03")
async def test_what_takes_longer_than_its_deadline_is_ended(pile):
    async def work(_federation, number):
        if number == 1:
            await asyncio.sleep(60)
        return number

    pile.waiting = [1, 2]

    async with at_work(pile.line(work=work, deadline=0.05)):
        await until(lambda: pile.failed and pile.done)

    assert (pile.failed, pile.done) == ([(1, "TimeoutError")], [2])


@pytest.mark.rule("RX-08")
async def test_one_that_hangs_holds_its_own_slot_only(pile):
    async def work(federation, number):
        if number == 0:
            await asyncio.sleep(60)
        return await pile.work(federation, number)

    pile.waiting = list(range(20))

    async with at_work(pile.line(work=work, deadline=1.0)):
        await until(lambda: len(pile.done) == 19)
        assert pile.failed == []


async def test_trouble_with_the_database_does_not_end_the_loop(pile):
    has_failed = False

    async def claim(federation, limit):
        nonlocal has_failed
        if not has_failed:
            has_failed = True
            raise FedirecError("away")
        return await pile.claim(federation, limit)

    async def fail(_federation, _number, _error):
        raise FedirecError("away")

    async def work(_federation, number):
        if number == 1:
            raise FedirecError("cannot")
        return number

    pile.waiting = [1, 2]
    bell = asyncio.Event()

    async with at_work(pile.line(claim=claim, fail=fail, work=work), bell=bell):
        await until(lambda: has_failed)
        bell.set()
        await until(lambda: pile.done == [2])


async def test_when_told_to_stop_what_is_under_way_ends_first(pile):
    pile.waiting = [1]

    async with at_work(pile.line()):
        await until(lambda: pile.under_way == 1)

    assert pile.done == [1]
    assert pile.released == []


async def test_what_does_not_end_in_time_is_handed_back(pile):
    async def work(_federation, _number):
        await asyncio.sleep(60)

    pile.waiting = [1, 2]

    async with at_work(pile.line(work=work, patience=timedelta(seconds=0.05))):
        await until(lambda: pile.claims and not pile.waiting)

    assert pile.released == [1, 2]
    assert pile.done == []
