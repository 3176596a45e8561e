"""Our guild and a Fedify server that can reach each other over TLS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from fedirec.activitypub.documents import JsonObject
from tests.fediverse import Home, eventually, free_port, running
from tests.interop.fedify_peer import FedifyPeer, fedify_running
from tests.interop.tls import make_authority, tls_door

CAVAGE = "draft-cavage-http-signatures-12"
RFC9421 = "rfc9421"


class Exchange(NamedTuple):
    """Our guild, with carol and ann in it, and the Fedify server, with dan and eve."""

    home: Home
    peer: FedifyPeer


@asynccontextmanager
async def exchanging(
    folder: Path, node: str, *, first_knock: str = CAVAGE, **values: Any
) -> AsyncIterator[Exchange]:
    """Run both for the length of the block; `values` are settings of ours."""
    authority = make_authority(folder)
    port = free_port()
    async with (
        fedify_running(node, authority, first_knock=first_knock) as peer,
        running(
            folder / "guild",
            domain=f"127.0.0.1:{port}",
            host=f"127.0.0.1:{port}",
            ca_file=authority.ca_file,
            **values,
        ) as home,
        tls_door(authority, port=port, behind=home.port),
    ):
        await home.add("carol", "ann")
        yield Exchange(home, peer)


async def follow_from_there(exchange: Exchange, name: str, whom: str) -> None:
    """Have somebody on the peer follow one of ours, and wait for the Accept."""
    home, peer = exchange
    follow_id = f"{peer.origin}/follows/{name}-{whom}"
    follow: JsonObject = {"id": follow_id, "type": "Follow", "object": home.id(whom)}
    await peer.send(name, home.id(whom), follow)

    async def accepted() -> bool:
        return any(follow_id in str(each) for each in await peer.verified("Accept"))

    assert await eventually(accepted, expecting="the Accept")


async def received_there(peer: FedifyPeer, kind: str, text: str) -> JsonObject:
    """Wait until the peer has verified an activity that holds `text`."""

    async def look() -> JsonObject | None:
        return next((each for each in await peer.verified(kind) if text in str(each)), None)

    return await eventually(look, expecting=f"{kind} with {text}")
