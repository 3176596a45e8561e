"""More than one process at the queue: how much faster, on each engine (reliability L7)."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from benchmarks.fan_out import HEALTHY, follow_healthy
from benchmarks.guild import Guild, add_members, new_guild, note_to_followers, opened, working
from benchmarks.ledger import Ledger
from benchmarks.neighbourhood import Neighbourhood, neighbourhood
from benchmarks.plan import Workshop
from benchmarks.postgres import cluster, make_database, why_no_postgresql
from benchmarks.processes import wait_for
from benchmarks.results import Goal, Result, at_least, compared, failed
from fedirec.community.client_outbox import submit

_INBOXES_OF_A_HOST: Final = 40
_NOTES: Final = 2
_SECONDS: Final = 180
_READY: Final = "worker.ready"
_TWO: Final = "L7: PostgreSQL, 2 workers / 1"
_FOUR: Final = "L7: PostgreSQL, 4 workers / 2"
_SQLITE: Final = "L7: SQLite, 2 workers / 1"
_GOALS: Final = {_TWO: at_least(1.4), _FOUR: at_least(1.0), _SQLITE: at_least(0.9)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    guild: Guild
    hosts: Neighbourhood
    inboxes: int


def working_together(workshop: Workshop) -> list[Result]:
    """Measure deliveries each second by one worker process, two and four."""
    with workshop.stage("several workers"):
        reason = why_no_postgresql()
        if reason:
            results = [failed(name, goal=_GOALS[name], reason=reason) for name in (_TWO, _FOUR)]
        else:
            with cluster(workshop.room("postgresql") / "cluster") as socket:
                url = make_database(socket, "fedirec")
                rates = _rates(workshop, url, (1, 2, 4))
            results = [_judge(_TWO, rates[2], rates[1]), _judge(_FOUR, rates[4], rates[2])]
        rates = _rates(workshop, "", (1, 2))
        return [*results, _judge(_SQLITE, rates[2], rates[1])]


def _rates(workshop: Workshop, url: str, amounts: Sequence[int]) -> dict[int, list[float]]:
    """Return deliveries each second by so many workers, round by round, in turns."""
    room = workshop.room("workers")
    guild = new_guild(room / "guild", database=url)
    add_members(guild, ["ada"])
    rates: dict[int, list[float]] = {amount: [] for amount in amounts}
    with neighbourhood(room, hosts=HEALTHY) as hosts:
        people = follow_healthy(guild, ["ada"], hosts, workshop.plan.some(_INBOXES_OF_A_HOST))
        stage = _Stage(guild=guild, hosts=hosts, inboxes=len(people))
        for _ in range(workshop.plan.long_rounds):
            for amount in amounts:
                rates[amount].append(_rate(stage, amount))
    engine = "PostgreSQL" if url else "SQLite"
    shown = "; ".join(f"{amount}: {rates[amount][-1]:.0f}/s" for amount in amounts)
    workshop.say(f"  deliveries by so many workers on {engine}: {shown}")
    return rates


def _rate(stage: _Stage, amount: int) -> float:
    guild, expected = stage.guild, stage.inboxes * _NOTES
    guild.log.write_text("")
    stage.hosts.forget()
    with ExitStack() as stack:
        for _ in range(amount):
            stack.enter_context(working(guild))
        wait_for(lambda: guild.log.read_text().count(_READY) == amount, what="workers")
        began = time.monotonic()
        asyncio.run(_publish(guild))
        wait_for(
            lambda: stage.hosts.counts().deliveries >= expected,
            what=f"{expected} deliveries",
            seconds=_SECONDS,
            every=0.1,
        )
        ended = max(stage.hosts.counts().last_at.values())
        Ledger(guild).wait_until_sent(_SECONDS)
    came = stage.hosts.counts()
    if came.deliveries != expected or came.distinct != expected:
        message = f"{expected} deliveries were due, and {came.deliveries} came"
        raise RuntimeError(message)
    return expected / (ended - began)


async def _publish(guild: Guild) -> None:
    async with opened(guild) as federation:
        for number in range(_NOTES):
            note = note_to_followers(guild, "ada", f"Frame {number} stands.")
            await submit(federation, "ada", note)


def _judge(name: str, subject: Sequence[float], yardstick: Sequence[float]) -> Result:
    goal: Goal = _GOALS[name]
    return compared(
        name, subject, yardstick, goal=goal, against="fewer workers, deliveries each second",
        detail={"what": f"{_NOTES} notes to {HEALTHY} hosts by plain http, wall time"},
    )  # fmt: skip
