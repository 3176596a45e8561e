"""What the tests here need that Python packages alone do not bring: found, or why it is not.

`.ci/peers` installs all of it. Where something is missing, a test is skipped with the reason; with
CI=true it fails, so that no run is green because it left a peer out.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.missing import leave_out

HERE = Path(__file__).parent
OLDEST_NODE = 20
PASTURE = HERE / "pasture"
PASTURE_ENVIRONMENT = PASTURE / ".venv"
PASTURE_LOCK = HERE.parents[1] / "locks" / "pasture.txt"
MOCK_ENVIRONMENT = HERE / "mastodon-mock" / ".venv"
MOCK_LOCK = HERE.parents[1] / "locks" / "mastodon-mock.txt"
_INSTALL = "run .ci/peers"
_VERSION = re.compile(r"v(\d+)\.")


@dataclass(frozen=True, slots=True)
class Missing:
    """Why something cannot be used, in words that say what to do."""

    reason: str


def found_or_reason(found: str | Missing, *, environment: Mapping[str, str] = os.environ) -> str:
    """Return what was found; otherwise fail where everything must be there, and skip elsewhere."""
    if isinstance(found, Missing):
        leave_out(found.reason, environment=environment)
    return found


def find_node(*, search_path: str | None = None, folders: Path = HERE) -> str | Missing:
    """Return the path of a Node that is new enough, if every folder with a lock is installed."""
    node = shutil.which("node", path=search_path)
    if node is None:
        return Missing(
            f"Node {OLDEST_NODE} or newer is not on the path: install it, then {_INSTALL}"
        )
    said = subprocess.run(  # noqa: S603 - the node that every test here would run
        [node, "--version"], check=False, capture_output=True, text=True
    ).stdout
    version = _VERSION.match(said)
    if version is None or int(version[1]) < OLDEST_NODE:
        return Missing(f"{node} is {said.strip() or 'no Node'}; {OLDEST_NODE} or newer is needed")
    for folder in _locked(folders):
        if not _is_installed(folder):
            return Missing(
                f"the packages of tests/interop/{folder.name} are not as locked: {_INSTALL}"
            )
    return node


def _locked(folders: Path) -> Iterator[Path]:
    return (lock.parent for lock in sorted(folders.glob("*/package-lock.json")))


def _is_installed(folder: Path) -> bool:
    """Whether npm wrote down what it installed, and not before the lock was last changed."""
    return _is_newer(folder / "node_modules" / ".package-lock.json", folder / "package-lock.json")


def _is_newer(installed: Path, lock: Path) -> bool:
    return installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime


def find_pasture(environment: Path = PASTURE_ENVIRONMENT) -> str | Missing:
    """Return the Python that has the fediverse-pasture in it; ours cannot live with bovine."""
    if not _is_newer(environment / "installed", PASTURE_LOCK):
        return Missing(f"fediverse-pasture has no environment of its own as locked: {_INSTALL}")
    return str(environment / "bin" / "python")


def find_mastodon_mock(environment: Path = MOCK_ENVIRONMENT) -> str | Missing:
    """Return the command that serves Mastodon's API, from an environment of its own."""
    if not _is_newer(environment / "installed", MOCK_LOCK):
        return Missing(f"mastodon-mock has no environment of its own as locked: {_INSTALL}")
    return str(environment / "bin" / "mastodon_mock")
