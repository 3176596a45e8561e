"""Actors, ours and others'. One who is gone is found no more, and `get_actor` says so."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, InboxUrl, ProfileField
from fedirec.errors import GoneError, NotFoundError
from fedirec.storage.database import Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.statements import (
    as_json,
    in_chunks,
    instant_or_none,
    listed,
    microseconds_or_none,
    text,
    text_or_none,
    texts,
)

_SELECT: Final = (
    "select id, kind, is_local, host, name, handle_domain, display_name, summary, url, inbox,"
    " outbox, followers, following, featured, shared_inbox, is_locked, is_discoverable, fields,"
    " icon, also_known_as, moved_to, can_endorse, published_at, fetched_at from actors"
)
_SAVE: Final = """
insert into actors (id, kind, is_local, host, name, handle_domain, display_name, summary, url,
  inbox, outbox, followers, following, featured, shared_inbox, is_locked, is_discoverable, fields,
  icon, also_known_as, moved_to, can_endorse, published_at, fetched_at, gone_at)
values (:id, :kind, :is_local, :host, :name, :handle_domain, :display_name, :summary, :url, :inbox,
  :outbox, :followers, :following, :featured, :shared_inbox, :is_locked, :is_discoverable, :fields,
  :icon, :also_known_as, :moved_to, :can_endorse, :published_at, :fetched_at, null)
on conflict (id) do update set kind = excluded.kind, host = excluded.host, name = excluded.name,
  handle_domain = excluded.handle_domain, display_name = excluded.display_name,
  summary = excluded.summary, url = excluded.url, inbox = excluded.inbox,
  outbox = excluded.outbox, followers = excluded.followers, following = excluded.following,
  featured = excluded.featured, shared_inbox = excluded.shared_inbox,
  is_locked = excluded.is_locked, is_discoverable = excluded.is_discoverable,
  fields = excluded.fields, icon = excluded.icon, also_known_as = excluded.also_known_as,
  moved_to = excluded.moved_to, can_endorse = excluded.can_endorse,
  published_at = excluded.published_at, fetched_at = excluded.fetched_at, gone_at = null
"""
_SELECT_LOCAL: Final = "select id from actors where is_local and gone_at is null and id in "
# What a remote actor leaves here goes with them; an activity of theirs ages out of `received`.
_LEFT_BEHIND: Final = (
    "delete from follows where follower_id = :id",
    "delete from follows where followed_id = :id",
    "delete from reactions where actor_id = :id",
    "delete from featured where actor_id = :id",
    "delete from endorsements where endorsed_id = :id",
    "delete from notes where actor_id = :id",
    "delete from actors where id = :id and not is_local",
)


async def find_actor(reader: Reader, actor_id: ActorId) -> Actor | None:
    """Return an actor by id; None if unknown or gone."""
    row = await reader.fetch_one(
        f"{_SELECT} where id = :id and gone_at is null",
        {"id": actor_id},
    )
    return None if row is None else _read(row)


async def get_actor(reader: Reader, actor_id: ActorId) -> Actor:
    """Return an actor by id; raise GoneError if they left, NotFoundError if never known."""
    actor = await find_actor(reader, actor_id)
    if actor is not None:
        return actor
    row = await reader.fetch_one("select gone_at from actors where id = :id", {"id": actor_id})
    if row is None:
        message = f"no actor {actor_id}"
        raise NotFoundError(message)
    message = f"the actor {actor_id} is gone"
    raise GoneError(message)


async def find_by_handle(reader: Reader, name: str, domain: Host) -> Actor | None:
    """Return the actor called `@name@domain`, the one fetched last if several claim it."""
    row = await reader.fetch_one(
        f"{_SELECT} where handle_domain = :domain and name = :name and gone_at is null"
        " order by coalesce(fetched_at, 0) desc, id limit 1",
        {"name": name, "domain": domain},
    )
    return None if row is None else _read(row)


async def list_by_inbox(reader: Reader, inbox: InboxUrl, *, limit: int) -> list[Actor]:
    """Return some of the actors elsewhere whose inbox this is, their own or one they share."""
    rows = await reader.fetch_all(
        f"{_SELECT} where id in (select id from actors where inbox = :inbox union"  # noqa: S608 - text of ours
        " select id from actors where shared_inbox = :inbox)"
        " and not is_local and gone_at is null order by id limit :limit",
        {"inbox": inbox, "limit": limit},
    )
    return [_read(row) for row in rows]


async def find_by_followers(reader: Reader, followers_url: str) -> Actor | None:
    """Return the actor whose followers collection has this id."""
    row = await reader.fetch_one(
        f"{_SELECT} where followers = :followers and gone_at is null order by id limit 1",
        {"followers": followers_url},
    )
    return None if row is None else _read(row)


async def save_actor(transaction: Transaction, actor: Actor) -> None:
    """Insert an actor, or renew all but whether it is ours; one who was gone is back."""
    await transaction.execute(_SAVE, _parameters(actor))


async def local_of(reader: Reader, ids: Sequence[str]) -> list[ActorId]:
    """Return those of `ids` that are actors of ours, in the order given."""
    here: set[str] = set()
    for chunk in in_chunks(list(dict.fromkeys(ids))):
        places, parameters = listed("id", chunk)
        rows = await reader.fetch_all(f"{_SELECT_LOCAL}{places}", parameters)
        here.update(text(row, "id") for row in rows)
    return [ActorId(uri) for uri in dict.fromkeys(ids) if uri in here]


async def mark_gone(transaction: Transaction, actor_id: ActorId, now: datetime) -> None:
    """Say that an actor left for good; the id and name stay taken."""
    await transaction.execute(
        "update actors set gone_at = :now where id = :id and gone_at is null",
        {"id": actor_id, "now": to_microseconds(now)},
    )


async def delete_remote_actor(transaction: Transaction, actor_id: ActorId, now: datetime) -> None:
    """Erase a remote actor and all that is here of them, but for a tombstone; never one of ours."""
    row = await transaction.fetch_one(
        "select host from actors where id = :id and not is_local", {"id": actor_id}
    )
    if row is None:
        return
    for statement in _LEFT_BEHIND:
        await transaction.execute(statement, {"id": actor_id})
    await transaction.execute(
        "insert into tombstones (id, actor_id, host, deleted_at) values (:id, :id, :host, :now)"
        " on conflict (id) do nothing",
        {"id": actor_id, "host": row["host"], "now": to_microseconds(now)},
    )


def _parameters(actor: Actor) -> dict[str, Value]:
    return {
        "id": actor.id,
        "kind": actor.kind.value,
        "is_local": actor.is_local,
        "host": actor.host,
        "name": actor.name,
        "handle_domain": actor.handle_domain,
        "display_name": actor.display_name,
        "summary": actor.summary,
        "url": actor.url,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "shared_inbox": actor.shared_inbox,
        "is_locked": actor.is_locked,
        "is_discoverable": actor.is_discoverable,
        "fields": as_json([[field.name, field.value] for field in actor.fields]),
        "icon": actor.icon,
        "also_known_as": as_json(list(actor.also_known_as)),
        "moved_to": actor.moved_to,
        "can_endorse": None if actor.can_endorse is None else as_json(list(actor.can_endorse)),
        "published_at": microseconds_or_none(actor.published_at),
        "fetched_at": microseconds_or_none(actor.fetched_at),
    }


def _read(row: Row) -> Actor:
    moved_to, shared_inbox = text_or_none(row, "moved_to"), text_or_none(row, "shared_inbox")
    return Actor(
        id=ActorId(text(row, "id")),
        kind=ActorKind(text(row, "kind")),
        is_local=bool(row["is_local"]),
        host=Host(text(row, "host")),
        name=text(row, "name"),
        handle_domain=Host(text(row, "handle_domain")),
        display_name=text(row, "display_name"),
        summary=text(row, "summary"),
        url=text(row, "url"),
        inbox=InboxUrl(text(row, "inbox")),
        outbox=text_or_none(row, "outbox"),
        followers=text_or_none(row, "followers"),
        following=text_or_none(row, "following"),
        featured=text_or_none(row, "featured"),
        shared_inbox=None if shared_inbox is None else InboxUrl(shared_inbox),
        is_locked=bool(row["is_locked"]),
        is_discoverable=bool(row["is_discoverable"]),
        fields=tuple(
            ProfileField(name=name, value=value) for name, value in json.loads(text(row, "fields"))
        ),
        icon=text_or_none(row, "icon"),
        also_known_as=texts(row, "also_known_as"),
        moved_to=None if moved_to is None else ActorId(moved_to),
        can_endorse=None if row["can_endorse"] is None else texts(row, "can_endorse"),
        published_at=instant_or_none(row, "published_at"),
        fetched_at=instant_or_none(row, "fetched_at"),
    )
