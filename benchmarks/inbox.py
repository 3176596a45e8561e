"""What an inbox accepts: signed POSTs for each CPU second, beside a bare aiohttp POST."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.guild import RAISED_WORDS, serving
from benchmarks.load import Answers
from benchmarks.mail import badly_signed, undigested, unsigned
from benchmarks.plan import Workshop
from benchmarks.processes import Child
from benchmarks.results import Detail, Result, at_least, at_most, compared, failed
from benchmarks.scenery import Scenery, miscounted, scenery
from benchmarks.yardsticks import Bare, Played, bare_server, measure_flushes, play

GOAL: Final = at_least(0.22)
GOAL_LEAST: Final = at_most(3)
GOAL_REFUSED: Final = at_most(0.3)
_NAME: Final = "inbox accepted / bare POST"
_NAME_LEAST: Final = "L1: cost of accepting / verify and one committed insert"
_NAME_REFUSED: Final = "L9: cost of refusing / of accepting"
_REQUESTS: Final = 5_000
_BAD_REQUESTS: Final = 1_000
_LONELY_REQUESTS: Final = 500
_TIMES_BARE: Final = 4  # it is so quick that once would be too short to measure
_BAD: Final = {"bad signature": badly_signed, "body changed": undigested, "unsigned": unsigned}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    bare: Played
    least: Played
    subject: Played
    refused: dict[str, Played]


def accepting(workshop: Workshop) -> list[Result]:
    """Measure how many signed activities are accepted, nothing of them handled yet."""
    with (
        workshop.stage("inbox: accepted"),
        scenery(workshop, "inbox") as here,
        bare_server(workshop.room("bare")) as bare,
        bare_server(workshop.room("least"), keepers=_keys(here)) as least,
        serving(here.guild, has_workers=False) as server,
    ):
        here.warm_up(server)
        rounds = [_round(here, bare, least, server) for _ in range(workshop.plan.rounds)]
        lonely = here.send(
            server, here.pen.creates(workshop.plan.some(_LONELY_REQUESTS)), connections=1
        )
        wrong = miscounted(here, [each.subject for each in rounds]) or _unrefused(rounds)
        if wrong:
            return [
                failed(_NAME, goal=GOAL, reason=wrong),
                failed(_NAME_LEAST, goal=GOAL_LEAST, reason=wrong),
                failed(_NAME_REFUSED, goal=GOAL_REFUSED, reason=wrong),
            ]
        detail = _detail(workshop, rounds[-1], lonely.answers)
        return [_rate(rounds, detail), _beside_least(rounds), _refusing(rounds)]


def _keys(here: Scenery) -> dict[str, str]:
    return {signer.key_id: signer.pem for signer in here.pen.signers}


def _round(here: Scenery, bare: Bare, least: Bare, server: Child) -> _Round:
    plan, generator = here.workshop.plan, here.workshop.generator
    subject = here.send(server, here.pen.creates(plan.some(_REQUESTS)))
    beside = play(generator, here.requests, bare.child, bare.port, times=_TIMES_BARE)
    keeping = play(generator, here.requests, least.child, least.port)
    refused = {
        kind: here.play(server, spoil(here.pen.creates(plan.some(_BAD_REQUESTS)), here.guild.place))
        for kind, spoil in _BAD.items()
    }
    here.workshop.say(
        f"  {subject.per_cpu_second:.0f} accepted each CPU-s, {subject.cost()} user + system;"
        f" bare {beside.cost()}, verify and insert {keeping.cost()}"
    )
    return _Round(bare=beside, least=keeping, subject=subject, refused=refused)


def _unrefused(rounds: Sequence[_Round]) -> str:
    """Say which bad request was not refused."""
    for each in rounds:
        for kind, played in each.refused.items():
            statuses = set(played.answers.statuses)
            if not statuses <= {400, 401} or played.answers.breaks:
                return f"expected 400 or 401 for {kind}: {played.answers.told()}"
    return ""


def _rate(rounds: Sequence[_Round], detail: dict[str, Detail]) -> Result:
    return compared(
        _NAME,
        [each.subject.per_cpu_second for each in rounds],
        [each.bare.per_cpu_second for each in rounds],
        goal=GOAL,
        against="the same POSTs to bare aiohttp, each CPU-s",
        detail=detail,
    )


def _beside_least(rounds: Sequence[_Round]) -> Result:
    return compared(
        _NAME_LEAST,
        [each.subject.microseconds for each in rounds],
        [each.least.microseconds for each in rounds],
        goal=GOAL_LEAST,
        against="aiohttp that verifies and commits each by itself, CPU us",
        detail={"rows of each commit": "many in ours, one in the yardstick"},
    )


def _refusing(rounds: Sequence[_Round]) -> Result:
    """Return the line of the dearest kind of bad request; the others are its details."""
    costs = {kind: [each.refused[kind].microseconds for each in rounds] for kind in _BAD}
    dearest = max(costs, key=lambda kind: sorted(costs[kind])[len(rounds) // 2])
    return compared(
        _NAME_REFUSED,
        costs[dearest],
        [each.subject.microseconds for each in rounds],
        goal=GOAL_REFUSED,
        against="accepting, CPU us",
        detail={"dearest": dearest} | {kind: rounds[-1].refused[kind].cost() for kind in _BAD},
    )


def _detail(workshop: Workshop, last: _Round, lonely: Answers) -> dict[str, Detail]:
    subject = last.subject
    return {
        "server": f"serve --no-workers, SQLite with synchronous=FULL; {RAISED_WORDS}",
        "requests": f"{subject.answers.requests} a round, Create of 2.1 KB, 64 connections",
        "cpu of one": f"{subject.cost()} user + system, bare {last.bare.cost()}",
        "latency at 64 connections": subject.answers.latency(),
        "latency at 1 connection": lonely.latency(),
        "disk flushes a second": round(measure_flushes(workshop.folder)),
        "generator": workshop.generator.name,
    }
