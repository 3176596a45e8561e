"""Which servers may fetch what is not public: those with somebody who was let in."""

from fedirec.domain.actors import ActorId, Host
from fedirec.storage.database import Reader


async def has_follower_on(reader: Reader, followed_id: ActorId, host: Host) -> bool:
    """Tell whether an accepted follower of this actor lives on `host` (PA-02)."""
    row = await reader.fetch_one(
        "select 1 as found from follows f join actors a on a.id = f.follower_id"
        " where f.followed_id = :followed_id and f.state = 'accepted' and a.host = :host limit 1",
        {"followed_id": followed_id, "host": host},
    )
    return row is not None
