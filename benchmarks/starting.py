"""What it costs to be there: starting, answering `--help`, idling."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from typing import Final

from benchmarks.guild import Guild, add_members, new_guild, serving
from benchmarks.plan import Workshop
from benchmarks.processes import Child, as_installed
from benchmarks.results import Result, at_most, compared
from benchmarks.yardsticks import bare_server

GOAL_HELP: Final = at_most(4)
GOAL_READY: Final = at_most(2.5)
GOAL_MEMORY: Final = at_most(1.8)
_TURNS: Final = 2  # for each round of others: it is short
_IDLE_SECONDS: Final = 2.0
_MEGABYTE: Final = 1_048_576


def starting(workshop: Workshop) -> list[Result]:
    """Measure `--help`, a start, and the memory of a server that idles."""
    guild = new_guild(workshop.room("starting") / "guild")
    add_members(guild, ["ada"])
    with serving(guild):
        pass  # compiles what was never imported, and makes the tables
    with workshop.stage("starting"):
        return [_helping(workshop), _getting_ready(workshop, guild), _idling(workshop, guild)]


def cpu_of(command: Sequence[str]) -> float:
    """Return the CPU seconds of a command that ends by itself."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=as_installed())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{command} ended with {process.returncode}"
        raise RuntimeError(message)
    return used.ru_utime + used.ru_stime


def _helping(workshop: Workshop) -> Result:
    subject, yardstick = [], []
    cpu_of([sys.executable, "-m", "fedirec", "--help"])  # compiles it
    for _ in range(workshop.plan.rounds * _TURNS):
        yardstick.append(1000 * cpu_of([sys.executable, "-c", "pass"]))
        subject.append(1000 * cpu_of([sys.executable, "-m", "fedirec", "--help"]))
    return compared(
        "--help / python -c pass",
        subject,
        yardstick,
        goal=GOAL_HELP,
        against="python -c pass, CPU ms",
        detail={"command": "python -m fedirec --help"},
    )


def _getting_ready(workshop: Workshop, guild: Guild) -> Result:
    subject, yardstick = [], []
    for _ in range(workshop.plan.rounds):
        yardstick.append(1000 * cpu_of([sys.executable, "-c", "import aiohttp.web"]))
        with serving(guild) as server:
            subject.append(1000 * server.cpu().total)
    return compared(
        "start until ready / import aiohttp.web",
        subject,
        yardstick,
        goal=GOAL_READY,
        against="python -c 'import aiohttp.web', CPU ms",
        detail={"server": "serve on a database that is there, modules compiled, until it listens"},
    )


def _idling(workshop: Workshop, guild: Guild) -> Result:
    subject, yardstick = [], []
    room = workshop.room("idle")
    for _ in range(workshop.plan.long_rounds):
        with bare_server(room) as bare, serving(guild) as server:
            urllib.request.urlopen(f"http://127.0.0.1:{bare.port}/").close()
            urllib.request.urlopen(f"{guild.origin}/about").close()
            time.sleep(_IDLE_SECONDS)
            yardstick.append(_megabytes(bare.child))
            subject.append(_megabytes(server))
    return compared(
        "idle memory / bare aiohttp",
        subject,
        yardstick,
        goal=GOAL_MEMORY,
        against="bare aiohttp, MB resident",
        detail={"server": "serve, SQLite, one page shown, then 2 s of nothing"},
    )


def _megabytes(child: Child) -> float:
    return child.rss_bytes() / _MEGABYTE
