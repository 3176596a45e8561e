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
    StorageUnavailableError,
    TooLargeError,
    UnauthenticatedError,
)
from fedirec.federation.context import Federation
from fedirec.federation.gate import gate_of, read_lists
from fedirec.federation.remote_actors import (
    KeyOwner,
    find_known_key,
    keep_owner,
    look_up_key,
    owner_as_known,
    refresh_key,
)
from fedirec.federation.short_memory import HostLists, Sender
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import ParsedSignature, read_signature
from fedirec.storage import peers
from fedirec.storage.database import Reader

MAX_HEADERS: Final = 100  # RX-01
SEEN_EVERY: Final = timedelta(hours=12)

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSender:
    """Who signed a request, beyond doubt.

    `signature_digest` names the signature, 64 hex digits: what came with it is kept once (SG-09).
    """

    actor: Actor
    key_id: str
    signature_digest: str


def anything(_signer: ActorId) -> None:
    """Let the signer of a request say whatever it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A signature that covers what it must, of this host and hour.

    `owner` is whose key made it; None where that key is not known here, and nothing was verified.
    """

    signature: ParsedSignature
    owner: KeyOwner | None
    is_known_alive: bool


async def prove(
    federation: Federation, request: SignedRequest, signature: ParsedSignature | None = None
) -> Proof:
    """Check a signature as far as what is known here goes; a key that is not, is not fetched.

    A known key that does not fit is fetched anew, at most once in five minutes. Nothing of the body
    is read but its digest, so that who forges a signature costs little (RX-14). `signature` is what
    was read of the request already, if it was.

    Raises:
        InvalidInputError: the signature's header is malformed, or there are several.
        UnauthenticatedError: no signature, or not a good one for this request, host and hour.
        BlockedError: the key's host is blocked.
        TooLargeError: the body or the headers are over their limits.
        RemoteUnavailableError: the key cannot be fetched anew now.
    """
    _check_sizes(federation, request)
    signature = signature or read_signature(request)
    signature.check_coverage()
    _check_host(federation, request)
    signature.check_time(federation.now(), federation.limits)
    sender = await _read_sender(federation, signature)
    owner = None if sender.known is None else owner_as_known(federation, sender.known)
    if owner is not None and not signature.verify(owner.key):
        owner = await _refreshed_owner(federation, signature, owner)
    federation.counts.signatures[signature.scheme.value] += 1
    return Proof(signature=signature, owner=owner, is_known_alive=sender.is_known_alive)


async def verify(
    federation: Federation,
    request: SignedRequest,
    *,
    admit: Callable[[ActorId], None] = anything,
    proof: Proof | None = None,
) -> VerifiedSender:
    """Return who signed a request to this instance, now, with this body.

    `admit` is told the signer and raises to refuse what the request says, before anything is stored
    (SG-01). `proof` is what `prove` said of it, if it was asked. Raises as `prove`, and whatever
    fetching a key that is not known raises.
    """
    proof = proof or await prove(federation, request)
    owner = proof.owner or await _learned_owner(federation, proof.signature)
    admit(owner.actor.id)
    actor = await _kept(federation, owner)
    if not proof.is_known_alive:
        await _note_alive(federation, actor.host)
    return VerifiedSender(
        actor=actor,
        key_id=owner.key_id,
        signature_digest=proof.signature.fingerprint,
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


async def _read_sender(federation: Federation, signature: ParsedSignature) -> Sender:
    """Return what is stored of the key; raises BlockedError for its host."""
    host = host_of(signature.key_id)
    sender, lists = federation.memory.find(signature.key_id), federation.memory.find_lists()
    if sender is None or lists is None:

        async def look(reader: Reader) -> tuple[Sender, HostLists]:
            lists = await read_lists(federation, reader)
            peer = await peers.find_peer(reader, host)
            known = await find_known_key(reader, signature.key_id)
            is_alive = (
                peer is not None
                and peer.circuit == "closed"
                and federation.now() - peer.last_seen_at < SEEN_EVERY
            )
            return Sender(known=known, is_known_alive=is_alive), lists

        found = await federation.database.read(look)
        sender, lists = found
        federation.memory.keep_lists(lists)
        if sender.is_known_alive:
            federation.memory.keep(signature.key_id, sender)
    gate_of(federation, lists).admit(host)
    return sender


async def _note_alive(federation: Federation, host: Host) -> None:
    """Note that a host speaks to us: deliveries to it need not wait any longer.

    While nothing can be written that waits, and reading goes on.
    """
    now = federation.now()
    try:
        await federation.database.run(lambda transaction: peers.see_peer(transaction, host, now))
    except StorageUnavailableError as error:
        _log.info("peer.not_noted", host=host, reason=str(error))
        return
    federation.wake()


async def _learned_owner(federation: Federation, signature: ParsedSignature) -> KeyOwner:
    """Fetch the key and its owner; that there is no such key is the signer's trouble."""
    try:
        owner = await look_up_key(federation, signature.key_id)
    except (NotFoundError, RemoteRefusedError) as error:
        message = f"expected the key {signature.key_id} at its host: {error}"
        raise UnauthenticatedError(message) from error
    if signature.verify(owner.key):
        return owner
    return await _refreshed_owner(federation, signature, owner)


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
