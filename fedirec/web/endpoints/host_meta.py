"""host-meta (RFC 6415): where WebFinger is, for those that ask here after a 404."""

from typing import Final

from aiohttp import hdrs, web

from fedirec.activitypub.documents import dump
from fedirec.activitypub.host_meta import render_host_meta, render_host_meta_json
from fedirec.web.answers import PUBLIC_LONG, answer
from fedirec.web.keys import FEDERATION
from fedirec.web.readers import admit_reader

_ANY_ORIGIN: Final[dict[str, str]] = {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"}


async def get_xml(request: web.Request) -> web.Response:
    """Show the XRD."""
    await admit_reader(request, is_open=True)
    return answer(
        request,
        render_host_meta(request.app[FEDERATION].instance).encode(),
        content_type="application/xrd+xml",
        cache=PUBLIC_LONG,
        headers=_ANY_ORIGIN,
    )


async def get_json(request: web.Request) -> web.Response:
    """Show the same as JSON."""
    await admit_reader(request, is_open=True)
    return answer(
        request,
        dump(render_host_meta_json(request.app[FEDERATION].instance)),
        content_type="application/json",
        cache=PUBLIC_LONG,
        headers=_ANY_ORIGIN,
    )
