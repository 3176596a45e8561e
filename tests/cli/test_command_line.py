"""The command line as a whole: what there is, and that looking at it costs nothing."""

import argparse
import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from fedirec.cli.endorsements import RELATIONS
from fedirec.cli.main import BROKEN, FAILED, _report, build_parser, main
from fedirec.cli.serving import loading
from fedirec.domain.endorsements import Relation
from fedirec.errors import InvalidInputError, NotFoundError, RemoteUnavailableError

HEAVY = ("aiohttp", "asyncio", "cryptography", "json", "shutil", "sqlite3", "structlog")
LEFT_OUT = ("asyncpg", "prometheus_client", "pydantic", "rich")


def leaves(
    parser: argparse.ArgumentParser, name: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command, by its whole name."""
    groups = [act for act in parser._actions if isinstance(act, argparse._SubParsersAction)]
    if not groups:
        yield name.strip(), parser
    for group in groups:
        for word, inner in group.choices.items():
            yield from leaves(inner, f"{name} {word}")


def leaves_declared(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The commands that say what they take."""
    (group,) = (act for act in parser._actions if isinstance(act, argparse._SubParsersAction))
    for word, inner in group.choices.items():
        if isinstance(inner, argparse.ArgumentParser) and hasattr(inner, "_actions"):
            yield from leaves(inner, word)


def test_every_promised_command_is_there():
    promised = {
        *("demo", "init", "serve", "worker", "follow", "unfollow", "endorse", "offers", "answer"),
        *("withdraw", "job", "job close", "inbox", "outbox", "reached"),
        *(f"member {word}" for word in ("add", "list", "disable", "token", "set", "rotate-keys")),
        *(f"member {word}" for word in ("invite", "invites", "uninvite", "reset", "reset-2fa")),
        *("member promote", "member demote"),
        *(f"queue {word}" for word in ("list", "show", "retry", "hold", "release", "cancel")),
        *(f"queue {word}" for word in ("flush", "shape", "dead")),
        *(f"peer {word}" for word in ("list", "show", "block", "allow", "probe", "forget")),
        *("database migrate", "database move", "config check", "doctor"),
    }

    assert promised == {name for name, _parser in leaves(build_parser())}


def test_every_command_can_speak_json_and_explains_itself():
    for name, parser in leaves(build_parser()):
        options = {option for action in parser._actions for option in action.option_strings}
        assert {"--json", "--help"} <= options, name
        assert parser.description, name


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from fedirec.cli.main import build_parser; build_parser('').format_help();"
        f" print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )

    loaded = subprocess.run(  # noqa: S603 - the script is above
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert loaded.stdout == "[]\n"


def test_help_names_every_command_without_declaring_it():
    assert build_parser("").format_help() == build_parser().format_help()


def test_a_run_declares_the_chosen_command_alone():
    declared = {name for name, _parser in leaves_declared(build_parser("member"))}

    assert declared == {name for name, _parser in leaves(build_parser()) if "member " in name}


def test_a_guild_opens_without_what_it_does_not_use(tmp_path):
    script = (
        "import atexit, sys; from fedirec.cli.main import run;"
        f" atexit.register(lambda: print(sorted(n for n in {LEFT_OUT!r} if sys.modules.get(n))));"
        " sys.argv[1:] = ['init', '--json', '--domain', 'guild.example']; run()"
    )

    loaded = subprocess.run(  # noqa: S603 - the script is above
        [sys.executable, "-c", script],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert loaded.stdout.splitlines()[-1] == "[]"


def test_the_collector_rests_while_a_server_loads_and_leaves_alone_what_was_loaded():
    before = gc.get_freeze_count()

    with loading():
        rests = not gc.isenabled()

    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert rests
    assert gc.isenabled()
    assert frozen > before


@pytest.mark.parametrize(("said", "width"), [("60", 60), ("132", 132), ("none", 80)])
def test_help_fills_the_terminal(said, width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", said)

    with pytest.raises(SystemExit):
        main(["--help"])

    longest = max(len(line) for line in capsys.readouterr().out.splitlines())
    assert width // 2 < longest < width


def test_the_relations_of_the_help_are_those_of_the_guild():
    assert list(RELATIONS) == list(Relation)


@pytest.mark.parametrize("words", [[], ["nonsense"], ["endorse", "ada"], ["queue"]])
def test_a_command_that_is_none_shows_how_to_write_one(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)

    assert left.value.code == 2
    assert "usage: fedirec" in capsys.readouterr().err


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])

    assert not left.value.code
    assert capsys.readouterr().out.startswith("fedirec 0.")


def test_a_fault_of_ours_is_called_one(capsys):
    assert _report(RuntimeError("a shelf fell down")) == BROKEN

    said = capsys.readouterr().err
    assert "a shelf fell down" in said
    assert said.endswith("fedirec: this is a fault of fedirec: please report the lines above\n")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (NotFoundError("no member\ncalled that"), "fedirec: no member called that\n"),
        (InvalidInputError("too short", field="words"), "fedirec: words: too short\n"),
        (
            RemoteUnavailableError("nobody answers at peer.example"),
            "fedirec: nobody answers at peer.example; nothing was changed, try again later\n",
        ),
        (
            BaseExceptionGroup("tasks", [ExceptionGroup("more", [NotFoundError("gone")])]),
            "fedirec: gone\n",
        ),
    ],
)
def test_what_was_foreseen_is_one_line(error, line, capsys):
    assert _report(error) == FAILED

    assert capsys.readouterr().err == line
