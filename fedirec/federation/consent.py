"""Whether an endorsement may show: judging the stamp that its Note names (FEDERATION.md, Consent).

The fetch decides: a stamp counts when the endorsed person's own origin serves it, or this instance
made it, for exactly this Note and this text. Whatever cannot be confirmed is an ordinary post, and
is asked about again later (`community/upkeep.py`).
"""

from dataclasses import dataclass, replace

from fedirec.activitypub.documents import JsonObject
from fedirec.activitypub.endorsements import core_digest, parse_stamp, why_not_endorsement
from fedirec.activitypub.notes import Note
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.endorsements import (
    Endorsement,
    OfferState,
    StampVerdict,
    judge_stamp,
    next_stamp_check,
)
from fedirec.domain.origins import same_origin
from fedirec.errors import InvalidInputError
from fedirec.federation.handling import Case, Resolved, Scene
from fedirec.storage import endorsements, notes, offers, reactions, stamps, tombstones
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.endorsements import StoredEndorsement
from fedirec.storage.reactions import ReactionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the stamp says: `state` as stored; `is_final`: it is not to be asked about again."""

    state: str
    is_final: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a Note says of itself: that this person agreed to exactly this text."""

    note_id: ObjectId
    endorsement: Endorsement
    digest: str

    @property
    def consent_id(self) -> ObjectId:
        """The stamp it names, or an id that nothing has."""
        return ObjectId(str(self.endorsement.consent))


CONFIRMED = Judgement(state="confirmed")
UNREACHED = Judgement(state="unconfirmed")
MISSING = Judgement(state="unconfirmed", is_missing=True)
REFUSED = Judgement(state="hidden", is_final=True)
BY_WORD = Judgement(state="unconfirmed")
"""A guild says that the person agreed; nobody here knows more until the person says so."""


async def keep_judged(transaction: Transaction, case: Case, scene: Scene, note: Note) -> None:
    """Keep the endorsement in a note with what its stamp says now; nothing if it can be none.

    A stamp refused for this note before is not believed again, and a boost by the person counts
    only for the text that was kept when it came, whatever date the author gives an edit.
    """
    endorsement = note.endorsement
    refusal = why_not_endorsement(
        note.document,
        limits=scene.limits,
        followers=case.actor.followers,
        guild=scene.instance.guild_id if case.is_local else None,
    )
    if endorsement is None or refusal is not None:
        await endorsements.delete_endorsement(transaction, note.id)
        return
    claim = Claim(note_id=note.id, endorsement=endorsement, digest=core_digest(note.document))
    before = await endorsements.find_endorsement(transaction, note.id)
    if before is None or before.digest != claim.digest:
        await reactions.outdate_reaction(
            transaction,
            object_id=note.id,
            actor_id=ActorId(endorsement.endorsed),
            kind=ReactionKind.ANNOUNCE,
        )
    judgement = await judge(transaction, scene, claim, case.resolved, is_publishing=case.is_local)
    if before is not None and (before.state, before.consent_id) == ("hidden", claim.consent_id):
        judgement = REFUSED
    if judgement is CONFIRMED and scene.instance.owns(claim.consent_id):
        await _settle_own(transaction, scene, claim)
    await endorsements.save_endorsement(transaction, _row(case, scene, claim, judgement))


async def _settle_own(transaction: Transaction, scene: Scene, claim: Claim) -> None:
    """Now that the text is out with this stamp of ours: its offer is done, and older stamps end."""
    for stamp in await stamps.list_stamps_of(transaction, claim.note_id):
        if stamp.is_local and stamp.id != claim.consent_id and stamp.withdrawn_at is None:
            await stamps.withdraw_stamp(transaction, stamp.id, scene.now)
    newest = await offers.newest_offer(transaction, claim.note_id)
    if newest is not None and newest.state is OfferState.ACCEPTED:
        await offers.set_offer_state(transaction, newest.id, OfferState.PUBLISHED, scene.now)


async def judge(
    reader: Reader,
    scene: Scene,
    claim: Claim,
    resolved: Resolved,
    *,
    is_publishing: bool = False,
) -> Judgement:
    """Judge the stamp a claim names, from our own table or from what was fetched.

    `is_publishing`: the endorsement is ours and goes out now, on a stamp that was just checked.
    """
    if claim.endorsement.consent is None:
        return REFUSED
    if await tombstones.find_tombstone(reader, claim.consent_id) is not None:
        return REFUSED
    if is_publishing or scene.instance.owns(claim.consent_id):
        return await _judge_kept(reader, claim)
    document = resolved.documents.get(claim.consent_id)
    if document is not None:
        judgement = _judge_fetched(document, claim)
        is_said = judgement is BY_WORD and await _is_boosted(reader, claim)
        return CONFIRMED if is_said else judgement
    failure = resolved.failures.get(claim.consent_id)
    if failure is not None and failure.is_gone:
        return REFUSED
    return MISSING if failure is not None and failure.is_missing else UNREACHED


async def _judge_kept(reader: Reader, claim: Claim) -> Judgement:
    """Judge a stamp that this instance made, is said to have made, or has just taken."""
    stamp = await stamps.find_stamp(reader, claim.consent_id)
    if stamp is None or stamp.withdrawn_at is not None:
        return REFUSED
    said = (stamp.note_id, stamp.endorsed_id, stamp.digest)
    claimed = (claim.note_id, claim.endorsement.endorsed, claim.digest)
    return CONFIRMED if said == claimed else REFUSED


def _judge_fetched(document: JsonObject, claim: Claim) -> Judgement:
    """Judge a stamp as its origin serves it; a guild speaks on its own origin alone."""
    try:
        facts = parse_stamp(document)
    except InvalidInputError:
        return REFUSED
    if document.get("id") != claim.consent_id:
        return REFUSED
    verdict = judge_stamp(
        facts,
        note_id=claim.note_id,
        endorsed=claim.endorsement.endorsed,
        digest=claim.digest,
        endorsed_origin_equals_stamp=same_origin(claim.consent_id, claim.endorsement.endorsed),
    )
    if verdict is StampVerdict.CONSENT:
        return CONFIRMED
    is_by_guild = verdict is StampVerdict.BY_GUILD
    if is_by_guild and same_origin(claim.consent_id, facts.attributed_to):
        return BY_WORD
    return REFUSED


async def _is_boosted(reader: Reader, claim: Claim) -> bool:
    """Whether the person boosted the note as it is now; their server vouches for the boost."""
    boost = await reactions.find_reaction(
        reader,
        object_id=claim.note_id,
        actor_id=claim.endorsement.endorsed,
        kind=ReactionKind.ANNOUNCE,
    )
    note = await notes.find_note(reader, claim.note_id)
    if boost is None or note is None or boost.created_at == reactions.OUTDATED:
        return False
    return note.updated_at is None or boost.created_at > note.updated_at


async def look_again(
    transaction: Transaction, scene: Scene, note_id: ObjectId, person: ActorId
) -> None:
    """Ask soon for a guild's stamp: the person it speaks for boosted the note, or took that back.

    What their own stamp says is not changed by a boost.
    """
    stored = await endorsements.find_endorsement(transaction, note_id)
    if stored is None or stored.endorsed_id != person or stored.state == "hidden":
        return
    consent_id = str(stored.consent_id)
    if scene.instance.owns(consent_id) or same_origin(consent_id, person):
        return
    await endorsements.save_endorsement(transaction, replace(stored, next_check_at=scene.now))


def _row(case: Case, scene: Scene, claim: Claim, judgement: Judgement) -> StoredEndorsement:
    endorsement = claim.endorsement
    is_confirmed = judgement.state == "confirmed"
    missing_since = scene.now if judgement.is_missing else None
    return StoredEndorsement(
        note_id=claim.note_id,
        endorser_id=case.actor.id,
        endorsed_id=ActorId(endorsement.endorsed),
        relation=endorsement.relation,
        period_from=endorsement.period.start,
        period_until=endorsement.period.end,
        setting=endorsement.setting,
        skills=endorsement.skills,
        evidence=endorsement.evidence,
        shown_to=endorsement.shown_to,
        digest=claim.digest,
        consent_id=endorsement.consent,
        state=judgement.state,
        confirmed_at=scene.now if is_confirmed else None,
        missing_since=missing_since,
        checks=0,
        next_check_at=None
        if judgement.is_final or scene.instance.owns(claim.consent_id)
        else next_stamp_check(
            scene.now,
            checks=0,
            is_confirmed=is_confirmed,
            missing_since=missing_since,
            limits=scene.limits,
        ),
    )
