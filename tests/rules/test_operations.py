"""What a keeper may find in the log is written down, and nothing that is not there."""

import ast
import re
from collections.abc import Iterator

from tests.rules import tree

SAYING = {"debug", "error", "exception", "info", "tell", "warning"}
EVENT = re.compile(r"[a-z]+\.[a-z_]+")


def events(module: ast.Module) -> Iterator[str]:
    """The events that a module logs: what stands first where something is said."""
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        if tree.dotted(node.func).rpartition(".")[2] in SAYING:
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_every_event_of_the_log_is_explained_and_the_reverse():
    logged = {
        event
        for path in tree.modules()
        for event in events(tree.parsed(path))
        if EVENT.fullmatch(event)
    }

    section = tree.text("docs/operations.md").partition("## The log")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {event for row in rows for event in re.findall(r"`(.+?)`", row)} == logged
