"""What is read: an actor's document and a page of twenty job notes, beside a bare aiohttp GET."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from benchmarks.guild import Guild, add_members, new_guild, opened, serving
from benchmarks.load import get_request, write_requests
from benchmarks.plan import Workshop
from benchmarks.processes import Child
from benchmarks.results import Goal, Result, at_least, compared, failed
from benchmarks.yardsticks import Bare, Played, bare_server, play
from fedirec.community import job_notes
from fedirec.domain.job_notes import JobDraft, Pay, PayPer, Remote

OK: Final = 200
ACTIVITY_JSON: Final = {"accept": "application/activity+json"}
HTML: Final = {"accept": "text/html", "accept-encoding": "gzip"}
_NOTES: Final = 20
_WORDS: Final = "We raise an oak frame over three weeks and need hands that know a mallet. " * 3
_PAY: Final = Pay(minimum=Decimal(24), maximum=Decimal(28), currency="EUR", per=PayPer.HOUR)
_BARE: Final = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One kind of GET: how many of it, and under how many addresses that differ in their query."""

    name: str
    target: str
    headers: Mapping[str, str]
    amount: int
    goal: Goal | None = None
    different: int = 1


_ASKED: Final = (
    _Asked(
        name="actor GET / bare GET",
        target="/users/ada",
        headers=ACTIVITY_JSON,
        amount=8_000,
        goal=at_least(0.5),
    ),
    _Asked(
        name="HTML page of 20 notes / bare GET",
        target="/jobs",
        headers=HTML,
        amount=2_000,
        goal=at_least(0.08),
    ),
    _Asked(
        name="the same page, nothing of it kept / bare GET",
        target="/jobs",
        headers=HTML,
        amount=1_000,
        different=1_000,
    ),
)


def reading(workshop: Workshop) -> list[Result]:
    """Measure GETs of an actor and of the job board, from what is kept and made anew."""
    room = workshop.room("pages")
    guild = new_guild(room / "guild")
    add_members(guild, ["ada"])
    _post_jobs(guild)
    with (
        workshop.stage("reading"),
        bare_server(room) as bare,
        serving(guild) as server,
    ):
        return [_compare(workshop, guild, server, bare, asked) for asked in _ASKED]


def _compare(workshop: Workshop, guild: Guild, server: Child, bare: Bare, asked: _Asked) -> Result:
    file = _file(guild, asked)
    plain = _file(guild, replace(asked, target="/", different=1))
    subjects: list[Played] = []
    yardsticks: list[Played] = []
    play(workshop.generator, file, server, guild.port, times=max(1, 100 // asked.different))
    for _ in range(workshop.plan.rounds):
        times = max(1, workshop.plan.some(asked.amount) // asked.different)
        yardsticks.append(play(workshop.generator, plain, bare.child, bare.port, times=_BARE))
        subjects.append(play(workshop.generator, file, server, guild.port, times=times))
    for each in (*subjects, *yardsticks):
        if not each.answers.all_are(OK):
            return failed(
                asked.name, goal=asked.goal, reason=f"expected 200: {each.answers.told()}"
            )
    return compared(
        asked.name,
        [each.per_cpu_second for each in subjects],
        [each.per_cpu_second for each in yardsticks],
        goal=asked.goal,
        against="a GET of JSON from bare aiohttp, each CPU-s",
        detail={
            "server": "serve, SQLite; connections per address (RX-06) raised",
            "cpu of one": f"{subjects[-1].cost()} user + system, bare {yardsticks[-1].cost()}",
            "latency at 64 connections": subjects[-1].answers.latency(),
        },
    )


def _file(guild: Guild, asked: _Asked) -> Path:
    """Write the requests: the same address, or as many as are different."""
    path = guild.folder / f"get{asked.target.replace('/', '-')}-{asked.different}"
    targets = [asked.target]
    if asked.different > 1:
        targets = [f"{asked.target}?n={number}" for number in range(asked.different)]
    authority = guild.place.authority
    return write_requests(path, [get_request(authority, each, asked.headers) for each in targets])


def _post_jobs(guild: Guild) -> None:
    async def post() -> None:
        closes_at = datetime.now(UTC) + timedelta(days=20)
        async with opened(guild) as federation:
            for number in range(_NOTES):
                draft = JobDraft(
                    title=f"Framer, house {number}",
                    words=_WORDS,
                    pay=_PAY,
                    closes_at=closes_at,
                    contact=guild.actor("ada"),
                    place="Ghent",
                    remote=Remote.NO,
                )
                await job_notes.post(federation, "ada", draft)

    asyncio.run(post())
