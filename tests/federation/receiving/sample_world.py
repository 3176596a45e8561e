"""The hosts of the payloads, played by scripted peers with real keys, and one of them by us.

A payload keeps its shape: its hosts become those of this run, placeholder keys become test keys,
and ids of ours get a mark of the test, so that no two tests mean the same thing.
"""

import json
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fedirec.activitypub.endorsements import core_digest
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.signatures.digest import multibase_digest
from tests.federation.receiving.door import Outcome, outcome_of, post
from tests.fediverse import Home
from tests.keys import rsa_pair
from tests.peers import ACTIVITY_JSON, Peer, PeerActor

FOLDER = Path(__file__).parents[2] / "payloads"
HOST = re.compile(r"(https://)?\b([a-z]+\.example)\b")
ACTORS = (
    *("akkoma/actor", "fedify/actor_two_keys", "fedirec/actor_endorser", "fedirec/actor_guild"),
    *("fedirec/actor_member", "gotosocial/actor", "lemmy/group", "mastodon/actor_person"),
    *("mastodon/actor_person_44_moved", "mastodon/instance_actor", "misskey/actor"),
)


@dataclass(slots=True, kw_only=True)
class World:
    """One play. `ours` is the sample host that the running instance plays, if any."""

    home: Home
    stack: AsyncExitStack
    mark: str
    addresses: Any
    ours: str | None
    peers: dict[str, Peer] = field(default_factory=dict)

    async def load(self, name: str) -> dict[str, Any]:
        """A payload with the hosts of this run."""
        text = (
            (FOLDER / f"{name}.json").read_text(encoding="utf-8").replace("/01K", f"/{self.mark}")
        )
        origins = {
            host: await self.origin(host) for host in sorted({h for _, h in HOST.findall(text)})
        }

        def here(match: re.Match[str]) -> str:
            origin = origins[match[2]]
            return origin if match[1] else origin.removeprefix("http://")

        document: dict[str, Any] = json.loads(HOST.sub(here, text))
        return document

    async def origin(self, host: str) -> str:
        """Where a sample host is in this run."""
        if host == self.ours:
            return self.home.origin
        if host not in self.peers:
            peer = Peer(address=next(self.addresses))
            self.peers[host] = await self.stack.enter_async_context(peer)
        return self.peers[host].origin

    def peer_of(self, uri: str) -> Peer:
        """The peer that plays the host of an id."""
        return next(peer for peer in self.peers.values() if uri.startswith(f"{peer.origin}/"))

    def serve(self, document: dict[str, Any], *, at: str | None = None) -> None:
        """Serve a document at its own id, or elsewhere."""
        url = at or document["id"]
        peer = self.peer_of(url)
        peer.answers(
            url.removeprefix(peer.origin),
            200,
            {"Content-Type": ACTIVITY_JSON},
            json.dumps(document).encode(),
        )

    async def actor(self, actor_id: str) -> tuple[PeerActor, str]:
        """Serve an actor as its payload describes it, with a test key; return it and its key id."""
        peer = self.peer_of(actor_id)
        actor = PeerActor(
            peer=peer,
            name=actor_id.rstrip("/").rpartition("/")[2].strip("@").partition("@")[0],
            id=actor_id,
            key=rsa_pair(),
        )
        document = actor.document()
        for name in ACTORS:
            described = await self.load(name)
            if described["id"] == actor_id:
                document = described
        document["publicKey"]["publicKeyPem"] = actor.key.public().pem()
        key_id = str(document["publicKey"]["id"])
        self.serve(document)
        if "#" not in key_id:
            stub = await self.load("gotosocial/key_stub")
            stub["publicKey"]["publicKeyPem"] = actor.key.public().pem()
            self.serve(stub, at=key_id)
        return actor, key_id

    async def meet(self, actor_id: str) -> None:
        """Let the instance know an actor."""
        await self.actor(actor_id)
        await get_or_fetch_actor(self.home.federation, actor_id)

    async def send(self, name: str, *, to: str = "/inbox") -> tuple[int, Outcome | None]:
        """Post a payload as its actor; the status, and what becomes of it."""
        document = await self.load(name)
        if isinstance(document.get("actor"), str):
            actor, key_id = await self.actor(document["actor"])
        else:
            peer = await self.stack.enter_async_context(Peer(address=next(self.addresses)))
            actor = peer.add_actor("bystander")
            key_id = actor.key_id
        body = json.dumps(document).encode()
        answer = await post(self.home, actor, body, to=to, key_id=key_id)
        if answer.status != 202:
            return answer.status, None
        return 202, await outcome_of(self.home, document.get("id") or multibase_digest(body))

    async def serve_stamp(self, note: dict[str, Any], name: str = "fedirec/stamp") -> str:
        """Serve the stamp of a note, good for its text as it is in this run; return its id."""
        stamp = await self.load(name) | {"digestMultibase": core_digest(note)}
        self.serve(stamp)
        return str(stamp["id"])
