"""Our ids: which URL everything of this instance has, and how new ones are made. Pure.

The canonical table is in FEDERATION.md. An id is made from an instant and ten random bytes, both
handed in: sortable, and unguessable enough for private things (80 bits).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ulid import ULID

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl, ObjectId
from fedirec.domain.origins import same_origin
from fedirec.errors import InvalidInputError

RANDOM_BYTES: Final = 10


def make_ulid(now: datetime, random_bytes: bytes) -> str:
    """Return a ULID (26 characters) of an aware instant and exactly ten random bytes."""
    milliseconds = int(now.timestamp() * 1000)
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + random_bytes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Where this instance is: `domain` in handles, `host` in ids; `scheme` is https but in tests.

    `guild_name` is the preferredUsername of the guild's Group actor, `title` what people call it,
    `languages` what it speaks, first one first.
    """

    domain: Host
    host: Host
    scheme: str = "https"
    guild_name: str = "guild"
    title: str = "A guild"
    languages: tuple[str, ...] = ("en",)

    @property
    def origin(self) -> str:
        """`scheme://host`, without a slash at the end."""
        return f"{self.scheme}://{self.host}"

    @property
    def actor_id(self) -> ActorId:
        """The instance's own `Application` actor: signs fetches."""
        return ActorId(f"{self.origin}/actor")

    @property
    def guild_id(self) -> ActorId:
        """The guild's `Group` actor."""
        return self.member_id(self.guild_name)

    @property
    def shared_inbox(self) -> InboxUrl:
        """Where peers may post once for everyone here."""
        return InboxUrl(f"{self.origin}/inbox")

    def member_id(self, name: str) -> ActorId:
        """The actor id of the member or guild called `name`."""
        return ActorId(f"{self.origin}/users/{name}")

    def profile_url(self, name: str) -> str:
        """The page for people."""
        return f"{self.origin}/@{name}"

    def inbox(self, actor_id: ActorId) -> InboxUrl:
        """The personal inbox of one of our actors."""
        return InboxUrl(f"{actor_id}/inbox")

    def followers(self, actor_id: ActorId) -> str:
        """The followers collection of one of our actors; also an audience."""
        return f"{actor_id}/followers"

    def endorsement_id(self, ulid: str) -> ObjectId:
        """An endorsement's id."""
        return ObjectId(f"{self.origin}/endorsements/{ulid}")

    def job_id(self, ulid: str) -> ObjectId:
        """A job note's id."""
        return ObjectId(f"{self.origin}/jobs/{ulid}")

    def note_id(self, ulid: str) -> ObjectId:
        """The id of any other note."""
        return ObjectId(f"{self.origin}/notes/{ulid}")

    def activity_id(self, ulid: str) -> ActivityId:
        """An activity's id."""
        return ActivityId(f"{self.origin}/activities/{ulid}")

    def stamp_id(self, ulid: str) -> ObjectId:
        """A consent stamp's id."""
        return ObjectId(f"{self.origin}/stamps/{ulid}")

    def answer_url(self, note_id: ObjectId) -> str:
        """The page where the person whom an endorsement of ours is about answers its offer."""
        return f"{self.origin}/mine/offers/{note_id.rpartition('/')[2]}"

    def tag_url(self, tag: str) -> str:
        """The page of a hashtag, given without `#`."""
        return f"{self.origin}/tags/{tag.lower()}"

    def owns(self, uri: str) -> bool:
        """Whether `uri` is on this instance: same scheme, host and port. What is no URL is not."""
        try:
            return same_origin(uri, self.origin)
        except InvalidInputError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mint:
    """Makes new ids at one instant: the time and the dice are handed in, so this stays pure."""

    instance: Instance
    now: datetime
    randomness: Callable[[int], bytes]

    def ulid(self) -> str:
        """A new ULID."""
        return make_ulid(self.now, self.randomness(RANDOM_BYTES))

    def activity_id(self) -> ActivityId:
        """A new activity's id."""
        return self.instance.activity_id(self.ulid())
