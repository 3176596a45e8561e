"""X14: everything at once for half an hour, then peace: nothing is left that was not there before.

What is compared is the program at rest, once warm and once at the end. What is kept by design
(activities, deliveries that ended, signatures seen within their window) grows, and is not judged;
nor are the pages of it that SQLite keeps in memory, up to its bound.
`--chaos-all --chaos-minutes 2` tries it out.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

import pytest

from fedirec.domain.limits import Limits
from fedirec.storage.database import Database
from fedirec.storage.opening import open_database
from tests.chaos.crowd import Crowd, bad_followers
from tests.chaos.fire import Line, lines_of
from tests.chaos.world import World

pytestmark = [pytest.mark.on_demand, pytest.mark.parametrize("engine", ["sqlite"], indirect=True)]

SAMPLE_SECONDS: Final = 10.0
PAUSE: Final = 0.3
"""Between two things that one of them does: together they take a fifth of a core."""
READERS: Final = 2
AT_REST: Final = 3
"""How many samples a rest is known by, the last ones: one may have met a probe, or a checkpoint."""
MORE: Final = 1.1
PAGES_BYTES: Final = 16 * 1024 * 1024
"""How much of the database its writer keeps in memory; what readers map is not counted as ours."""
PAGE_COST: Final = 1.05
"""What a page costs there, in pages, at the least."""
TOKEN: Final = "a-token-for-whoever-watches-the-soak"
ORDINARY: Final = {
    "METRICS_TOKEN": TOKEN,
    "LIMITS__LEASE": "60s",
    "LIMITS__DELIVERY_TIMEOUT": "10s",
    "LIMITS__REQUESTS_PER_UNKNOWN_HOST_MINUTE": "100000",
}
_FIGURES: Final = {
    "process_open_fds": "descriptors",
    "fedirec_tasks": "tasks",
    "process_resident_memory_bytes": "memory",
    "process_cpu_seconds_total": "cpu seconds",
}
_WINDOW: Final = Limits().signature_age_with_expires + Limits().signature_ahead
_ANSWERS: Final = (
    "not exists (select 1 from peers p where p.host = d.host and p.circuit <> 'closed')"
)
_ROWS: Final = {
    "received, not done": "received where state not in ('handled', 'ignored')",
    "deliveries, not done": "deliveries d where state in ('due', 'waiting', 'leased', 'dead')"
    f" and {_ANSWERS}",
    "leases": "deliveries where lease_token is not null",
    "fan-outs": "fan_outs",
    "looks at hosts": f"delivery_hosts d where {_ANSWERS}",
    "announcements, not done": "announcements where activity_id is null",
    "peers": "peers",
    "actors": "actors",
    "keys of others": "remote_keys",
    "follows": "follows",
    "signatures too old": "seen_signatures where digest < printf('%08x', unixepoch() - "
    f"{int(_WINDOW.total_seconds())})",
}
_BY_DESIGN: Final = {
    "received": "received",
    "deliveries": "deliveries",
    "waiting for the bad": "deliveries where state = 'waiting'",
    "looks at the bad": f"delivery_hosts d where not {_ANSWERS}",
    "signatures": "seen_signatures",
}
JUDGED: Final = ("descriptors", "tasks", "memory without pages", "log bytes", *_ROWS)

Sample = Mapping[str, float]


class Watch:
    """Takes a sample now and then; all of them are in `path`, one a line."""

    def __init__(self, world: World, database: Database, folder: Path) -> None:
        self._world = world
        self._database = database
        self._folder = folder
        self.path = folder / "soak.jsonl"

    async def look(self, seconds: float, phase: str) -> list[Sample]:
        """Take samples for so long."""
        samples: list[Sample] = []
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while len(samples) < AT_REST or loop.time() < end:
            await asyncio.sleep(min(SAMPLE_SECONDS, seconds / AT_REST))
            samples.append(await self._sample())
            with self.path.open("a") as file:
                file.write(json.dumps({"phase": phase, **samples[-1]}) + "\n")
        return samples

    async def _sample(self) -> Sample:
        counts = {}
        async with self._database.reading() as reader:
            for name, rows in (_ROWS | _BY_DESIGN).items():
                row = await reader.fetch_one(f"select count(*) as found from {rows}")  # noqa: S608 - named above
                assert row is not None
                counts[name] = float(row["found"] or 0)
        return {**await self._figures(), **self._sizes(), **counts}

    def _sizes(self) -> Sample:
        """What Linux says: the program's own memory, and the files of its database."""
        status = Path(f"/proc/{self._world.program.pid}/status").read_text()
        anonymous = 1024 * int(status.partition("RssAnon:")[2].split()[0])
        database, log = (self._folder / name for name in ("fedirec.db", "fedirec.db-wal"))
        pages = PAGE_COST * min(database.stat().st_size, PAGES_BYTES)
        return {
            "memory without pages": anonymous - pages,
            "log bytes": float(log.stat().st_size if log.exists() else 0),
            "database bytes": float(database.stat().st_size),
        }

    async def _figures(self) -> Sample:
        url = f"http://{self._world.prepared.host}/metrics"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self._world.client.get(url, headers=headers) as response:
            lines = (await response.text()).splitlines()
        told = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(told[figure]) for figure, name in _FIGURES.items()}


@pytest.fixture
async def watch(world, program, database_url, tmp_path) -> AsyncIterator[Watch]:
    """Over the program, which runs."""
    await program.start(**ORDINARY)
    database = await open_database(database_url)
    yield Watch(world, database, tmp_path / "data")
    await database.close()


async def test_half_an_hour_of_everything_leaves_nothing_behind(
    world, program, watch, dice, request, capsys
):
    seconds = 60 * request.config.getoption("--chaos-minutes")
    lines = lines_of(world, dice, pause=PAUSE)
    crowd = Crowd(world=world, dice=dice, pause=PAUSE)

    async with bad_followers(world):
        async with everything_at_once(lines, crowd):
            await watch.look(seconds / 6, "warm-up")
        before = at_rest(await watch.look(seconds / 10, "first rest"))
        async with everything_at_once(lines, crowd):
            under_load = await watch.look(seconds, "load")
        after = at_rest(await watch.look(seconds / 6, "last rest"))

    with capsys.disabled():
        print(table(before, under_load, after, crowd), watch.path, sep="\n")  # noqa: T201 - asked for
    assert grown(before, after) == []
    assert [status for status in crowd.statuses if status >= 500] == []
    assert [event for event in program.events() if "exception" in event or "text" in event] == []
    assert await program.leave() == 0


@asynccontextmanager
async def everything_at_once(lines: Sequence[Line], crowd: Crowd) -> AsyncIterator[None]:
    """Let everybody do what they do for the length of the block."""
    async with asyncio.TaskGroup() as tasks:
        everybody = (
            *(line.keep_on() for line in lines),
            *(crowd.read() for _ in range(READERS)),
            crowd.repeat(),
            crowd.lie(),
        )
        firing = [tasks.create_task(each) for each in everybody]
        yield
        for task in firing:
            task.cancel()


def at_rest(samples: Sequence[Sample]) -> Sample:
    """The middle of the last few."""
    last = samples[-AT_REST:]
    return {name: median(sample[name] for sample in last) for name in last[0]}


def grown(before: Sample, after: Sample) -> list[str]:
    """What is more than it was, by more than a tenth."""
    return [
        f"{name}: {after[name]:.0f} after {before[name]:.0f}"
        for name in JUDGED
        if after[name] > before[name] * MORE
    ]


def table(before: Sample, under_load: Sequence[Sample], after: Sample, crowd: Crowd) -> str:
    """What was measured, for who asked."""
    rows = [f"{'':28}{'before':>14}{'most':>14}{'after':>14}"]
    for name in before:
        most = max(sample[name] for sample in under_load)
        rows.append(f"{name:28}{before[name]:14,.0f}{most:14,.0f}{after[name]:14,.0f}")
    answered = ", ".join(f"{n} {status}" for status, n in sorted(Counter(crowd.statuses).items()))
    return "\n".join(["", *rows, f"answered to the crowd: {answered}"])
