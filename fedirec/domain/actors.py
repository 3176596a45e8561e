"""Who acts: identifiers that must not be swapped, and actors, local or remote. Pure values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

ActorId = NewType("ActorId", str)
ActivityId = NewType("ActivityId", str)
ObjectId = NewType("ObjectId", str)
InboxUrl = NewType("InboxUrl", str)
Host = NewType("Host", str)
"""Lower-case A-label host, with `:port` only when it is not the scheme's default."""


class ActorKind(StrEnum):
    """Actor types of Activity Streams 2.0 §3.2."""

    PERSON = "Person"
    GROUP = "Group"
    APPLICATION = "Application"
    SERVICE = "Service"
    ORGANIZATION = "Organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    """A line of a profile: `name` is text, `value` is HTML already made safe."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Anything with an inbox that acts, as stored; for remote ones, as last fetched.

    `name` is the preferredUsername; `handle_domain` the host of its handle (differs from `host`,
    the host of its id, on a split domain). `summary` is safe HTML, `display_name` plain text.
    `can_endorse` is `interactionPolicy.canEndorse.manualApproval`: None means that the actor's
    server does not speak our vocabulary, empty or the own id alone means never.
    """

    id: ActorId
    kind: ActorKind
    is_local: bool
    host: Host
    name: str
    handle_domain: Host
    display_name: str
    summary: str
    url: str
    inbox: InboxUrl
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    shared_inbox: InboxUrl | None
    is_locked: bool = False
    is_discoverable: bool = False
    fields: tuple[ProfileField, ...] = ()
    icon: str | None = None
    also_known_as: tuple[str, ...] = ()
    moved_to: ActorId | None = None
    can_endorse: tuple[str, ...] | None = None
    published_at: datetime | None = None
    fetched_at: datetime | None = None

    @property
    def handle(self) -> str:
        """`@name@domain`, as people write it."""
        return f"@{self.name}@{self.handle_domain}"
