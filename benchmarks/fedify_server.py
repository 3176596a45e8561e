"""Runs `fedify/server.mjs` on the packages that the interop tests have locked and installed."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.mail import Place
from benchmarks.processes import LOOPBACK, ROOT, Child, free_port, running, wait_for_port

_SERVER: Final = ROOT / "benchmarks" / "fedify" / "server.mjs"
_PACKAGES: Final = ROOT / "tests" / "interop" / "fedify" / "node_modules"
_SECONDS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Fedify:
    """A running Fedify server with one person, ada."""

    child: Child
    port: int
    control: int

    @property
    def place(self) -> Place:
        """Where letters to its shared inbox go."""
        return Place(authority=f"{LOOPBACK}:{self.port}")

    def call(self, command: str, parameters: object = None) -> dict[str, Any]:
        """Run one of its commands."""
        url = f"http://{LOOPBACK}:{self.control}/{command}"
        body = b"" if parameters is None else json.dumps(parameters).encode()
        with urllib.request.urlopen(url, data=body, timeout=_SECONDS) as answer:
            said: dict[str, Any] = json.load(answer)
            return said


def why_no_fedify() -> str:
    """Say what is missing to run it, or nothing."""
    if shutil.which("node") is None:
        return "no node was found"
    if not _PACKAGES.is_dir():
        return "its packages are not there: run .ci/peers"
    return ""


def fedify_version() -> str:
    """Return which Fedify runs on which Node."""
    package = json.loads((_PACKAGES / "@fedify" / "fedify" / "package.json").read_text())
    node = subprocess.run(["node", "--version"], capture_output=True, check=True, text=True)
    return f"Fedify {package['version']} on Node {node.stdout.strip()}"


@contextmanager
def fedify_running(room: Path, *, works: bool = False) -> Iterator[Fedify]:
    """Run it for the length of the block; `works`: it sends and handles, too."""
    port, control, log = free_port(), free_port(), room / "fedify.log"
    script = room / "server.mjs"
    script.write_bytes(_SERVER.read_bytes())
    modules = room / "node_modules"
    if not modules.exists():
        modules.symlink_to(_PACKAGES.resolve())
    environment = {
        "FEDIFY_PORT": str(port),
        "FEDIFY_CONTROL_PORT": str(control),
        "FEDIFY_WORKS": "1" if works else "",
        "NODE_ENV": "production",
    }
    with running(["node", str(script)], log=log, environment=environment, folder=room) as child:
        wait_for_port(child, control, log=log)
        yield Fedify(child=child, port=port, control=control)
