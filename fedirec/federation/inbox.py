"""Journey (b): a signed POST arrives; later, what was kept is handled.

`receive` refuses in one order and keeps what is left (202 means committed); `handle_received`
fetches first, then writes everything that follows in one transaction. Being verified is a type that
the next step demands, never a branch that can be passed by.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Final

import structlog

from fedirec.activitypub.endorsements import why_not_offer
from fedirec.activitypub.parse import Activity, parse_activity
from fedirec.activitypub.vocabulary import TAKING_BACK, ActivityType
from fedirec.domain.actors import ActorId
from fedirec.domain.moderation import Refused, admit
from fedirec.domain.origins import host_of
from fedirec.errors import (
    FedirecError,
    ForbiddenError,
    InvalidInputError,
    LeaseLostError,
    UnauthenticatedError,
)
from fedirec.failpoints import failpoint
from fedirec.federation import pointers, registry
from fedirec.federation.authentication import VerifiedSender, verify
from fedirec.federation.context import Federation
from fedirec.federation.departures import forget_actor
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.gate import open_gate
from fedirec.federation.handling import Case, Outcome, Resolved, Scene, ignore
from fedirec.federation.outbox import carry_out, scene_of
from fedirec.federation.remote_actors import is_gone_at_origin
from fedirec.federation.resolution import resolve
from fedirec.signatures.digest import multibase_digest
from fedirec.signatures.messages import SignedRequest
from fedirec.storage import actors, blocks, queue, turns
from fedirec.storage.database import Transaction
from fedirec.storage.inboxes import Source
from fedirec.storage.intake import Intake
from fedirec.storage.queue import ClaimedReceived
from fedirec.storage.received import Kept, ReceivedActivity

_SAID_AGAIN: Final = frozenset({"Follow", "Undo"})

_log: Final = structlog.get_logger(__name__)


class Received(StrEnum):
    """What became of a POST that was not refused; the peer sees 202 for each."""

    KEPT = "kept"
    REPEATED = "repeated"
    UNKNOWN_ACTOR_GONE = "unknown_actor_gone"
    ACTOR_GONE = "actor_gone"


UNVERIFIED: Final = frozenset({Received.UNKNOWN_ACTOR_GONE, Received.ACTOR_GONE})
"""Answered without a signature that holds: it tells nothing of whose key was named."""


async def receive(
    federation: Federation,
    intake: Intake,
    request: SignedRequest,
    *,
    recipient: ActorId | None = None,
) -> Received:
    """Verify, authorize and keep one POST; returns once its row is committed.

    `recipient` is the owner of a personal inbox, None for the shared one. Raises
    MalformedActivityError, StorageFullError, BlockedError, UnauthenticatedError, ForbiddenError,
    RemoteUnavailableError (the key's host is down); then nothing was stored.
    """
    activity = parse_activity(request.body, limits=federation.limits)
    if activity.type not in TAKING_BACK:
        federation.space.check()
    await check_host(federation, activity.actor)

    def authorize(signer: ActorId) -> None:
        _authorize(federation, signer, activity)
        _check_offer(federation, activity)

    if activity.type == "Delete" and activity.object_id == activity.actor:
        verdict = await _actor_deletes_itself(federation, request, activity, authorize)
        if isinstance(verdict, Received):
            return verdict
        sender = verdict
    else:
        sender = await verify(federation, request, admit=authorize)
    failpoint("inbox.verified")
    kept = await intake.keep(_row(federation, request, activity, sender, recipient))
    if kept in {Kept.REPEATED, Kept.CONFLICT}:
        return Received.REPEATED
    federation.wake()
    return Received.KEPT


def _check_offer(federation: Federation, activity: Activity) -> None:
    """Raise InvalidInputError, its field named, for an offer of an endorsement of a bad shape.

    Only somebody who signed is told (FEDERATION.md, Limits); nothing of them is stored.
    """
    if activity.type != ActivityType.OFFER or "endorsement" not in (activity.object_ or {}):
        return
    refusal = why_not_offer(activity.document, limits=federation.limits)
    if refusal is not None:
        message = f"{activity.id} is not an offer of an endorsement: {refusal}"
        field, colon, _reason = refusal.partition(": ")
        raise InvalidInputError(message, field=field if colon else "object")


async def check_host(federation: Federation, uri: str) -> None:
    """Raise BlockedError unless the host of `uri` may speak to us (PA-01, PA-04)."""
    gate = await open_gate(federation)
    gate.admit(host_of(uri))


async def _actor_deletes_itself(
    federation: Federation,
    request: SignedRequest,
    activity: Activity,
    authorize: Callable[[ActorId], None],
) -> VerifiedSender | Received:
    """Answer the storm of deletions (SG-15): unknown actors cost nothing, known ones are verified.

    A known actor whose key no longer verifies is gone only if its own origin says 410.
    """
    async with federation.database.reading() as reader:
        known = await actors.find_actor(reader, activity.actor)
    if known is None or known.is_local:
        if known is None:
            return Received.UNKNOWN_ACTOR_GONE
        message = f"{activity.actor} is ours, and is not deleted from outside"
        raise UnauthenticatedError(message)
    try:
        return await verify(federation, request, admit=authorize)
    except FedirecError:
        if not await is_gone_at_origin(federation, activity.actor):
            raise
    await forget_actor(federation, activity.actor)
    return Received.ACTOR_GONE


def _authorize(federation: Federation, signer: ActorId, activity: Activity) -> None:
    """Raise ForbiddenError unless the actor may say this and signed it, or it is a pointer."""
    verdict = admit(
        signer=activity.actor if pointers.may_point(activity) else signer,
        actor=activity.actor,
        activity_id=activity.id,
        object_id=activity.object_id,
        object_owner=activity.object_owner,
        activity_type=activity.type,
        our_origin=federation.instance.origin,
        is_reference=activity.object_ is None,
    )
    if isinstance(verdict, Refused):
        message = f"{activity.type} signed by {signer}: {verdict.reason}"
        raise ForbiddenError(message)


def _row(
    federation: Federation,
    request: SignedRequest,
    activity: Activity,
    sender: VerifiedSender,
    recipient: ActorId | None,
) -> ReceivedActivity:
    """Return the row that stands for the POST."""
    digest = multibase_digest(request.body)
    return ReceivedActivity(
        id=federation.mint().ulid(),
        activity_key=_key(activity, digest, sender),
        actor_id=activity.actor,
        signer_id=sender.actor.id,
        host=host_of(sender.actor.id),
        type=activity.type,
        object_id=activity.object_id,
        body=request.body.decode(),
        body_digest=digest,
        recipients=() if recipient is None else (recipient,),
        signature_digest=sender.signature_digest,
        created_at=federation.now(),
    )


def _key(activity: Activity, digest: str, sender: VerifiedSender) -> str:
    """Return what the POST is known by: its id, or its digest without one (Add, Remove).

    What another signed never stands in the way of what the actor says itself under that id. Every
    newly signed Follow and Undo counts: Misskey has one id for a pair of actors for ever.
    """
    if sender.actor.id != activity.actor:
        return f"{digest} by {sender.actor.id}"
    name = activity.id or digest
    return f"{name} signed {sender.signature_digest}" if activity.type in _SAID_AGAIN else name


async def handle_received(federation: Federation, claimed: ClaimedReceived) -> None:
    """Resolve, apply and settle one kept activity: all of it or nothing, so twice is as once.

    A lease lost meanwhile throws the result away. Raises RemoteUnavailableError when something
    vital cannot be fetched now; the worker tries again.
    """
    failpoint("received.claimed")
    activity = parse_activity(claimed.body.encode(), limits=federation.limits)
    allowance = Allowance(requests=federation.limits.fetches_per_activity)
    case = await _case_of(federation, claimed, activity, allowance)
    if isinstance(case, Case):
        case = await _with_needs(federation, case, allowance)
    try:
        outcome = await _apply(federation, claimed, activity, case)
    except LeaseLostError as error:
        federation.counts.leases_lost["received"] += 1
        _log.info("received.lease_lost", received_id=claimed.id, reason=str(error))
        return
    failpoint("received.settled")
    federation.counts.handled["ignored" if outcome.ignored else "handled"] += 1
    _log.info(
        "received.handled",
        activity_id=activity.id,
        type=activity.type,
        actor_id=activity.actor,
        ignored=outcome.ignored,
    )
    federation.wake()


async def _apply(
    federation: Federation, claimed: ClaimedReceived, activity: Activity, case: Case | Outcome
) -> Outcome:
    """Write everything that follows from an activity, and that it is done."""
    scene = scene_of(federation)
    async with federation.database.transaction() as transaction:
        # a Create and its Update, or a Like and its Undo, may be handled at the same time
        await turns.wait(transaction, claimed.actor_id)
        outcome = await registry.apply(transaction, case, scene) if isinstance(case, Case) else case
        await carry_out(
            transaction,
            scene,
            case.activity if isinstance(case, Case) else activity,
            outcome,
            source=Source.RECEIVED,
            source_id=claimed.id,
        )
        failpoint("received.applied")
        await _settle(transaction, scene, claimed, outcome)
    return outcome


async def _case_of(
    federation: Federation, claimed: ClaimedReceived, activity: Activity, allowance: Allowance
) -> Case | Outcome:
    """Return the case as its actor or its origin tells it, or why there is none."""
    if claimed.signer_id != claimed.actor_id:
        return await pointers.follow(federation, activity, claimed.body.encode(), allowance)
    async with federation.database.reading() as reader:
        actor = await actors.find_actor(reader, claimed.actor_id)
        if actor is None:
            return ignore(f"{claimed.actor_id} was deleted meanwhile")
        if await blocks.is_actor_blocked(reader, blocks.INSTANCE, actor.id):
            return ignore(f"{claimed.actor_id} was blocked meanwhile")
    return Case(activity=activity, actor=actor, recipients=claimed.recipients)


async def _with_needs(federation: Federation, case: Case, allowance: Allowance) -> Case | Outcome:
    """Fetch what the handler asks for, in two steps at most; no transaction is open here."""
    handler = registry.find_handler(case.activity)
    if isinstance(handler, str):
        return ignore(handler)
    needs = handler.needs(case.activity, federation.instance)
    first = await resolve(federation, needs, allowance=allowance)
    more_needs = handler.more_needs(first, federation.instance)
    more = await resolve(federation, more_needs, allowance=allowance)
    resolved = Resolved(
        documents={**first.documents, **more.documents},
        failures={**first.failures, **more.failures},
    )
    return replace(case, resolved=resolved)


async def _settle(
    transaction: Transaction, scene: Scene, claimed: ClaimedReceived, outcome: Outcome
) -> None:
    """Mark the row done in the same transaction; raise LeaseLostError if it is no longer ours."""
    is_ours = await queue.settle_received(
        transaction,
        id=claimed.id,
        token=claimed.token,
        state="ignored" if outcome.ignored else "handled",
        detail=outcome.ignored,
        now=scene.now,
    )
    if not is_ours:
        message = f"another worker took {claimed.id} when its lease ran out"
        raise LeaseLostError(message)
