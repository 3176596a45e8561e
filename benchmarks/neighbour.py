"""The same load on a Fedify server (Node), side by side in one run.

What each side stores before it answers 202: ours commits the activity to SQLite with a flush of the
disk; Fedify's puts it into a queue in memory, which a crash empties. Its disk drivers would cost it
more; none of this version is on npm.
"""

from collections.abc import Sequence
from typing import Final

from benchmarks.fan_out import HEALTHY, Outside, follow_healthy, send_note
from benchmarks.fedify_server import Fedify, fedify_running, fedify_version, why_no_fedify
from benchmarks.guild import add_members, new_guild, serving
from benchmarks.ledger import Ledger
from benchmarks.load import write_requests
from benchmarks.mail import signed
from benchmarks.neighbourhood import neighbourhood
from benchmarks.plan import Workshop
from benchmarks.processes import Child, wait_for
from benchmarks.results import Result, at_least, compared, failed
from benchmarks.scenery import ACCEPTED, Scenery, miscounted, scenery
from benchmarks.yardsticks import Played, play

GOAL_ACCEPTED: Final = at_least(20)
GOAL_DELIVERED: Final = at_least(3)
_ACCEPTED_NAME: Final = "accepted each CPU-s / Fedify"
_DELIVERED_NAME: Final = "delivered each CPU-s / Fedify"
_REQUESTS: Final = 1_500
_WARM_UP_THERE: Final = 1_000  # until its compiler has seen it often enough
_TIMES_OURS: Final = 3
_INBOXES_OF_A_HOST: Final = 20
_SECONDS: Final = 180


def beside_fedify(workshop: Workshop) -> list[Result]:
    """Measure what both accept, then what both deliver."""
    reason = why_no_fedify()
    if reason:
        return [
            failed(_ACCEPTED_NAME, goal=GOAL_ACCEPTED, reason=reason),
            failed(_DELIVERED_NAME, goal=GOAL_DELIVERED, reason=reason),
        ]
    with workshop.stage("beside Fedify"):
        return [_accepting(workshop), _delivering(workshop)]


def _accepting(workshop: Workshop) -> Result:
    with (
        scenery(workshop, "beside") as here,
        fedify_running(workshop.room("fedify")) as fedify,
        serving(here.guild, has_workers=False) as server,
    ):
        here.warm_up(server)
        _send_there(here, fedify, _WARM_UP_THERE)
        ours: list[Played] = []
        theirs: list[Played] = []
        for _ in range(workshop.plan.rounds):
            amount = workshop.plan.some(_REQUESTS)
            theirs.append(_send_there(here, fedify, amount))
            ours.append(here.send(server, here.pen.creates(amount * _TIMES_OURS)))
            workshop.say(
                f"  accepted: {ours[-1].cost()} of us beside {theirs[-1].cost()} of Fedify"
            )
        wrong = miscounted(here, ours) or _miscounted_there(fedify, theirs)
    if wrong:
        return failed(_ACCEPTED_NAME, goal=GOAL_ACCEPTED, reason=wrong)
    return compared(
        _ACCEPTED_NAME,
        [each.per_cpu_second for each in ours],
        [each.per_cpu_second for each in theirs],
        goal=GOAL_ACCEPTED,
        against=f"{fedify_version()}, accepted each CPU-s",
        detail={
            "stored before 202": "ours: committed to SQLite, synchronous=FULL; Fedify's: in memory",
            "cpu of one": f"{ours[-1].cost()} user + system, Fedify {theirs[-1].cost()}",
            "handled": "by neither: serve --no-workers, and manuallyStartQueue",
        },
    )


def _send_there(here: Scenery, fedify: Fedify, amount: int) -> Played:
    requests = signed(here.pen.creates(amount), fedify.place)
    path = write_requests(here.guild.folder / "requests-there", requests)
    return play(here.workshop.generator, path, fedify.child, fedify.port)


def _miscounted_there(fedify: Fedify, theirs: Sequence[Played]) -> str:
    for each in theirs:
        if not each.answers.all_are(ACCEPTED):
            return f"Fedify, expected 202 for each: {each.answers.told()}"
    expected = sum(each.answers.requests for each in theirs) + _WARM_UP_THERE
    queued = fedify.call("counts")["queued"]
    return f"Fedify accepted {expected}, and queued {queued}" if queued != expected else ""


def _delivering(workshop: Workshop) -> Result:
    room = workshop.room("deliveries")
    each = workshop.plan.some(_INBOXES_OF_A_HOST)
    guild = new_guild(room / "guild")
    tokens = add_members(guild, ["ada"])
    with (
        neighbourhood(room, hosts=HEALTHY) as hosts,
        fedify_running(room, works=True) as fedify,
    ):
        people = follow_healthy(guild, ["ada"], hosts, each)
        fedify.call("follow", [{"id": actor.id, "inbox": actor.inbox} for actor in people])
        here = Outside(
            guild=guild, ledger=Ledger(guild), tokens=tokens, hosts=hosts, inboxes=len(people)
        )
        with serving(guild) as server:
            return _compare_deliveries(workshop, here, server, fedify)


def _compare_deliveries(workshop: Workshop, here: Outside, server: Child, fedify: Fedify) -> Result:
    ours, theirs = [], []
    send_note(here, server, "ada")
    _deliver_there(here, fedify, 0)
    for number in range(workshop.plan.rounds):
        theirs.append(_deliver_there(here, fedify, number + 1))
        sent = send_note(here, server, "ada")
        if sent.wrong:
            return failed(_DELIVERED_NAME, goal=GOAL_DELIVERED, reason=sent.wrong)
        ours.append(sent.per_cpu_second)
        workshop.say(f"  delivered each CPU-s: {ours[-1]:.0f} of us beside {theirs[-1]:.0f}")
    return compared(
        _DELIVERED_NAME,
        ours,
        theirs,
        goal=GOAL_DELIVERED,
        against=f"{fedify_version()}, delivered each CPU-s",
        detail={
            "deliveries": f"{here.inboxes} a round to {HEALTHY} hosts, draft-cavage, plain http",
            "queue": "ours: rows of SQLite, flushed; Fedify's: in memory",
        },
    )


def _deliver_there(here: Outside, fedify: Fedify, number: int) -> float:
    """Have Fedify send a note to the same inboxes; return deliveries for each CPU second."""
    here.hosts.forget()
    before = fedify.child.cpu()
    fedify.call("send", {"words": "The frame stands.", "number": number})
    wait_for(
        lambda: here.hosts.counts().deliveries >= here.inboxes,
        what=f"{here.inboxes} deliveries of Fedify",
        seconds=_SECONDS,
        every=0.1,
    )
    return here.inboxes / (fedify.child.cpu() - before).total
