"""What is found by words beside the cards of everybody: a member's own posts, and people here.

What everybody may read is found by `cards.list_cards_matching` and `list_jobs_matching`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.storage.database import Reader
from fedirec.storage.search_index import Match
from fedirec.storage.statements import LAST, bounded, instant, text, text_or_none

_OWN: Final = (
    "select n.id, n.kind, n.content, n.language, n.visibility, n.published_at from notes n"
    " where n.actor_id = :actor_id and (n.kind <> 'endorsement' or exists"
    " (select 1 from endorsements e where e.note_id = n.id and e.state = 'confirmed'))"
)
_NEWEST: Final = " order by n.published_at desc, n.id desc limit :limit"
_NAMED: Final = """
select a.id from members m join actors a on a.id = m.actor_id
where m.name >= :start and m.name < :past and m.is_listed and a.gone_at is null
  and m.disabled_at is null order by m.name limit :limit"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNote:
    """Something that a member wrote; `content` is safe HTML."""

    id: ObjectId
    kind: str
    content: str
    language: str | None
    visibility: str
    published_at: datetime


async def list_own_matching(
    reader: Reader, actor_id: ActorId, match: Match, *, limit: int
) -> list[OwnNote]:
    """Return what an actor here wrote that is found by words, newest first, whoever may read it.

    An endorsement that was not agreed to, or is so no more, is not among them.
    """
    rows = await reader.fetch_all(
        f"{_OWN}{match.condition}{_NEWEST}",
        {"actor_id": actor_id, "query": match.query, "limit": bounded(limit)},
    )
    return [
        OwnNote(
            id=ObjectId(text(row, "id")),
            kind=text(row, "kind"),
            content=text(row, "content"),
            language=text_or_none(row, "language"),
            visibility=text(row, "visibility"),
            published_at=instant(row, "published_at"),
        )
        for row in rows
    ]


async def list_named(reader: Reader, start: str, *, limit: int) -> list[ActorId]:
    """Return our members who want to be found and whose names begin so."""
    rows = await reader.fetch_all(
        _NAMED, {"start": start, "past": f"{start}{LAST}", "limit": bounded(limit)}
    )
    return [ActorId(text(row, "id")) for row in rows]
