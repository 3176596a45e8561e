"""`python -m benchmarks [--quick] [--only NAME] [--json FILE]`: measure, and print the table."""

import argparse
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import (
    crowds,
    enqueuing,
    fan_out,
    handling,
    inbox,
    neighbour,
    pages,
    recognition,
    restarting,
    sizes,
    starting,
    workers,
)
from benchmarks.machine import describe_machine
from benchmarks.plan import Plan, Workshop, open_workshop
from benchmarks.processes import raise_file_limit
from benchmarks.report import as_json, as_text, write_markdown
from benchmarks.results import Result, failed
from fedirec.cli.logs import configure_logs
from fedirec.errors import FedirecError

BENCHMARKS: Final[dict[str, Callable[[Workshop], list[Result]]]] = {
    "inbox": inbox.accepting,
    "handled": handling.handling,
    "fan-out": fan_out.delivering,
    "enqueue": enqueuing.enqueuing,
    "reading": pages.reading,
    "recognition": recognition.recognising,
    "starting": starting.starting,
    "sizes": sizes.growing,
    "fedify": neighbour.beside_fedify,
    "workers": workers.working_together,
    "restart": restarting.restarting,
    "crash": restarting.crashing,
    "crowd": crowds.crowding,
    "hostile": crowds.enduring,
}
_OPEN_FILES: Final = 8_192
_BREAKS: Final = (FedirecError, OSError, RuntimeError, sqlite3.Error, subprocess.SubprocessError)


def main() -> int:
    """Run what was asked for; 0 when every goal is met."""
    arguments = _arguments()
    raise_file_limit(_OPEN_FILES)
    configure_logs(style="console", level="error")  # of what this process does to a database
    began = time.monotonic()
    results: list[Result] = []
    with open_workshop(Plan(is_quick=arguments.quick), _say) as workshop:
        for name in arguments.only or BENCHMARKS:
            results += _measure(name, workshop)
        machine = describe_machine(workshop)
    _say(f"all of it: {time.monotonic() - began:.0f} s")
    sys.stdout.write(f"{as_text(results)}\n\n{machine}\n")
    if arguments.json is not None:
        arguments.json.write_text(as_json(results))
    if arguments.markdown is not None:
        write_markdown(arguments.markdown, results, machine)
    return 0 if all(result.is_met is not False for result in results) else 1


def _measure(name: str, workshop: Workshop) -> list[Result]:
    """Run one benchmark; one that breaks off has no figure, and the others go on."""
    try:
        return BENCHMARKS[name](workshop)
    except _BREAKS as error:
        traceback.print_exc()
        return [failed(name, goal=None, reason=f"{type(error).__name__}: {error}")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds of less: does it work?")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="one benchmark alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="put the table between its marks in that page, and the picture beside it",
    )
    return parser.parse_args()


def _say(words: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
