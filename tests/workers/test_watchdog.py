"""The watch over the event loop notices what blocks it (RX-07)."""

import asyncio
import time

import pytest
import structlog

from fedirec.federation.counts import Counts
from fedirec.workers.watchdog import watch_loop


@pytest.mark.rule("RX-07")
async def test_what_blocks_the_loop_is_counted_and_told():
    counts = Counts()
    with structlog.testing.capture_logs() as events:
        watching = asyncio.get_running_loop().create_task(watch_loop(counts, every=0.01))
        await asyncio.sleep(0.03)
        time.sleep(0.3)  # noqa: ASYNC251 - the very thing that must not be done
        await asyncio.sleep(0.03)
        watching.cancel()

    assert {event["event"] for event in events} == {"loop.late"}
    by_bound = dict(counts.loop_lag.up_to())
    assert by_bound["+Inf"] > by_bound["0.2"]


def test_a_spread_counts_each_value_under_every_bound_that_holds_it():
    counts = Counts()

    for rows in (1, 1, 3, 500):
        counts.commits.observe(rows)

    by_bound = dict(counts.commits.up_to())
    assert (by_bound["1.0"], by_bound["2.0"], by_bound["4.0"]) == (2, 2, 3)
    assert (by_bound["256.0"], by_bound["+Inf"]) == (3, 4)
    assert counts.commits.total == 505
