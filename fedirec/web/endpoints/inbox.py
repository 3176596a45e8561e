"""POST to an inbox, personal or shared: the door of journey (b). GET of the own one by its member.

Refuses by the head alone what it can, then hands the raw request to `federation/inbox.py`.
"""

from dataclasses import replace
from typing import Final

from aiohttp import web

from fedirec.domain.actors import ActorId
from fedirec.errors import (
    BlockedError,
    FedirecError,
    ForbiddenError,
    InvalidInputError,
    RemoteError,
    StorageUnavailableError,
    TooLargeError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.federation.inbox import UNVERIFIED, receive
from fedirec.web.answers import PRIVATE
from fedirec.web.endpoints.collections import own_inbox
from fedirec.web.endpoints.local import get_local_actor
from fedirec.web.floods import Toll, check_flood, find_buckets, read_claim
from fedirec.web.keys import FEDERATION, INTAKE, TURNSTILE
from fedirec.web.readers import find_member
from fedirec.web.requests import as_signed, check_form, read_at_once, read_body

_REASONS: Final = (
    (UnauthenticatedError, "signature"),
    (BlockedError, "blocked"),
    (ForbiddenError, "forbidden"),
    (InvalidInputError, "malformed"),
    (TooLargeError, "too_large"),
    (TooManyRequestsError, "too_many"),
    (RemoteError, "no_key"),
    (StorageUnavailableError, "storage"),
)
"""What a refusal is counted as; the first that fits."""


async def post_personal(request: web.Request) -> web.Response:
    """Take an activity for one of our actors; 404 for nobody, 410 for a deleted one."""
    check_form(request, request.app[FEDERATION].limits)
    actor = await get_local_actor(request, request.match_info["name"])
    return await _take(request, recipient=actor.id)


async def post_shared(request: web.Request) -> web.Response:
    """Take an activity for whomever it is addressed to; never 404 or 410 (Sharkey would part)."""
    check_form(request, request.app[FEDERATION].limits)
    return await _take(request, recipient=None)


async def post_instance(request: web.Request) -> web.Response:
    """Take an activity for the instance actor."""
    check_form(request, request.app[FEDERATION].limits)
    return await _take(request, recipient=request.app[FEDERATION].instance.actor_id)


async def _take(request: web.Request, *, recipient: ActorId | None) -> web.Response:
    """Answer 202 with no body once the activity is committed; count why, when it is refused."""
    try:
        return await _receive(request, recipient=recipient)
    except FedirecError as error:
        reasons = (reason for kind, reason in _REASONS if isinstance(error, kind))
        request.app[FEDERATION].counts.refused[next(reasons, "other")] += 1
        raise


async def _receive(request: web.Request, *, recipient: ActorId | None) -> web.Response:
    federation = request.app[FEDERATION]
    body = read_at_once(request, federation.limits)
    signed = as_signed(request, body or b"")
    claim = read_claim(signed)
    buckets = await find_buckets(request, claim)
    check_flood(request, buckets)
    if body is None:
        signed = replace(signed, body=await read_body(request, federation.limits))
        claim = read_claim(signed)
    await request.app[TURNSTILE].turn()
    with Toll(request, buckets) as toll:
        try:
            received = await receive(
                federation,
                request.app[INTAKE],
                signed,
                recipient=recipient,
                signature=None if claim is None else claim.signature,
            )
        except (UnauthenticatedError, InvalidInputError, ForbiddenError):
            toll.count_bad()
            raise
        if received in UNVERIFIED:
            toll.count_bad()
        else:
            toll.count_good()
    federation.counts.received[received.value] += 1
    return web.Response(status=web.HTTPAccepted.status_code)


async def get_personal(request: web.Request) -> web.Response:
    """Show a member their own inbox (ActivityPub §5.2); nobody else's."""
    member = await find_member(request, scope="read")
    if member is None:
        message = "expected a bearer token of the inbox's owner"
        raise UnauthenticatedError(message)
    actor = await get_local_actor(request, request.match_info["name"])
    if member.actor_id != actor.id:
        message = f"{member.name} may not read the inbox of {actor.id}"
        raise ForbiddenError(message)
    response = await own_inbox(request, actor)
    response.headers["Cache-Control"] = PRIVATE
    return response
