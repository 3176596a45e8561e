"""What waits to be sent or handled, and how it went, as keepers see it, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.storage.database import Page, Reader, Row, Value
from fedirec.storage.queue_depths import ACTIVE, ASIDE
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

_DELIVERY: Final = (
    "activity_id, inbox, host, actor_id, state, attempt, next_at, last_class, last_status,"
    " last_detail, created_at, expires_at, settled_at"
)
_RECEIVED: Final = (
    "id, activity_key, actor_id, host, type, state, attempt, next_at, last_class, last_detail,"
    " created_at, settled_at"
)
_ACTIVE: Final = frozenset({DeliveryState.DUE, DeliveryState.WAITING, DeliveryState.LEASED})
_DEAD: Final = "state = 'dead'"
# Materialized: one walk of the index of what is unfinished, never of all that was ever settled.
_OF_STATE: Final = (
    "with chosen as materialized ("
    "select {columns} from {table} where {group} and state = :state)"
    " select {columns} from chosen where "
)
_OF_ALL: Final = "select {columns} from {table} where "
# A URL holds no space, so one separates the two parts of a delivery's cursor.
_SEPARATOR: Final = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedDelivery:
    """One activity on its way to one inbox, or arrived, or given up; without its body."""

    activity_id: ActivityId
    inbox: InboxUrl
    host: Host
    actor_id: ActorId
    state: DeliveryState
    attempt: int
    next_at: datetime
    last_class: str | None
    last_status: int | None
    last_detail: str | None
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedReceived:
    """One activity of somebody else's that waits to be handled, or was; without its body.

    `id` is ours; `activity_id` is its own, or what stands for it when it has none.
    """

    id: str
    activity_id: str
    actor_id: ActorId
    host: Host
    type: str
    state: ReceivedState
    attempt: int
    next_at: datetime
    last_class: str | None
    last_detail: str | None
    created_at: datetime
    settled_at: datetime | None


async def list_deliveries(
    reader: Reader,
    *,
    state: DeliveryState | None = None,
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
    group = ACTIVE if state in _ACTIVE else ASIDE
    rows = await reader.fetch_all(
        f"{_select('deliveries', _DELIVERY, state, group)}"
        "(activity_id, inbox) < (:before_activity, :before_inbox)"
        f"{_only(parameters, host=host, activity_id=activity_id)}"
        " order by activity_id desc, inbox desc limit :limit",
        parameters if state is None else {**parameters, "state": state},
    )
    return page_of(
        rows,
        limit,
        _read_delivery,
        lambda row: f"{text(row, 'activity_id')}{_SEPARATOR}{text(row, 'inbox')}",
    )


async def list_received(
    reader: Reader,
    *,
    state: ReceivedState | None = None,
    host: str | None = None,
    id: str | None = None,  # noqa: A002 - the specification's word
    before: str | None = None,
    limit: int,
) -> Page[QueuedReceived]:
    """Return a page of received activities: of one unfinished state or dead, of one host or id."""
    parameters: dict[str, Value] = {"before": before or LAST, "limit": bounded(limit) + 1}
    group = _DEAD if state is ReceivedState.DEAD else ACTIVE
    rows = await reader.fetch_all(
        f"{_select('received', _RECEIVED, state, group)} id < :before"
        f"{_only(parameters, host=host, id=id)} order by id desc limit :limit",
        parameters if state is None else {**parameters, "state": state},
    )
    return page_of(rows, limit, _read_received, lambda row: text(row, "id"))


def _select(table: str, columns: str, state: str | None, group: str) -> str:
    """Return the beginning of a list: of one state through the index of its group, or of all."""
    if state is None:
        return _OF_ALL.format(table=table, columns=columns)
    return _OF_STATE.format(table=table, columns=columns, group=group)


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
        state=DeliveryState(text(row, "state")),
        attempt=number(row, "attempt"),
        next_at=instant(row, "next_at"),
        last_class=text_or_none(row, "last_class"),
        last_status=number_or_none(row, "last_status"),
        last_detail=text_or_none(row, "last_detail"),
        created_at=instant(row, "created_at"),
        expires_at=instant(row, "expires_at"),
        settled_at=instant_or_none(row, "settled_at"),
    )


def _read_received(row: Row) -> QueuedReceived:
    return QueuedReceived(
        id=text(row, "id"),
        activity_id=text(row, "activity_key").partition(_SEPARATOR)[0],
        actor_id=ActorId(text(row, "actor_id")),
        host=Host(text(row, "host")),
        type=text(row, "type"),
        state=ReceivedState(text(row, "state")),
        attempt=number(row, "attempt"),
        next_at=instant(row, "next_at"),
        last_class=text_or_none(row, "last_class"),
        last_detail=text_or_none(row, "last_detail"),
        created_at=instant(row, "created_at"),
        settled_at=instant_or_none(row, "settled_at"),
    )
