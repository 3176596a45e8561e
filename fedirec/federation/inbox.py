"""Journey (b): a signed POST arrives. What was kept is handled later (`received.py`).

`receive` refuses in one order and keeps what is left: 202 means committed. Being verified is a type
that the next step demands, never a branch that can be passed by.
"""

from collections.abc import Callable
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
    UnauthenticatedError,
)
from fedirec.failpoints import failpoint
from fedirec.federation import pointers
from fedirec.federation.authentication import VerifiedSender, prove, verify
from fedirec.federation.context import Federation
from fedirec.federation.departures import forget_actor
from fedirec.federation.gate import open_gate
from fedirec.federation.remote_actors import is_gone_at_origin
from fedirec.signatures.digest import multibase_digest
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import ParsedSignature
from fedirec.storage import actors
from fedirec.storage.intake import Intake
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
    signature: ParsedSignature | None = None,
) -> Received:
    """Verify, authorize and keep one POST; returns once its row is committed.

    `recipient` is the owner of a personal inbox, None for the shared one; `signature` is what
    `read_signature` found in the request, if it was asked. Raises
    MalformedActivityError, StorageFullError, BlockedError, UnauthenticatedError, ForbiddenError,
    RemoteUnavailableError (the key's host is down); then nothing was stored.
    """
    # Whoever is deleted may have no key any more: of that the activity is read first (SG-15)
    may_be_farewell = b"Delete" in request.body
    proof = None if may_be_farewell else await prove(federation, request, signature)
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
        sender = await verify(federation, request, admit=authorize, proof=proof)
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
