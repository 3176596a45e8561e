"""WebFinger (RFC 7033): a handle, an actor id, a page or our bare origin → the actor.

Both domains of a split answer alike. What is hidden and what is not there look the same (PA-09).
"""

from typing import Final

from aiohttp import hdrs, web

from fedirec.activitypub.documents import dump
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.media_types import JRD_JSON
from fedirec.activitypub.webfinger import render_jrd
from fedirec.domain.actors import ActorId
from fedirec.domain.handles import parse_handle
from fedirec.domain.origins import parse_url
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.web.answers import PUBLIC_LONG, answer
from fedirec.web.endpoints.local import find_local
from fedirec.web.keys import FEDERATION
from fedirec.web.readers import admit_reader

MAX_RESOURCE: Final = 2_048
_PROFILE: Final = "/@"
_ACTORS: Final = "/users/"


async def get(request: web.Request) -> web.Response:
    """Answer `?resource=…`: 400 when it cannot be read, 404 for nobody, 410 for a deleted actor."""
    await admit_reader(request, is_open=True)
    federation = request.app[FEDERATION]
    resources = request.query.getall("resource", [])
    if len(resources) != 1 or not 0 < len(resources[0]) <= MAX_RESOURCE:
        message = f"expected one resource, found {len(resources)}"
        raise InvalidInputError(message, field="resource")
    actor_id = find_actor_id(resources[0], federation.instance)
    if actor_id is None:
        message = "the resource names nobody here"
        raise NotFoundError(message)
    async with federation.database.reading() as reader:
        actor = await find_local(reader, actor_id)
    return answer(
        request,
        dump(render_jrd(actor, instance=federation.instance)),
        content_type=JRD_JSON,
        cache=PUBLIC_LONG,
        headers={hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"},
    )


def find_actor_id(resource: str, instance: Instance) -> ActorId | None:
    """Return the id of the actor of ours that a resource names, if it is of a kind we have.

    Raises InvalidInputError for what is neither a handle nor a URL.
    """
    if "://" in resource:
        return _by_url(resource, instance)
    handle = parse_handle(resource)
    if handle.domain not in {instance.domain, instance.host}:
        return None
    # Mastodon also asks for the instance actor as acct:HOST@HOST
    if handle.name in {instance.domain, instance.host}:
        return instance.actor_id
    return instance.member_id(handle.name.lower())


def _by_url(resource: str, instance: Instance) -> ActorId | None:
    url = parse_url(resource, allow_http=instance.scheme == "http")
    if url.scheme != instance.scheme or url.host not in {instance.domain, instance.host}:
        return None
    if url.query or url.fragment:
        return None
    if url.path in {"", "/", "/actor"}:
        return instance.actor_id
    for prefix in (_PROFILE, _ACTORS):
        if url.path.startswith(prefix) and "/" not in url.path[len(prefix) :]:
            return instance.member_id(url.path[len(prefix) :].lower())
    return None
