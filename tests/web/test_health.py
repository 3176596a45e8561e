"""Each thing that can be wrong flips its probe, and no other (OP-06)."""

from datetime import timedelta

import pytest
import structlog

from fedirec.storage.received import insert_received
from fedirec.storage.space import Space, SpaceWatch
from tests.storage.samples import a_received
from tests.web.home import Home, Seen, open_home

WELL = {"database": True, "migrations": True, "disk": True, "queue": True}


async def ready(home: Home) -> dict[str, bool]:
    seen: Seen = await home.ask("/readyz")
    told = seen.json()
    assert seen.status == (200 if told["ready"] else 503)
    return dict(told["checks"])


async def wait_for_work(home: Home) -> None:
    """Let something be received that nobody handles: there are no workers here."""
    async with home.federation.database.transaction() as transaction:
        await insert_received(transaction, [a_received(1, created_at=home.clock())])


@pytest.mark.rule("OP-06")
async def test_a_sound_instance_is_ready(home):
    await wait_for_work(home)

    assert await ready(home) == WELL


@pytest.mark.rule("OP-06")
async def test_work_that_no_worker_looks_at_is_told_in_the_end(home):
    await wait_for_work(home)
    home.clock.forward(home.federation.limits.ready_queue_age)
    assert await ready(home) == WELL

    home.clock.forward(timedelta(seconds=1))
    with structlog.testing.capture_logs() as events:
        assert await ready(home) == WELL | {"queue": False}

    (event,) = [event for event in events if event["event"] == "probe.not_ready"]
    assert event["queue"] == "no worker looks at what is due: received; is one running?"
    assert (await home.ask("/healthz")).status == 200


@pytest.mark.rule("OP-06")
async def test_a_database_that_cannot_be_written_is_told(home):
    await home.federation.database.close()

    assert await ready(home) == WELL | {"database": False}
    assert (await home.ask("/healthz")).status == 200


async def test_what_waited_while_nobody_was_here_is_given_time(home):
    async with home.federation.database.transaction() as transaction:
        old = home.clock() - timedelta(days=3)
        await insert_received(transaction, [a_received(1, created_at=old)])

    assert await ready(home) == WELL


@pytest.mark.rule("OP-06")
async def test_tables_of_a_newer_version_are_told(home):
    async with home.federation.database.transaction() as transaction:
        await transaction.execute(
            "insert into migrations (number, name, digest, applied_at) values (999, 'x', 'x', 1)"
        )

    assert await ready(home) == WELL | {"migrations": False}


@pytest.mark.rule("OP-06", "RX-12")
async def test_a_disk_that_is_nearly_full_is_told(tmp_path):
    spaces = [Space(50, 100)]
    watch = SpaceWatch(tmp_path, least_bytes=10, measuring=lambda _folder: spaces[-1],
                       monotonic=lambda: 2.0 * len(spaces))  # fmt: skip

    async with open_home(tmp_path, space=watch) as home:
        spaces.append(Space(9, 100))
        assert await ready(home) == WELL | {"disk": False}
        assert (await home.ask("/healthz")).status == 200
