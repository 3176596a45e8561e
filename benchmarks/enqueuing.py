"""What it costs to write down where a note goes, beside signing it once for each of those."""

import asyncio
import time
from typing import Final

from benchmarks.guild import (
    Guild,
    add_followers,
    add_members,
    follower,
    new_guild,
    note_to_followers,
    opened,
)
from benchmarks.ledger import Ledger
from benchmarks.plan import Workshop
from benchmarks.results import Result, at_most, compared, failed
from benchmarks.yardsticks import measure_rsa
from fedirec.community.client_outbox import submit
from fedirec.workers.upkeep import keep_up

GOAL: Final = at_most(0.01)
_NAME: Final = "enqueue one delivery / one RSA-2048 signature"
_FOLLOWERS: Final = 10_000
_HOSTS: Final = 500


def enqueuing(workshop: Workshop) -> list[Result]:
    """Measure publishing to many followers, less publishing to none, for each delivery."""
    followers = workshop.plan.some(_FOLLOWERS)
    guild = new_guild(workshop.room("enqueuing") / "guild")
    add_members(guild, ["ada", "bob"])
    people = [
        follower(f"host{number % _HOSTS}.example", f"person{number}") for number in range(followers)
    ]
    add_followers(guild, ["ada"], people)
    with workshop.stage("enqueuing"):
        subject, yardstick = [], []
        for _ in range(workshop.plan.rounds):
            yardstick.append(1e6 / measure_rsa().signs)
            many, none = asyncio.run(_publish(guild, "ada")), asyncio.run(_publish(guild, "bob"))
            subject.append(1e6 * (many - none) / followers)
    written = Ledger(guild).count("deliveries")
    expected = (workshop.plan.rounds) * followers
    if written != expected:
        reason = f"{expected} deliveries were due, and {written} are written"
        return [failed(_NAME, goal=GOAL, reason=reason)]
    return [
        compared(
            _NAME,
            subject,
            yardstick,
            goal=GOAL,
            against="openssl speed rsa2048, CPU us of a signature",
            detail={
                "what": f"a note to {followers:,} inboxes on {_HOSTS} hosts, less one to nobody,"
                " in this process: outbox, then the worker's pages of 500"
            },
        )
    ]


async def _publish(guild: Guild, name: str) -> float:
    """Return the CPU seconds of publishing a note, until every delivery of it is written."""
    async with opened(guild) as federation:
        await keep_up(federation)  # what is due anyway, and the statements prepared
        began = time.process_time()
        await submit(federation, name, note_to_followers(guild, name, "The frame stands."))
        await keep_up(federation)
        return time.process_time() - began
