"""A guild of one's own in an empty folder, and its commands as a keeper runs them."""

import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from fedirec.cli.logs import StandardError
from fedirec.cli.main import main

Record = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[Record]:
        """What it printed with `--json`, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def record(self) -> Record:
        """The one object that it printed."""
        (record,) = self.records
        return record

    @property
    def complaint(self) -> str:
        """The one line of a failure."""
        assert self.code != 0, self.out
        (line,) = self.err.splitlines()
        assert line.startswith("fedirec: "), line
        return line


@dataclass(frozen=True, slots=True)
class Keeper:
    """Runs commands in this process, as the console script does."""

    capture: pytest.CaptureFixture[str]
    folder: Path

    def run(self, *words: str) -> Ran:
        """Run one command."""
        self.capture.readouterr()
        code = main(words)
        out, err = self.capture.readouterr()
        return Ran(code=code, out=out, err=err)

    def done(self, *words: str) -> Ran:
        """Run a command that has to succeed, with `--json`."""
        ran = self.run(*words, "--json")
        assert ran.code == 0, ran.err
        return ran


@pytest.fixture
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No setting from outside the test."""
    for name in [name for name in os.environ if name.startswith("FEDIREC_")]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def keeper(
    quiet_environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Keeper]:
    """A keeper in an empty folder; what commands do to this process's logs is undone."""
    quiet_environment.chdir(tmp_path)
    yield Keeper(capsys, tmp_path)
    structlog.reset_defaults()
    root = logging.getLogger()
    root.handlers[:] = [kept for kept in root.handlers if not isinstance(kept, StandardError)]
    root.setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def settings_at(port: int) -> dict[str, str]:
    """What the environment says for a guild on a loopback port."""
    host = f"127.0.0.1:{port}"
    return {
        "FEDIREC_HOST": f"http://{host}",
        "FEDIREC_LISTEN": host,
        "FEDIREC_TEST_NETWORK": "127.0.0.0/8",
    }


@pytest.fixture
def place(quiet_environment: pytest.MonkeyPatch, free_port: int) -> str:
    """A loopback host to found a guild on, told by the environment; returns its origin."""
    for name, value in settings_at(free_port).items():
        quiet_environment.setenv(name, value)
    return f"http://127.0.0.1:{free_port}"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory, free_port: int) -> Path:
    """The folder of a guild with two members, ada and bo: made once, since keys take their time."""
    folder = tmp_path_factory.mktemp("founded")
    others = {name: value for name, value in os.environ.items() if not name.startswith("FEDIREC_")}
    for words in (
        ("init", "--domain", f"127.0.0.1:{free_port}", "--admin", "ada"),
        ("member", "add", "bo", "--display-name", "Bo Rafter"),
    ):
        subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "fedirec", *words],
            cwd=folder,
            env={**others, **settings_at(free_port)},
            check=True,
            timeout=60,
        )
    return folder


@pytest.fixture
def guild(keeper: Keeper, place: str, founded: Path) -> Keeper:
    """The keeper of a guild with two members, ada and bo."""
    shutil.copytree(founded, keeper.folder, dirs_exist_ok=True)
    return keeper
