"""All that the public document of one of our actors shows, as one comparable value.

Peers ask for actor documents more than for anything else. One statement tells whether the bytes
made last still stand, where making them anew takes three and a walk through keys.
"""

from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Reader, Value, to_microseconds

_SELECT: Final = """
select a.kind, a.name, a.handle_domain, a.display_name, a.summary, a.url, a.inbox, a.outbox,
  a.followers, a.following, a.featured, a.shared_inbox, a.is_locked, a.is_discoverable, a.fields,
  a.icon, a.also_known_as, a.moved_to, a.can_endorse, a.published_at, k.id, k.public_key
from actors a
left join keys k on k.actor_id = a.id and (k.retired_at is null or k.retired_at > :now)
where a.id = :id and a.is_local and a.gone_at is null
  and not exists (select 1 from members m where m.actor_id = a.id and m.disabled_at is not null)
order by k.created_at desc, k.id
"""


async def read_face(reader: Reader, actor_id: ActorId, *, now: datetime) -> tuple[Value, ...]:
    """Return what the document shows, flat; empty when there is no such actor to show."""
    rows = await reader.fetch_all(_SELECT, {"id": actor_id, "now": to_microseconds(now)})
    return tuple(value for row in rows for value in row.values())
