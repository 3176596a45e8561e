"""Who is here: members with their actors and keys, the guild's actor and the instance's own.

Serves `fedirec init`, `fedirec member` and the pages for keepers. A name is never used twice, so an
actor id never changes hands (AC-13).
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from fedirec.activitypub.actors import render_actor
from fedirec.activitypub.content import clean_text
from fedirec.activitypub.render import render_update
from fedirec.activitypub.vocabulary import ACTOR_CONTEXT
from fedirec.community.keepers import check_keeper, check_not_last, get_member, record
from fedirec.community.secret_texts import digest_of, make_secret
from fedirec.domain.actors import Actor, ActorId, ActorKind, Host
from fedirec.domain.audience import public_audience
from fedirec.domain.handles import check_member_name
from fedirec.domain.public import PUBLIC
from fedirec.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from fedirec.failpoints import failpoint
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.signatures.keys import PrivateKey, generate_ed25519, generate_rsa
from fedirec.storage import actors, keys, members, tokens, turns
from fedirec.storage.access import end_access, take_account
from fedirec.storage.database import Transaction
from fedirec.storage.keys import StoredKey
from fedirec.storage.members import Member

SCOPES: Final = ("read", "write")
NAME_CHARACTERS: Final = 300
_ROTATION_GRACE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The two keys an actor has: RSA for what everyone verifies, Ed25519 for proofs and stamps."""

    rsa: PrivateKey
    ed25519: PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody who is let in; `is_listed`: they chose to be found among the members (PA-09)."""

    name: str
    display_name: str | None = None
    is_admin: bool = False
    is_listed: bool = False


def generate_key_pair() -> KeyPair:
    """Make new keys; takes tens of milliseconds, so call it in a thread."""
    return KeyPair(rsa=generate_rsa(), ed25519=generate_ed25519())


async def prepare_instance(federation: Federation) -> None:
    """Make the guild's and the instance's actors with their keys, unless they are there."""
    instance = federation.instance
    guild = _new_actor(federation, instance.guild_name, instance.title, ActorKind.GROUP)
    server = replace(
        _new_actor(federation, instance.host, instance.title, ActorKind.APPLICATION),
        id=instance.actor_id,
        url=f"{instance.origin}/about",
        inbox=instance.inbox(instance.actor_id),
        outbox=f"{instance.actor_id}/outbox",
        followers=None,
        following=None,
        featured=None,
        is_locked=True,
        is_discoverable=False,
        can_endorse=(instance.actor_id,),
    )
    for actor in (replace(guild, can_endorse=(guild.id,)), server):
        async with federation.database.reading() as reader:
            is_there = await actors.find_actor(reader, actor.id) is not None
        if not is_there:
            pair = await asyncio.to_thread(generate_key_pair)
            async with federation.database.transaction() as transaction:
                # several processes may find the same empty database
                await turns.wait(transaction, "founding")
                if await actors.find_actor(transaction, actor.id) is None:
                    await _insert_actor(transaction, federation, actor, pair)


async def add_member(
    federation: Federation,
    name: str,
    *,
    display_name: str | None = None,
    is_admin: bool = False,
    is_listed: bool = False,
) -> Member:
    """Add a member with an actor and keys, who has no password yet.

    Raises InvalidInputError for a name that cannot be one, ConflictError for one that is or was
    taken.
    """
    check_member_name(name)
    federation.space.check()
    new = NewMember(name=name, display_name=display_name, is_admin=is_admin, is_listed=is_listed)
    pair = await asyncio.to_thread(generate_key_pair)
    async with federation.database.transaction() as transaction:
        member = await insert_member(transaction, federation, new, pair)
        await record(transaction, federation, None, "member.add", name, is_admin=is_admin)
    return member


async def insert_member(
    transaction: Transaction, federation: Federation, new: NewMember, pair: KeyPair
) -> Member:
    """Add a member under a checked name, with an actor and these keys; see `add_member`."""
    name = new.name
    shown = clean_text(new.display_name or name, limit=NAME_CHARACTERS)
    actor = replace(
        _new_actor(federation, name, shown, ActorKind.PERSON), is_discoverable=new.is_listed
    )
    await turns.wait(transaction, f"name {name}")
    is_taken = (
        await members.find_member(transaction, name) is not None
        or await actors.find_actor(transaction, actor.id) is not None
    )
    if is_taken:
        message = f"the name {name} is or was taken; choose another"
        raise ConflictError(message)
    member = Member(
        name=name,
        actor_id=actor.id,
        is_admin=new.is_admin,
        shows_network=False,
        is_listed=new.is_listed,
        language=federation.instance.languages[0],
        created_at=federation.now(),
    )
    await _insert_actor(transaction, federation, actor, pair)
    await members.insert_member(transaction, member)
    return member


async def _insert_actor(
    transaction: Transaction, federation: Federation, actor: Actor, pair: KeyPair
) -> None:
    await actors.save_actor(transaction, actor)
    for stored in _stored_keys(federation, actor.id, pair):
        await keys.insert_key(transaction, stored)


def _stored_keys(
    federation: Federation, actor_id: ActorId, pair: KeyPair, *, suffix: str = ""
) -> tuple[StoredKey, StoredKey]:
    def stored(fragment: str, kind: str, key: PrivateKey, public_key: str) -> StoredKey:
        return StoredKey(
            id=f"{actor_id}#{fragment}{suffix}",
            actor_id=actor_id,
            kind=kind,
            public_key=public_key,
            private_key=key.pem(),
            created_at=federation.now(),
            retired_at=None,
        )

    return (
        stored("main-key", "rsa", pair.rsa, pair.rsa.public().pem()),
        stored("ed25519-key", "ed25519", pair.ed25519, pair.ed25519.public().pem()),
    )


def _new_actor(federation: Federation, name: str, display_name: str, kind: ActorKind) -> Actor:
    instance = federation.instance
    actor_id = instance.member_id(name)
    return Actor(
        id=actor_id,
        kind=kind,
        is_local=True,
        host=Host(instance.host),
        name=name,
        handle_domain=instance.domain,
        display_name=display_name,
        summary="",
        url=instance.profile_url(name),
        inbox=instance.inbox(actor_id),
        outbox=f"{actor_id}/outbox",
        followers=instance.followers(actor_id),
        following=f"{actor_id}/following",
        featured=f"{actor_id}/featured",
        shared_inbox=instance.shared_inbox,
        is_discoverable=True,
        can_endorse=(PUBLIC,),
        published_at=federation.now(),
    )


async def get_acting_member(federation: Federation, name: str) -> Actor:
    """Return the actor of a member who may act.

    Raises NotFoundError for no such member, ForbiddenError for a disabled one.
    """
    async with federation.database.reading() as reader:
        member = await members.find_member(reader, name)
        if member is None:
            message = f"there is no member called {name}: see `fedirec member list`"
            raise NotFoundError(message)
        if member.disabled_at is not None:
            message = f"{name} is disabled, and acts no more"
            raise ForbiddenError(message)
        return await actors.get_actor(reader, member.actor_id)


async def disable_member(federation: Federation, name: str, *, by: str | None = None) -> None:
    """Stop a member from acting; what they said stays, and the name stays theirs.

    `by` is the keeper who does it, None for the commands. Raises ConflictError for the last keeper
    there is, ForbiddenError when `by` is no keeper.
    """
    async with federation.database.transaction() as transaction:
        await turns.wait(transaction, "keepers")
        await take_account(transaction, name)
        await check_keeper(transaction, by)
        member = await get_member(transaction, name)
        if member.disabled_at is not None:
            return
        await check_not_last(transaction, member)
        await members.disable_member(transaction, name, federation.now())
        await end_access(transaction, name, federation.now())
        await record(transaction, federation, by, "member.disable", name)
    federation.memory.forget()


async def make_token(federation: Federation, name: str, scopes: tuple[str, ...]) -> str:
    """Return a new bearer token of a member; only its digest is kept, so it is shown once."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        message = f"scopes are {' and '.join(SCOPES)}, not {', '.join(unknown) or 'none'}"
        raise InvalidInputError(message, field="scope")
    await get_acting_member(federation, name)
    token = make_secret(federation)
    async with federation.database.transaction() as transaction:
        await tokens.insert_token(
            transaction,
            digest=token_digest(token),
            member_name=name,
            scopes=scopes,
            now=federation.now(),
        )
    return token


def token_digest(token: str) -> str:
    """Return what is kept of a token: 64 hexadecimal digits of its SHA-256."""
    return digest_of(token)


async def choose_listing(
    federation: Federation,
    name: str,
    is_listed: bool,  # noqa: FBT001 - the value itself
) -> None:
    """Let everybody find a member among the members and by search, or nobody; nobody by default."""
    actor = await get_acting_member(federation, name)
    changed = replace(actor, is_discoverable=is_listed)
    async with federation.database.transaction() as transaction:
        await members.set_listed(transaction, name, is_listed)
        await actors.save_actor(transaction, changed)
        await announce_profile(transaction, federation, changed)
    federation.memory.forget()
    federation.wake()


async def rotate_keys(federation: Federation, actor_id: ActorId) -> None:
    """Give an actor new keys: publish them in an Update that the old key still signs.

    What was written until now is signed by the old key for one minute more, while the actor's
    document lists both; whatever comes later, and all after that minute, by the new one. Peers that
    missed the Update fetch the actor anew when they meet a key they do not know.
    """
    pair = await asyncio.to_thread(generate_key_pair)
    now = federation.now()
    async with federation.database.transaction() as transaction:
        actor = await actors.get_actor(transaction, actor_id)
        for old in await keys.list_keys(transaction, actor_id, now=now):
            await keys.retire_key(transaction, old.id, now + _ROTATION_GRACE)
        suffix = f"-{int(now.timestamp())}"
        for new in _stored_keys(federation, actor_id, pair, suffix=suffix):
            await keys.insert_key(transaction, replace(new, created_at=now))
        await announce_profile(transaction, federation, actor)
        failpoint("keys.written")
    federation.memory.forget()
    failpoint("keys.committed")
    federation.wake()


async def announce_profile(transaction: Transaction, federation: Federation, actor: Actor) -> None:
    """Publish an Update of the actor to its followers, with the keys it has from now on."""
    if actor.followers is None:
        return
    scene = scene_of(federation)
    listed = await keys.list_keys(transaction, actor.id, now=scene.now)
    document = render_update(
        id=scene.mint.activity_id(),
        actor=actor.id,
        object_=render_actor(
            actor,
            instance=federation.instance,
            keys=[key for key in listed if key.retired_at is None],
        ),
        audience=public_audience(str(actor.followers)),
        published=scene.now,
        context=ACTOR_CONTEXT,
    )
    await publish_in(transaction, scene, Publication(actor=actor, document=document))
