"""What leaves: a member's note to thousands of inboxes, beside the signatures that it needs.

Healthy hosts keep their connections and answer at once. Others are dead, hang or are slow; the
healthy must not notice.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.guild import (
    RAISED_WORDS,
    Guild,
    add_followers,
    add_members,
    follower,
    new_guild,
    post_note,
    serving,
)
from benchmarks.ledger import Ledger
from benchmarks.neighbourhood import Manners, Neighbourhood, neighbourhood
from benchmarks.plan import Workshop
from benchmarks.processes import Child, wait_for
from benchmarks.results import Goal, Result, at_least, at_most, compared, failed, shown, spread
from benchmarks.yardsticks import measure_rsa
from fedirec.domain.actors import Actor

HEALTHY: Final = 96
HANGING: Final = range(96, 106)
SLOW: Final = range(106, 108)
DEAD: Final = range(108, 972)  # nine of ten, with the healthy
_INBOXES_OF_A_HOST: Final = 40
_INBOXES_OF_A_HANGING_HOST: Final = 10
_MANY: Final = 10_000
_MEGABYTE: Final = 1_048_576
_SECONDS: Final = 180
GOAL: Final = at_least(0.43)
GOAL_DEAD: Final = at_least(0.8)
GOAL_HANGING: Final = at_least(0.9)
GOAL_MEMORY: Final = at_most(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A guild whose members are followed from hosts of each kind; `inboxes` are healthy."""

    guild: Guild
    ledger: Ledger
    tokens: dict[str, str]
    hosts: Neighbourhood
    inboxes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One note that went out: how many healthy inboxes got it, in what time, for what CPU time."""

    inboxes: int
    seconds: float
    cpu_seconds: float
    wrong: str

    @property
    def per_cpu_second(self) -> float:
        """Deliveries for each CPU second of the server."""
        return self.inboxes / self.cpu_seconds

    @property
    def per_second(self) -> float:
        """Deliveries to healthy inboxes for each second until the last of them came."""
        return self.inboxes / self.seconds


def delivering(workshop: Workshop) -> list[Result]:
    """Measure deliveries to healthy hosts, then beside dead, hanging and slow ones."""
    with (
        workshop.stage("fan-out"),
        outside(workshop) as here,
        serving(here.guild) as server,
    ):
        send_note(here, server, "ada")  # learns that the hosts live, and opens the connections
        return [
            *_healthy(workshop, here, server),
            _beside(workshop, here, server, "bob", GOAL_DEAD),
            _beside(workshop, here, server, "cyd", GOAL_HANGING),
            _beside(workshop, here, server, "dee", None),
            _memory(workshop, here, server),
        ]


_BESIDE: Final = {
    "bob": "L3: deliveries with 90 % of hosts dead / all healthy",
    "cyd": "L3: deliveries with 10 hanging hosts / all healthy",
    "dee": "deliveries with 2 % dead and 2 % slow hosts / all healthy",
}


@contextmanager
def outside(workshop: Workshop) -> Iterator[Outside]:
    """Found a guild, have it followed from everywhere, and run the hosts."""
    room = workshop.room("fan-out")
    each = workshop.plan.some(_INBOXES_OF_A_HOST)
    guild = new_guild(room / "guild")
    tokens = add_members(guild, ["ada", "bob", "cyd", "dee", "eve"])
    manners = Manners(hanging=HANGING, slow=SLOW)
    with neighbourhood(room, hosts=SLOW.stop, manners=manners) as hosts:
        follow_healthy(guild, ["ada", "bob", "cyd", "dee"], hosts, each)
        add_followers(guild, ["bob"], _people(hosts, DEAD, 1))
        add_followers(guild, ["cyd"], _people(hosts, HANGING, _INBOXES_OF_A_HANGING_HOST))
        add_followers(guild, ["dee"], _people(hosts, SLOW, each))
        add_followers(guild, ["dee"], _people(hosts, DEAD[:2], each))
        follow_healthy(guild, ["eve"], hosts, workshop.plan.some(_MANY) // HEALTHY + 1)
        yield Outside(
            guild=guild, ledger=Ledger(guild), tokens=tokens, hosts=hosts, inboxes=HEALTHY * each
        )


def follow_healthy(
    guild: Guild, names: Sequence[str], hosts: Neighbourhood, each: int
) -> list[Actor]:
    """Have members followed by so many people of each healthy host; return those."""
    people = _people(hosts, range(HEALTHY), each)
    add_followers(guild, names, people)
    return people


def _people(hosts: Neighbourhood, places: Sequence[int], each: int) -> list[Actor]:
    return [
        follower(hosts.authority(place), f"person{number}")
        for place in places
        for number in range(each)
    ]


def send_note(here: Outside, server: Child, name: str, *, inboxes: int | None = None) -> Sent:
    """Post a note and wait until every healthy inbox has it, and nothing is under way."""
    expected = here.inboxes if inboxes is None else inboxes
    here.hosts.forget()
    before, began = server.cpu(), time.monotonic()
    post_note(here.guild, name, here.tokens[name], "The frame stands.")
    healthy = set(here.hosts.hosts[:HEALTHY])

    def has_come() -> bool:
        by_host = here.hosts.counts().by_host
        return sum(count for host, count in by_host.items() if host in healthy) >= expected

    wait_for(has_come, what=f"{expected} deliveries", seconds=_SECONDS, every=0.1)
    if name in ("ada", "eve"):
        here.ledger.wait_until_sent(_SECONDS)
    used = server.cpu() - before
    counts = here.hosts.counts()
    came = sum(count for host, count in counts.by_host.items() if host in healthy)
    last_at = max(at for host, at in counts.last_at.items() if host in healthy)
    wrong = "" if came == expected else f"{expected} deliveries were due, and {came} came"
    if counts.distinct != counts.deliveries:
        wrong = f"{counts.deliveries} deliveries came, and only {counts.distinct} differ"
    return Sent(inboxes=expected, seconds=last_at - began, cpu_seconds=used.total, wrong=wrong)


def _healthy(workshop: Workshop, here: Outside, server: Child) -> list[Result]:
    signs, rounds = [], []
    for place in range(workshop.plan.rounds):
        signs.append(measure_rsa().signs)
        rounds.append(send_note(here, server, "ada"))
        workshop.say(
            f"  round {place + 1}: {rounds[-1].per_cpu_second:.0f} deliveries each CPU-s"
            f" ({rounds[-1].per_second:.0f}/s) beside {signs[-1]:.0f} signatures"
        )
    name = "fan-out delivered / openssl RSA-2048 signs"
    wrong = _misdelivered(rounds) or _unmarked(here, rounds)
    if wrong:
        return [failed(name, goal=GOAL, reason=wrong)]
    return [
        compared(
            name,
            [each.per_cpu_second for each in rounds],
            signs,
            goal=GOAL,
            against="openssl speed rsa2048, signs each CPU-s",
            detail={
                "server": f"serve, SQLite; {RAISED_WORDS}",
                "deliveries": f"{here.inboxes} a round to {HEALTHY} hosts by plain http, kept",
                "each second": str(spread([each.per_second for each in rounds])),
            },
        )
    ]


def _misdelivered(rounds: Sequence[Sent]) -> str:
    return next((each.wrong for each in rounds if each.wrong), "")


def _unmarked(here: Outside, rounds: Sequence[Sent]) -> str:
    stored = here.ledger.count("deliveries", "state = 'delivered'")
    expected = here.inboxes * (len(rounds) + 1)
    return "" if stored == expected else f"{expected} were delivered, and {stored} are marked so"


def _beside(
    workshop: Workshop, here: Outside, server: Child, name: str, goal: Goal | None
) -> Result:
    """Compare the rate at which healthy inboxes are reached with what it is without trouble."""
    alone, beside = [], []
    for place in range(workshop.plan.long_rounds):
        alone.append(send_note(here, server, "ada"))
        beside.append(send_note(here, server, name))
        here.ledger.cancel_all()
        here.ledger.wait_until_sent(_SECONDS)
        workshop.say(
            f"  {_BESIDE[name]}, round {place + 1}: {beside[-1].per_second:.0f}/s"
            f" beside {alone[-1].per_second:.0f}/s"
        )
    wrong = _misdelivered([*alone, *beside])
    if wrong:
        return failed(_BESIDE[name], goal=goal, reason=wrong)
    return compared(
        _BESIDE[name],
        [each.per_second for each in beside],
        [each.per_second for each in alone],
        goal=goal,
        against="healthy hosts alone, deliveries each second",
        detail={"cpu of one": shown(1e6 * beside[-1].cpu_seconds / beside[-1].inboxes) + " us"},
    )


def _memory(workshop: Workshop, here: Outside, server: Child) -> Result:
    inboxes = HEALTHY * (workshop.plan.some(_MANY) // HEALTHY + 1)
    server.forget_peak()
    before = server.rss_bytes()
    sent = send_note(here, server, "eve", inboxes=inboxes)
    grown = (server.peak_rss_bytes() - before) / _MEGABYTE
    return Result(
        name="memory grown by a fan-out, MB",
        value=None if sent.wrong else grown,
        goal=GOAL_MEMORY,
        yardstick=f"{before / _MEGABYTE:.1f} MB before",
        detail={"inboxes": inboxes, **({"reason": sent.wrong} if sent.wrong else {})},
    )
