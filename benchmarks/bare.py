"""The yardstick: aiohttp with nothing behind it. `python -m benchmarks.bare PORT`."""

import sys

from aiohttp import web


async def _get(_request: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


async def _post(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202)


def _application() -> web.Application:
    application = web.Application()
    application.add_routes([web.get("/", _get), web.post("/inbox", _post)])
    return application


if __name__ == "__main__":
    web.run_app(
        _application(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None
    )
