"""The subject: a guild of our own in a folder, founded, peopled and served as it is shipped.

Raised for the load generator, which is one address and a few hosts: rate buckets (RX-10) and
connections per address (RX-06). Nothing else differs from the defaults.
"""

import asyncio
import json
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.mail import PUBLIC, Place
from benchmarks.processes import LOOPBACK, Child, free_port, running, wait_for_port
from fedirec.activitypub.documents import JsonObject
from fedirec.community.membership import add_member, make_token
from fedirec.config import Settings, build_settings
from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, InboxUrl
from fedirec.domain.follows import FollowState
from fedirec.federation.context import Federation
from fedirec.server import open_federation
from fedirec.storage import actors, follows
from fedirec.storage.follows import Follow

RAISED: Final = {
    "requests_per_host_minute": "10000000",
    "requests_per_unknown_host_minute": "10000000",
    "requests_per_actor_minute": "10000000",
    "connections_per_address": "10000",
}
RAISED_WORDS: Final = "rate buckets (RX-10) and connections per address (RX-06) raised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild:
    """A guild on disk. `database`: empty for SQLite there; `limits`: other than shipped."""

    folder: Path
    port: int
    database: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Where letters to its shared inbox go."""
        return Place(authority=f"{LOOPBACK}:{self.port}")

    @property
    def origin(self) -> str:
        """Where its ids are."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        """What its server says."""
        return self.folder / "log"

    def actor(self, name: str) -> str:
        """Return the id of a member."""
        return f"{self.origin}/users/{name}"

    def environment(self) -> dict[str, str]:
        """Return its settings as `serve` reads them."""
        said = {name.upper(): value for name, value in self._said().items()}
        said |= {f"LIMITS__{name.upper()}": value for name, value in self._limits().items()}
        return {f"FEDIREC_{name}": value for name, value in said.items()}

    def settings(self) -> Settings:
        """Return the same for this process."""
        return build_settings({**self._said(), "limits": self._limits()}, heeds_environment=False)

    def _limits(self) -> dict[str, str]:
        return {**RAISED, **self.limits}

    def _said(self) -> dict[str, str]:
        return {
            "domain": f"{LOOPBACK}:{self.port}",
            "host": self.origin,
            "data": str(self.folder),
            "database": self.database,
            "listen": f"{LOOPBACK}:{self.port}",
            "test_network": "127.0.0.0/8",
        }


def new_guild(
    folder: Path, *, database: str = "", limits: Mapping[str, str] | None = None
) -> Guild:
    """Return a guild that is not founded yet."""
    folder.mkdir(mode=0o700, parents=True)
    return Guild(folder=folder, port=free_port(), database=database, limits=limits or {})


@asynccontextmanager
async def opened(guild: Guild, *, is_founding: bool = False) -> AsyncIterator[Federation]:
    """Open a guild in this process; `is_founding` makes what is missing, and looks for damage."""
    async with open_federation(guild.settings(), is_founding=is_founding) as federation:
        yield federation


def add_members(guild: Guild, names: Sequence[str]) -> dict[str, str]:
    """Found the guild if need be, let members in, and return a token of each."""

    async def add() -> dict[str, str]:
        async with opened(guild, is_founding=True) as federation:
            for name in names:
                await add_member(federation, name)
            return {name: await make_token(federation, name, ("read", "write")) for name in names}

    return asyncio.run(add())


def add_followers(guild: Guild, followed: Sequence[str], followers: Sequence[Actor]) -> None:
    """Have each of these members followed by these actors elsewhere, as if they had asked."""

    async def add() -> None:
        now = datetime.now(UTC)
        async with opened(guild) as federation, federation.database.transaction() as transaction:
            for actor in followers:
                await actors.save_actor(transaction, actor)
                for name in followed:
                    await follows.save_follow(
                        transaction,
                        Follow(
                            follower_id=actor.id,
                            followed_id=ActorId(guild.actor(name)),
                            activity_id=f"{actor.id}/follows/{name}",
                            state=FollowState.ACCEPTED,
                            requested_at=now,
                            accepted_at=now,
                        ),
                    )

    asyncio.run(add())


def follower(authority: str, name: str) -> Actor:
    """Return somebody at another host, whose server has no shared inbox."""
    actor_id = f"http://{authority}/users/{name}"
    return Actor(
        id=ActorId(actor_id),
        kind=ActorKind.PERSON,
        is_local=False,
        host=Host(authority),
        name=name,
        handle_domain=Host(authority),
        display_name=name,
        summary="",
        url=actor_id,
        inbox=InboxUrl(f"{actor_id}/inbox"),
        outbox=None,
        followers=f"{actor_id}/followers",
        following=None,
        featured=None,
        shared_inbox=None,
        published_at=None,
        fetched_at=datetime.now(UTC),
    )


@contextmanager
def serving(guild: Guild, *, has_workers: bool = True) -> Iterator[Child]:
    """Serve a guild as a process of its own for the length of the block."""
    options = [] if has_workers else ["--no-workers"]
    command = [sys.executable, "-m", "fedirec", "serve", *options]
    with running(
        command, log=guild.log, environment=guild.environment(), folder=guild.folder
    ) as child:
        wait_for_port(child, guild.port, log=guild.log)
        yield child


@contextmanager
def working(guild: Guild) -> Iterator[Child]:
    """Run `fedirec worker` on a guild's database for the length of the block."""
    command = [sys.executable, "-m", "fedirec", "worker"]
    with running(
        command, log=guild.log, environment=guild.environment(), folder=guild.folder
    ) as child:
        yield child


def post_note(guild: Guild, name: str, token: str, words: str) -> str:
    """Post a public note through the member's outbox, as an app does; return the activity's id."""
    request = urllib.request.Request(
        f"{guild.actor(name)}/outbox",
        data=json.dumps(note_to_followers(guild, name, words)).encode(),
        headers={
            "content-type": "application/activity+json",
            "authorization": f"Bearer {token}",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.headers["location"])


def note_to_followers(guild: Guild, name: str, words: str) -> JsonObject:
    """Return a public note as a member's app posts it."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Note",
        "content": f"<p>{words}</p>",
        "to": [PUBLIC],
        "cc": [f"{guild.actor(name)}/followers"],
    }
