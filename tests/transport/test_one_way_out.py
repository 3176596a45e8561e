"""No other room opens a connection: the raw tools of the network stand in `transport` alone."""

import ast

import pytest

from tests.rules import tree

RAW_TOOLS = {
    "aiohttp.ClientSession",
    "aiohttp.TCPConnector",
    "aiohttp.request",
    "asyncio.open_connection",
    "socket.create_connection",
    "socket.getaddrinfo",
}
RAW_METHODS = {"create_connection", "open_connection", "sock_connect"}  # of loops, by any name
RAW_MODULES = {"ftplib", "http.client", "httpx", "requests", "urllib.request", "urllib3", "xmlrpc"}


def raw_tools(module: ast.AST) -> list[str]:
    """What of the raw tools a module names, however it imports them."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            is_raw = ast.unparse(node) in RAW_TOOLS or node.attr in RAW_METHODS
            found += [ast.unparse(node)] if is_raw else []
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
            found += sorted(names & (RAW_TOOLS | RAW_MODULES))
        elif isinstance(node, ast.Import):
            found += sorted({alias.name for alias in node.names} & RAW_MODULES)
    return found


@pytest.mark.rule("TR-01")
def test_only_transport_holds_the_raw_tools_of_the_network():
    strays = {
        path: found
        for path in tree.modules()
        if not path.startswith("fedirec/transport/") and (found := raw_tools(tree.parsed(path)))
    }

    assert strays == {}


@pytest.mark.parametrize(
    "code",
    [
        "import aiohttp\naiohttp.ClientSession()",
        "from aiohttp import ClientSession",
        "import urllib.request",
        "from urllib.request import urlopen",
        "from urllib import request",
        "loop.create_connection(factory, 'guild.example', 443)",
        "import asyncio\nasyncio.open_connection('guild.example', 443)",
    ],
)
def test_the_search_finds_them_however_they_are_imported(code):
    assert raw_tools(ast.parse(code))
