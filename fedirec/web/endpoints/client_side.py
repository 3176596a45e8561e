"""ActivityPub's client side (§6): a member's own program posts to the member's outbox."""

from typing import Final

from aiohttp import hdrs, web

from fedirec.activitypub.documents import load_document
from fedirec.community.client_outbox import submit
from fedirec.errors import ForbiddenError, InvalidInputError, UnauthenticatedError
from fedirec.failpoints import failpoint
from fedirec.web.answers import PRIVATE
from fedirec.web.endpoints.local import get_local_actor
from fedirec.web.keys import FEDERATION
from fedirec.web.readers import find_member
from fedirec.web.requests import check_form, read_body

KEY_CHARACTERS: Final = 255


async def post_outbox(request: web.Request) -> web.Response:
    """Publish one activity, or one object to be wrapped in a Create: 201 and where it is.

    A repeat with the same `Idempotency-Key` makes no twin, and is answered as the first one was.
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
    activity_id = await submit(federation, member.name, document, key=_key(request))
    failpoint("outbox.committed")
    headers = {hdrs.LOCATION: activity_id, hdrs.CACHE_CONTROL: PRIVATE}
    return web.Response(status=web.HTTPCreated.status_code, headers=headers)


def _key(request: web.Request) -> str | None:
    """Return the idempotency key of a POST, if it has one; InvalidInputError if too long."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= KEY_CHARACTERS:
        message = f"expected an idempotency key of 1 to {KEY_CHARACTERS} characters"
        raise InvalidInputError(message, field="Idempotency-Key")
    return key
