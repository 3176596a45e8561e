"""NodeInfo: what software this is and what it speaks. No list of peers, no counts of anything."""

from typing import Final

from aiohttp import hdrs, web

from fedirec.activitypub.documents import dump
from fedirec.activitypub.nodeinfo import render_nodeinfo, render_nodeinfo_index
from fedirec.web.answers import PUBLIC_LONG, answer
from fedirec.web.keys import FEDERATION, OPTIONS
from fedirec.web.readers import admit_reader

_ANY_ORIGIN: Final[dict[str, str]] = {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"}


async def get_index(request: web.Request) -> web.Response:
    """Say where the documents are: 2.1, and 2.0 for readers that know no other."""
    await admit_reader(request, is_open=True)
    document = render_nodeinfo_index(request.app[FEDERATION].instance)
    return answer(
        request,
        dump(document),
        content_type="application/json",
        cache=PUBLIC_LONG,
        headers=_ANY_ORIGIN,
    )


async def get_document(request: web.Request) -> web.Response:
    """Show the document in the version of the path."""
    await admit_reader(request, is_open=True)
    version = request.match_info["version"]
    document = render_nodeinfo(
        request.app[FEDERATION].instance,
        version=version,
        software_version=request.app[OPTIONS].version,
    )
    profile = f"http://nodeinfo.diaspora.software/ns/schema/{version}#"
    return answer(
        request,
        dump(document),
        content_type=f'application/json; profile="{profile}"',
        headers=_ANY_ORIGIN,
    )
