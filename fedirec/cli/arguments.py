"""How a command is declared and how it prints: shared by every command group.

Only the standard library's light parts may be imported here: `fedirec --help` loads this.
"""

import argparse
import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, date, datetime, timedelta

from fedirec.cli.escaping import escape

Commands = argparse._SubParsersAction  # noqa: SLF001 (argparse has no public name for it)
Run = Callable[[argparse.Namespace], Coroutine[object, object, None]]


def add_command(
    commands: "Commands[argparse.ArgumentParser]", name: str, run: Run, *, says: str
) -> argparse.ArgumentParser:
    """Declare a command that `run` carries out; `says` is its line in the help."""
    parser = commands.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.set_defaults(run=run)
    return parser


def add_group(
    commands: "Commands[argparse.ArgumentParser]", name: str, *, says: str
) -> "Commands[argparse.ArgumentParser]":
    """Declare a command that only has commands of its own, such as `fedirec queue list`."""
    parser = commands.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
    return parser.add_subparsers(dest=f"{name}_command", metavar="COMMAND", required=True)


def show(arguments: argparse.Namespace, record: Mapping[str, object], text: str) -> None:
    """Print one thing: `record` on one line as JSON where asked for, else `text`.

    Nothing that others wrote steers the terminal, in either.
    """
    if arguments.json:
        print(escape(json.dumps(dict(record), default=_plain, ensure_ascii=False)), flush=True)
    else:
        print(escape(text), flush=True)


def a_day(text: str) -> date:
    """Read `YYYY-MM-DD` for argparse."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"a day is written YYYY-MM-DD, not {text!r}"
        raise argparse.ArgumentTypeError(message) from error


def end_of(day: date) -> datetime:
    """Return the last second of a day, UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start + timedelta(days=1) - timedelta(seconds=1)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
