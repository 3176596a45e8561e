"""Refusing floods before their signatures cost anything (RX-10, RX-14).

A server empties its own bucket by good requests alone, so that nobody can empty it in its name; bad
ones empty the bucket of the address they come from. Servers not met before have a smaller one.
"""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from fedirec.domain.actors import Host
from fedirec.domain.limits import Limits
from fedirec.domain.origins import host_of
from fedirec.errors import InvalidInputError, TooManyRequestsError, UnauthenticatedError
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import read_signature
from fedirec.storage import peers
from fedirec.web.keys import FEDERATION, RATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose key a request names, before anything is verified; `host` is its server."""

    key_id: str
    host: Host

    @property
    def actor(self) -> str:
        """The key's id without its fragment: for most servers the actor."""
        return self.key_id.partition("#")[0]


def read_claim(signed: SignedRequest) -> Claim | None:
    """Return what the request claims, or None when it claims nothing that can be read."""
    try:
        key_id = read_signature(signed).key_id
        return Claim(key_id=key_id, host=host_of(key_id))
    except (InvalidInputError, UnauthenticatedError):
        return None


async def check_flood(request: web.Request, claim: Claim | None) -> None:
    """Raise TooManyRequestsError, with the time to wait, when one of its buckets is empty."""
    rates = request.app[RATES]
    for name, per_minute in await _buckets(request, claim):
        wait = rates.wait(name, per_minute=per_minute)
        if wait is not None:
            message = f"expected at most {per_minute} requests a minute from {name}"
            raise TooManyRequestsError(message, retry_after=max(wait, timedelta(seconds=1)))


async def count_good(request: web.Request, claim: Claim) -> None:
    """Take a token from its server's and its actor's bucket."""
    for name, per_minute in (await _buckets(request, claim))[1:]:
        request.app[RATES].take(name, per_minute=per_minute)


def count_bad(request: web.Request) -> None:
    """Take a token from the bucket of the address it came from."""
    name, per_minute = _address_bucket(request)
    request.app[RATES].take(name, per_minute=per_minute)


async def _buckets(request: web.Request, claim: Claim | None) -> list[tuple[str, int]]:
    buckets = [_address_bucket(request)]
    if claim is not None:
        limits: Limits = request.app[FEDERATION].limits
        known = await _is_known(request, claim.host)
        per_host = (
            limits.requests_per_host_minute if known else limits.requests_per_unknown_host_minute
        )
        buckets.append((f"host {claim.host}", per_host))
        buckets.append((f"actor {claim.actor}", limits.requests_per_actor_minute))
    return buckets


def _address_bucket(request: web.Request) -> tuple[str, int]:
    limits: Limits = request.app[FEDERATION].limits
    return f"address {request.remote or 'local'}", limits.requests_per_unknown_host_minute


async def _is_known(request: web.Request, host: Host) -> bool:
    """Whether this server was met before; asked of the database until it was."""
    rates = request.app[RATES]
    if rates.has_met(host):
        return True
    async with request.app[FEDERATION].database.reading() as reader:
        peer = await peers.find_peer(reader, host)
    if peer is not None:
        rates.note_met(host)
    return peer is not None
