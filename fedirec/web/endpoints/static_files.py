"""Static files, from memory, under names that change with their content."""

from aiohttp import hdrs, web

from fedirec.errors import NotFoundError
from fedirec.web.answers import FOR_EVER
from fedirec.web.keys import ASSETS
from fedirec.web.look import accent_sheet


async def get(request: web.Request) -> web.Response:
    """Send one file, packed if the reader takes that."""
    name = request.match_info["name"]
    sheet = accent_sheet(name)
    if sheet is not None:
        headers = {hdrs.CACHE_CONTROL: FOR_EVER, hdrs.CONTENT_TYPE: "text/css; charset=utf-8"}
        return web.Response(body=sheet, headers=headers)
    asset = request.app[ASSETS].files.get(name)
    if asset is None:
        message = f"no static file {name!r}"
        raise NotFoundError(message)
    headers = {hdrs.CACHE_CONTROL: FOR_EVER, hdrs.VARY: hdrs.ACCEPT_ENCODING}
    body = asset.body
    if asset.packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = asset.packed
    response = web.Response(body=body, headers=headers)
    response.content_type = asset.media_type
    return response
