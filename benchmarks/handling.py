"""What becomes of what was accepted: likes and answers with all that follows, and unhappy mixes."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.guild import RAISED_WORDS, post_note, serving
from benchmarks.mail import Letter, Pen, Signer, badly_signed, make_signers, signed
from benchmarks.neighbourhood import address
from benchmarks.plan import Workshop
from benchmarks.processes import Child
from benchmarks.results import Result, at_least, compared, failed
from benchmarks.scenery import ACCEPTED, MEMBER, WARM_UP, Scenery, scenery
from benchmarks.yardsticks import Bare, Played, bare_server, play

GOAL: Final = at_least(0.10)
_REQUESTS: Final = 2_000
_TIMES_BARE: Final = 5
_NOTES: Final = 500  # of the member, liked and answered: no two likes of a run are the same
_UNKNOWN_HOST: Final = 900  # nobody listens there
_SEED: Final = 20_260_504


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One kind of activity, and what has to be stored of each once it is handled."""

    name: str
    write: Callable[[Pen, int, Sequence[str]], Iterator[Letter]]
    effects: tuple[str, ...]
    said: str


_KINDS: Final = (
    _Kind(
        name="Like fully handled / bare POST",
        write=lambda pen, amount, notes: pen.likes(amount, of=notes),
        effects=("reactions", "inbox_items", "notifications"),
        said="Likes of a member's notes: reaction, inbox row, notice",
    ),
    _Kind(
        name="Create fully handled / bare POST",
        write=lambda pen, amount, notes: pen.creates(amount, replies_to=notes),
        effects=("notes", "inbox_items", "notifications"),
        said="public answers of 2.1 KB to a member's notes: note, inbox row, notice",
    ),
)


def handling(workshop: Workshop) -> list[Result]:
    """Measure activities accepted and fully handled, then a mix with bad ones among them."""
    with (
        workshop.stage("inbox: fully handled"),
        scenery(workshop, "handled") as here,
        bare_server(workshop.room("bare")) as bare,
        serving(here.guild) as server,
    ):
        for number in range(_NOTES):
            post_note(here.guild, MEMBER, here.token, f"Joint number {number} is cut.")
        notes = here.ledger.texts("notes", "id", "is_local")
        here.warm_up(server)
        here.ledger.wait_until_handled()
        results = [_handled(here, bare, server, kind, notes) for kind in _KINDS]
        return [*results, _mixed(here, bare, server, notes)]


def handled_at_last(here: Scenery, server: Child, requests: Sequence[bytes]) -> Played:
    """Play requests, and count what the server uses until nothing waits to be handled."""
    before = server.cpu()
    played = here.play(server, requests)
    here.ledger.wait_until_handled()
    return Played(answers=played.answers, cpu=server.cpu() - before)


def _handled(here: Scenery, bare: Bare, server: Child, kind: _Kind, notes: Sequence[str]) -> Result:
    amount = here.workshop.plan.some(_REQUESTS)
    subjects, yardsticks, before = [], [], _stored(here, kind)
    for _ in range(here.workshop.plan.rounds):
        requests = signed(kind.write(here.pen, amount, notes), here.guild.place)
        subjects.append(handled_at_last(here, server, requests))
        yardsticks.append(_bare(here, bare))
        here.workshop.say(f"  {kind.name}: {subjects[-1].cost()} beside {yardsticks[-1].cost()}")
    wrong = _wrong(here, kind, subjects, before)
    if wrong:
        return failed(kind.name, goal=GOAL, reason=wrong)
    return compared(
        kind.name,
        [each.per_cpu_second for each in subjects],
        [each.per_cpu_second for each in yardsticks],
        goal=GOAL,
        against="the same POSTs to bare aiohttp, each CPU-s",
        detail={
            "server": f"serve, SQLite with synchronous=FULL; {RAISED_WORDS}",
            "requests": f"{amount} a round, 64 connections; {kind.said}",
            "cpu of one": f"{subjects[-1].cost()} user + system, accepting included",
        },
    )


def _bare(here: Scenery, bare: Bare) -> Played:
    generator = here.workshop.generator
    return play(generator, here.requests, bare.child, bare.port, times=_TIMES_BARE)


def _stored(here: Scenery, kind: _Kind) -> dict[str, int]:
    return {table: here.ledger.count(table) for table in kind.effects}


def _wrong(here: Scenery, kind: _Kind, subjects: Sequence[Played], before: dict[str, int]) -> str:
    """Say which answer or which effect is missing."""
    for each in subjects:
        if not each.answers.all_are(ACCEPTED):
            return f"expected 202 for each: {each.answers.told()}"
    unhandled = here.ledger.count("received", "state <> 'handled' and type <> 'Update'")
    ignored = here.ledger.count("received", "state = 'ignored'")
    if unhandled > WARM_UP or ignored > WARM_UP:
        return f"{unhandled} received activities were not handled, {ignored} of them ignored"
    expected = sum(each.answers.requests for each in subjects)
    for table, count in _stored(here, kind).items():
        if count - before[table] < expected:
            return f"{expected} rows of {table} were due, and {count - before[table]} came"
    return ""


def _mixed(here: Scenery, bare: Bare, server: Child, notes: Sequence[str]) -> Result:
    """Play what comes in life: 10 % of it again, 5 % badly signed, 1 % by nobody who answers."""
    name = "unhappy mix fully handled / bare POST"
    strangers = Pen(
        [
            Signer(origin=f"http://{address(_UNKNOWN_HOST + place)}:9", name="who", key=signer.key)
            for place, signer in enumerate(make_signers(["http://unknown.example"] * 5))
        ]
    )
    subjects, yardsticks = [], []
    for place in range(here.workshop.plan.rounds):
        requests, good = _mix(here, strangers, notes, place)
        before = here.ledger.count("received")
        subjects.append(handled_at_last(here, server, requests))
        yardsticks.append(_bare(here, bare))
        kept = here.ledger.count("received") - before
        accepted = subjects[-1].answers.statuses.get(ACCEPTED, 0)
        if kept != good or accepted < good:
            reason = f"{good} good ones: {kept} are stored, {subjects[-1].answers.told()}"
            return failed(name, goal=None, reason=reason)
    return compared(
        name,
        [each.per_cpu_second for each in subjects],
        [each.per_cpu_second for each in yardsticks],
        goal=None,
        against="the same POSTs to bare aiohttp, each CPU-s",
        detail={
            "mix": "84 % Creates answered to, 10 % repeats, 5 % bad signatures, 1 % unknown keys",
            "answers": subjects[-1].answers.told(),
        },
    )


def _mix(
    here: Scenery, strangers: Pen, notes: Sequence[str], place: int
) -> tuple[list[bytes], int]:
    """Return requests in an order of their own for each round, and how many are good and new."""
    amount, guild = here.workshop.plan.some(_REQUESTS), here.guild.place
    good = signed(here.pen.creates(amount * 84 // 100, replies_to=notes), guild)
    bad = badly_signed(here.pen.creates(amount * 5 // 100), guild)
    unknown = signed(strangers.creates(amount // 100), guild)
    order = random.Random(_SEED + place)  # noqa: S311 - the same mix in every run
    repeats = order.sample(good, amount * 10 // 100)
    requests = [*good, *repeats, *bad, *unknown]
    order.shuffle(requests)
    return requests, len(good)
