"""The yardstick: aiohttp with nothing behind it. `python -m benchmarks.bare PORT [FILE.db KEYS]`.

With a database and a file of public keys it does the least that a receiver must do: it verifies the
signature with a kept key and commits one row, both before it answers 202 (reliability L1).
"""

import json
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from fedirec.signatures.keys import PublicKey, load_public_pem
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import read_signature


class _Keeper:
    """Verifies and keeps, in a table of one column of ids and one of bodies."""

    def __init__(self, path: str, keys: Mapping[str, PublicKey]) -> None:
        self._keys = keys
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")
        self._database.execute("create table if not exists kept (id text primary key, body text)")

    async def post(self, request: web.Request) -> web.Response:
        body = await request.read()
        signature = read_signature(
            SignedRequest(
                method=request.method,
                target=request.raw_path,
                url=str(request.url),
                headers=tuple((name.lower(), value) for name, value in request.headers.items()),
                body=body,
            )
        )
        signature.check_coverage()
        if not signature.verify(self._keys[signature.key_id]):
            return web.Response(status=401)
        row = (json.loads(body)["id"], body.decode())
        self._database.execute("insert into kept values (?, ?)", row)  # and commits
        return web.Response(status=202)


async def _get(_request: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


async def _post(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202)


def _application(kept: list[str]) -> web.Application:
    application = web.Application()
    post = _post
    if kept:
        pems = json.loads(Path(kept[1]).read_text())
        post = _Keeper(kept[0], {key: load_public_pem(pem) for key, pem in pems.items()}).post
    application.add_routes([web.get("/", _get), web.post("/inbox", post)])
    return application


if __name__ == "__main__":
    web.run_app(
        _application(sys.argv[2:]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        print=None,
    )
