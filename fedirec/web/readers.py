"""Who asks: a server by its signature, a member by a token, or anyone. Nothing else is believed.

`admit_reader` stands before every activity JSON but the few that must stay open; `find_party`
answers for private objects, where a wrong answer must look like no object at all (AC-08).
"""

import hashlib
from typing import Final

from aiohttp import hdrs, web

from fedirec.errors import (
    FedirecError,
    ForbiddenError,
    InvalidInputError,
    RemoteUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.federation.authentication import VerifiedSender, verify
from fedirec.federation.inbox import check_host
from fedirec.storage import members, tokens
from fedirec.storage.members import Member
from fedirec.web.floods import Toll, find_buckets, read_claim
from fedirec.web.keys import FEDERATION
from fedirec.web.requests import as_signed, is_signed

_BEARER: Final = "bearer "


async def admit_reader(request: web.Request, *, is_open: bool = False) -> None:
    """Let a reader of activity JSON pass, or not.

    A server we exchange nothing with is refused. With authorized fetch or an allow list everyone
    must sign, except for what `is_open` (the instance actor, discovery), or hold a token of ours.

    Raises BlockedError, UnauthenticatedError, TooManyRequestsError, RemoteUnavailableError.
    """
    federation = request.app[FEDERATION]
    if is_signed(request):
        claim = read_claim(as_signed(request))
        if claim is not None:
            await check_host(federation, claim.signature.key_id)
    if is_open or not (federation.is_authorized_fetch or federation.is_allow_list):
        return
    if await find_member(request, scope="read") is None:
        sender = await _verified_sender(request)
        await check_host(federation, sender.actor.id)


async def find_party(request: web.Request) -> VerifiedSender | None:
    """Return who signed a GET for something private, or None where the signature is not good.

    Raises TooManyRequestsError and RemoteUnavailableError: passing trouble is no answer, and 404
    would make a good peer forget what it holds.
    """
    if not is_signed(request):
        return None
    try:
        sender = await _verified_sender(request)
        await check_host(request.app[FEDERATION], sender.actor.id)
    except (TooManyRequestsError, RemoteUnavailableError):
        raise
    except FedirecError:
        return None
    return sender


async def find_reading_member(request: web.Request) -> Member | None:
    """Return the member who reads something private by token; None where the token is not good."""
    try:
        return await find_member(request, scope="read")
    except (UnauthenticatedError, ForbiddenError):
        return None


async def _verified_sender(request: web.Request) -> VerifiedSender:
    signed = as_signed(request)
    claim = read_claim(signed)
    with Toll(request, await find_buckets(request, claim)) as toll:
        try:
            sender = await verify(request.app[FEDERATION], signed)
        except (UnauthenticatedError, InvalidInputError):
            toll.count_bad()
            raise
        toll.count_good()
        return sender


async def find_member(request: web.Request, *, scope: str) -> Member | None:
    """Return the member whose bearer token the request holds; None without a token.

    Raises UnauthenticatedError for a token that is not good, ForbiddenError for one whose scopes
    do not hold `scope` (`read` or `write`).
    """
    digest = bearer_digest(request)
    if digest is None:
        return None
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        token = await tokens.find_token(reader, digest.hex(), federation.now())
        member = await members.find_member(reader, token.member_name) if token else None
    if token is None or member is None or member.disabled_at is not None:
        message = "expected a bearer token that is known and not expired"
        raise UnauthenticatedError(message)
    if scope not in token.scopes:
        message = f"expected a token with scope {scope}, found {' '.join(token.scopes)}"
        raise ForbiddenError(message)
    return member


def bearer_digest(request: web.Request) -> bytes | None:
    """Return the SHA-256 of the bearer token that the request holds, or None: all we ever keep."""
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    if not given.lower().startswith(_BEARER):
        return None
    token = given[len(_BEARER) :].strip()
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
