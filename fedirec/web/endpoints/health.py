"""For probes: is the process alive, can it do its work. Under any Host; says nothing else (OP-06).

What fails is logged with its cause; the answer names the check alone, since anybody may ask.
"""

from datetime import datetime
from typing import Final

import orjson
import structlog
from aiohttp import hdrs, web

from fedirec.errors import ConfigurationError, StorageUnavailableError
from fedirec.federation.context import Federation
from fedirec.storage.instance import write_and_undo
from fedirec.storage.migrate import check_schema
from fedirec.storage.queue_depths import next_looks
from fedirec.web.answers import PRIVATE
from fedirec.web.keys import FEDERATION, OPENED_AT

_HEADERS: Final = {hdrs.CACHE_CONTROL: PRIVATE}

log = structlog.get_logger(__name__)


async def get_live(_request: web.Request) -> web.Response:
    """Answer as long as the loop turns."""
    return web.Response(text="ok\n", headers=_HEADERS)


async def get_ready(request: web.Request) -> web.Response:
    """Answer 200 when new work can be taken in and old work gets done, else 503.

    `database`: it can be written. `migrations`: it has the tables we know. `disk`: enough is free
    for something new. `queue`: a worker looks at what is due in time.
    """
    federation = request.app[FEDERATION]
    trouble = await _trouble_with_database(federation)
    if federation.space.is_low():
        trouble["disk"] = "less space is free than what is kept free"
    if not trouble.keys() & {"database", "migrations"}:
        trouble |= await _trouble_with_queue(federation, request.app[OPENED_AT])
    if trouble:
        log.warning("probe.not_ready", **trouble)
    checks = {name: name not in trouble for name in ("database", "migrations", "disk", "queue")}
    return web.Response(
        status=web.HTTPServiceUnavailable.status_code if trouble else 200,
        body=orjson.dumps({"ready": not trouble, "checks": checks}),
        content_type="application/json",
        headers=_HEADERS,
    )


async def _trouble_with_database(federation: Federation) -> dict[str, str]:
    try:
        await check_schema(federation.database)
        await federation.database.run(write_and_undo)
    except ConfigurationError as error:
        return {"migrations": str(error)}
    except StorageUnavailableError as error:
        return {"database": str(error)}
    return {}


async def _trouble_with_queue(federation: Federation, opened_at: datetime) -> dict[str, str]:
    """Return what no worker looks at, though it is long due and we are here as long."""
    try:
        async with federation.database.reading() as reader:
            looks = await next_looks(reader)
    except StorageUnavailableError as error:
        return {"database": str(error)}
    bound = federation.now() - federation.limits.ready_queue_age
    late = sorted(work for work, at in looks.items() if max(at, opened_at) < bound)
    if not late:
        return {}
    return {"queue": f"no worker looks at what is due: {', '.join(late)}; is one running?"}
