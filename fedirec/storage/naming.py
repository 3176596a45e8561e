"""What names a person, for that person's own eyes: nothing of it is filtered by who may read it.

But for offers that they made: whether one's text is still kept would tell how it was answered.
"""

from dataclasses import dataclass
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Reader, Value
from fedirec.storage.reactions import ReactionKind
from fedirec.storage.statements import text

_MOST: Final = 5_000
_NOTES: Final = """
select n.body from notes n where n.actor_id = :actor_id
  or n.id in (select r.note_id from note_readers r where r.reader = :actor_id)
  or n.id in (select e.note_id from endorsements e
    where e.endorsed_id = :actor_id or e.endorser_id = :actor_id)
order by n.published_at, n.id limit :most
"""
_OFFERS: Final = """
select body from offers where endorsed_id = :actor_id and body is not null
order by created_at, id limit :most
"""
_STAMPS: Final = """
select body from stamps where endorsed_id = :actor_id or endorser_id = :actor_id
order by published_at, id limit :most
"""
_FOLLOWS: Final = """
select activity_id, follower_id, followed_id from follows
where follower_id = :actor_id or followed_id = :actor_id
order by follower_id, followed_id limit :most
"""
_REACTIONS: Final = """
select object_id, kind, content from reactions where actor_id = :actor_id
order by created_at, object_id, kind limit :most
"""
_BLOCKS: Final = """
select owner, target from blocks where owner = :actor_id order by target limit :most
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Who follows or blocks whom; `id` is the activity's, where it has one."""

    actor_id: str
    object_id: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What somebody did about a post; `content` is the emoji, if it was one."""

    object_id: str
    kind: ReactionKind
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """All that names a person, oldest first; `bodies` are JSON as it was made or received."""

    bodies: tuple[str, ...]
    follows: tuple[Edge, ...]
    blocks: tuple[Edge, ...]
    reactions: tuple[Reaction, ...]


async def find_naming(reader: Reader, actor_id: ActorId) -> Naming:
    """Return what is kept here by, to or about a person, at most 5,000 of each kind."""
    asked: dict[str, Value] = {"actor_id": actor_id, "most": _MOST}
    bodies = [
        text(row, "body")
        for statement in (_NOTES, _OFFERS, _STAMPS)
        for row in await reader.fetch_all(statement, asked)
    ]
    follows = [
        Edge(
            actor_id=text(row, "follower_id"),
            object_id=text(row, "followed_id"),
            id=text(row, "activity_id"),
        )
        for row in await reader.fetch_all(_FOLLOWS, asked)
    ]
    blocks = [
        Edge(actor_id=text(row, "owner"), object_id=text(row, "target"))
        for row in await reader.fetch_all(_BLOCKS, asked)
    ]
    reactions = [
        Reaction(
            object_id=text(row, "object_id"),
            kind=ReactionKind(text(row, "kind")),
            content=None if row["content"] is None else text(row, "content"),
        )
        for row in await reader.fetch_all(_REACTIONS, asked)
    ]
    return Naming(
        bodies=tuple(bodies),
        follows=tuple(follows),
        blocks=tuple(blocks),
        reactions=tuple(reactions),
    )
