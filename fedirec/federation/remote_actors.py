"""Remote actors and their keys: as stored, or from their own servers; looked up, refreshed, owned.

A key speaks for an actor only if the actor's document, fetched from the actor's own id, lists it
(SG-07). What a stranger can make us fetch is bounded: one fetch at a time for one id, failures
stand for five minutes, and a key is fetched anew at most once in five (SG-13).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from fedirec.activitypub.actors import ActorKey, RemoteActorDocument
from fedirec.activitypub.documents import JsonObject, as_list
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.origins import host_of
from fedirec.errors import (
    FedirecError,
    GoneError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
    UnauthenticatedError,
)
from fedirec.federation.actor_documents import (
    fetch_actor,
    keep_actor,
    note_failure,
    read_actor,
    text_of_key,
    usable_keys,
)
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.fetching import Fetched, fetch_json, parse_remote_url
from fedirec.federation.key_cache import load_public
from fedirec.federation.short_memory import KnownKey
from fedirec.signatures.keys import PublicKey
from fedirec.storage import actors, keys
from fedirec.storage.database import Reader

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOwner:
    """A key, and the actor that lists it. `unkept` is set while neither has a row yet."""

    actor: Actor
    key: PublicKey
    key_id: str
    fetched_at: datetime
    unkept: RemoteActorDocument | None = None


async def get_or_fetch_actor(
    federation: Federation,
    id: str,  # noqa: A002 (an actor's id)
    *,
    max_age: timedelta | None = None,
    allowance: Allowance | None = None,
) -> Actor:
    """Return an actor as stored, fetched first if unknown or older than `max_age` (None: any age).

    A stale one is better than none while its server is down. Raises NotFoundError for an unknown id
    of ours, and otherwise as `refresh_actor`.
    """
    stored = await _stored(federation, id)
    if stored is None and federation.instance.owns(id):
        raise NotFoundError(f"{id} would be ours, and there is no such actor")
    if stored is not None and (stored.is_local or _is_recent(federation, stored, max_age)):
        return stored
    try:
        return await _refresh(federation, id, stored, allowance)
    except RemoteUnavailableError:
        if stored is None:
            raise
        return stored


async def refresh_actor(
    federation: Federation,
    id: str,  # noqa: A002 (an actor's id)
    *,
    allowance: Allowance | None = None,
) -> Actor:
    """Fetch an actor from its own id, and keep it and its keys; one fetch at a time for one id.

    Raises:
        GoneError, NotFoundError: its server says so.
        BlockedError: its host is blocked.
        RemoteUnavailableError: passing trouble.
        RemoteRefusedError: there is no actor of this id at this id.
    """
    return await _refresh(federation, id, await _stored(federation, id), allowance)


async def _refresh(
    federation: Federation,
    id: str,  # noqa: A002 (an actor's id)
    before: Actor | None,
    allowance: Allowance | None,
) -> Actor:
    """Fetch an actor, unless somebody else did since the caller saw it as it was `before`."""
    async with federation.ledger.alone(id):
        stored = await _stored(federation, id)
        if stored is not None and (before is None or stored.fetched_at != before.fetched_at):
            return stored  # fetched by whom we waited for
        found = await fetch_actor(federation, id, allowance=allowance)
        return await keep_actor(federation, found)


async def is_gone_at_origin(federation: Federation, id: str) -> bool:  # noqa: A002
    """Whether an actor's own server answers 410; asked at most once in five minutes (SG-15)."""
    now = federation.now()
    failure = federation.ledger.find_failure(id, now=now)
    if failure is not None:
        return isinstance(failure, GoneError)
    interval = federation.limits.key_refresh_interval
    if not federation.ledger.may_refresh(f"gone {id}", interval=interval, now=now):
        return False
    try:
        await fetch_actor(federation, id)
    except GoneError:
        return True
    except FedirecError as error:
        _log.info("actor.not_known_gone", actor_id=id, reason=str(error))
    return False


async def _stored(federation: Federation, id: str) -> Actor | None:  # noqa: A002
    async with federation.database.reading() as reader:
        return await actors.find_actor(reader, ActorId(id))


def _is_recent(federation: Federation, actor: Actor, max_age: timedelta | None) -> bool:
    if max_age is None:
        return True
    return actor.fetched_at is not None and federation.now() - actor.fetched_at <= max_age


async def find_signing_key(federation: Federation, key_id: str) -> KeyOwner:
    """Return a remote key and its owner, both kept; fetched first if unknown.

    Raises as `look_up_key`.
    """
    owner = await look_up_key(federation, key_id)
    await keep_owner(federation, owner)
    return owner


async def look_up_key(federation: Federation, key_id: str) -> KeyOwner:
    """Return a remote key and its owner, fetched if unknown or expired, but not yet kept.

    An owner without a row gets one by `keep_owner`, once something signed with the key was
    verified: a request that is refused stores nothing.

    Raises:
        InvalidInputError: the key id is no URL.
        UnauthenticatedError: no actor lists the key, or it was looked for in vain just before.
        NotFoundError, RemoteRefusedError: its server does not serve it.
        BlockedError: a host on the way is blocked.
        RemoteUnavailableError: its server cannot be asked now.
    """
    owner = await _known_owner(federation, key_id)
    if owner is not None:
        return owner
    if federation.instance.owns(key_id):
        raise UnauthenticatedError(f"{key_id} is ours, and signs nothing that comes in")
    asked = parse_remote_url(federation, key_id).document
    async with federation.ledger.alone(f"key {asked}"):
        owner = await _known_owner(federation, key_id)  # found by whom we waited for?
        return owner or await _learn_owner(federation, key_id, asked)


async def refresh_key(federation: Federation, stale: KeyOwner) -> KeyOwner | None:
    """Fetch a key's owner anew, since the key failed; None if that is not due or changes nothing.

    The owner's whole key set is replaced. At most once per key in five minutes, and thirty times
    per host in an hour (SG-13). Raises RemoteUnavailableError.
    """
    asked = parse_remote_url(federation, stale.key_id).document
    busy = f"key {asked}"
    if not (federation.ledger.is_busy(busy) or _is_due(federation, stale, asked)):
        return None  # a flood of bad signatures asks the database nothing
    async with federation.ledger.alone(busy):
        current = await _stored_owner(federation, stale.key_id)
        if current is not None and current.key.pem() != stale.key.pem():
            return current
        if not _may_refresh(federation, stale, asked):
            return None
        try:
            await refresh_actor(federation, stale.actor.id)
        except (NotFoundError, RemoteRefusedError) as error:
            _log.info("key.not_refreshed", key_id=stale.key_id, reason=str(error))
            return None
        return await _stored_owner(federation, stale.key_id)


async def keep_owner(federation: Federation, owner: KeyOwner) -> Actor:
    """Store the owner of a key that proved itself, with all its keys, unless that was done."""
    if owner.unkept is None:
        return owner.actor
    actor = await keep_actor(federation, owner.unkept)
    for key in owner.unkept.keys:
        federation.ledger.forget(key.id)
    return actor


def _is_due(federation: Federation, stale: KeyOwner, asked: str) -> bool:
    now, interval = federation.now(), federation.limits.key_refresh_interval
    is_recent = timedelta() <= now - stale.fetched_at < interval
    return not is_recent and federation.ledger.is_due(asked, interval=interval, now=now)


def _may_refresh(federation: Federation, stale: KeyOwner, asked: str) -> bool:
    now, limits = federation.now(), federation.limits
    if not _is_due(federation, stale, asked):
        return False
    if not federation.ledger.may_refresh(asked, interval=limits.key_refresh_interval, now=now):
        return False
    per_hour = limits.key_refreshes_per_host_hour
    host = host_of(stale.key_id)
    return federation.ledger.wait_for_turn("refresh", host, per_hour=per_hour, now=now) is None


async def _known_owner(federation: Federation, key_id: str) -> KeyOwner | None:
    stored = await _stored_owner(federation, key_id)
    if stored is not None:
        return stored
    recent = federation.ledger.find_recent(key_id, now=federation.now())
    return None if recent is None else _owner_in(federation, recent, key_id)


async def _stored_owner(federation: Federation, key_id: str) -> KeyOwner | None:
    known = await federation.database.read(lambda reader: find_known_key(reader, key_id))
    return None if known is None else owner_as_known(federation, known)


async def find_known_key(reader: Reader, key_id: str) -> KnownKey | None:
    """Return a key as it is stored, with its owner."""
    stored = await keys.find_remote_key(reader, key_id)
    actor = None if stored is None else await actors.find_actor(reader, stored.actor_id)
    return None if stored is None or actor is None else KnownKey(key=stored, actor=actor)


def owner_as_known(federation: Federation, known: KnownKey) -> KeyOwner | None:
    """Return a stored key, ready to verify, unless it has expired."""
    key = known.key
    if _is_over(federation, key.expires_at):
        return None
    return KeyOwner(
        actor=known.actor,
        key=federation.keys.public(key.id, key.public_key, key.kind),
        key_id=key.id,
        fetched_at=key.fetched_at,
    )


async def _learn_owner(federation: Federation, key_id: str, asked: str) -> KeyOwner:
    """Fetch what is served at the key's URL, then its owner; keep the owner if it had a row."""
    now, interval = federation.now(), federation.limits.key_refresh_interval
    failure = federation.ledger.find_failure(asked, now=now)
    if failure is not None:
        raise failure
    if not federation.ledger.may_refresh(asked, interval=interval, now=now):
        raise UnauthenticatedError(f"{key_id} was looked for less than {interval} ago")
    try:
        found = await _fetch_owner(federation, key_id)
    except FedirecError as error:
        note_failure(federation, asked, error)
        raise
    is_known = await _stored(federation, found.actor.id) is not None
    if is_known:
        await keep_actor(federation, found)
    for key in found.keys:
        federation.ledger.note_find(key.id, found, until=now + interval)
    owner = _owner_in(federation, found, key_id)
    if owner is None:
        raise UnauthenticatedError(f"{found.actor.id} does not list {key_id} as usable now")
    return replace(owner, unkept=None) if is_known else owner


async def _fetch_owner(federation: Federation, key_id: str) -> RemoteActorDocument:
    """Return the actor that a key's document names as its owner, from the actor's own id."""
    fetched = await fetch_json(federation, key_id)
    if fetched.document.get("id") == fetched.url and "inbox" in fetched.document:
        return read_actor(federation, fetched.document)
    entry = _entry_of(fetched, key_id)
    owner_id = entry.get("owner") or entry.get("controller")
    if not isinstance(owner_id, str):
        raise RemoteRefusedError(f"expected {key_id} to name its owner")
    found = await fetch_actor(federation, owner_id)
    return replace(found, keys=usable_keys(_completed(key, entry) for key in found.keys))


def _entry_of(fetched: Fetched, key_id: str) -> JsonObject:
    """Return the key of that id in a bare key document, or in the stub GoToSocial serves there.

    A document that has another key than the one asked for is no answer (SG-08).
    """
    document = fetched.document
    entries = (
        document,
        *as_list(document.get("publicKey")),
        *as_list(document.get("assertionMethod")),
    )
    for entry in entries:
        if isinstance(entry, dict) and entry.get("id") == key_id:
            return entry
    raise RemoteRefusedError(f"expected the key {key_id} at {fetched.url}, found another document")


def _completed(key: ActorKey, entry: JsonObject) -> ActorKey:
    """Fill in the text of a key that its owner lists by id alone, from the key's own document."""
    if key.id != entry.get("id") or text_of_key(key) is not None:
        return key
    pem, multibase = entry.get("publicKeyPem"), entry.get("publicKeyMultibase")
    return replace(
        key,
        pem=pem if isinstance(pem, str) else None,
        multibase=multibase if isinstance(multibase, str) else None,
    )


def _owner_in(federation: Federation, found: RemoteActorDocument, key_id: str) -> KeyOwner | None:
    """Return the key if the actor lists it with its text, and it has not expired."""
    for key in found.keys:
        text = text_of_key(key)
        if key.id != key_id or text is None or _is_over(federation, key.expires_at):
            continue
        return KeyOwner(
            actor=found.actor,
            key=federation.keys.public(key.id, text, load_public(text).kind),
            key_id=key_id,
            fetched_at=found.actor.fetched_at or federation.now(),
            unkept=found,
        )
    return None


def _is_over(federation: Federation, expires_at: datetime | None) -> bool:
    return expires_at is not None and expires_at <= federation.now()
