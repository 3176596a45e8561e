"""One instance without doors: a database, the real client, keys of its own, and a clock to turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedirec.activitypub.identifiers import Instance
from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, InboxUrl
from fedirec.domain.limits import Limits
from fedirec.errors import FedirecError, UnauthenticatedError
from fedirec.federation.authentication import verify
from fedirec.federation.context import Federation
from fedirec.federation.key_cache import KeyCache
from fedirec.signatures.keys import PublicKey
from fedirec.signatures.messages import SignedRequest
from fedirec.storage import actors, blocks, keys
from fedirec.storage.database import Database
from fedirec.storage.keys import StoredKey
from fedirec.transport.protocol import Transport
from tests.keys import rsa_pair
from tests.outgoing import quick_limits
from tests.peers import PeerActor

INSTANCE = Instance(domain=Host("guild.example"), host=Host("guild.example"), scheme="http")
MEMBER = INSTANCE.member_id("ada")
INBOX = f"{MEMBER}/inbox"


@dataclass(slots=True)
class Clock:
    """An hour that moves when told."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let this much time pass."""
        self.now += timedelta(**span)


class Bell:
    """Counts how often the workers were woken."""

    def __init__(self) -> None:
        self.rings = 0

    def __call__(self) -> None:
        self.rings += 1


async def make_federation(
    database: Database,
    transport: Transport,
    clock: Clock,
    *,
    limits: Limits | None = None,
    **changes: Any,
) -> Federation:
    """An instance at guild.example with its own actor and the member ada, who share a key pair."""
    federation = Federation(
        instance=INSTANCE,
        database=database,
        transport=transport,
        keys=KeyCache(),
        limits=limits or quick_limits(),
        now=clock,
        randomness=lambda count: bytes([128] * count),
        wake=Bell(),
        **changes,
    )
    async with database.transaction() as transaction:
        for actor_id, kind in (
            (INSTANCE.actor_id, ActorKind.APPLICATION),
            (MEMBER, ActorKind.PERSON),
        ):
            await actors.save_actor(transaction, local_actor(actor_id, kind))
            await keys.insert_key(
                transaction,
                StoredKey(
                    id=f"{actor_id}#main-key",
                    actor_id=actor_id,
                    kind="rsa",
                    public_key=rsa_pair().public().pem(),
                    private_key=rsa_pair().pem(),
                    created_at=clock(),
                ),
            )
    return federation


def local_actor(actor_id: ActorId, kind: ActorKind) -> Actor:
    """One of ours."""
    return Actor(
        id=actor_id,
        kind=kind,
        is_local=True,
        host=INSTANCE.host,
        name=actor_id.rpartition("/")[2],
        handle_domain=INSTANCE.domain,
        display_name="Ada",
        summary="",
        url=actor_id,
        inbox=InboxUrl(f"{actor_id}/inbox"),
        outbox=None,
        followers=None,
        following=None,
        featured=None,
        shared_inbox=INSTANCE.shared_inbox,
    )


def arrived(
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    url: str = INBOX,
    target: str | None = None,
    method: str = "POST",
) -> SignedRequest:
    """A request as our door hands it over; `target` is taken from the URL."""
    path = url.removeprefix(INSTANCE.origin)
    return SignedRequest(
        method=method,
        target=path if target is None else target,
        url=url,
        headers=tuple((name.lower(), value) for name, value in headers.items()),
        body=body,
    )


async def block_host(federation: Federation, host: str) -> None:
    """Block a host for everybody here."""
    async with federation.database.transaction() as transaction:
        await blocks.block(
            transaction, blocks.INSTANCE, host, kind="host", reason="spam", now=federation.now()
        )


async def count_rows(database: Database, table: str) -> int:
    """How many rows a table has."""
    async with database.reading() as reader:
        row = await reader.fetch_one(f"select count(*) as found from {table}")  # noqa: S608
    assert row is not None
    return int(row["found"] or 0)


def key_entry(id_: str, owner: str, key: PublicKey | None = None) -> dict[str, str]:
    return {"id": id_, "owner": owner, "publicKeyPem": (key or rsa_pair().public()).pem()}


def follow(actor: PeerActor) -> dict[str, Any]:
    return actor.activity("Follow", MEMBER)


def signed_post(
    actor: PeerActor, *, at: datetime | None = None, url: str = INBOX, **changes: str
) -> SignedRequest:
    headers, body = actor.sign_post(url, follow(actor), at=at)
    return arrived(headers | changes, body, url=url)


async def refused(
    federation: Federation,
    request: SignedRequest,
    error: type[FedirecError] = UnauthenticatedError,
) -> str:
    """Assert that a request is refused, and that it left nothing here."""
    with pytest.raises(error) as caught:
        await verify(federation, request)
    assert await count_rows(federation.database, "actors") == 2  # our own
    assert await count_rows(federation.database, "remote_keys") == 0
    return str(caught.value)
