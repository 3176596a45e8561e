"""Actors on the wire: foreign documents → `Actor` and its keys, and ours → JSON.

What a document claims about its handle, its keys and its other names is confirmed elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from fedirec.activitypub.content import clean_html, clean_line
from fedirec.activitypub.documents import (
    Json,
    JsonObject,
    as_list,
    id_of,
    ids_of,
    instant_of,
    instant_text,
    is_uri,
    object_of,
    text_of,
    types_of,
)
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.normalization import normalize
from fedirec.activitypub.vocabulary import (
    ACTOR_CONTEXT,
    ACTOR_TYPES,
    INSTANCE_ACTOR_CONTEXT,
    PROFILE_TERMS,
)
from fedirec.domain.actors import Actor, ActorId, ActorKind, InboxUrl, ProfileField
from fedirec.domain.handles import parse_handle
from fedirec.domain.limits import Limits
from fedirec.domain.origins import host_of, same_origin
from fedirec.errors import InvalidInputError, MalformedActivityError
from fedirec.signatures.keys import load_public_pem

NAME_CHARACTERS: Final = 300  # RX-03
SUMMARY_CHARACTERS: Final = 4_096
FIELD_CHARACTERS: Final = 2_048
MAX_FIELDS: Final = 16
MAX_ALIASES: Final = 16
MAX_KEYS: Final = 10
KEY_CHARACTERS: Final = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorKey:
    """A public key that an actor lists; with neither `pem` nor `multibase`, by its id alone."""

    id: str
    owner: str
    pem: str | None = None
    multibase: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteActorDocument:
    """An actor as its document says, and the keys it lists."""

    actor: Actor
    keys: tuple[ActorKey, ...]


class OwnKey(Protocol):
    """What is published of a key pair of ours: `storage.keys.StoredKey`, which is further up."""

    @property
    def id(self) -> str:
        """The key's id."""

    @property
    def kind(self) -> str:
        """`rsa` or `ed25519`."""

    @property
    def public_key(self) -> str:
        """The public half as PEM."""


def parse_actor(document: JsonObject, *, limits: Limits, now: datetime) -> RemoteActorDocument:
    """Read an actor of another instance, fetched `now`.

    Lists over their caps are not read, texts are cut. Collections elsewhere than on the actor's own
    origin are left out: they could be somebody else's.

    Raises:
        MalformedActivityError: no id, no type of actor, no inbox, or no name.
    """
    normal = normalize(document, max_depth=limits.json_depth)
    actor_id = _required_uri(normal, "id")
    kind = _kind_of(normal, actor_id)
    name = _name_of(normal, actor_id)
    actor = Actor(
        id=ActorId(actor_id),
        kind=kind,
        is_local=False,
        host=host_of(actor_id),
        name=name,
        handle_domain=host_of(actor_id),
        display_name=clean_line(text_of(normal.get("name")) or "", limit=NAME_CHARACTERS) or name,
        summary=clean_html((text_of(normal.get("summary")) or "")[:SUMMARY_CHARACTERS]),
        url=_beside(actor_id, normal.get("url")) or actor_id,
        inbox=InboxUrl(_required_uri(normal, "inbox")),
        outbox=_beside(actor_id, normal.get("outbox")),
        followers=_beside(actor_id, normal.get("followers")),
        following=_beside(actor_id, normal.get("following")),
        featured=_beside(actor_id, normal.get("featured")),
        shared_inbox=_shared_inbox(normal),
        is_locked=normal.get("manuallyApprovesFollowers") is True,
        is_discoverable=normal.get("discoverable") is True,
        fields=_fields_of(normal),
        icon=id_of((object_of(normal.get("icon")) or {}).get("url")),
        also_known_as=_aliases_of(normal),
        moved_to=_moved_to(normal),
        can_endorse=_can_endorse(normal),
        published_at=instant_of(normal.get("published")),
        fetched_at=now,
    )
    return RemoteActorDocument(actor=actor, keys=tuple(_keys_of(normal, actor_id)))


def render_actor(actor: Actor, *, instance: Instance, keys: Sequence[OwnKey]) -> JsonObject:
    """Return the document of a member or the guild; `keys` are all that may sign now."""
    document: JsonObject = {
        "@context": _context_for(actor),
        "id": actor.id,
        "type": actor.kind.value,
        "preferredUsername": actor.name,
        "name": actor.display_name,
        "summary": actor.summary,
        "url": actor.url,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "endpoints": {"sharedInbox": instance.shared_inbox},
        "manuallyApprovesFollowers": actor.is_locked,
        "discoverable": actor.is_discoverable,
        "indexable": False,
    }
    document |= _profile_members(actor)
    if actor.can_endorse is not None:
        policy: JsonObject = {"canEndorse": {"manualApproval": list(actor.can_endorse)}}
        document["interactionPolicy"] = policy
    document |= _key_members(actor.id, keys)
    return {name: value for name, value in document.items() if value is not None}


def render_instance_actor(
    actor: Actor, *, instance: Instance, keys: Sequence[OwnKey]
) -> JsonObject:
    """Return the short document of the instance's own actor, as Mastodon's is."""
    members = _key_members(actor.id, keys)
    return {
        "@context": INSTANCE_ACTOR_CONTEXT,
        "id": actor.id,
        "type": actor.kind.value,
        "preferredUsername": actor.name,
        "url": actor.url,
        "inbox": actor.inbox,
        "outbox": actor.outbox or f"{actor.id}/outbox",
        "endpoints": {"sharedInbox": instance.shared_inbox},
        "manuallyApprovesFollowers": True,
        "publicKey": members.get("publicKey", []),
    }


def _kind_of(document: JsonObject, actor_id: str) -> ActorKind:
    kind = next((name for name in types_of(document) if name in ACTOR_TYPES), None)
    if kind is None:
        message = f"{actor_id} is no actor: {document.get('type')!r:.100}"
        raise MalformedActivityError(message)
    return ActorKind(kind)


def _required_uri(document: JsonObject, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not is_uri(value):
        message = f"an actor has {name}, an http or https URL"
        raise MalformedActivityError(message)
    return value


def _name_of(document: JsonObject, actor_id: str) -> str:
    """Return the preferredUsername, else the end of the id, if it could stand in a handle.

    ActivityPub 4.1 lets an actor do without; then nobody finds it by WebFinger.
    """
    value = text_of(document.get("preferredUsername")) or actor_id.rsplit("/", 1)[-1]
    try:
        return parse_handle(f"@{value}@{host_of(actor_id)}").name
    except InvalidInputError as error:
        message = f"{actor_id} has no name that a handle could have"
        raise MalformedActivityError(message) from error


def _beside(actor_id: str, value: Json) -> str | None:
    found = id_of(value)
    return found if found is not None and same_origin(found, actor_id) else None


def _shared_inbox(document: JsonObject) -> InboxUrl | None:
    """Return where to post once for all; Misskey also says it outside of `endpoints`."""
    endpoints = object_of(document.get("endpoints")) or {}
    found = id_of(endpoints.get("sharedInbox")) or id_of(document.get("sharedInbox"))
    return None if found is None else InboxUrl(found)


def _fields_of(document: JsonObject) -> tuple[ProfileField, ...]:
    found = [
        item
        for item in as_list(document.get("attachment"))
        if isinstance(item, dict) and "PropertyValue" in types_of(item)
    ]
    if len(found) > MAX_FIELDS:
        return ()
    fields = (
        ProfileField(
            name=clean_line(text_of(item.get("name")) or "", limit=NAME_CHARACTERS),
            value=clean_html((text_of(item.get("value")) or "")[:FIELD_CHARACTERS]),
        )
        for item in found
    )
    return tuple(field for field in fields if field.name)


def _aliases_of(document: JsonObject) -> tuple[str, ...]:
    aliases = ids_of(document.get("alsoKnownAs"))
    return aliases if len(aliases) <= MAX_ALIASES else ()


def _moved_to(document: JsonObject) -> ActorId | None:
    found = id_of(document.get("movedTo"))
    return None if found is None else ActorId(found)


def _can_endorse(document: JsonObject) -> tuple[str, ...] | None:
    """Return who may offer endorsements; None if the actor's server does not speak of it."""
    policy = object_of(document.get("interactionPolicy")) or {}
    approval = (object_of(policy.get("canEndorse")) or {}).get("manualApproval")
    return None if approval is None else ids_of(approval)


def _keys_of(document: JsonObject, actor_id: str) -> Iterator[ActorKey]:
    """Yield the keys of both lists, at most ten each, those revoked left out."""
    for member in ("publicKey", "assertionMethod"):
        for item in as_list(document.get(member))[:MAX_KEYS]:
            key = _key_of(item, actor_id)
            if key is not None:
                yield key


def _key_of(item: Json, actor_id: str) -> ActorKey | None:
    entry: JsonObject = item if isinstance(item, dict) else {"id": item, "owner": actor_id}
    key_id, owner = entry.get("id"), entry.get("owner", entry.get("controller"))
    if not isinstance(key_id, str) or not is_uri(key_id) or not isinstance(owner, str):
        return None
    if entry.get("revoked") is not None:
        return None
    pem, multibase = (
        text_of(entry.get("publicKeyPem")),
        text_of(entry.get("publicKeyMultibase")),
    )
    if max(len(pem or ""), len(multibase or "")) > KEY_CHARACTERS:
        return None
    return ActorKey(
        id=key_id,
        owner=owner,
        pem=pem,
        multibase=multibase,
        expires_at=instant_of(entry.get("expires")),
    )


def _context_for(actor: Actor) -> Json:
    has_more = actor.fields or actor.also_known_as or actor.moved_to
    return [*as_list(ACTOR_CONTEXT), PROFILE_TERMS] if has_more else ACTOR_CONTEXT


def _profile_members(actor: Actor) -> JsonObject:
    """Return what only some actors have."""
    members: JsonObject = {}
    if actor.published_at is not None:
        members["published"] = instant_text(actor.published_at)
    if actor.icon is not None:
        members["icon"] = {"type": "Image", "url": actor.icon}
    if actor.fields:
        members["attachment"] = [
            {"type": "PropertyValue", "name": field.name, "value": field.value}
            for field in actor.fields
        ]
    if actor.also_known_as:
        members["alsoKnownAs"] = list(actor.also_known_as)
    if actor.moved_to is not None:
        members["movedTo"] = actor.moved_to
    return members


def _key_members(actor_id: str, keys: Sequence[OwnKey]) -> JsonObject:
    """Return RSA keys as `publicKey`, Ed25519 keys as `assertionMethod`.

    One RSA key is an object, since Lemmy reads no list; while keys change there are two.
    """
    rsa: list[Json] = [
        {"id": key.id, "owner": actor_id, "publicKeyPem": key.public_key}
        for key in keys
        if key.kind == "rsa"
    ]
    multikeys: list[Json] = [
        {
            "id": key.id,
            "type": "Multikey",
            "controller": actor_id,
            "publicKeyMultibase": load_public_pem(key.public_key).multibase(),
        }
        for key in keys
        if key.kind == "ed25519"
    ]
    members: JsonObject = {}
    if rsa:
        members["publicKey"] = rsa[0] if len(rsa) == 1 else rsa
    if multikeys:
        members["assertionMethod"] = multikeys
    return members
