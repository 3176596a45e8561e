"""ActivityPub's client side (§6): a member's own program posts to the member's outbox."""

from aiohttp import hdrs, web

from fedirec.activitypub.documents import load_document
from fedirec.community.client_outbox import submit
from fedirec.errors import ForbiddenError, UnauthenticatedError
from fedirec.failpoints import failpoint
from fedirec.web.answers import PRIVATE
from fedirec.web.endpoints.local import get_local_actor
from fedirec.web.keys import FEDERATION
from fedirec.web.readers import find_member
from fedirec.web.requests import check_form, read_body


async def post_outbox(request: web.Request) -> web.Response:
    """Publish one activity, or one object to be wrapped in a Create: 201 and where it is.

    Raises UnauthenticatedError, ForbiddenError, InvalidInputError and what publishing raises.
    """
    federation = request.app[FEDERATION]
    check_form(request, federation.limits)
    member = await find_member(request, scope="write")
    if member is None:
        message = "expected a bearer token of the outbox's owner"
        raise UnauthenticatedError(message)
    actor = await get_local_actor(request, request.match_info["name"])
    if member.actor_id != actor.id:
        message = f"{member.name} may not post to the outbox of {actor.id}"
        raise ForbiddenError(message)
    body = await read_body(request, federation.limits)
    document = load_document(body, limits=federation.limits)
    activity_id = await submit(federation, member.name, document)
    failpoint("outbox.committed")
    headers = {hdrs.LOCATION: activity_id, hdrs.CACHE_CONTROL: PRIVATE}
    return web.Response(status=web.HTTPCreated.status_code, headers=headers)
