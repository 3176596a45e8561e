"""Journey (b), its second half: what was kept is resolved, then applied with its batch-mates.

`prepare` may use the network and opens no transaction; `apply` writes everything that follows from
one activity and that it is done, all or nothing, so that twice is as good as once. Many are applied
in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from fedirec.activitypub.parse import Activity, parse_activity
from fedirec.domain.queue_states import ReceivedState
from fedirec.errors import LeaseLostError
from fedirec.failpoints import failpoint
from fedirec.federation import pointers, registry
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.handling import Case, Handler, Outcome, Resolved, Scene, ignore
from fedirec.federation.outbox import carry_out, scene_of
from fedirec.federation.resolution import resolve
from fedirec.storage import actors, blocks, queue, received, turns
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.inboxes import Source
from fedirec.storage.queue import ClaimedReceived

_TICK: Final = timedelta(milliseconds=1)  # of a ULID

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A kept activity with all that had to be fetched for it.

    `told` is what its origin said in place of it, or why nothing follows, for what somebody else
    signed; None for what its own actor did.
    """

    claimed: ClaimedReceived
    activity: Activity
    resolved: Resolved = field(default_factory=Resolved)
    told: Case | Outcome | None = None


async def prepare(federation: Federation, claimed: ClaimedReceived) -> Prepared:
    """Read a kept activity and fetch what its handler asks for; network.

    Raises RemoteUnavailableError when something vital cannot be fetched now: then it is tried
    again later.
    """
    failpoint("received.claimed")
    body = claimed.body.encode()
    activity = parse_activity(body, limits=federation.limits)
    allowance = Allowance(requests=federation.limits.fetches_per_activity)
    if claimed.signer_id == claimed.actor_id:
        prepared = Prepared(claimed=claimed, activity=activity)
        handler = registry.find_handler(activity)
        if isinstance(handler, str) or not handler.needs(activity, federation.instance):
            return prepared
        case = await federation.database.read(lambda reader: _case_of(reader, prepared))
        if isinstance(case, Outcome):
            return prepared  # nothing is fetched for somebody who was blocked meanwhile
        resolved = await _resolve(federation, handler, activity, allowance)
        return Prepared(claimed=claimed, activity=activity, resolved=resolved)
    told = await pointers.follow(federation, activity, body, allowance)
    if not isinstance(told, Case):
        return Prepared(claimed=claimed, activity=activity, told=told)
    handler = registry.find_handler(told.activity)
    resolved = (
        Resolved()
        if isinstance(handler, str)
        else await _resolve(federation, handler, told.activity, allowance)
    )
    return Prepared(claimed=claimed, activity=activity, resolved=resolved, told=told)


async def apply_all(
    federation: Federation, batch: Sequence[Prepared], *, after: datetime | None = None
) -> datetime:
    """Apply what is prepared, all of it in one transaction or nothing.

    Each is applied a millisecond later than the one before, and all of them later than `after`:
    ids are told apart by no less, and what follows from the later one is to be the later (P5).
    Returns the instant of the last. Raises what the handler of one of them raises; then each may be
    tried alone. A lease that was lost throws the result away, and alone it is nothing wrong.
    """
    scene = scene_of(federation)
    begins_at = scene.now if after is None else max(scene.now, after + _TICK)
    # In one order everywhere: what one actor did as it came, and two workers never wait in a ring
    ordered = sorted(batch, key=lambda each: (each.claimed.actor_id, each.claimed.id))
    instants = [begins_at + place * _TICK for place in range(len(ordered))]

    async def work(transaction: Transaction) -> list[Outcome]:
        outcomes = [
            await _apply(transaction, _at(scene, instant), prepared)
            for instant, prepared in zip(instants, ordered, strict=True)
        ]
        await _settle(transaction, scene, ordered, outcomes)
        return outcomes

    try:
        outcomes = await federation.database.run(work)
    except LeaseLostError as error:
        if len(batch) > 1:
            raise
        federation.counts.leases_lost["received"] += 1
        _log.info("received.lease_lost", received_id=batch[0].claimed.id, reason=str(error))
        return instants[-1]
    failpoint("received.settled")
    _tell(federation, ordered, outcomes)
    federation.wake()
    return instants[-1]


def _tell(federation: Federation, batch: Sequence[Prepared], outcomes: Sequence[Outcome]) -> None:
    for prepared, outcome in zip(batch, outcomes, strict=True):
        state = ReceivedState.IGNORED if outcome.ignored else ReceivedState.HANDLED
        federation.counts.handled[state.value] += 1
        _log.debug(
            "received.handled",
            activity_id=prepared.activity.id,
            type=prepared.activity.type,
            actor_id=prepared.activity.actor,
            ignored=outcome.ignored,
        )


def _at(scene: Scene, instant: datetime) -> Scene:
    return replace(scene, mint=replace(scene.mint, now=instant))


async def _apply(transaction: Transaction, scene: Scene, prepared: Prepared) -> Outcome:
    """Write everything that follows from an activity."""
    claimed = prepared.claimed
    # a Create and its Update, or a Like and its Undo, may be handled at the same time
    await turns.wait(transaction, claimed.actor_id)
    case = await _case_of(transaction, prepared)
    outcome = await registry.apply(transaction, case, scene) if isinstance(case, Case) else case
    await carry_out(
        transaction,
        scene,
        case.activity if isinstance(case, Case) else prepared.activity,
        outcome,
        source=Source.RECEIVED,
        source_id=claimed.id,
    )
    failpoint("received.applied")
    return outcome


async def _case_of(reader: Reader, prepared: Prepared) -> Case | Outcome:
    """Return the case as its actor or its origin tells it, or why there is none."""
    told, claimed = prepared.told, prepared.claimed
    if isinstance(told, Outcome):
        return told
    actor_id = claimed.actor_id if told is None else told.actor.id
    actor = await actors.find_actor(reader, actor_id)
    if actor is None:
        return ignore(f"{actor_id} was deleted meanwhile")
    if await blocks.is_actor_blocked(reader, blocks.INSTANCE, actor_id):
        return ignore(f"{actor_id} was blocked meanwhile")
    if told is not None:
        return replace(told, resolved=prepared.resolved)
    return Case(
        activity=prepared.activity,
        actor=actor,
        recipients=claimed.recipients,
        resolved=prepared.resolved,
    )


async def _resolve(
    federation: Federation, handler: Handler, activity: Activity, allowance: Allowance
) -> Resolved:
    """Fetch what the handler asks for, in two steps at most; no transaction is open here."""
    needs = handler.needs(activity, federation.instance)
    first = await resolve(federation, needs, allowance=allowance)
    more_needs = handler.more_needs(first, federation.instance)
    more = await resolve(federation, more_needs, allowance=allowance)
    return Resolved(
        documents={**first.documents, **more.documents},
        failures={**first.failures, **more.failures},
    )


async def _settle(
    transaction: Transaction,
    scene: Scene,
    batch: Sequence[Prepared],
    outcomes: Sequence[Outcome],
) -> None:
    """Mark the rows done in the same transaction; raise LeaseLostError if one is not ours now."""
    handled: list[tuple[str, str]] = []
    are_ours = True
    for prepared, outcome in zip(batch, outcomes, strict=True):
        claimed = prepared.claimed
        if outcome.ignored is None:
            handled.append((claimed.id, claimed.token))
            continue
        are_ours &= await queue.settle_received(
            transaction,
            id=claimed.id,
            token=claimed.token,
            state=ReceivedState.IGNORED,
            detail=outcome.ignored,
            now=scene.now,
        )
    are_ours &= await received.settle_handled(transaction, handled, now=scene.now)
    if not are_ours:
        message = "another worker took it when its lease ran out"
        raise LeaseLostError(message)
