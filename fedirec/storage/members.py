"""Members: the people who act here. Each has one actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Reader, Row, Transaction, Value, to_microseconds
from fedirec.storage.statements import (
    as_json,
    instant,
    instant_or_none,
    microseconds_or_none,
    number,
    text,
    texts,
)

_SELECT: Final = (
    "select name, actor_id, is_admin, shows_network, is_listed, language, created_at, disabled_at,"
    " place, speaks, open_to_work from members"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person here.

    `shows_network`: followers and following may be seen on the profile. `is_listed`: they chose to
    be found among the members (PA-09).

    `place` is one line, `speaks` are languages in the member's own words, `open_to_work` is `yes`,
    `no` or `hidden`.
    """

    name: str
    actor_id: ActorId
    is_admin: bool
    shows_network: bool
    language: str
    created_at: datetime
    disabled_at: datetime | None = None
    is_listed: bool = False
    place: str = ""
    speaks: tuple[str, ...] = ()
    open_to_work: str = "hidden"


async def insert_member(transaction: Transaction, member: Member) -> None:
    """Insert a member, whose actor is stored; raise ConflictError if the name or actor is taken."""
    await transaction.execute(
        "insert into members (name, actor_id, is_admin, shows_network, is_listed, language,"
        " created_at, disabled_at) values (:name, :actor_id, :is_admin, :shows_network, :is_listed,"
        " :language, :created_at, :disabled_at)",
        {
            "name": member.name,
            "actor_id": member.actor_id,
            "is_admin": member.is_admin,
            "shows_network": member.shows_network,
            "is_listed": member.is_listed,
            "language": member.language,
            "created_at": to_microseconds(member.created_at),
            "disabled_at": microseconds_or_none(member.disabled_at),
        },
    )


async def find_member(reader: Reader, name: str) -> Member | None:
    """Return a member by name, disabled or not."""
    row = await reader.fetch_one(
        f"{_SELECT} where name = :name",
        {"name": name},
    )
    return None if row is None else _read(row)


async def find_member_of(reader: Reader, actor_id: ActorId) -> Member | None:
    """Return the member whose actor this is."""
    row = await reader.fetch_one(
        f"{_SELECT} where actor_id = :actor_id",
        {"actor_id": actor_id},
    )
    return None if row is None else _read(row)


async def list_members(reader: Reader) -> list[Member]:
    """Return all members by name, disabled ones too."""
    rows = await reader.fetch_all(f"{_SELECT} order by name")
    return [_read(row) for row in rows]


async def disable_member(transaction: Transaction, name: str, now: datetime) -> None:
    """Keep a member from acting from now on, and revoke their tokens."""
    parameters: dict[str, Value] = {"name": name, "now": to_microseconds(now)}
    await transaction.execute(
        "update members set disabled_at = :now where name = :name and disabled_at is null",
        parameters,
    )
    await transaction.execute(
        "update tokens set revoked_at = :now where member_name = :name and revoked_at is null",
        parameters,
    )


async def set_admin(
    transaction: Transaction,
    name: str,
    value: bool,  # noqa: FBT001 - the value itself
) -> None:
    """Make a member a keeper, or none."""
    await transaction.execute(
        "update members set is_admin = :value where name = :name", {"name": name, "value": value}
    )


async def count_admins(reader: Reader) -> int:
    """Return how many keepers may act."""
    row = await reader.fetch_one(
        "select count(*) as keepers from members where is_admin and disabled_at is null"
    )
    return 0 if row is None else number(row, "keepers")


async def set_listed(
    transaction: Transaction,
    name: str,
    value: bool,  # noqa: FBT001 - the value itself
) -> None:
    """Choose whether a member is found among the members."""
    await transaction.execute(
        "update members set is_listed = :value where name = :name", {"name": name, "value": value}
    )


async def set_shows_network(
    transaction: Transaction,
    name: str,
    value: bool,  # noqa: FBT001 - the value itself
) -> None:
    """Choose whether others see whom a member follows and is followed by."""
    await transaction.execute(
        "update members set shows_network = :value where name = :name",
        {"name": name, "value": value},
    )


async def set_language(transaction: Transaction, name: str, language: str) -> None:
    """Choose the language in which a member is spoken to."""
    await transaction.execute(
        "update members set language = :language where name = :name",
        {"name": name, "language": language},
    )


async def set_own_words(
    transaction: Transaction, name: str, *, place: str, speaks: Sequence[str], open_to_work: str
) -> None:
    """Keep what a member says of themselves: where they are, what they speak, if they seek work."""
    await transaction.execute(
        "update members set place = :place, speaks = :speaks, open_to_work = :open_to_work"
        " where name = :name",
        {
            "name": name,
            "place": place,
            "speaks": as_json(list(speaks)),
            "open_to_work": open_to_work,
        },
    )


def _read(row: Row) -> Member:
    return Member(
        name=text(row, "name"),
        actor_id=ActorId(text(row, "actor_id")),
        is_admin=bool(row["is_admin"]),
        shows_network=bool(row["shows_network"]),
        is_listed=bool(row["is_listed"]),
        language=text(row, "language"),
        created_at=instant(row, "created_at"),
        disabled_at=instant_or_none(row, "disabled_at"),
        place=text(row, "place"),
        speaks=texts(row, "speaks"),
        open_to_work=text(row, "open_to_work"),
    )
