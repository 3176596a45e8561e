"""A member's own application: a bearer token, the own outbox and inbox, over real HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from fedirec.activitypub.documents import JsonObject
from fedirec.community.membership import make_token
from tests.fediverse import ACTIVITY_JSON, Home

WORDS = "<p>Cut and fitted every joint of the frame, and taught two of us as she went.</p>"
_NUMBERS = count(1)
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An answer: `location` where something was made, `document` what came with it."""

    status: int
    location: str | None
    document: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What acts for one member."""

    home: Home
    name: str
    token: str

    @property
    def id(self) -> str:
        """The member's actor id."""
        return self.home.id(self.name)

    @property
    def followers(self) -> str:
        """The member's followers."""
        return f"{self.id}/followers"

    async def post(self, document: Mapping[str, Any]) -> Seen:
        """Post one object or activity to the member's outbox."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": ACTIVITY_JSON}
        url = f"{self.id}/outbox"
        async with self.home.client.post(url, json=document, headers=headers) as response:
            is_json = "json" in response.headers.get("Content-Type", "")
            return Seen(
                status=response.status,
                location=response.headers.get("Location"),
                document=await response.json(content_type=None) if is_json else {},
            )

    async def do(self, kind: str, object_: Any = None, **members: Any) -> JsonObject:
        """Post an activity that must succeed; return what came of it, as its author sees it."""
        activity = {"type": kind, **({} if object_ is None else {"object": object_}), **members}
        seen = await self.post(activity)
        assert seen.status == 201, seen.document
        assert seen.location is not None
        return await self.get(seen.location)

    async def outbox(self) -> list[JsonObject]:
        """All that the member published, as the member sees it."""
        page = await self.get(f"{self.id}/outbox?page=true")
        items = page["orderedItems"]
        assert isinstance(items, list)
        return [item for item in items if isinstance(item, dict)]

    async def get(self, url: str) -> JsonObject:
        """Fetch as the member; what is not there is empty."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": ACTIVITY_JSON}
        async with self.home.client.get(url, headers=headers) as response:
            if response.status != 200:
                return {}
            found: JsonObject = await response.json(content_type=None)
            return found


async def client_of(home: Home, name: str) -> Client:
    """Return an application with all of a member's rights."""
    token = await make_token(home.federation, name, ("read", "write"))
    return Client(home=home, name=name, token=token)


async def member(home: Home, name: str) -> Client:
    """Add a member of a name of their own, and return their application."""
    numbered = f"{name}{next(_NUMBERS)}"
    await home.add(numbered)
    return await client_of(home, numbered)


def note(*to: str, **members: Any) -> JsonObject:
    """A short note."""
    return {
        "type": "Note",
        "content": "<p>Good evening.</p>",
        "to": list(to or [PUBLIC]),
        **members,
    }


def endorsement_of(person: str, **members: Any) -> JsonObject:
    """What a client offers: plain content, and an `endorsement` without consent."""
    return {
        "type": "Note",
        "content": WORDS,
        "endorsement": {
            "type": "Endorsement",
            "endorsed": person,
            "relation": "workedWith",
            "period": {"from": "2024-03"},
            "shownTo": "public",
            **members,
        },
    }
