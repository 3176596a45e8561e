"""From where a member has signed in before, by keyed digest: strangers do not slow them there."""

from datetime import datetime
from typing import Final

from fedirec.storage.database import Reader, Transaction, to_microseconds

_MAKE_ROOM: Final = """
delete from familiar_addresses where member_name = :member_name and address_key in (
  select address_key from familiar_addresses where member_name = :member_name
  order by seen_at desc, address_key limit 1000 offset :most)"""


async def is_familiar(reader: Reader, member_name: str, address_key: str, since: datetime) -> bool:
    """Return whether a member has signed in from an address since an instant."""
    row = await reader.fetch_one(
        "select 1 as found from familiar_addresses where member_name = :member_name"
        " and address_key = :address_key and seen_at >= :since",
        {
            "member_name": member_name,
            "address_key": address_key,
            "since": to_microseconds(since),
        },
    )
    return row is not None


async def remember_address(
    transaction: Transaction, member_name: str, address_key: str, now: datetime, *, most: int
) -> None:
    """Note that a member has signed in from an address; the `most` newest are kept."""
    await transaction.execute(
        "insert into familiar_addresses (member_name, address_key, seen_at)"
        " values (:member_name, :address_key, :now)"
        " on conflict (member_name, address_key) do update set seen_at = excluded.seen_at",
        {"member_name": member_name, "address_key": address_key, "now": to_microseconds(now)},
    )
    await transaction.execute(_MAKE_ROOM, {"member_name": member_name, "most": most})


async def forget_addresses(transaction: Transaction, member_name: str) -> None:
    """Trust no address of a member's any more: somebody else may have signed in from one."""
    await transaction.execute(
        "delete from familiar_addresses where member_name = :member_name",
        {"member_name": member_name},
    )


async def prune_addresses(transaction: Transaction, before: datetime) -> int:
    """Forget addresses last used before an instant; return how many."""
    return await transaction.execute(
        "delete from familiar_addresses where seen_at < :before",
        {"before": to_microseconds(before)},
    )
