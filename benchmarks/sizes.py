"""What a stored million costs: accepting, reading an inbox, looking up an id, claiming work.

One guild of each size, all served at once and measured in turns, so that the machine's moods hit
all of them alike.
"""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from benchmarks.filling import fill_queue, fill_received
from benchmarks.guild import Guild, add_members, new_guild, opened, serving
from benchmarks.ledger import Ledger
from benchmarks.load import get_request, write_requests
from benchmarks.mail import Pen, make_signers, signed
from benchmarks.neighbourhood import address, neighbourhood
from benchmarks.pages import ACTIVITY_JSON, OK
from benchmarks.plan import Workshop
from benchmarks.processes import Child, free_port
from benchmarks.results import Curve, Goal, Result, at_most, compared, failed
from benchmarks.scenery import ACCEPTED, MEMBER, SIGNERS, WARM_UP
from benchmarks.yardsticks import play
from fedirec.workers.deliveries import delivery_line

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES: Final = SIZES[:3]
_BYTES_OF_A_ROW: Final = 6_000  # of each of the tables together, with room for the log
_LETTERS: Final = 1_000
_PAGES: Final = 1_000
_LOOKUPS: Final = 2_000
_WARMING_LOOKUPS: Final = 10_000  # the server keeps its connection, and what that has read
_WARMING_CLAIMS: Final = 16  # until every host was looked at once, as a worker has
_CLAIMS: Final = 8
_CLAIMED: Final = 64
_UNSEEN: Final = "select id from received where activity_key = ? and actor_id = ?"
# as the server opens it
_PRAGMAS: Final = ("pragma cache_size = -16384", "pragma mmap_size = 268435456")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """One guild with so much stored, its server, and what is asked of it."""

    size: int
    guild: Guild
    server: Child
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One thing whose cost may grow: how to measure it once, in CPU microseconds of one."""

    name: str
    goal: Goal
    measure: Callable[[Workshop, Sized, Pen], float]
    said: str


def growing(workshop: Workshop) -> list[Result]:
    """Measure the same at every size, in turns."""
    sizes = QUICK_SIZES if workshop.plan.is_quick else SIZES
    needed, free = sizes[-1] * _BYTES_OF_A_ROW, shutil.disk_usage(workshop.folder).free
    if free < needed:
        message = f"{needed / 1e9:.0f} GB of disk are needed, and {free / 1e9:.1f} are free"
        raise RuntimeError(message)
    with workshop.stage("sizes"), _guilds(workshop, sizes) as (guilds, pen):
        for each in guilds:
            _warm_up(workshop, each, pen)
        results, worst = [], 0.0
        for question in _QUESTIONS:
            costs = _measure(workshop, guilds, pen, question)
            results.append(_judge(question, sizes, costs))
            if question.name in _L5:
                worst = max(worst, median(costs[100_000]) / median(costs[sizes[0]]))
            if question.name == _CLAIM:
                results.append(_judge_claims(sizes, costs))
        results.append(_judge_reads(worst))
        wrong = _miscounted(guilds)
        return (
            [failed(each.name, goal=each.goal, reason=wrong) for each in results]
            if wrong
            else results
        )


@contextmanager
def _guilds(workshop: Workshop, sizes: Sequence[int]) -> Iterator[tuple[list[Sized], Pen]]:
    """Fill a guild of each size, then serve all of them."""
    room = workshop.room("sizes")
    port = free_port()
    signers = make_signers([f"http://{address(place)}:{port}" for place in range(SIGNERS)])
    with ExitStack() as stack:
        stack.enter_context(neighbourhood(room, hosts=SIGNERS, signers=signers, port=port))
        guilds = []
        for size in sizes:
            guild = new_guild(room / str(size))
            tokens = add_members(guild, [MEMBER])
            with workshop.stage(f"  {size:,} of everything stored"):
                fill_received(guild, MEMBER, up_to=size)
                fill_queue(guild, MEMBER, up_to=size)
            guilds.append((size, guild, tokens[MEMBER]))
        os.sync()
        yield (
            [
                Sized(
                    size=size,
                    guild=guild,
                    server=stack.enter_context(serving(guild, has_workers=False)),
                    token=token,
                )
                for size, guild, token in guilds
            ],
            Pen(signers),
        )


def _warm_up(workshop: Workshop, each: Sized, pen: Pen) -> None:
    requests = signed(pen.creates(WARM_UP), each.guild.place)
    path = write_requests(each.guild.folder / "requests", requests)
    play(workshop.generator, path, each.server, each.guild.port)
    _page(workshop, each, pen)


def _measure(
    workshop: Workshop, guilds: Sequence[Sized], pen: Pen, question: _Question
) -> dict[int, list[float]]:
    costs: dict[int, list[float]] = {each.size: [] for each in guilds}
    for _ in range(workshop.plan.rounds):
        for each in guilds:
            costs[each.size].append(question.measure(workshop, each, pen))
    shown = ", ".join(f"{size:,}: {median(cost):.0f} us" for size, cost in costs.items())
    workshop.say(f"  {question.name}: {shown}")
    return costs


def _accept(workshop: Workshop, each: Sized, pen: Pen) -> float:
    requests = signed(pen.creates(workshop.plan.some(_LETTERS)), each.guild.place)
    path = write_requests(each.guild.folder / "requests", requests)
    played = play(workshop.generator, path, each.server, each.guild.port)
    if not played.answers.all_are(ACCEPTED):
        message = f"expected 202 of the guild with {each.size}: {played.answers.told()}"
        raise RuntimeError(message)
    return played.microseconds


def _page(workshop: Workshop, each: Sized, _pen: Pen) -> float:
    headers = {**ACTIVITY_JSON, "authorization": f"Bearer {each.token}"}
    return _read(workshop, each, f"/users/{MEMBER}/inbox?page=true", headers)


def _find_handle(workshop: Workshop, each: Sized, _pen: Pen) -> float:
    resource = f"acct:{MEMBER}@{each.guild.place.authority}"
    return _read(workshop, each, f"/.well-known/webfinger?resource={resource}", {})


def _read(workshop: Workshop, each: Sized, target: str, headers: Mapping[str, str]) -> float:
    request = get_request(each.guild.place.authority, target, headers)
    path = write_requests(each.guild.folder / "page", [request])
    times = workshop.plan.some(_PAGES)
    played = play(workshop.generator, path, each.server, each.guild.port, times=times)
    if not played.answers.all_are(OK):
        message = f"expected 200 of the guild with {each.size}: {played.answers.told()}"
        raise RuntimeError(message)
    return played.microseconds


def _look_up(_workshop: Workshop, each: Sized, _pen: Pen) -> float:
    """Ask for ids that never came, as keeping does, in SQLite alone: no hop, no Python of ours."""
    with closing(sqlite3.connect(each.guild.folder / "fedirec.db")) as database:
        for pragma in _PRAGMAS:
            database.execute(pragma)
        _look_up_unseen(database, _WARMING_LOOKUPS)
        began = time.process_time()
        _look_up_unseen(database, _LOOKUPS)
        return 1e6 * (time.process_time() - began) / _LOOKUPS


def _look_up_unseen(database: sqlite3.Connection, amount: int) -> None:
    for number in range(amount):
        host = f"https://host{number % 1_000}.example"
        unseen = f"{host}/notes/{os.urandom(12).hex()}", f"{host}/users/someone"
        database.execute(_UNSEEN, unseen).fetchone()


def _claim(_workshop: Workshop, each: Sized, _pen: Pen) -> float:
    """Claim as a worker does, in this process, and hand back what was claimed, off the clock."""

    async def claim() -> float:
        used, claimed = 0.0, 0
        async with opened(each.guild) as federation:
            line = delivery_line(federation)
            for number in range(_WARMING_CLAIMS + _CLAIMS):
                began = time.process_time()
                items = await line.claim(federation, _CLAIMED)
                if number >= _WARMING_CLAIMS:
                    used += time.process_time() - began
                    claimed += len(items)
                await line.release(federation, items)
        return 1e6 * used / claimed

    return asyncio.run(claim())


_CLAIM: Final = "claim"
_L5: Final = frozenset({"inbox page", "dedup lookup", "WebFinger"})
_QUESTIONS: Final = (
    _Question(
        name="accept",
        goal=at_most(1.2),
        measure=_accept,
        said="signed Create of 2.1 KB, serve --no-workers",
    ),
    _Question(
        name="inbox page",
        goal=at_most(1.2),
        measure=_page,
        said="GET of the newest 20 by their owner, all stored ones in that inbox",
    ),
    _Question(
        name="dedup lookup",
        goal=at_most(2),
        measure=_look_up,
        said="an unseen id, by sqlite3 alone",
    ),
    _Question(
        name="WebFinger",
        goal=at_most(2),
        measure=_find_handle,
        said="GET by a member's handle",
    ),
    _Question(
        name=_CLAIM,
        goal=at_most(1.2),
        measure=_claim,
        said="deliveries claimed 64 at a time, waiting for 1,000 hosts; CPU us of one",
    ),
)


def _judge(question: _Question, sizes: Sequence[int], costs: dict[int, list[float]]) -> Result:
    least, most = sizes[1], sizes[-1]
    middle = {size: median(cost) for size, cost in costs.items()}
    result = compared(
        f"cost of {question.name}: {_short(most)} / {_short(least)} stored",
        costs[most],
        costs[least],
        goal=question.goal,
        against=f"with {_short(least)} stored, CPU us",
        detail={"what": question.said}
        | {f"at {_short(size)}": f"{cost:.0f} us" for size, cost in middle.items()},
    )
    return replace(result, curve=Curve(name=question.name, points=tuple(middle.items())))


def _judge_claims(sizes: Sequence[int], costs: dict[int, list[float]]) -> Result:
    return compared(
        f"L4: cost of claim: {_short(sizes[-1])} / {_short(sizes[0])} waiting",
        costs[sizes[-1]],
        costs[sizes[0]],
        goal=at_most(2),
        against=f"with {_short(sizes[0])} waiting, CPU us",
    )


def _judge_reads(worst: float) -> Result:
    return Result(
        name="L5: dearest of timeline, dedup, WebFinger: 100 k / 1 k stored",
        value=worst,
        goal=at_most(2),
        yardstick="with 1 k stored",
        detail={"statements": "constant for each request: tests count them"},
    )


def _miscounted(guilds: Sequence[Sized]) -> str:
    for each in guilds:
        waiting = Ledger(each.guild).count("deliveries", "state in ('due', 'waiting')")
        if waiting != each.size:
            return f"{each.size} deliveries waited, and {waiting} wait after the claims"
    return ""


def _short(size: int) -> str:
    return f"{size // 1_000_000} M" if size >= 1_000_000 else f"{size // 1_000} k"  # noqa: PLR2004
