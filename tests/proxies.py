"""A reverse proxy in front of an instance, as keepers have one: it rewrites Host and says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@asynccontextmanager
async def reverse_proxy(
    *, port: int, behind: int, prefix: str = "/", keeps_host: bool = False
) -> AsyncIterator[None]:
    """Forward what is asked under `prefix` on loopback `port` to the port `behind`; else 404.

    With X-Forwarded-For, -Proto and -Host, and the inner address as Host unless `keeps_host`.
    """
    public = f"127.0.0.1:{port}"

    async def forward(request: web.Request) -> web.Response:
        if not request.path.startswith(prefix):
            raise web.HTTPNotFound
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP
        ]
        headers.append(("Host", public if keeps_host else f"127.0.0.1:{behind}"))
        headers.append(("X-Forwarded-For", str(request.remote)))
        headers.append(("X-Forwarded-Proto", "http"))
        headers.append(("X-Forwarded-Host", public))
        async with client.request(
            request.method,
            f"http://127.0.0.1:{behind}{request.raw_path}",
            headers=headers,
            data=await request.read(),
            allow_redirects=False,
        ) as answer:
            kept = [
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in _HOP_BY_HOP
            ]
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", forward)
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield
        finally:
            await runner.cleanup()
