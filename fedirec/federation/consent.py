"""Whether an endorsement may show: judging the stamp that its Note names (FEDERATION.md, Consent).

The fetch decides: a stamp counts when the endorsed person's own origin serves it, or this instance
made it, for exactly this Note and this text. Whatever cannot be confirmed is an ordinary post, and
is asked about again later (`community/upkeep.py`).
"""

from dataclasses import dataclass

from fedirec.activitypub.documents import JsonObject
from fedirec.activitypub.endorsements import core_digest, parse_stamp, why_not_endorsement
from fedirec.activitypub.notes import Note
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.endorsements import (
    Endorsement,
    StampVerdict,
    judge_stamp,
    next_stamp_check,
)
from fedirec.domain.origins import same_origin
from fedirec.errors import InvalidInputError
from fedirec.federation.handling import Case, Resolved, Scene
from fedirec.storage import endorsements, stamps, tombstones
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.endorsements import StoredEndorsement


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the stamp says: `state` as stored; `is_final`: it is not to be asked about again."""

    state: str
    is_final: bool = False
    is_missing: bool = False


CONFIRMED = Judgement(state="confirmed")
UNREACHED = Judgement(state="unconfirmed")
MISSING = Judgement(state="unconfirmed", is_missing=True)
REFUSED = Judgement(state="hidden", is_final=True)


async def keep_judged(transaction: Transaction, case: Case, scene: Scene, note: Note) -> None:
    """Keep the endorsement in a note with what its stamp says now; nothing if it can be none."""
    endorsement = note.endorsement
    if endorsement is None or why_not_endorsement(note.document) is not None:
        return
    digest = core_digest(note.document)
    judgement = await judge(
        transaction,
        scene,
        note_id=note.id,
        endorsement=endorsement,
        digest=digest,
        resolved=case.resolved,
    )
    await endorsements.save_endorsement(
        transaction, _row(case, scene, note.id, endorsement, digest, judgement)
    )


async def judge(
    reader: Reader,
    scene: Scene,
    *,
    note_id: ObjectId,
    endorsement: Endorsement,
    digest: str,
    resolved: Resolved,
) -> Judgement:
    """Judge the stamp an endorsement names, from our own table or from what was fetched."""
    consent_id = endorsement.consent
    if consent_id is None:
        return REFUSED
    if await tombstones.find_tombstone(reader, consent_id) is not None:
        return REFUSED
    if scene.instance.owns(consent_id):
        return await _judge_own(reader, note_id, endorsement, digest)
    document = resolved.documents.get(consent_id)
    if document is not None:
        return _judge_fetched(document, note_id, endorsement, digest)
    failure = resolved.failures.get(consent_id)
    if failure is not None and failure.is_gone:
        return REFUSED
    return MISSING if failure is not None and failure.is_missing else UNREACHED


async def _judge_own(
    reader: Reader, note_id: ObjectId, endorsement: Endorsement, digest: str
) -> Judgement:
    """Judge a stamp that this instance made, or is said to have made."""
    stamp = await stamps.find_stamp(reader, ObjectId(str(endorsement.consent)))
    if stamp is None or not stamp.is_local or stamp.withdrawn_at is not None:
        return REFUSED
    said = (stamp.note_id, stamp.endorsed_id, stamp.digest)
    return CONFIRMED if said == (note_id, endorsement.endorsed, digest) else REFUSED


def _judge_fetched(
    document: JsonObject, note_id: ObjectId, endorsement: Endorsement, digest: str
) -> Judgement:
    """Judge a stamp as its origin serves it; a guild's word for somebody else waits for theirs."""
    try:
        facts = parse_stamp(document)
    except InvalidInputError:
        return REFUSED
    if document.get("id") != endorsement.consent:
        return REFUSED
    verdict = judge_stamp(
        facts,
        note_id=note_id,
        endorsed=endorsement.endorsed,
        digest=digest,
        endorsed_origin_equals_stamp=same_origin(str(endorsement.consent), endorsement.endorsed),
    )
    if verdict is StampVerdict.CONSENT:
        return CONFIRMED
    return UNREACHED if verdict is StampVerdict.BY_GUILD else REFUSED


def _row(
    case: Case,
    scene: Scene,
    note_id: ObjectId,
    endorsement: Endorsement,
    digest: str,
    judgement: Judgement,
) -> StoredEndorsement:
    is_confirmed = judgement.state == "confirmed"
    missing_since = scene.now if judgement.is_missing else None
    return StoredEndorsement(
        note_id=note_id,
        endorser_id=case.actor.id,
        endorsed_id=ActorId(endorsement.endorsed),
        relation=endorsement.relation,
        period_from=endorsement.period.start,
        period_until=endorsement.period.end,
        setting=endorsement.setting,
        skills=endorsement.skills,
        evidence=endorsement.evidence,
        shown_to=endorsement.shown_to,
        digest=digest,
        consent_id=endorsement.consent,
        state=judgement.state,
        confirmed_at=scene.now if is_confirmed else None,
        missing_since=missing_since,
        checks=0,
        next_check_at=None
        if judgement.is_final or scene.instance.owns(str(endorsement.consent))
        else next_stamp_check(
            scene.now,
            checks=0,
            is_confirmed=is_confirmed,
            missing_since=missing_since,
            limits=scene.limits,
        ),
    )
