"""What is read: an actor's document and a page of twenty job notes, beside a bare aiohttp GET."""

import asyncio
from collections.abc import Mapping
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
GOAL_ACTOR: Final = at_least(0.5)
GOAL_PAGE: Final = at_least(0.08)
_NOTES: Final = 20
_WORDS: Final = "We raise an oak frame over three weeks and need hands that know a mallet. " * 3
_PAY: Final = Pay(minimum=Decimal(24), maximum=Decimal(28), currency="EUR", per=PayPer.HOUR)
_ACTORS: Final = 8_000
_PAGES: Final = 2_000


def reading(workshop: Workshop) -> list[Result]:
    """Measure GETs of an actor and of the job board."""
    room = workshop.room("pages")
    guild = new_guild(room / "guild")
    add_members(guild, ["ada"])
    _post_jobs(guild)
    with (
        workshop.stage("reading"),
        bare_server(room) as bare,
        serving(guild) as server,
    ):
        return [
            _compare(
                workshop, guild, server, bare,
                ("actor GET / bare GET", "/users/ada", ACTIVITY_JSON, GOAL_ACTOR, _ACTORS),
            ),
            _compare(
                workshop, guild, server, bare,
                ("HTML page of 20 notes / bare GET", "/jobs", HTML, GOAL_PAGE, _PAGES),
            ),
        ]  # fmt: skip


def _compare(
    workshop: Workshop,
    guild: Guild,
    server: Child,
    bare: Bare,
    asked: tuple[str, str, Mapping[str, str], Goal, int],
) -> Result:
    name, target, headers, goal, amount = asked
    file = _file(guild, target, headers)
    plain = _file(guild, "/", headers)
    subjects: list[Played] = []
    yardsticks: list[Played] = []
    play(workshop.generator, file, server, guild.port, times=100)
    for _ in range(workshop.plan.rounds):
        times = workshop.plan.some(amount)
        yardsticks.append(play(workshop.generator, plain, bare.child, bare.port, times=_ACTORS))
        subjects.append(play(workshop.generator, file, server, guild.port, times=times))
    for each in (*subjects, *yardsticks):
        if not each.answers.all_are(OK):
            return failed(name, goal=goal, reason=f"expected 200: {each.answers.told()}")
    return compared(
        name,
        [each.per_cpu_second for each in subjects],
        [each.per_cpu_second for each in yardsticks],
        goal=goal,
        against="a GET of JSON from bare aiohttp, each CPU-s",
        detail={
            "server": "serve, SQLite; connections per address (RX-06) raised",
            "cpu of one": f"{subjects[-1].cost()} user + system, bare {yardsticks[-1].cost()}",
            "latency at 64 connections": subjects[-1].answers.latency(),
        },
    )


def _file(guild: Guild, target: str, headers: Mapping[str, str]) -> Path:
    path = guild.folder / f"get{target.replace('/', '-')}"
    return write_requests(path, [get_request(guild.place.authority, target, headers)])


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
