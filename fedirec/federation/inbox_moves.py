"""Inboxes that moved, are missing or gone: ask after the actors behind them (reliability §3).

Network, after the answer was recorded and in no transaction, within the bounds of fetching (RX-04):
a few actors of one inbox, and once an hour. What waits follows an inbox to where its actor now has
it; an actor that is gone too is forgotten as if it had said so.
"""

from datetime import timedelta
from typing import Final

import structlog

from fedirec.domain.actors import Actor, InboxUrl
from fedirec.domain.retry import DeliveryClass
from fedirec.errors import FedirecError, GoneError
from fedirec.federation.context import Federation
from fedirec.federation.delivery import DeliveryResult
from fedirec.federation.departures import forget_actor
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.remote_actors import refresh_actor
from fedirec.storage import actors, deliveries

ASKED_EVERY: Final = timedelta(hours=1)
ASKED_OF_ONE_INBOX: Final = 3  # a shared inbox is that of all its actors

_TELLING: Final = frozenset({DeliveryClass.MOVED, DeliveryClass.MISSING, DeliveryClass.GONE})

_log: Final = structlog.get_logger(__name__)


def is_telling(result: DeliveryResult) -> bool:
    """Whether an answer says that an inbox is not where it was."""
    return result.cls in _TELLING


async def ask_after_inbox(federation: Federation, result: DeliveryResult) -> None:
    """Find out what became of an inbox that is not where it was, and act on it; or do nothing."""
    inbox, now = result.claimed.inbox, federation.now()
    if not is_telling(result):
        return
    if not federation.ledger.may_refresh(f"inbox {inbox}", interval=ASKED_EVERY, now=now):
        return
    async with federation.database.reading() as reader:
        behind = await actors.list_by_inbox(reader, inbox, limit=ASKED_OF_ONE_INBOX)
    allowance = Allowance(requests=federation.limits.fetches_per_activity)
    for actor in behind:
        try:
            fresh = await refresh_actor(federation, actor.id, allowance=allowance)
        except GoneError:
            _log.info("actor.gone", actor_id=actor.id, inbox=inbox)
            await forget_actor(federation, actor.id)
        except FedirecError as error:
            _log.info("inbox.not_asked_after", actor_id=actor.id, reason=str(error))
        else:
            await _follow(federation, inbox, before=actor, after=fresh)


async def _follow(federation: Federation, inbox: InboxUrl, *, before: Actor, after: Actor) -> None:
    """Send what waits for the old inbox to the new one of its kind, if there is one."""
    moved = after.shared_inbox if inbox == before.shared_inbox else after.inbox
    if moved is None or moved == inbox:
        return
    async with federation.database.transaction() as transaction:
        count = await deliveries.redirect(
            transaction, inbox, (moved, after.host), now=federation.now()
        )
    _log.info("inbox.moved", actor_id=after.id, inbox=inbox, to=moved, deliveries=count)
    federation.wake()
