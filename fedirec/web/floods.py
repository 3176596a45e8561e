"""Refusing floods before their signatures cost anything (RX-10, RX-14).

A server empties its own bucket by good requests alone, so that nobody can empty it in its name; bad
ones empty the bucket of the address they come from. Servers not met before have a smaller one. A
request holds a token of each until it is known which of them it costs: many at once get no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from aiohttp import web

from fedirec.domain.actors import Host
from fedirec.domain.limits import Limits
from fedirec.domain.origins import host_of
from fedirec.errors import InvalidInputError, TooManyRequestsError, UnauthenticatedError
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import ParsedSignature, read_signature
from fedirec.storage import peers
from fedirec.web.keys import FEDERATION, RATES

Bucket = tuple[str, int]
"""A bucket's name, and how many tokens it gets a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose key a request names, before anything is verified; `host` is its server."""

    signature: ParsedSignature
    host: Host

    @property
    def actor(self) -> str:
        """The key's id without its fragment: for most servers the actor."""
        return self.signature.key_id.partition("#")[0]


def read_claim(signed: SignedRequest) -> Claim | None:
    """Return what the request claims, or None when it claims nothing that can be read."""
    try:
        signature = read_signature(signed)
        return Claim(signature=signature, host=host_of(signature.key_id))
    except (InvalidInputError, UnauthenticatedError):
        return None


async def find_buckets(request: web.Request, claim: Claim | None) -> Sequence[Bucket]:
    """Return the buckets of whom the request claims to come from: its server and its actor."""
    return () if claim is None else await _buckets(request, claim)


def check_flood(request: web.Request, claimed: Sequence[Bucket]) -> None:
    """Raise TooManyRequestsError, with the time to wait, when one of its buckets is empty.

    Takes nothing yet: it stands before the body is waited for.
    """
    rates = request.app[RATES]
    for bucket in (_address_bucket(request), *claimed):
        _refuse_after(rates.wait(bucket[0], per_minute=bucket[1]), bucket)


class Toll:
    """A token of each bucket, held while a request is under way, and no longer than that.

    In the end a good request has cost those of the server and the actor it claims, a bad one that
    of its address; one that failed for a reason of ours costs nothing. Held from when its body is
    here: a sender who dawdles holds nothing in another's name.
    """

    def __init__(self, request: web.Request, claimed: Sequence[Bucket]) -> None:
        self._rates = request.app[RATES]
        self._claimed = claimed
        self._address = (_address_bucket(request),)
        self._held: list[Bucket] = []

    def __enter__(self) -> Self:
        """Take the tokens, all or none; raise TooManyRequestsError where there is none."""
        for bucket in (*self._address, *self._claimed):
            wait = self._rates.take(bucket[0], per_minute=bucket[1])
            if wait is not None:
                self._give_back()
                _refuse_after(wait, bucket)
            self._held.append(bucket)
        return self

    def __exit__(self, *_raised: object) -> None:
        """Give back what it did not cost."""
        self._give_back()

    def count_good(self) -> None:
        """It came from whom it claims to come from: they pay."""
        self._held = [*self._address]

    def count_bad(self) -> None:
        """Nobody knows whom it came from: its address pays."""
        self._held = [*self._claimed]

    def _give_back(self) -> None:
        for name, per_minute in self._held:
            self._rates.give_back(name, per_minute=per_minute)


def _refuse_after(wait: timedelta | None, bucket: Bucket) -> None:
    if wait is not None:
        message = f"expected at most {bucket[1]} requests a minute from {bucket[0]}"
        raise TooManyRequestsError(message, retry_after=max(wait, timedelta(seconds=1)))


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
