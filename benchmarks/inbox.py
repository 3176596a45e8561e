"""What an inbox accepts: signed POSTs for each CPU second, beside a bare aiohttp POST."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.guild import RAISED_WORDS, Guild, Ledger, add_members, new_guild, serving
from benchmarks.load import write_requests
from benchmarks.mail import Letter, Pen, make_signers, signed
from benchmarks.neighbourhood import address, neighbourhood
from benchmarks.plan import Workshop
from benchmarks.processes import Child, free_port
from benchmarks.results import Detail, Result, at_least, compared, failed
from benchmarks.yardsticks import Bare, Played, bare_server, measure_flushes, play

ACCEPTED: Final = 202
SIGNERS: Final = 20
_REQUESTS: Final = 5_000
_TIMES_BARE: Final = 4  # it is so quick that once would be too short to measure
GOAL: Final = at_least(0.22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """A founded guild with a member, and people elsewhere who write to it."""

    guild: Guild
    pen: Pen
    ledger: Ledger


@contextmanager
def scenery(workshop: Workshop, name: str) -> Iterator[Scenery]:
    """Found a guild and run the hosts of those who will write to it."""
    room = workshop.room(name)
    port = free_port()
    signers = make_signers([f"http://{address(place)}:{port}" for place in range(SIGNERS)])
    guild = new_guild(room / "guild")
    add_members(guild, ["ada"])
    with neighbourhood(room, hosts=SIGNERS, signers=signers, port=port):
        yield Scenery(guild=guild, pen=Pen(signers), ledger=Ledger(guild))


def accepting(workshop: Workshop) -> list[Result]:
    """Measure how many signed activities are accepted, nothing of them handled yet."""
    with (
        workshop.stage("inbox: accepted"),
        scenery(workshop, "inbox") as here,
        bare_server(workshop.room("bare")) as bare,
        serving(here.guild, has_workers=False) as server,
    ):
        warm_up(workshop, here, server)
        rounds = [
            _round(workshop, here, bare, server, place) for place in range(workshop.plan.rounds)
        ]
        wrong = miscounted(here, [subject for _, subject in rounds])
    name = "inbox accepted / bare POST"
    if wrong:
        return [failed(name, goal=GOAL, reason=wrong)]
    return [
        compared(
            name,
            [subject.per_cpu_second for _, subject in rounds],
            [yardstick.per_cpu_second for yardstick, _ in rounds],
            goal=GOAL,
            against="the same POSTs to bare aiohttp, each CPU-s",
            detail=_detail(workshop, rounds),
        )
    ]


def warm_up(workshop: Workshop, here: Scenery, server: Child) -> None:
    """Let the server learn who writes to it, and wake up."""
    send(workshop, here, server, here.pen.creates(SIGNERS * 10))


def send(workshop: Workshop, here: Scenery, server: Child, letters: Iterator[Letter]) -> Played:
    """Sign letters, then play them to the guild."""
    requests = signed(letters, here.guild.place)
    path = write_requests(here.guild.folder / "requests", requests)
    return play(workshop.generator, path, server, here.guild.port)


def miscounted(here: Scenery, played: Sequence[Played]) -> str:
    """Say what does not add up after these runs: answers that are no 202, rows that are missing."""
    for each in played:
        if not each.answers.all_are(ACCEPTED):
            return f"expected 202 for each of {each.answers.requests}: {each.answers.told()}"
    expected = sum(each.answers.requests for each in played)
    stored = here.ledger.count("received")
    return f"{expected} were accepted, and {stored} are stored" if stored < expected else ""


def _round(
    workshop: Workshop, here: Scenery, bare: Bare, server: Child, place: int
) -> tuple[Played, Played]:
    subject = send(workshop, here, server, here.pen.creates(workshop.plan.some(_REQUESTS)))
    same = here.guild.folder / "requests"
    yardstick = play(workshop.generator, same, bare.child, bare.port, times=_TIMES_BARE)
    workshop.say(
        f"  round {place + 1}: {subject.per_cpu_second:.0f} beside {yardstick.per_cpu_second:.0f}"
        f" each CPU-s, {subject.cost()} beside {yardstick.cost()} user + system"
    )
    return yardstick, subject


def _detail(workshop: Workshop, rounds: Sequence[tuple[Played, Played]]) -> dict[str, Detail]:
    yardstick, subject = rounds[-1]
    return {
        "server": f"serve --no-workers, SQLite with synchronous=FULL; {RAISED_WORDS}",
        "requests": f"{subject.answers.requests} a round, Create of 2.1 KB, 64 connections",
        "cpu of one": f"{subject.cost()} user + system, bare {yardstick.cost()}",
        "latency at 64": f"{subject.answers.latency()}",
        "disk flushes a second": round(measure_flushes(workshop.folder)),
        "generator": workshop.generator.name,
    }
