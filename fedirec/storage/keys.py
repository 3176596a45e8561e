"""Keys: our own, the only place where private ones are (SG-18), and those of others, as a cache."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Reader, Row, Transaction, to_microseconds
from fedirec.storage.statements import (
    insert_rows,
    instant,
    instant_or_none,
    microseconds_or_none,
    text,
)

_SELECT_REMOTE: Final = (
    "select id, actor_id, kind, public_key, expires_at, fetched_at from remote_keys"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key pair of one of our actors, as PEM; `kind` is `rsa` or `ed25519`.

    `repr` leaves the private half out.
    """

    id: str
    actor_id: ActorId
    kind: str
    public_key: str
    private_key: str = field(repr=False)
    created_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteKey:
    """A public key of an actor elsewhere, as PEM or multibase; of no use after `expires_at`."""

    id: str
    actor_id: ActorId
    kind: str
    public_key: str
    expires_at: datetime | None
    fetched_at: datetime


async def insert_key(transaction: Transaction, key: StoredKey) -> None:
    """Keep a new key pair; raise ConflictError if its id is taken."""
    await transaction.execute(
        "insert into keys (id, actor_id, kind, public_key, private_key, created_at, retired_at)"
        " values (:id, :actor_id, :kind, :public_key, :private_key,"
        " :created_at, :retired_at)",
        {
            "id": key.id,
            "actor_id": key.actor_id,
            "kind": key.kind,
            "public_key": key.public_key,
            "private_key": key.private_key,
            "created_at": to_microseconds(key.created_at),
            "retired_at": microseconds_or_none(key.retired_at),
        },
    )


async def list_keys(reader: Reader, actor_id: ActorId, *, now: datetime) -> list[StoredKey]:
    """Return the keys of an actor of ours that are not retired by now, newest first."""
    rows = await reader.fetch_all(
        "select id, actor_id, kind, public_key, private_key, created_at, retired_at from keys"
        " where actor_id = :actor_id and (retired_at is null or retired_at > :now)"
        " order by created_at desc, id desc",
        {"actor_id": actor_id, "now": to_microseconds(now)},
    )
    return [
        StoredKey(
            id=text(row, "id"),
            actor_id=ActorId(text(row, "actor_id")),
            kind=text(row, "kind"),
            public_key=text(row, "public_key"),
            private_key=text(row, "private_key"),
            created_at=instant(row, "created_at"),
            retired_at=instant_or_none(row, "retired_at"),
        )
        for row in rows
    ]


async def retire_key(transaction: Transaction, key_id: str, at: datetime) -> None:
    """Use a key no more from an instant on, unless it is retired already."""
    await transaction.execute(
        "update keys set retired_at = :at where id = :id and retired_at is null",
        {"id": key_id, "at": to_microseconds(at)},
    )


async def find_remote_key(reader: Reader, key_id: str) -> RemoteKey | None:
    """Return a key of somebody elsewhere by its id, as last fetched; the caller minds expiry."""
    row = await reader.fetch_one(
        f"{_SELECT_REMOTE} where id = :id",
        {"id": key_id},
    )
    return None if row is None else _read_remote(row)


async def list_remote_keys(reader: Reader, actor_id: ActorId) -> list[RemoteKey]:
    """Return all keys of somebody elsewhere, as last fetched."""
    rows = await reader.fetch_all(
        f"{_SELECT_REMOTE} where actor_id = :actor_id order by id",
        {"actor_id": actor_id},
    )
    return [_read_remote(row) for row in rows]


async def replace_remote_keys(
    transaction: Transaction, actor_id: ActorId, keys: Sequence[RemoteKey], now: datetime
) -> None:
    """Make `keys` the whole key set of an actor elsewhere; all others are dropped (SG-14).

    Raises ConflictError when an id among them is another actor's key.
    """
    await transaction.execute(
        "delete from remote_keys where actor_id = :actor_id", {"actor_id": actor_id}
    )
    await insert_rows(
        transaction,
        "remote_keys",
        [
            {
                "id": key.id,
                "actor_id": actor_id,
                "kind": key.kind,
                "public_key": key.public_key,
                "expires_at": microseconds_or_none(key.expires_at),
                "fetched_at": to_microseconds(now),
            }
            for key in keys
        ],
    )


def _read_remote(row: Row) -> RemoteKey:
    return RemoteKey(
        id=text(row, "id"),
        actor_id=ActorId(text(row, "actor_id")),
        kind=text(row, "kind"),
        public_key=text(row, "public_key"),
        expires_at=instant_or_none(row, "expires_at"),
        fetched_at=instant(row, "fetched_at"),
    )
