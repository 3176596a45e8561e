"""How a command is declared and how it prints: shared by every command group.

Only the standard library's light parts may be imported here: `fedirec --help` loads this.
"""

import argparse
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, date, datetime, timedelta

from fedirec.cli.escaping import escape

Commands = argparse._SubParsersAction  # noqa: SLF001 (argparse has no public name for it)
Run = Callable[[argparse.Namespace], Coroutine[object, object, None]]
_COLUMNS = 80


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


class HelpFormatter(argparse.HelpFormatter):
    """Fills the terminal without `shutil`, which is 3 ms of ways to unpack archives."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class _Unchosen(argparse.ArgumentParser):
    """A command that is not to run: the help of the whole names it, and nothing is declared."""

    def __init__(self, prog: str) -> None:
        """Leave out what makes a parser, but for its name."""
        self.prog = prog
        self.formatter_class = HelpFormatter

    def add_argument(self, *_words: object, **_how: object) -> None:  # type: ignore[override]  # nobody uses what it returns
        """Declare nothing."""

    def add_subparsers(self, **_how: object) -> "_Unchosen":  # type: ignore[override]  # it stands for them
        """Declare nothing, and stand for its own commands."""
        return self

    def add_parser(self, _name: str, **_how: object) -> "_Unchosen":
        """Declare nothing, and stand for the command."""
        return self

    def set_defaults(self, **_values: object) -> None:
        """Declare nothing."""


def declaring(chosen: str | None) -> type[argparse.ArgumentParser]:
    """Return what makes the parsers of all commands, or of the `chosen` one alone.

    All of them take 12 ms, as much as an interpreter that does nothing.
    """

    def make(*, prog: str, **how: str) -> argparse.ArgumentParser:
        if chosen is None or prog == f"fedirec {chosen}":
            return argparse.ArgumentParser(prog=prog, **how)  # type: ignore[arg-type]  # as argparse has it
        return _Unchosen(prog)

    return make  # type: ignore[return-value]  # argparse calls it, and asks nothing else of it


def show(arguments: argparse.Namespace, record: Mapping[str, object], text: str) -> None:
    """Print one thing: `record` on one line as JSON where asked for, else `text`.

    Nothing that others wrote steers the terminal, in either.
    """
    if arguments.json:
        import json  # 2 ms, which --help need not wait for

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


def _columns() -> int:
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _COLUMNS
    except (OSError, ValueError):
        return _COLUMNS


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
