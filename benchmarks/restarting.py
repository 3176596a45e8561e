"""Starting with much to do (reliability L8), and being killed in the middle (P1, P7)."""

import json
import time
from pathlib import Path
from typing import Final

from benchmarks.fan_out import HEALTHY, follow_healthy
from benchmarks.filling import fill_queue
from benchmarks.guild import Guild, add_members, new_guild, post_note, serving
from benchmarks.ledger import Ledger
from benchmarks.load import read_answers, read_requests, read_statuses, write_requests
from benchmarks.mail import signed
from benchmarks.neighbourhood import Manners, Neighbourhood, neighbourhood
from benchmarks.plan import Workshop
from benchmarks.processes import wait_for
from benchmarks.results import Result, at_most, compared, failed
from benchmarks.scenery import ACCEPTED, Scenery, scenery

GOAL_READY: Final = at_most(2)
GOAL_FIRST: Final = at_most(5)
GOAL_IN_FLIGHT: Final = at_most(8)
GOAL_LOST: Final = at_most(0)
_QUEUED: Final = 100_000
_HOSTS: Final = 5  # few, so that each could be crowded
_MANNERS: Final = Manners(slow=range(_HOSTS), slow_seconds=0.2)
_LETTERS: Final = 5_000
_INBOXES_OF_A_HOST: Final = 40
_WATCHED_SECONDS: Final = 3.0
_SHORT: Final = {"lease": "6s", "delivery_timeout": "5s"}


def restarting(workshop: Workshop) -> list[Result]:
    """Start with an empty queue and with a full one, and watch what leaves first."""
    room = workshop.room("restarting")
    queued = workshop.plan.some(_QUEUED)
    empty, full = new_guild(room / "empty"), new_guild(room / "full")
    for guild in (empty, full):
        add_members(guild, ["ada"])
    with (
        workshop.stage(f"restarting with {queued:,} deliveries queued"),
        neighbourhood(room, hosts=_HOSTS, manners=_MANNERS) as hosts,
    ):
        fill_queue(full, "ada", up_to=queued, hosts=_HOSTS, port=hosts.port)
        alone, loaded, firsts = [], [], []
        for _ in range(workshop.plan.rounds):
            alone.append(_start(empty, hosts)[0])
            ready, first = _start(full, hosts)
            loaded.append(ready)
            firsts.append(first)
        most = hosts.counts().most_in_flight
    return [
        compared(
            f"L8: ready with {queued:,} queued / with none", loaded, alone,
            goal=GOAL_READY, against="an empty queue, seconds until it listens",
        ),
        Result(
            name="L8: seconds from ready to the first delivery", value=max(firsts),
            goal=GOAL_FIRST, yardstick=f"{queued:,} queued for {_HOSTS} hosts, the worst round",
        ),
        Result(
            name="L8: most deliveries in flight to one host", value=most,
            goal=GOAL_IN_FLIGHT, yardstick="deliveries_per_host (RX-08)",
        ),
    ]  # fmt: skip


def _start(guild: Guild, hosts: Neighbourhood) -> tuple[float, float]:
    """Return the seconds until it listened, and from there to the first delivery, if one is due."""
    hosts.forget()
    has_work = Ledger(guild).count("delivery_hosts") > 0
    began = time.monotonic()
    with serving(guild):
        ready = time.monotonic() - began
        if not has_work:
            return ready, 0.0
        first = wait_for(lambda: hosts.counts().deliveries > 0, what="a delivery")
        time.sleep(_WATCHED_SECONDS)
    return ready, first


def crashing(workshop: Workshop) -> list[Result]:
    """Kill the server in the middle of taking in, and of sending; then count what is missing."""
    with workshop.stage("kill -9"):
        return [_taking_in(workshop), _sending(workshop)]


def _taking_in(workshop: Workshop) -> Result:
    name = "accepted (202), but missing after kill -9"
    with scenery(workshop, "crash") as here:
        path = write_requests(
            here.requests,
            signed(here.pen.creates(workshop.plan.some(_LETTERS)), here.guild.place),
        )
        accepted = _accepted_until_killed(here, path)
        with serving(here.guild):
            stored = set(here.ledger.texts("received", "activity_key", "1 = 1"))
            repeated = workshop.generator.play(path, here.guild.port)
            whole = here.ledger.count("received")
    if not accepted or not repeated.all_are(ACCEPTED) or whole != repeated.requests:
        reason = f"{len(accepted)} accepted before; then {repeated.told()}, {whole} stored"
        return failed(name, goal=GOAL_LOST, reason=reason)
    return Result(
        name=name,
        value=len(accepted - stored),
        goal=GOAL_LOST,
        yardstick="",
        detail={
            "accepted before the kill": len(accepted),
            "stored then": len(stored),
            "after repeating all": f"{whole} stored of {repeated.requests}, each once",
        },
    )


def _accepted_until_killed(here: Scenery, path: Path) -> set[str]:
    """Return the ids of what was answered 202 by a server that is killed meanwhile."""
    statuses = here.guild.folder / "statuses"
    with serving(here.guild) as server:
        run = here.workshop.generator.start(path, here.guild.port, statuses=statuses)
        amount = len(read_requests(path))
        wait_for(lambda: here.ledger.count("received") > amount // 3, what="a third accepted")
        server.kill()
        words, _ = run.communicate(timeout=60)
    read_answers(words)
    return {
        json.loads(request.partition(b"\r\n\r\n")[2])["id"]
        for request, status in zip(read_requests(path), read_statuses(statuses), strict=True)
        if status == ACCEPTED
    }


def _sending(workshop: Workshop) -> Result:
    name = "queued, but never delivered after kill -9"
    room = workshop.room("crash-sending")
    guild = new_guild(room / "guild", limits=_SHORT)
    token = add_members(guild, ["ada"])["ada"]
    with neighbourhood(room, hosts=HEALTHY) as hosts:
        each = workshop.plan.some(_INBOXES_OF_A_HOST)
        expected = len(follow_healthy(guild, ["ada"], hosts, each))
        with serving(guild) as server:
            post_note(guild, "ada", token, "The frame stands.")
            wait_for(lambda: hosts.counts().deliveries > expected // 3, what="a third sent")
            server.kill()
        before = hosts.counts().deliveries
        with serving(guild):
            Ledger(guild).wait_until_sent()
            counts = hosts.counts()
    return Result(
        name=name,
        value=expected - counts.distinct,
        goal=GOAL_LOST,
        yardstick="",
        detail={
            "deliveries": expected,
            "sent before the kill": before,
            "sent twice": f"{counts.deliveries - counts.distinct}, at most those in flight (64)",
            "lease": "6 s, so that this does not wait a minute",
        },
    )
