"""For Prometheus: what this process counted, and what waits. Under any Host, behind a token.

Without a token in the settings there is no such address; it tells hosts by name (OP-06).
"""

import asyncio
import hmac
from typing import Final

from aiohttp import hdrs, web

from fedirec.errors import NotFoundError, UnauthenticatedError
from fedirec.storage.queue_depths import count_hosts_down, list_depths, list_worst_hosts, next_looks
from fedirec.web.answers import PRIVATE
from fedirec.web.keys import FEDERATION, OPTIONS
from fedirec.web.readers import bearer_digest

SHOWN_HOSTS: Final = 10


async def get(request: web.Request) -> web.Response:
    """Answer with Prometheus' text; 404 when no token is set, 401 without the right one."""
    options = request.app[OPTIONS]
    if options.metrics_digest is None:
        message = "metrics are off: FEDIREC_METRICS_TOKEN is not set"
        raise NotFoundError(message)
    if not hmac.compare_digest(bearer_digest(request) or b"", options.metrics_digest):
        message = "expected the bearer token of FEDIREC_METRICS_TOKEN"
        raise UnauthenticatedError(message)
    # the library costs 30 ms, which only who asks should pay
    from fedirec.web.exposition import CONTENT_TYPE, Figures, Queue, expose  # noqa: PLC0415

    federation = request.app[FEDERATION]
    now = federation.now()
    async with federation.database.reading() as reader:
        looks = await next_looks(reader)
        queue = Queue(
            depths=await list_depths(reader),
            worst_hosts=await list_worst_hosts(reader, limit=SHOWN_HOSTS),
            late={work: max(0.0, (now - at).total_seconds()) for work, at in looks.items()},
            hosts_down=await count_hosts_down(reader),
        )
    figures = Figures(
        counts=federation.counts,
        tasks=len(asyncio.all_tasks()),
        queue=queue,
        now=now,
        space=federation.space.ask(),
        version=options.version,
    )
    return web.Response(
        body=expose(figures), headers={hdrs.CACHE_CONTROL: PRIVATE, hdrs.CONTENT_TYPE: CONTENT_TYPE}
    )
