"""Who may import what: the import contracts, and the choke points that no bypass may pass by."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules import tree

# Heavy or optional, and off the two journeys.
LOCAL_IMPORTS_ALLOWED = (
    "asyncpg", "fedirec.storage.postgresql", "PIL", "pyld", "webauthn",
    "fedirec.web.exposition",  # prometheus_client costs a start 30 ms; few guilds set its token
)  # fmt: skip
WAYS_OUT = (
    "aiohttp.ClientSession", "aiohttp.TCPConnector", "aiohttp.client", "aiohttp.connector",
    "aiohttp.request", "asyncio.open_connection", "asyncio.open_unix_connection", "ftplib",
    "http.client", "httpx", "requests", "smtplib", "socket.create_connection",
    "socket.getaddrinfo", "urllib.request",
)  # fmt: skip
# These build a URL, or read a form's body; only `domain/origins.py` and the client may take one
# apart. The settings hold the database's, which is none of the web.
MAY_PARSE_URLS = {"fedirec/config.py", "fedirec/domain/origins.py"}
URL_BUILDERS = {"urllib.parse.parse_qsl", "urllib.parse.quote", "urllib.parse.urlencode"}


def test_every_import_contract_holds():
    linter = Path(sys.executable).with_name("lint-imports")

    verdict = subprocess.run(  # noqa: S603 - the linter beside this interpreter
        [linter, "--no-cache"], cwd=tree.ROOT, check=False, capture_output=True, text=True
    )

    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def test_imports_stand_at_the_top():
    hidden = [
        f"{path}:{function.lineno} {name}"
        for path in tree.modules()
        if not path.startswith("fedirec/cli/")
        for function in ast.walk(tree.parsed(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for name in tree.imported(function)
        if not tree.is_within(name, *LOCAL_IMPORTS_ALLOWED)
    ]

    assert hidden == []


@pytest.mark.rule("TR-01")
def test_only_the_transport_reaches_out():
    bypasses = [
        f"{path}: {name}"
        for path in tree.modules()
        if not path.startswith("fedirec/transport/")
        for name in [*tree.imported(tree.parsed(path)), *attributes(path)]
        if tree.is_within(name, *WAYS_OUT)
    ]

    assert bypasses == []


@pytest.mark.rule("OR-12", "TR-08")
def test_only_one_module_takes_urls_apart():
    parsers = [
        f"{path}: {name}"
        for path in tree.modules()
        if not path.startswith("fedirec/transport/") and path not in MAY_PARSE_URLS
        for name in [*tree.imported(tree.parsed(path)), *attributes(path)]
        if tree.is_within(name, "yarl", "urllib.parse") and name not in URL_BUILDERS
    ]

    assert parsers == []


def attributes(path: str) -> list[str]:
    """List the dotted names that a module uses, such as `aiohttp.ClientSession`."""
    return [
        tree.dotted(node) for node in ast.walk(tree.parsed(path)) if isinstance(node, ast.Attribute)
    ]
