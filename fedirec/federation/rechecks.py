"""Asking again for the stamps of endorsements shown here (FEDERATION.md, Afterwards).

Network first, one fetch for each; then one transaction for each verdict.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from fedirec.activitypub.documents import load_document
from fedirec.activitypub.endorsements import core_digest, parse_endorsement
from fedirec.domain.endorsements import next_stamp_check
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.errors import InvalidInputError, RemoteError
from fedirec.federation import consent
from fedirec.federation.consent import Claim, Judgement
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.handling import Need, Resolved, Scene
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.federation.resolution import resolve
from fedirec.federation.stamping import retract_note
from fedirec.storage import actors, endorsements, notes, notifications
from fedirec.storage.database import Transaction
from fedirec.storage.endorsements import StoredEndorsement

_IN_HAND: Final = timedelta(hours=1)  # after a crash in between they are asked for again then
_REQUESTS: Final = 2  # the second one is for a host that reads another kind of signature


async def recheck_stamps(federation: Federation, *, limit: int) -> None:
    """Ask for up to `limit` stamps that are due, and show or hide accordingly."""
    now = federation.now()
    async with federation.database.transaction() as transaction:
        due = await endorsements.claim_due_checks(
            transaction, now=now, until=now + _IN_HAND, limit=limit
        )
    for stored in due:
        await _recheck(federation, stored)
    if due:
        federation.wake()


async def _recheck(federation: Federation, stored: StoredEndorsement) -> None:
    need = Need(url=str(stored.consent_id))
    try:
        resolved = await resolve(federation, (need,), allowance=Allowance(requests=_REQUESTS))
    except RemoteError:
        resolved = Resolved()
    scene = scene_of(federation)
    async with federation.database.transaction() as transaction:
        current = await endorsements.find_endorsement(transaction, stored.note_id)
        if current is None or current.consent_id != stored.consent_id:
            return  # an Update came while we asked
        note = await notes.find_note(transaction, stored.note_id)
        if note is None:
            return
        document = load_document(note.body.encode(), limits=scene.limits)
        try:
            endorsement = parse_endorsement(document, limits=scene.limits)
        except InvalidInputError:
            return
        claim = Claim(note_id=stored.note_id, endorsement=endorsement, digest=core_digest(document))
        judgement = await consent.judge(transaction, scene, claim, resolved)
        after = _after(federation, current, judgement)
        await endorsements.save_endorsement(transaction, after)
        if after.state == "hidden" and note.is_local:
            await _take_down(transaction, scene, after)


async def _take_down(transaction: Transaction, scene: Scene, stored: StoredEndorsement) -> None:
    """Delete what one of ours said, since its consent is gone and nobody told us."""
    author = await actors.get_actor(transaction, stored.endorser_id)
    for publication in await retract_note(transaction, scene, author, stored.note_id):
        await publish_in(transaction, scene, publication)
    notice = Notice(
        owner=author.id,
        kind=NoticeKind.WITHDRAWN,
        actor_id=stored.endorsed_id,
        object_id=stored.note_id,
    )
    await notifications.add_notices(transaction, (notice,), ulid=scene.mint.ulid, now=scene.now)


def _after(
    federation: Federation, stored: StoredEndorsement, judgement: Judgement
) -> StoredEndorsement:
    """Return the row after one more look: what shows now, and when to look again.

    Once confirmed it keeps showing while its host is out of reach, for 30 days; a 404 shows
    nothing, and counts as 410 after three days.
    """
    now = federation.now()
    is_confirmed = judgement.state == "confirmed"
    missing_since = (stored.missing_since or now) if judgement.is_missing else None
    next_check_at = next_stamp_check(
        now,
        checks=stored.checks + 1,
        is_confirmed=is_confirmed or (stored.confirmed_at is not None and missing_since is None),
        missing_since=missing_since,
        limits=federation.limits,
    )
    state = judgement.state
    if judgement is consent.UNREACHED and stored.confirmed_at is not None:
        shown_until = stored.confirmed_at + federation.limits.unreached_shown
        state = "confirmed" if now < shown_until else "unconfirmed"
        if next_check_at is not None and now < shown_until:
            next_check_at = min(next_check_at, shown_until)
    if next_check_at is None and missing_since is not None:
        state = "hidden"
    return replace(
        stored,
        state=state,
        confirmed_at=now if is_confirmed else stored.confirmed_at,
        missing_since=missing_since,
        checks=0 if is_confirmed else stored.checks + 1,
        next_check_at=None if judgement.is_final else next_check_at,
    )
