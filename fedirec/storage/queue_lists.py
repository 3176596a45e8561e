"""What waits to be sent, and how it went, as admins see it, newest first. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.storage.database import Page, Reader, Row, Value
from fedirec.storage.statements import (
    LAST,
    bounded,
    instant,
    instant_or_none,
    number,
    number_or_none,
    page_of,
    text,
    text_or_none,
)

_DELIVERIES: Final = (
    "select activity_id, inbox, host, actor_id, state, attempt, next_at, last_class, last_status,"
    " last_detail, created_at, expires_at, settled_at from deliveries"
    " where (activity_id, inbox) < (:before_activity, :before_inbox)"
)
# A URL holds no space, so one separates the two parts of a delivery's cursor.
_SEPARATOR: Final = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedDelivery:
    """One activity on its way to one inbox, or arrived, or given up; without its body."""

    activity_id: ActivityId
    inbox: InboxUrl
    host: Host
    actor_id: ActorId
    state: str
    attempt: int
    next_at: datetime
    last_class: str | None
    last_status: int | None
    last_detail: str | None
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None


async def list_deliveries(
    reader: Reader,
    *,
    state: str | None = None,
    host: str | None = None,
    activity_id: str | None = None,
    before: str | None = None,
    limit: int,
) -> Page[QueuedDelivery]:
    """Return a page of deliveries, of one state, to one host or of one activity where given."""
    activity, _, inbox = (before or f"{LAST}{_SEPARATOR}{LAST}").partition(_SEPARATOR)
    parameters: dict[str, Value] = {
        "before_activity": activity,
        "before_inbox": inbox,
        "limit": bounded(limit) + 1,
    }
    rows = await reader.fetch_all(
        f"{_DELIVERIES}{_only(parameters, state=state, host=host, activity_id=activity_id)}"
        " order by activity_id desc, inbox desc limit :limit",
        parameters,
    )
    return page_of(
        rows,
        limit,
        _read_delivery,
        lambda row: f"{text(row, 'activity_id')}{_SEPARATOR}{text(row, 'inbox')}",
    )


def _only(parameters: dict[str, Value], **wanted: str | None) -> str:
    """Return the conditions for what is given, and add their parameters."""
    given = {name: value for name, value in wanted.items() if value is not None}
    parameters |= given
    return "".join(f" and {name} = :{name}" for name in given)


def _read_delivery(row: Row) -> QueuedDelivery:
    return QueuedDelivery(
        activity_id=ActivityId(text(row, "activity_id")),
        inbox=InboxUrl(text(row, "inbox")),
        host=Host(text(row, "host")),
        actor_id=ActorId(text(row, "actor_id")),
        state=text(row, "state"),
        attempt=number(row, "attempt"),
        next_at=instant(row, "next_at"),
        last_class=text_or_none(row, "last_class"),
        last_status=number_or_none(row, "last_status"),
        last_detail=text_or_none(row, "last_detail"),
        created_at=instant(row, "created_at"),
        expires_at=instant(row, "expires_at"),
        settled_at=instant_or_none(row, "settled_at"),
    )
