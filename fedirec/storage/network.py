"""Whom somebody follows, is followed by, was asked by and blocks, as a page says it of each."""

from collections.abc import Sequence
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.domain.follows import FollowState
from fedirec.storage.cards import Person
from fedirec.storage.database import Page, Reader, Row
from fedirec.storage.statements import bounded, in_chunks, listed, page_of, text

_PERSON: Final = "a.id, a.name, a.handle_domain, a.display_name, a.url, a.kind, a.is_local"
_FOLLOWING: Final = (
    f"select {_PERSON}, f.state from follows f join actors a on a.id = f.followed_id"  # noqa: S608 - ours
    " where f.follower_id = :actor_id and f.followed_id > :after and a.gone_at is null"
    " order by f.followed_id limit :limit"
)
_FOLLOWERS: Final = (
    f"select {_PERSON}, f.state from follows f join actors a on a.id = f.follower_id"  # noqa: S608 - ours
    " where f.followed_id = :actor_id and f.state = :state and f.follower_id > :after"
    " and a.gone_at is null order by f.follower_id limit :limit"
)
_PEOPLE: Final = f"select {_PERSON} from actors a where a.gone_at is null and a.id in "  # noqa: S608 - ours


async def list_following(
    reader: Reader, actor_id: ActorId, *, after: str | None, limit: int
) -> Page[tuple[Person, FollowState]]:
    """Return a page of whom an actor follows or asked to, by id."""
    rows = await reader.fetch_all(
        _FOLLOWING,
        {"actor_id": actor_id, "after": after or "", "limit": bounded(limit) + 1},
    )
    return page_of(
        rows,
        limit,
        lambda row: (_read(row), FollowState(text(row, "state"))),
        lambda row: text(row, "id"),
    )


async def list_followers(
    reader: Reader, actor_id: ActorId, state: FollowState, *, after: str | None, limit: int
) -> Page[Person]:
    """Return a page of who follows an actor, or only asked to, by id."""
    rows = await reader.fetch_all(
        _FOLLOWERS,
        {
            "actor_id": actor_id,
            "state": state.value,
            "after": after or "",
            "limit": bounded(limit) + 1,
        },
    )
    return page_of(rows, limit, _read, lambda row: text(row, "id"))


async def find_people(reader: Reader, ids: Sequence[ActorId]) -> list[Person]:
    """Return those actors that are known, in the order given."""
    found: dict[str, Person] = {}
    for chunk in in_chunks(list(dict.fromkeys(ids))):
        places, parameters = listed("id", chunk)
        for row in await reader.fetch_all(f"{_PEOPLE}{places}", parameters):
            found[text(row, "id")] = _read(row)
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def _read(row: Row) -> Person:
    return Person(
        id=ActorId(text(row, "id")),
        name=text(row, "name"),
        handle_domain=text(row, "handle_domain"),
        display_name=text(row, "display_name"),
        url=text(row, "url"),
        kind=text(row, "kind"),
        is_local=bool(row["is_local"]),
    )
