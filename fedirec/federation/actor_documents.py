"""An actor's document: fetched from its own id, checked, and kept with its keys.

Nothing of it is believed but what its own server serves under its own id. Its keys come with it, as
one set, and replace the set it had (SG-14). Failures stand for five minutes (SG-13).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from fedirec.activitypub.actors import ActorKey, RemoteActorDocument, parse_actor
from fedirec.activitypub.documents import JsonObject
from fedirec.domain.actors import Actor, ActorId, Host
from fedirec.errors import ConflictError, FedirecError, InvalidInputError, RemoteRefusedError
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.fetching import fetch_document, is_same_origin, parse_remote_url
from fedirec.federation.key_cache import load_public
from fedirec.storage import actors, keys, peers
from fedirec.storage.keys import RemoteKey

_log: Final = structlog.get_logger(__name__)


async def fetch_actor(
    federation: Federation,
    id: str,  # noqa: A002 (an actor's id)
    *,
    allowance: Allowance | None = None,
) -> RemoteActorDocument:
    """Fetch an actor from its own id, without keeping it. Errors as `refresh_actor`.

    A failure stands for five minutes (SG-13), but one for want of allowance is the asker's own.
    """
    failure = federation.ledger.find_failure(id, now=federation.now())
    if failure is not None:
        raise failure
    try:
        document, _body = await fetch_document(federation, id, allowance=allowance)
        found = read_actor(federation, document)
        if found.actor.id != id:
            raise RemoteRefusedError(f"expected the actor {id}, found {found.actor.id}")
    except FedirecError as error:
        if allowance is None or allowance.requests > 0:
            note_failure(federation, id, error)
        raise
    return found


def note_failure(federation: Federation, name: str, error: FedirecError) -> None:
    """Let a failed fetch stand for five minutes, so that nobody can make us repeat it."""
    until = federation.now() + federation.limits.key_refresh_interval
    federation.ledger.note_failure(name, error, until=until)


def read_actor(federation: Federation, document: JsonObject) -> RemoteActorDocument:
    """Read an actor's document and check every URL in it that we will use (TR-06).

    Its inbox is on its own origin, a shared inbox likewise or not used; of its keys only those
    stay that we can use and that are on its origin, lest one actor's list shadow another's key.

    Raises:
        RemoteRefusedError: it is no actor, or its inbox is somebody else's.
    """
    now = federation.now()
    try:
        found = parse_actor(document, limits=federation.limits, now=now)
    except InvalidInputError as error:
        raise RemoteRefusedError(f"{document.get('id')!r:.200} is no actor: {error}") from error
    actor = found.actor
    parse_remote_url(federation, actor.inbox)
    if not is_same_origin(actor.inbox, actor.id):
        raise RemoteRefusedError(f"expected the inbox of {actor.id} beside it, not {actor.inbox}")
    shared = actor.shared_inbox
    if shared is not None and not is_same_origin(shared, actor.id):
        shared = None
    checked = replace(
        actor, is_local=False, shared_inbox=shared, handle_domain=actor.host, fetched_at=now
    )
    return replace(found, actor=checked, keys=usable_keys(_own_keys(found.keys, actor.id)))


async def keep_actor(federation: Federation, found: RemoteActorDocument) -> Actor:
    """Store a fetched actor with its keys, which replace those it had (SG-14); return it.

    A handle's domain confirmed earlier (`keep_handle`) stays as long as the name does. Raises
    RemoteRefusedError if a key in the set is another actor's already, or the actor is ours.
    """
    actor, now = found.actor, federation.now()
    try:
        async with federation.database.transaction() as transaction:
            stored = await actors.find_actor(transaction, actor.id)
            if stored is not None and stored.is_local:
                raise RemoteRefusedError(f"{actor.id} is ours, and is not learnt from outside")
            if stored is not None and stored.name == actor.name:
                actor = replace(actor, handle_domain=stored.handle_domain)
            await peers.see_peer(transaction, actor.host, now)
            await actors.save_actor(transaction, actor)
            await keys.replace_remote_keys(transaction, actor.id, _key_rows(found, now), now)
    except ConflictError as error:
        raise RemoteRefusedError(f"{actor.id} lists another actor's key: {error}") from error
    federation.memory.forget()
    _log.info("actor.kept", actor_id=actor.id, keys=len(found.keys), is_new=stored is None)
    return actor


async def keep_handle(federation: Federation, actor: Actor, domain: Host) -> Actor:
    """Store that WebFinger confirmed the domain of an actor's handle; return the actor with it."""
    confirmed = replace(actor, handle_domain=domain)
    async with federation.database.transaction() as transaction:
        await actors.save_actor(transaction, confirmed)
    return confirmed


def text_of_key(key: ActorKey) -> str | None:
    """Return a listed key as it is stored, PEM or multibase; None if only its id is listed."""
    return key.pem or key.multibase


def _key_rows(found: RemoteActorDocument, now: datetime) -> list[RemoteKey]:
    return [
        RemoteKey(
            id=key.id,
            actor_id=found.actor.id,
            kind=load_public(text).kind,
            public_key=text,
            expires_at=key.expires_at,
            fetched_at=now,
        )
        for key in found.keys
        if (text := text_of_key(key)) is not None
    ]


def usable_keys(listed: Iterable[ActorKey]) -> tuple[ActorKey, ...]:
    """Drop listed keys whose text is no key that we use (SG-06), and repeated ids."""
    usable: dict[str, ActorKey] = {}
    for key in listed:
        text = text_of_key(key)
        try:
            if text is not None:
                load_public(text)
        except InvalidInputError as error:
            _log.info("key.unusable", key_id=key.id, reason=str(error))
            continue
        usable.setdefault(key.id, key)
    return tuple(usable.values())


def _own_keys(listed: Sequence[ActorKey], actor_id: ActorId) -> list[ActorKey]:
    """Drop keys of other owners or origins (SG-07)."""
    return [key for key in listed if key.owner == actor_id and is_same_origin(key.id, actor_id)]
