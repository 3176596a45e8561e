"""While the database is away, workers wait, say so once, and lose nothing that was done."""

import asyncio
from collections.abc import MutableMapping, Sequence
from typing import Any

import pytest
import structlog

from fedirec.errors import StorageUnavailableError
from fedirec.workers import loop
from fedirec.workers.outage import Outage
from tests.workers.test_loop import NOBODY, Pile, at_work, until


class Away(Pile):
    """A pile whose database fails a number of times, first for claims and then for settling."""

    claims_that_fail = 0
    settlings_that_fail = 0

    async def claim(self, federation, limit):
        if self.claims_that_fail:
            self.claims_that_fail -= 1
            raise StorageUnavailableError("nobody answers")
        return await super().claim(federation, limit)

    async def settle(self, federation, results):
        if self.settlings_that_fail:
            self.settlings_that_fail -= 1
            raise StorageUnavailableError("nobody answers")
        await super().settle(federation, results)


def events_of(events: Sequence[MutableMapping[str, Any]]) -> list[tuple[Any, Any]]:
    return [(event["event"], event["line"]) for event in events]


def test_the_waits_grow_and_start_anew_after_a_success():
    outage, error = Outage("numbers"), StorageUnavailableError("nobody answers")

    waits = [outage.wait_after(error) for _ in range(7)]
    outage.is_over()

    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert outage.wait_after(error) == 0.5


def test_an_outage_is_two_lines_in_the_log_however_long_it_is():
    outage = Outage("numbers")

    with structlog.testing.capture_logs() as events:
        outage.is_over()
        for _ in range(100):
            outage.wait_after(StorageUnavailableError("nobody answers"))
        outage.is_over()
        outage.is_over()

    assert events_of(events) == [("database.away", "numbers"), ("database.back", "numbers")]
    assert events[0]["reason"] == "nobody answers"


async def test_claiming_goes_on_when_the_database_is_back():
    pile = Away(waiting=[1, 2, 3])
    pile.claims_that_fail = 2

    with structlog.testing.capture_logs() as events:
        async with at_work(pile.line()):
            await until(lambda: len(pile.done) == 3)

    assert events_of(events) == [("database.away", "numbers"), ("database.back", "numbers")]


async def test_what_was_done_is_recorded_when_the_database_is_back_and_not_done_again():
    pile = Away(waiting=[1, 2, 3])
    pile.settlings_that_fail = 2
    worked = []

    async def work(federation, number):
        worked.append(number)
        return await pile.work(federation, number)

    with structlog.testing.capture_logs() as events:
        async with at_work(pile.line(work=work)):
            await until(lambda: len(pile.done) == 3)

    assert sorted(worked) == sorted(pile.done) == [1, 2, 3]
    assert pile.failed == []
    line = "settling numbers"
    assert events_of(events) == [("database.away", line), ("database.back", line)]


async def test_recording_is_given_up_when_the_lease_is_over_anyway():
    pile = Away(waiting=[1])
    pile.settlings_that_fail = 10**6

    async with at_work(pile.line(deadline=0.2)):
        await until(lambda: pile.failed)

    assert pile.failed == [(1, "StorageUnavailableError")]


async def test_what_is_repeated_leaves_the_database_alone_for_longer_each_time():
    calls, stop = [], asyncio.Event()

    async def look(_federation):
        calls.append(1)
        raise StorageUnavailableError("nobody answers")

    with structlog.testing.capture_logs() as events:
        async with asyncio.TaskGroup() as tasks:
            bell = asyncio.Event()
            tasks.create_task(loop.repeat(NOBODY, look, bell, stop, 0.0))
            await asyncio.sleep(2.2)
            stop.set()
            bell.set()

    assert 1 <= len(calls) <= 2
    assert events_of(events) == [("database.away", "look")]


@pytest.mark.rule("ST-03")
async def test_what_cannot_even_be_failed_is_told_without_a_traceback():
    async def fail(_federation, _number, _error):
        raise StorageUnavailableError("nobody answers")

    async def work(_federation, _number):
        raise ZeroDivisionError

    pile = Pile(waiting=[1])
    with structlog.testing.capture_logs() as events:
        async with at_work(pile.line(work=work, fail=fail)):
            await until(lambda: pile.claims > 1)

    (event,) = [event for event in events if event["event"] == "line.attempt_failed"]
    assert (event["log_level"], event["reason"]) == ("warning", "nobody answers")
    assert "exc_info" not in event
