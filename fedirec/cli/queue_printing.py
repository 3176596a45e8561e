"""Prints deliveries and received activities: in words, one or two lines each, or as JSON."""

import argparse
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedirec.cli.arguments import show
from fedirec.cli.escaping import on_one_line
from fedirec.domain.circuits import FRESH, Circuit
from fedirec.domain.delivery_words import Standing, in_words, moment
from fedirec.domain.queue_states import DeliveryState, OwnClass, ReceivedState
from fedirec.storage.circuits import find_circuits
from fedirec.storage.database import Page, Reader
from fedirec.storage.queue_lists import (
    QueuedDelivery,
    QueuedReceived,
    list_deliveries,
    list_received,
)

PAGE = 500
_INDENT = " " * 10
_RECEIVED_WORDS = {
    ReceivedState.DUE: "about to be handled",
    ReceivedState.LEASED: "being handled now",
    ReceivedState.HANDLED: "it was handled",
    ReceivedState.DEAD: "it failed here again and again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """One command's output. `is_in_full` adds what the last attempt left: an answer, a traceback.

    `now` is when the command ran.
    """

    arguments: argparse.Namespace
    reader: Reader
    now: datetime
    is_in_full: bool = False

    async def deliveries(
        self, *, state: DeliveryState | None = None, host: str | None = None, id_: str | None = None
    ) -> int:
        """Print every delivery that is chosen, page by page; return how many they were."""

        def list_page(cursor: str | None) -> Awaitable[Page[QueuedDelivery]]:
            return list_deliveries(
                self.reader, state=state, host=host, activity_id=id_, before=cursor, limit=PAGE
            )

        cursor, count = None, 0
        while True:
            page = await list_page(cursor)
            circuits = await _circuits(self.reader, page.items)
            for delivery in page.items:
                self._delivery(delivery, circuits.get(delivery.host, FRESH))
            count += len(page.items)
            cursor = page.next_cursor
            if cursor is None:
                return count

    async def received(
        self, *, state: ReceivedState | None = None, host: str | None = None, id_: str | None = None
    ) -> int:
        """Print every received activity that is chosen; return how many they were."""
        from fedirec.cli.paging import all_of

        def list_page(cursor: str | None) -> Awaitable[Page[QueuedReceived]]:
            return list_received(
                self.reader, state=state, host=host, id=id_, before=cursor, limit=PAGE
            )

        count = 0
        async for item in all_of(list_page):
            self._received(item)
            count += 1
        return count

    def _delivery(self, delivery: QueuedDelivery, circuit: Circuit) -> None:
        standing = Standing(
            state=delivery.state,
            attempt=delivery.attempt,
            next_at=delivery.next_at,
            expires_at=delivery.expires_at,
            cls=delivery.last_class,
            status=delivery.last_status,
            circuit=circuit,
        )
        reason = in_words(standing, self.now)
        record = {
            "id": delivery.activity_id,
            "inbox": delivery.inbox,
            "host": delivery.host,
            "state": delivery.state,
            "reason": reason,
            "attempt": delivery.attempt,
            "next_at": delivery.next_at,
            "expires_at": delivery.expires_at,
            "last_class": delivery.last_class,
            "last_status": delivery.last_status,
            "last_detail": delivery.last_detail,
        }
        text = (
            f"{delivery.state:9} {on_one_line(delivery.activity_id)}\n"
            f"{_INDENT}to {on_one_line(delivery.inbox)}, tried {_times(delivery.attempt)}\n"
            f"{_INDENT}{on_one_line(delivery.host)}: {reason}"
        )
        show(self.arguments, record, text + self._detail(delivery.last_detail, delivery.state))

    def _received(self, item: QueuedReceived) -> None:
        reason = self._reason(item)
        record = {
            "id": item.id,
            "activity": item.activity_id,
            "type": item.type,
            "actor": item.actor_id,
            "host": item.host,
            "state": item.state,
            "reason": reason,
            "attempt": item.attempt,
            "next_at": item.next_at,
            "last_class": item.last_class,
            "last_detail": item.last_detail,
        }
        text = (
            f"{item.state:9} {item.id}\n"
            f"{_INDENT}{on_one_line(item.type)} {on_one_line(item.activity_id)}\n"
            f"{_INDENT}from {on_one_line(item.actor_id)}, tried {_times(item.attempt)}: {reason}"
        )
        show(self.arguments, record, text + self._detail(item.last_detail, item.state))

    def _reason(self, item: QueuedReceived) -> str:
        if item.state is ReceivedState.WAITING:
            return f"it failed, next try at {moment(item.next_at, self.now)}"
        if item.state is ReceivedState.IGNORED:
            return (
                "ended by a keeper" if item.last_class == OwnClass.CANCELLED else "it was ignored"
            )
        return _RECEIVED_WORDS[item.state]

    def _detail(self, detail: str | None, state: str) -> str:
        """Return what the last attempt left, under its item: always for what is dead."""
        if not detail or not (self.is_in_full or state == ReceivedState.DEAD):
            return ""
        return "".join(f"\n{_INDENT}| {line}" for line in detail.splitlines())


async def _circuits(reader: Reader, items: Sequence[QueuedDelivery]) -> dict[str, Circuit]:
    hosts = sorted({item.host for item in items})
    return await find_circuits(reader, hosts) if hosts else {}


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
