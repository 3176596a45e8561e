"""What blocking would cut: follows and deliveries by host, counted before anything is done."""

from dataclasses import dataclass
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.blocks import covers
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.queue_depths import UNFINISHED_DELIVERIES
from fedirec.storage.statements import number, text

_FOLLOWS: Final = """
select host, count(*) as found from (
  select a.host from follows f join actors a on a.id = f.follower_id and not a.is_local
  union all select a.host from follows f join actors a on a.id = f.followed_id and not a.is_local
) as ends group by host"""
_DELIVERIES: Final = f"""
select host, count(*) as found from ({UNFINISHED_DELIVERIES}) as unfinished group by host"""  # noqa: S608 - text of ours
_MEANT: Final = f"""
(select a.id from actors a where not a.is_local and {covers("cast(:host as text)", "a.host")})"""  # noqa: S608 - text of ours
_SEVER: Final = f"delete from follows where follower_id in {_MEANT} or followed_id in {_MEANT}"  # noqa: S608 - text of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """How much ties us to each host: follows in both directions, and deliveries that wait."""

    follows: dict[str, int]
    deliveries: dict[str, int]


async def list_ties(reader: Reader) -> Ties:
    """Return all ties by host: two walks, however long the list that is looked at."""
    return Ties(
        follows=await _counted(reader, _FOLLOWS), deliveries=await _counted(reader, _DELIVERIES)
    )


async def sever_host(transaction: Transaction, host: str) -> int:
    """End all follows with whoever is on a host or its subdomains; return how many."""
    return await transaction.execute(_SEVER, {"host": host})


async def sever_actor(transaction: Transaction, actor_id: ActorId) -> int:
    """End all follows of and by an actor; return how many."""
    return await transaction.execute(
        "delete from follows where follower_id = :actor_id or followed_id = :actor_id",
        {"actor_id": actor_id},
    )


async def _counted(reader: Reader, sql: str) -> dict[str, int]:
    return {text(row, "host"): number(row, "found") for row in await reader.fetch_all(sql)}
