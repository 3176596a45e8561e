"""What waits to be sent and to be handled, what failed, and a keeper's hand on it."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from fedirec.community.steering import Act, Steering, steer
from fedirec.domain.circuits import FRESH, Circuit
from fedirec.domain.delivery_words import Standing, in_words, moment
from fedirec.domain.origins import parse_host
from fedirec.domain.queue_states import DeliveryState, ReceivedState
from fedirec.errors import InvalidInputError
from fedirec.storage.circuits import find_circuits
from fedirec.storage.database import Reader
from fedirec.storage.queue_depths import list_depths
from fedirec.storage.queue_lists import QueuedDelivery, list_deliveries, list_received
from fedirec.web.doors import see_other
from fedirec.web.forms import Posted
from fedirec.web.keeping.pages import chosen, done_at, keeper_page
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later
from fedirec.web.viewers import viewer_of

PAGE: Final = "/admin/queue"
SHOWN: Final = 50
_SENT: Final = (
    (DeliveryState.DUE, later("about to be sent")),
    (DeliveryState.LEASED, later("being sent")),
    (DeliveryState.WAITING, later("waiting for another try")),
    (DeliveryState.HELD, later("put aside")),
    (DeliveryState.DEAD, later("failed here")),
    (DeliveryState.GONE, later("given up")),
    (DeliveryState.EXPIRED, later("out of time")),
)
_RECEIVED: Final = (
    (ReceivedState.DUE, later("about to be handled")),
    (ReceivedState.LEASED, later("being handled")),
    (ReceivedState.WAITING, later("waiting for another try")),
    (ReceivedState.DEAD, later("failed here")),
)
_WORDS: Final = {
    Act.FLUSH: later("Try now"),
    Act.RETRY: later("Begin anew"),
    Act.HOLD: later("Put aside"),
    Act.RELEASE: later("Release"),
    Act.CANCEL: later("End for good"),
}
_ACTS: Final = {
    "due": (Act.HOLD, Act.CANCEL),
    "waiting": (Act.FLUSH, Act.HOLD, Act.CANCEL),
    "held": (Act.RELEASE, Act.CANCEL),
    "dead": (Act.RETRY, Act.CANCEL),
    "gone": (Act.RETRY,),
    "expired": (Act.RETRY,),
}
_FOR_SENT_ALONE: Final = frozenset({Act.HOLD, Act.RELEASE})


async def queue_page(request: web.Request) -> web.Response:
    """Show one state of what is sent or received."""
    federation, query = request.app[FEDERATION], request.query
    is_received = query.get("of") == "received"
    states = {state.value: words for state, words in (_RECEIVED if is_received else _SENT)}
    state = query.get("state", "waiting")
    state = state if state in states else "waiting"
    host, fault = _host_of(query.get("host", ""))
    async with federation.database.reading() as reader:
        depths = await list_depths(reader)
        if is_received:
            items, cursor = await _received(reader, state, host, query.get("before"))
        else:
            now = federation.now()
            items, cursor = await _sent(reader, state, host, query.get("before"), now)
    work = "received" if is_received else "deliveries"
    counted = {depth.state.value: depth.depth for depth in depths if depth.work == work}
    here = {"of": "received" if is_received else "sent", "state": state, "host": host or ""}
    context = {
        **here,
        "fault": fault,
        "states": [(name, words, counted.get(name)) for name, words in states.items()],
        "items": items,
        "acts": _acts(state, is_received=is_received),
        "next_url": None if cursor is None else f"{PAGE}?{urlencode({**here, 'before': cursor})}",
        "page": PAGE,
    }
    return keeper_page(request, "admin_queue.html", context)


async def take_act(request: web.Request, posted: Posted) -> web.Response:
    """Do what a form asks for, to one item, to a host's, or to all that is in a state."""
    act = Act(chosen(posted.text("act"), frozenset(Act)))
    is_received = posted.text("of") == "received"
    host, fault = _host_of(posted.text("host"))
    if fault:
        raise InvalidInputError(fault, field="host")
    steering = Steering(act=act, is_received=is_received, host=host, id=posted.text("id") or None)
    if steering.id is None and host is None and posted.text("everything") != "yes":
        message = "expected an item, a host, or a word that all is meant"
        raise InvalidInputError(message)
    await steer(request.app[FEDERATION], steering, by=viewer_of(request).name)
    here = {"of": "received" if is_received else "sent", "state": posted.text("state")}
    return see_other(done_at(f"{PAGE}?{urlencode(here)}", act))


def _acts(state: str, *, is_received: bool) -> list[tuple[str, str]]:
    return [
        (act.value, str(_WORDS[act]))
        for act in _ACTS.get(state, ())
        if not (is_received and act in _FOR_SENT_ALONE)
    ]


def _host_of(text: str) -> tuple[str | None, str]:
    """Return a host as it is stored, and what is wrong with what was typed."""
    if not text.strip():
        return None, ""
    try:
        return parse_host(text.strip().lower()), ""
    except InvalidInputError:
        return None, gettext("This names no server: a name looks like peer.example.")


async def _sent(
    reader: Reader, state: str, host: str | None, before: str | None, now: datetime
) -> tuple[list[dict[str, object]], str | None]:
    page = await list_deliveries(
        reader, state=DeliveryState(state), host=host, before=before, limit=SHOWN
    )
    hosts = sorted({each.host for each in page.items})
    circuits = await find_circuits(reader, hosts) if hosts else {}
    items: list[dict[str, object]] = [
        {
            "id": each.activity_id,
            "what": each.activity_id,
            "where": each.inbox,
            "host": each.host,
            "attempt": each.attempt,
            "why": _why(each, circuits.get(each.host, FRESH), now),
            "detail": each.last_detail,
            "created_at": each.created_at,
        }
        for each in page.items
    ]
    return items, page.next_cursor


def _why(each: QueuedDelivery, circuit: Circuit, now: datetime) -> str:
    standing = Standing(
        state=each.state,
        attempt=each.attempt,
        next_at=each.next_at,
        expires_at=each.expires_at,
        cls=each.last_class,
        status=each.last_status,
        circuit=circuit,
    )
    return in_words(standing, now)


async def _received(
    reader: Reader, state: str, host: str | None, before: str | None
) -> tuple[list[dict[str, object]], str | None]:
    page = await list_received(
        reader, state=ReceivedState(state), host=host, before=before, limit=SHOWN
    )
    items: list[dict[str, object]] = [
        {
            "id": each.id,
            "what": f"{each.type} {each.activity_id}",
            "where": each.actor_id,
            "host": each.host,
            "attempt": each.attempt,
            "why": moment(each.next_at, each.created_at) if state == "waiting" else "",
            "detail": each.last_detail,
            "created_at": each.created_at,
        }
        for each in page.items
    ]
    return items, page.next_cursor
