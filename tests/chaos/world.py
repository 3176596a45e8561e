"""Three honest peers and four members around one program; it remembers what it was promised.

A peer that got no 202 says the same again, as peers do; so does a member's application, with the
same idempotency key. Nothing is forgotten that was answered, so that `invariants.py` can judge.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import uuid4

import aiohttp

from tests.chaos.prepared import FOLLOWED, Prepared, opened
from tests.chaos.program import Program
from tests.peers import ACTIVITY_JSON, Answer, Peer, PeerActor

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
NO_ANSWER: Final = Answer(status=0)
_ANSWER_SECONDS: Final = 15.0
_PATIENCE_SECONDS: Final = 60.0
_SUCCESS: Final = range(200, 300)


@dataclass(slots=True, kw_only=True)
class Said:
    """What a peer's actor said to a member's inbox; `is_accepted` once a 2xx came back."""

    actor: PeerActor
    member: str
    inbox: str
    activity: Mapping[str, Any]
    body: bytes
    is_accepted: bool = False


@dataclass(slots=True, kw_only=True)
class Act:
    """What a member's application posted to the outbox; `location` once a 201 came back."""

    member: str
    document: Mapping[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))
    location: str | None = None


@dataclass(slots=True, kw_only=True)
class World:
    """Everybody around the program, and all that was said and answered; `others` work beside it."""

    prepared: Prepared
    program: Program
    peers: list[Peer]
    client: aiohttp.ClientSession
    others: list[Program] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def actors(self) -> list[PeerActor]:
        """One person of each peer."""
        return [actor for peer in self.peers for actor in peer.actors.values()]

    @property
    def followed(self) -> set[str]:
        """Whom everybody follows."""
        return {self.prepared.id(name) for name in FOLLOWED}

    async def say(self, actor: PeerActor, activity: dict[str, Any], *, to: str) -> Said:
        """Post an activity to a member's inbox, once; it may be repeated later."""
        said = Said(
            actor=actor,
            member=to,
            inbox=f"{self.prepared.id(to)}/inbox",
            activity=activity,
            body=json.dumps(activity).encode(),
        )
        self.said.append(said)
        await self.say_again(said)
        return said

    async def say_again(self, said: Said) -> Answer:
        """Sign the same bytes anew and post them."""
        headers, body = said.actor.sign_post(said.inbox, said.body)
        answer = await self._exchange(said.inbox, headers, body)
        said.is_accepted = said.is_accepted or answer.status in _SUCCESS
        return answer

    async def do(self, member: str, document: Mapping[str, Any]) -> Act:
        """Post to a member's outbox, once; it may be repeated later."""
        act = Act(member=member, document=document)
        self.acts.append(act)
        await self.do_again(act)
        return act

    async def do_again(self, act: Act) -> Answer:
        """Post the same again, with its idempotency key."""
        headers = {
            "Authorization": f"Bearer {self.prepared.tokens[act.member]}",
            "Content-Type": ACTIVITY_JSON,
            "Idempotency-Key": act.key,
        }
        body = json.dumps(act.document).encode()
        answer = await self._exchange(f"{self.prepared.id(act.member)}/outbox", headers, body)
        if answer.status in _SUCCESS:
            act.location = answer.headers["location"]
        return answer

    async def fetch(self, url: str) -> Any:
        """A document, as a stranger finds it."""
        async with self.client.get(url, headers={"Accept": ACTIVITY_JSON}) as response:
            assert response.status in _SUCCESS, response.status
            return await response.json(content_type=None)

    async def made_by(self, act: Act) -> str:
        """The id of the object of an act's activity."""
        assert act.location is not None, self.answers[-1]
        object_ = (await self.fetch(act.location))["object"]
        return object_ if isinstance(object_, str) else str(object_["id"])

    async def repeat_unanswered(self) -> None:
        """Say and do again what was not answered well, in order, until all of it is."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            for said in self.said:
                while not said.is_accepted:
                    await self._again(await self.say_again(said))
            for act in self.acts:
                while act.location is None:
                    await self._again(await self.do_again(act))

    def mention(self, actor: PeerActor, member: str) -> dict[str, Any]:
        """A Create of a note of a peer's person that mentions a member."""
        person = self.prepared.id(member)
        note = {
            "id": f"{actor.id}/notes/{next(self.numbers)}",
            "type": "Note",
            "attributedTo": actor.id,
            "content": f"<p>Good evening, number {next(self.numbers)}.</p>",
            "published": _hour(0),
            "to": [person],
            "cc": [],
            "tag": [{"type": "Mention", "href": person, "name": f"@{member}@{self.prepared.host}"}],
        }
        return actor.activity("Create", note, to=[person], cc=[])

    def edit(self, actor: PeerActor, note: Mapping[str, Any]) -> dict[str, Any]:
        """An Update of such a note, newer than all before."""
        number = next(self.numbers)
        text = f"<p>Better said, number {number}.</p>"
        newer = {**note, "content": text, "updated": _hour(number)}
        return actor.activity("Update", newer, to=note["to"], cc=[])

    def note(self, member: str) -> dict[str, Any]:
        """A public note of a member's to their followers, its words found nowhere else."""
        return {
            "type": "Note",
            "content": f"<p>From {member}, number {next(self.numbers)}.</p>",
            "to": [PUBLIC],
            "cc": [f"{self.prepared.id(member)}/followers"],
        }

    def endorsement(self, person: str) -> dict[str, Any]:
        """An Offer of words about another member."""
        words = "Cut and fitted every joint of the frame, and taught two of us as she went."
        note = {
            "type": "Note",
            "content": f"<p>{words} Number {next(self.numbers)}.</p>",
            "endorsement": {
                "type": "Endorsement",
                "endorsed": self.prepared.id(person),
                "relation": "workedWith",
                "period": {"from": "2024-03"},
                "shownTo": "public",
            },
        }
        return {"type": "Offer", "object": note}

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            async with (
                asyncio.timeout(_ANSWER_SECONDS),
                self.client.post(url, data=body, headers=headers) as response,
            ):
                answer = Answer(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=await response.read(),
                )
        except (aiohttp.ClientError, OSError, TimeoutError):
            return NO_ANSWER
        self.answers.append(answer)
        return answer

    async def _again(self, answer: Answer) -> None:
        """Wait a little after what was not answered; a lasting refusal is not repeated for ever."""
        assert answer.status not in range(400, 500), answer
        if answer.status not in _SUCCESS:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def world_around(prepared: Prepared, program: Program) -> AsyncIterator[World]:
    """Open the peers' doors for the length of the block."""
    connector = aiohttp.TCPConnector(force_close=True)  # the program may be another one by then
    async with (
        opened(prepared.peers) as peers,
        aiohttp.ClientSession(connector=connector) as client,
    ):
        yield World(prepared=prepared, program=program, peers=peers, client=client)


def _hour(number: int) -> str:
    """An instant that grows with the number, in the past."""
    at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=number)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
