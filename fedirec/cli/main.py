"""The operators' door: reads the command line and runs the command.

The one place where an error becomes one line and an exit code. Each group of commands has its own
file beside this one.
"""

import argparse
import sys
from collections.abc import Sequence

from fedirec.cli import (
    config,
    database,
    demo,
    doctor,
    endorsements,
    instance,
    job_notes,
    members,
    peers,
    people,
    queue,
    reading,
    serving,
)
from fedirec.cli.arguments import Commands, HelpFormatter, declaring
from fedirec.cli.escaping import escape
from fedirec.errors import FedirecError, InvalidInputError, RemoteUnavailableError

FAILED = 1
BROKEN = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130


def run() -> None:
    """Run the command line of this process and leave with its exit code."""
    # structlog loads rich wherever it is installed, to draw what we write plainly: 20 to 70 ms
    sys.modules["rich"] = None  # type: ignore[assignment]  # so an import fails: reference 5.3.1
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or what went wrong as an exit code after one line about it."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:2] == ["job", "close"]:
        # `job NAME` takes a name where `job close` has its own arguments
        words[:2] = ["job close"]
    chosen = next((word for word in words if not word.startswith("-")), "")
    return _run(build_parser(chosen).parse_args(words))


def build_parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, or of what a run of `chosen` needs of it."""
    parser = argparse.ArgumentParser(
        prog="fedirec",
        description="Keep a guild: endorsements with consent and job notes, over ActivityPub.",
        epilog="Every command takes --json, and --help of its own.",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands: Commands[argparse.ArgumentParser] = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=declaring(chosen)
    )
    for group in (demo, instance, serving, members, people, endorsements, job_notes, reading):
        group.add_commands(commands)
    for group in (queue, peers, database, doctor, config):
        group.add_commands(commands)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    import asyncio  # 60 ms, which --help need not wait for

    try:
        asyncio.run(arguments.run(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output has gone; nothing is left to say it to
        sys.stderr.close()
        return FAILED
    except Exception as error:  # noqa: BLE001 (the one place where errors become exit codes)
        return _report(error)
    return 0


def _report(error: BaseException) -> int:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, FedirecError):
        print(f"fedirec: {escape(_line(error))}", file=sys.stderr)
        return FAILED
    import traceback

    traceback.print_exception(error)
    print("fedirec: this is a fault of fedirec: please report the lines above", file=sys.stderr)
    return BROKEN


def _line(error: FedirecError) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, InvalidInputError) and error.field is not None:
        text = f"{error.field}: {text}"
    if isinstance(error, RemoteUnavailableError) and "try again" not in text:
        text += "; nothing was changed, try again later"
    return text


class _Version(argparse.Action):
    """`--version`, looked up only when asked for: the package's metadata takes 30 ms to read."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"fedirec {version('fedirec')}")
        parser.exit()
