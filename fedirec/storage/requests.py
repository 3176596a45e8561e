"""Who asked whom for an endorsement, so that nobody is asked again too soon."""

from datetime import datetime

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import instant_or_none, number


async def note_request(
    transaction: Transaction,
    asker_id: ActorId,
    asked_id: ActorId,
    *,
    now: datetime,
    since: datetime,
) -> bool:
    """Note that somebody is asked now, unless the same was asked after `since`; return whether."""
    changed = await transaction.execute(
        "insert into requests (asker_id, asked_id, asked_at) values (:asker_id, :asked_id, :now)"
        " on conflict (asker_id, asked_id) do update set asked_at = excluded.asked_at"
        " where requests.asked_at <= :since",
        {
            "asker_id": asker_id,
            "asked_id": asked_id,
            "now": to_microseconds(now),
            "since": to_microseconds(since),
        },
    )
    return changed > 0


async def last_request(reader: Reader, asker_id: ActorId, asked_id: ActorId) -> datetime | None:
    """Return when somebody asked somebody last."""
    row = await reader.fetch_one(
        "select asked_at from requests where asker_id = :asker_id and asked_id = :asked_id",
        {"asker_id": asker_id, "asked_id": asked_id},
    )
    return None if row is None else instant_or_none(row, "asked_at")


async def count_requests(reader: Reader, asker_id: ActorId, since: datetime) -> int:
    """Return how many people somebody asked after an instant."""
    row = await reader.fetch_one(
        "select count(*) as asked from requests where asker_id = :asker_id and asked_at > :since",
        {"asker_id": asker_id, "since": to_microseconds(since)},
    )
    return 0 if row is None else number(row, "asked")


async def prune_requests(transaction: Transaction, before: datetime) -> int:
    """Forget what was asked before an instant; return how many."""
    return await transaction.execute(
        "delete from requests where asked_at < :before", {"before": to_microseconds(before)}
    )
