"""Journey (a), its last step: sign now, post, read the answer.

What it means is `domain/retry.py`, what follows is `settling.py`. A redirect is not followed, a
refused signature is answered by knocking in the other scheme, and a host that was blocked meanwhile
gets nothing any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.activitypub.media_types import ACTIVITY_JSON
from fedirec.domain.retry import DeliveryClass, classify
from fedirec.errors import (
    BlockedError,
    InvalidInputError,
    RemoteRefusedError,
    RemoteUnavailableError,
)
from fedirec.failpoints import failpoint
from fedirec.federation.answers import retry_after_of
from fedirec.federation.context import Federation
from fedirec.federation.gate import open_gate
from fedirec.federation.signing import Letter, knock
from fedirec.storage.queue import ClaimedDelivery
from fedirec.transport.protocol import Request, Response

REMARK_BYTES: Final = 500  # of the answer, for the keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What one attempt came to.

    `status` is None when there was no answer; `detail` is the beginning of the answer or the
    trouble; `is_blocked`: nothing was sent, since the host may no longer be spoken with.
    """

    claimed: ClaimedDelivery
    cls: DeliveryClass
    status: int | None = None
    detail: str | None = None
    retry_after: timedelta | None = None
    is_blocked: bool = False


async def deliver(federation: Federation, claimed: ClaimedDelivery) -> DeliveryResult:
    """Post one activity to one inbox, both knocks within the delivery's deadline.

    What goes wrong with the peer is a result. Raises ConfigurationError if the sender has no key.
    """
    failpoint("delivery.claimed")
    gate = await open_gate(federation)
    request = Request(
        method="POST",
        url=claimed.inbox,
        headers={"content-type": ACTIVITY_JSON},
        body=claimed.body.encode(),
        within=federation.limits.delivery_timeout,
    )
    try:
        response = await knock(
            federation,
            request,
            actor_id=claimed.actor_id,
            check_hop=gate.pass_delivery,
            letter=Letter(written_at=claimed.created_at, habit=claimed.habit),
        )
    except BlockedError as error:
        return DeliveryResult(
            claimed=claimed, cls=DeliveryClass.REJECTED, detail=str(error), is_blocked=True
        )
    except RemoteUnavailableError as error:
        return DeliveryResult(claimed=claimed, cls=DeliveryClass.TEMPORARY, detail=str(error))
    except (RemoteRefusedError, InvalidInputError) as error:
        return DeliveryResult(claimed=claimed, cls=DeliveryClass.REJECTED, detail=str(error))
    failpoint("delivery.answered")
    return _read(claimed, response, federation.now())


def _read(claimed: ClaimedDelivery, response: Response, now: datetime) -> DeliveryResult:
    outcome = classify(response.status)
    return DeliveryResult(
        claimed=claimed,
        cls=outcome,
        status=response.status,
        detail=None if outcome is DeliveryClass.OK else _shown(response.body),
        retry_after=retry_after_of(response, now),
    )


def _shown(body: bytes) -> str:
    remark = body[:REMARK_BYTES].decode("utf-8", "replace")
    return "".join(each if each.isprintable() else " " for each in remark).strip()
