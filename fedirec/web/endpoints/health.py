"""For probes: is the process alive, can it do its work. Under any Host; says nothing else."""

import orjson
from aiohttp import hdrs, web

from fedirec.errors import ConfigurationError, StorageUnavailableError
from fedirec.storage.instance import find_value
from fedirec.storage.migrate import check_schema
from fedirec.web.answers import PRIVATE
from fedirec.web.keys import FEDERATION

_HEADERS = {hdrs.CACHE_CONTROL: PRIVATE}


async def get_live(_request: web.Request) -> web.Response:
    """Answer as long as the loop turns."""
    return web.Response(text="ok\n", headers=_HEADERS)


async def get_ready(request: web.Request) -> web.Response:
    """Answer 200 when the database can be written and has the tables we know, else 503."""
    database = request.app[FEDERATION].database
    checks = {"database": True, "migrations": True}
    try:
        await check_schema(database)
        async with database.transaction() as transaction:
            await find_value(transaction, "host")
    except ConfigurationError:
        checks["migrations"] = False
    except StorageUnavailableError:
        checks["database"] = False
    is_ready = all(checks.values())
    return web.Response(
        status=200 if is_ready else web.HTTPServiceUnavailable.status_code,
        body=orjson.dumps({"ready": is_ready, "checks": checks}),
        content_type="application/json",
        headers=_HEADERS,
    )
