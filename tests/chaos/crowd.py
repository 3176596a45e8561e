"""Who comes by besides honest peers and members: readers, repeaters, liars, and bad followers."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from tests.chaos.prepared import FOLLOWED, MEMBERS
from tests.chaos.world import World
from tests.keys import other_rsa_pair
from tests.misbehaviour import hangs, is_late
from tests.peers import ACTIVITY_JSON, Peer, PeerActor

_LATE_SECONDS: Final = 1.0
_HTML: Final = "text/html"
_PAGES: Final = ("/", "/members", "/jobs", "/about", "/tags/timber", "/nothing/here")


@dataclass(slots=True, kw_only=True)
class Crowd:
    """They come `pause` seconds apart. `statuses` are what they were answered, in order."""

    world: World
    dice: random.Random
    pause: float
    statuses: list[int] = field(default_factory=list)

    async def read(self) -> None:
        """Read pages and documents, signed and not, some of them by addresses never heard of."""
        host = self.world.prepared.host
        for number in count():
            person = self.world.prepared.id(self.dice.choice(MEMBERS))
            reader = self.dice.choice(self.world.actors)
            documents = [person, f"{person}/outbox", f"{person}/followers", f"{person}/featured"]
            url = self.dice.choice([*documents, f"http://{host}/users/nobody{number}"])
            await self._get(url, {"Accept": ACTIVITY_JSON})
            await self._get(url, reader.sign_get(url))
            page = self.dice.choice([*_PAGES, f"/@{self.dice.choice(MEMBERS)}?again={number}"])
            await self._get(f"http://{host}{page}", {"Accept": _HTML})
            account = f"acct:{self.dice.choice(MEMBERS)}@{host}"
            await self._get(f"http://{host}/.well-known/webfinger?resource={account}", {})

    async def repeat(self) -> None:
        """Say again what was said already: with a new signature, and with the very same one."""
        while True:
            if self.world.said:
                said = self.dice.choice(self.world.said)
                headers, body = said.actor.sign_post(said.inbox, said.body)
                for _ in range(2):
                    await self._post(said.inbox, headers, body)
            await asyncio.sleep(self.pause)

    async def lie(self) -> None:
        """Sign one thing and say another, sign with another's key, be nobody, say nothing."""
        for number in count():
            actor, member = self.dice.choice(self.world.actors), self.dice.choice(MEMBERS)
            inbox = f"{self.world.prepared.id(member)}/inbox"
            thief = actor.with_key(other_rsa_pair())
            nobody = PeerActor(
                peer=actor.peer,
                name=f"nobody{number}",
                id=f"{actor.peer.origin}/users/nobody{number}",
                key=actor.key,
            )
            mention = self.world.mention(actor, member)
            headers, body = actor.sign_post(inbox, mention)
            await self._post(inbox, headers, body + b" ")
            await self._post(inbox, *thief.sign_post(inbox, mention))
            await self._post(inbox, *nobody.sign_post(inbox, self.world.mention(nobody, member)))
            await self._post(inbox, {"Content-Type": ACTIVITY_JSON}, json.dumps(mention).encode())
            await self._post(inbox, *actor.sign_post(inbox, b'{"type": "Create"'))

    async def _get(self, url: str, headers: dict[str, str]) -> None:
        async with self.world.client.get(url, headers=headers) as response:
            await response.read()
            self.statuses.append(response.status)
        await asyncio.sleep(self.pause)

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> None:
        async with self.world.client.post(url, data=body, headers=headers) as response:
            await response.read()
            self.statuses.append(response.status)
        await asyncio.sleep(self.pause)


@asynccontextmanager
async def bad_followers(world: World) -> AsyncIterator[None]:
    """Let three more follow: one becomes slow, one hangs, and one is there no more."""
    async with Peer() as slow, Peer() as hanging:
        await _follow_all(world, slow.add_actor("sloane"))
        await _follow_all(world, hanging.add_actor("hal"))
        async with Peer() as dead:
            await _follow_all(world, dead.add_actor("dora"))
        for path in ("/inbox", "/users/sloane/inbox"):
            slow.behaves(path, is_late(_LATE_SECONDS))
        for path in ("/inbox", "/users/hal/inbox"):
            hanging.behaves(path, hangs())
        yield


async def _follow_all(world: World, actor: PeerActor) -> None:
    for member in FOLLOWED:
        person = world.prepared.id(member)
        said = await world.say(actor, actor.activity("Follow", person), to=member)
        assert said.is_accepted
