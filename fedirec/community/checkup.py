"""What can be wrong with what is stored and what works on it, in words, with what to do about it.

Serves `fedirec doctor` and the keeper's page of health; no check here needs the network.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.federation.context import Federation
from fedirec.storage import checkup
from fedirec.storage.clock import DatabaseClock
from fedirec.storage.database import Database, Reader
from fedirec.storage.queue_depths import list_depths, next_looks
from fedirec.storage.space import SpaceWatch

CLOCK_SECONDS: Final = 30
LATE: Final = timedelta(minutes=5)
_MEBIBYTE: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found. `todo` is None when all is well; `is_wrong`: it must not stay so."""

    id: str
    says: str
    todo: str | None = None
    is_wrong: bool = True

    @property
    def state(self) -> str:
        """`well`, `mind` for what a keeper should know, or `wrong`."""
        if self.todo is None:
            return "well"
        return "wrong" if self.is_wrong else "mind"


def check_disk(watch: SpaceWatch) -> Finding:
    """Look at the space that is left for the database."""
    space = watch.ask()
    says = "cannot be asked" if space is None else f"{space.free_bytes // _MEBIBYTE:,} MiB are free"
    todo = "nothing new is taken in: make space, or lower `free_space_bytes` (docs/operations.md)"
    return Finding(id="disk", says=says, todo=todo if watch.is_low() else None)


async def check_running(federation: Federation) -> list[Finding]:
    """Make every check that is quick, while this instance serves."""
    database, now = federation.database, federation.now()
    async with database.reading() as reader:
        found = [
            check_disk(federation.space),
            await check_durability(reader, database.engine),
            await check_keys(reader),
            *await check_queue(reader, now, is_served=True),
            await check_hosts(reader, now),
        ]
        latest = await checkup.latest_instant(reader)
    return [*found, await check_clock(database, latest, now)]


async def check_integrity(reader: Reader, engine: str) -> Finding:
    """Read the whole database for damage: slow where it is large."""
    damage = await checkup.find_damage(reader, engine)
    todo = "stop fedirec, keep a copy of the files, and restore a backup"
    says = "; ".join(damage) or "whole"
    return Finding(id="integrity", says=says, todo=todo if damage else None)


async def check_durability(reader: Reader, engine: str) -> Finding:
    """Look whether a commit is on the disk before it is answered."""
    careless = await checkup.list_careless_settings(reader, engine)
    names = ", ".join(careless)
    todo = f"set {names} to on: what was accepted may be lost when the power fails"
    says = f"{names} is off" if careless else "a commit is on the disk before it is answered"
    return Finding(id="durability", says=says, todo=todo if careless else None)


async def check_keys(reader: Reader) -> Finding:
    """Look whether everybody here can sign."""
    without = await checkup.list_actors_without_key(reader)
    todo = "restore a backup: nobody believes what they say without a key"
    says = f"none for {' '.join(without)}" if without else "everybody here can sign"
    return Finding(id="keys", says=says, todo=todo if without else None)


async def check_queue(reader: Reader, now: datetime, *, is_served: bool) -> list[Finding]:
    """Look for work that is late, and for what failed here again and again."""
    looks = await next_looks(reader)
    late = max((now - at for at in looks.values()), default=timedelta())
    is_late = late > LATE
    todo = (
        "see the log of `fedirec serve`"
        if is_served
        else "start `fedirec serve`: nobody works here"
    )
    says = f"work is late by {span_words(late)}" if is_late else "nothing is late"
    dead = [
        depth
        for depth in await list_depths(reader)
        if depth.state in (DeliveryState.DEAD, ReceivedState.DEAD)
    ]
    count = sum(depth.depth for depth in dead)
    return [
        Finding(id="queue", says=says, todo=todo if is_late else None),
        Finding(
            id="dead",
            says=f"{count} failed here again and again"
            if count
            else "nothing failed for good here",
            todo="`fedirec queue dead` shows why; then `queue retry` or `queue cancel`"
            if count
            else None,
        ),
    ]


async def check_hosts(reader: Reader, now: datetime) -> Finding:
    """Look for hosts that have not answered for a week."""
    hosts = await checkup.list_unreachable(reader, now)
    shown = " ".join(each.host for each in hosts[: checkup.SHOWN])
    return Finding(
        id="hosts",
        says=f"{len(hosts)} have not answered for a week: {shown}"
        if hosts
        else "all answered lately",
        todo="nothing, if they are gone; else `fedirec peer probe HOST`" if hosts else None,
        is_wrong=False,
    )


async def check_clock(database: Database, latest: datetime | None, now: datetime) -> Finding:
    """Compare this machine's clock with the database's, and with what was written last."""
    behind = timedelta() if latest is None else latest - now
    if database.engine == "postgresql":
        clock = DatabaseClock(database)
        await clock.look()
        behind = max(behind, abs(clock() - now))
    is_off = behind.total_seconds() > CLOCK_SECONDS
    todo = "set it, and let it be kept (chrony, systemd-timesyncd): signatures carry the hour"
    says = f"off by {span_words(behind)}" if is_off else "agrees with the database"
    return Finding(id="clock", says=says, todo=todo if is_off else None)


def span_words(span: timedelta) -> str:
    """Return a span in whole seconds, minutes or hours."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return f"{int(span.total_seconds())} seconds"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"  # noqa: PLR2004 - two hours
