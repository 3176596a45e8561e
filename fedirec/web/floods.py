"""Refusing floods before their signatures cost anything (RX-10, RX-14).

A server empties its own bucket by good requests alone, so that nobody can empty it in its name; bad
ones empty the bucket of the address they come from. Servers not met before have a smaller one.
"""

from collections.abc import Sequence
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

Bucket = tuple[str, int]
"""A bucket's name, and how many tokens it gets a minute."""


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


async def check_flood(request: web.Request, claim: Claim | None) -> Sequence[Bucket]:
    """Raise TooManyRequestsError, with the time to wait, when one of its buckets is empty.

    Returns the buckets of its server and its actor, which a good request takes a token from.
    """
    rates = request.app[RATES]
    buckets = () if claim is None else await _buckets(request, claim)
    for name, per_minute in (_address_bucket(request), *buckets):
        wait = rates.wait(name, per_minute=per_minute)
        if wait is not None:
            message = f"expected at most {per_minute} requests a minute from {name}"
            raise TooManyRequestsError(message, retry_after=max(wait, timedelta(seconds=1)))
    return buckets


def count_good(request: web.Request, buckets: Sequence[Bucket]) -> None:
    """Take a token from each of these."""
    for name, per_minute in buckets:
        request.app[RATES].take(name, per_minute=per_minute)


def count_bad(request: web.Request) -> None:
    """Take a token from the bucket of the address it came from."""
    name, per_minute = _address_bucket(request)
    request.app[RATES].take(name, per_minute=per_minute)


async def _buckets(request: web.Request, claim: Claim) -> Sequence[Bucket]:
    limits: Limits = request.app[FEDERATION].limits
    known = request.app[RATES].has_met(claim.host) or await _is_known(request, claim.host)
    per_host = limits.requests_per_host_minute if known else limits.requests_per_unknown_host_minute
    return (
        (f"host {claim.host}", per_host),
        (f"actor {claim.actor}", limits.requests_per_actor_minute),
    )


def _address_bucket(request: web.Request) -> Bucket:
    limits: Limits = request.app[FEDERATION].limits
    return f"address {request.remote or 'local'}", limits.requests_per_unknown_host_minute


async def _is_known(request: web.Request, host: Host) -> bool:
    """Whether this server was met before; asked of the database until it was."""
    database = request.app[FEDERATION].database
    peer = await database.read(lambda reader: peers.find_peer(reader, host))
    if peer is not None:
        request.app[RATES].note_met(host)
    return peer is not None
