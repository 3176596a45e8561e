"""What peers and members do all the time while the program is in trouble, by one pair of dice.

A line does one thing after another, with notes of its own: what it could not do, it leaves to be
repeated later, and touches no more.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, Final

import aiohttp

from tests.chaos.prepared import FOLLOWED, MEMBERS
from tests.chaos.world import Said, World

LINES: Final = 4


@dataclass(slots=True, kw_only=True)
class Line:
    """One of those who keep on posting, `pause` seconds apart, and what it may come back to."""

    world: World
    dice: random.Random
    pairs: list[tuple[str, str]]
    pause: float = 0.0
    mentions: list[Said] = field(default_factory=list)
    likes: list[Said] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    async def keep_on(self) -> None:
        """Do one thing after another until stopped."""
        ways: Sequence[Callable[[], Awaitable[None]]] = (
            self._mention, self._mention, self._edit, self._delete, self._like, self._unlike,
            self._follow, self._note, self._note, self._edit_own, self._delete_own, self._endorse,
        )  # fmt: skip
        while True:
            await self.dice.choice(ways)()
            await asyncio.sleep(self.pause)

    async def _mention(self) -> None:
        actor, member = self.dice.choice(self.world.actors), self.dice.choice(MEMBERS)
        said = await self.world.say(actor, self.world.mention(actor, member), to=member)
        if said.is_accepted:
            self.mentions.append(said)

    async def _edit(self) -> None:
        if self.mentions:
            said = self.dice.choice(self.mentions)
            newer = self.world.edit(said.actor, said.activity["object"])
            await self.world.say(said.actor, newer, to=said.member)

    async def _delete(self) -> None:
        if self.mentions:
            said = self._taken(self.mentions)
            deletion = said.actor.activity("Delete", said.activity["object"]["id"])
            await self.world.say(said.actor, deletion, to=said.member)

    async def _like(self) -> None:
        if self.notes:
            member, note_id = self.dice.choice(self.notes)
            actor = self.dice.choice(self.world.actors)
            if not any(_likes(said, actor.id, note_id) for said in self.world.said):
                like = await self.world.say(actor, actor.activity("Like", note_id), to=member)
                self.likes += [like] if like.is_accepted else []

    async def _unlike(self) -> None:
        if self.likes:
            said = self._taken(self.likes)
            undo = said.actor.activity("Undo", dict(said.activity))
            await self.world.say(said.actor, undo, to=said.member)

    async def _follow(self) -> None:
        actor = self.dice.choice(self.world.actors)
        follow = actor.activity("Follow", self.world.prepared.id("cyd"))
        await self.world.say(actor, follow, to="cyd")

    async def _note(self) -> None:
        member = self.dice.choice(FOLLOWED)
        act = await self.world.do(member, self.world.note(member))
        if act.location is not None:
            try:
                self.notes.append((member, await self.world.made_by(act)))
            except aiohttp.ClientError:
                return  # it is there, and nobody comes back to it

    async def _edit_own(self) -> None:
        if self.notes:
            member, note_id = self._taken(self.notes)
            newer = {"id": note_id, "type": "Note", "content": self.world.note(member)["content"]}
            act = await self.world.do(member, {"type": "Update", "object": newer})
            self.notes += [(member, note_id)] if act.location is not None else []

    async def _delete_own(self) -> None:
        if self.notes:
            member, note_id = self._taken(self.notes)
            await self.world.do(member, {"type": "Delete", "object": note_id})

    async def _endorse(self) -> None:
        """Ask once between any two: an offer that is open stands in the way of the next."""
        if self.pairs:
            endorser, endorsed = self._taken(self.pairs)
            offer = await self.world.do(endorser, self.world.endorsement(endorsed))
            if offer.location is not None:
                accept = {"type": "Accept", "object": offer.location}
                await self.world.do(endorsed, accept)

    def _taken(self, things: list[Any]) -> Any:
        return things.pop(self.dice.randrange(len(things)))


def lines_of(world: World, dice: random.Random, *, pause: float = 0.0) -> list[Line]:
    """As many as post at the same time; no two of them ever touch one note or ask one person."""
    pairs = list(permutations(MEMBERS, 2))
    return [
        Line(
            world=world,
            dice=random.Random(dice.random()),  # noqa: S311 - repeatable on purpose
            pairs=pairs[number::LINES],
            pause=pause,
        )
        for number in range(LINES)
    ]


def _likes(said: Said, actor_id: str, note_id: str) -> bool:
    activity: Mapping[str, Any] = said.activity
    return activity["type"] == "Like" and (said.actor.id, activity["object"]) == (actor_id, note_id)
