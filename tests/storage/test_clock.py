"""On PostgreSQL all processes go by the database's clock, whatever their own clocks say (ST-07)."""

from datetime import UTC, datetime, timedelta

import pytest

from fedirec.errors import StorageUnavailableError
from fedirec.storage.clock import DatabaseClock

pytestmark = [
    pytest.mark.rule("ST-07"),
    pytest.mark.parametrize("engine", ["postgresql"], indirect=True),
]


class Uptime:
    """A monotonic clock that goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


async def test_the_time_is_the_databases(database):
    clock = DatabaseClock(database)

    await clock.look()

    assert clock().tzinfo is UTC
    assert abs(clock() - datetime.now(UTC)) < timedelta(minutes=1)  # the same machine's, here


async def test_between_two_looks_it_goes_on_by_the_monotonic_clock(database):
    uptime = Uptime()
    clock = DatabaseClock(database, monotonic=uptime)
    await clock.look()
    first = clock()

    uptime.seconds += 7.5

    assert clock() - first == timedelta(seconds=7.5)


async def test_a_look_corrects_what_has_drifted_and_leaves_small_doubts_alone(database):
    uptime = Uptime()
    clock = DatabaseClock(database, monotonic=uptime)
    await clock.look()
    first = clock()
    await clock.look()  # a round trip later by the database's clock, and no time by ours
    small = clock()

    uptime.seconds += 3_600
    await clock.look()

    assert small - first < timedelta(seconds=20)
    assert clock() - first < timedelta(minutes=10)


async def test_before_the_first_look_there_is_no_time(database):
    with pytest.raises(RuntimeError):
        DatabaseClock(database)()


async def test_while_the_database_is_away_the_clock_goes_on(database):
    uptime = Uptime()
    clock = DatabaseClock(database, monotonic=uptime)
    await clock.look()
    first = clock()
    await database.close()

    uptime.seconds += 60
    with pytest.raises(StorageUnavailableError):
        await clock.look()

    assert clock() - first == timedelta(minutes=1)
