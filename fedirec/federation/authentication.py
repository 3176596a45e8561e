"""A signed request → `VerifiedSender`, or an error. No branch goes on without that type (SG-01).

Cheap checks first, then the key, then the arithmetic; a refused request stores nothing. A bad
signature is answered 401, malformed 400, blocked 403, our own inability 503: peers act on the
difference (SG-19), and on 401 knock again in their other scheme.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from fedirec.domain.actors import Actor, ActorId, Host
from fedirec.domain.origins import host_of, parse_host
from fedirec.errors import (
    InvalidInputError,
    NotFoundError,
    RemoteRefusedError,
    TooLargeError,
    UnauthenticatedError,
)
from fedirec.federation.context import Federation
from fedirec.federation.gate import read_gate
from fedirec.federation.remote_actors import KeyOwner, keep_owner, look_up_key, refresh_key
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import ParsedSignature, read_signature
from fedirec.storage import peers, seen_signatures

MAX_HEADERS: Final = 100  # RX-01
SEEN_EVERY: Final = timedelta(hours=12)

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSender:
    """Who signed a request, beyond doubt.

    `signature_digest` names key and signature, 64 hex digits; `is_repeated` says that it was kept
    before: a replay, or a peer that missed our answer, and either way nothing new (SG-09).
    """

    actor: Actor
    key_id: str
    signature_digest: str
    is_repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What is stored of a signature and its host."""

    is_repeated: bool
    is_known_alive: bool


def anything(_signer: ActorId) -> None:
    """Let the signer of a request say whatever it says."""


async def verify(
    federation: Federation, request: SignedRequest, *, admit: Callable[[ActorId], None] = anything
) -> VerifiedSender:
    """Return who signed a request to this instance, now, with this body.

    A known key that does not fit is fetched anew, at most once in five minutes. `admit` is told
    the signer and raises to refuse what the request says, before anything is stored (SG-01).

    Raises:
        InvalidInputError: the signature's header is malformed, or there are several.
        UnauthenticatedError: no signature, or not a good one for this request, host and hour.
        BlockedError: the key's host is blocked.
        TooLargeError: the body or the headers are over their limits.
        RemoteUnavailableError: the key cannot be fetched now.
    """
    _check_sizes(federation, request)
    signature = read_signature(request)
    signature.check_coverage()
    _check_host(federation, request)
    signature.check_time(federation.now(), federation.limits)
    standing = await _check_stored(federation, signature)
    owner = await _owner_of(federation, signature)
    if not signature.verify(owner.key):
        owner = await _refreshed_owner(federation, signature, owner)
    admit(owner.actor.id)
    actor = await _kept(federation, owner)
    if not standing.is_known_alive:
        await _note_alive(federation, actor.host)
    _log.debug("signature.verified", key_id=owner.key_id, scheme=signature.scheme)
    return VerifiedSender(
        actor=actor,
        key_id=owner.key_id,
        signature_digest=signature.fingerprint,
        is_repeated=standing.is_repeated,
    )


def _check_sizes(federation: Federation, request: SignedRequest) -> None:
    limit = federation.limits.inbox_body_bytes
    if len(request.body) > limit:
        raise TooLargeError(f"expected a body of at most {limit} bytes, found {len(request.body)}")
    if len(request.headers) > MAX_HEADERS:
        raise TooLargeError(f"expected at most {MAX_HEADERS} headers, found {len(request.headers)}")


def _check_host(federation: Federation, request: SignedRequest) -> None:
    """Refuse what was signed for another server (SG-09); a GET may name our handle domain too."""
    instance, named = federation.instance, request.values("host")
    ours = {instance.host} if request.method == "POST" else {instance.host, instance.domain}
    if len(named) != 1 or _normal_host(named[0]) not in ours:
        raise UnauthenticatedError(f"expected the Host {instance.host}, found {named!r:.200}")


def _normal_host(text: str) -> Host | None:
    try:
        return parse_host(text)
    except InvalidInputError:
        return None


async def _check_stored(federation: Federation, signature: ParsedSignature) -> _Standing:
    """Raise BlockedError for the key's host; return what else is stored that matters."""
    host = host_of(signature.key_id)
    async with federation.database.reading() as reader:
        gate = await read_gate(federation, reader)
        gate.admit(host)
        is_repeated = await seen_signatures.is_seen(reader, signature.fingerprint)
        peer = await peers.find_peer(reader, host)
    is_recent = peer is not None and federation.now() - peer.last_seen_at < SEEN_EVERY
    return _Standing(
        is_repeated=is_repeated,
        is_known_alive=is_recent and peer is not None and peer.circuit == "closed",
    )


async def _note_alive(federation: Federation, host: Host) -> None:
    """Note that a host speaks to us: deliveries to it need not wait any longer."""
    async with federation.database.transaction() as transaction:
        await peers.see_peer(transaction, host, federation.now())
    federation.wake()


async def _owner_of(federation: Federation, signature: ParsedSignature) -> KeyOwner:
    """Return the key and its owner; that there is no such key is the signer's trouble."""
    try:
        return await look_up_key(federation, signature.key_id)
    except (NotFoundError, RemoteRefusedError) as error:
        message = f"expected the key {signature.key_id} at its host: {error}"
        raise UnauthenticatedError(message) from error


async def _kept(federation: Federation, owner: KeyOwner) -> Actor:
    try:
        return await keep_owner(federation, owner)
    except RemoteRefusedError as error:
        raise UnauthenticatedError(f"{owner.key_id} cannot be kept: {error}") from error


async def _refreshed_owner(
    federation: Federation, signature: ParsedSignature, stale: KeyOwner
) -> KeyOwner:
    """Fetch the key anew, once; the request stands or falls with what comes."""
    fresh = await refresh_key(federation, stale)
    if fresh is None or not signature.verify(fresh.key):
        raise UnauthenticatedError(f"expected a signature by {stale.key_id}, found another's")
    return fresh
