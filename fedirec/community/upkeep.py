"""What the clock does: offers end, job notes close, the guild boosts, stamps are asked for again.

Each task takes what is due and leaves the rest. Of several workers one at a time does a task, and
the others pass it by (`storage/turns.py`); who comes after sees what it did.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from fedirec.activitypub.render import render_announce
from fedirec.community.attempts import FAMILIAR_FOR
from fedirec.community.requesting import ASK_AGAIN_AFTER
from fedirec.domain.actors import ObjectId
from fedirec.domain.audience import Visibility, public_audience
from fedirec.domain.endorsements import OfferState, OfferWay
from fedirec.domain.throttling import FORGOTTEN_AFTER
from fedirec.errors import FedirecError
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication, Scene
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.federation.replies import delete_question
from fedirec.federation.stamping import retract_note
from fedirec.storage import (
    actors,
    announcements,
    deliveries,
    endorsement_requests,
    endorsements,
    erasure,
    familiar_addresses,
    history,
    job_notes,
    mail_addresses,
    notes,
    notifications,
    offers,
    outbox_posts,
    passkeys,
    passwords,
    peers,
    queue_mending,
    received,
    second_factors,
    seen_signatures,
    sessions,
    stamps,
    throttles,
    tombstones,
    turns,
    visitors,
)
from fedirec.storage.database import Transaction

_BATCH: Final = 50
_PRUNED: Final = 500
_ROUNDS: Final = 500  # an hour: 70 a second for as long as such things are kept
_DAY: Final = timedelta(days=1)

_Step = Callable[[Transaction, Scene], Awaitable[bool | None]]
"""Returns whether there is more of it, for another transaction."""


async def run_due(federation: Federation) -> None:
    """Do everything that is due now; no network (`federation/rechecks.py` asks after stamps)."""
    await expire_offers(federation)
    await close_job_notes(federation)
    await announce_planned(federation)
    await end_unused_stamps(federation)


async def expire_offers(federation: Federation) -> None:
    """End offers whose time is over; a question asked by direct note is deleted there too."""
    async with federation.database.transaction() as transaction:
        if not await turns.take(transaction, "expire offers"):
            return
        scene = scene_of(federation)
        expired = await offers.expire_due(transaction, scene.now)
        for offer in expired:
            if offer.way is OfferWay.QUESTION:
                for publication in await delete_question(transaction, scene, offer):
                    await publish_in(transaction, scene, publication)
    if expired:
        federation.wake()


async def end_unused_stamps(federation: Federation) -> None:
    """Withdraw stamps on which nothing was published within 30 days; older ones still stand."""
    async with federation.database.transaction() as transaction:
        if not await turns.take(transaction, "end unused stamps"):
            return
        now = federation.now()
        unused = await offers.list_accepted_before(
            transaction, now - federation.limits.offer_lifetime
        )
        for offer in unused:
            await stamps.withdraw_stamp(transaction, str(offer.stamp_id), now)
            await offers.set_offer_state(transaction, offer.id, OfferState.EXPIRED, now)


async def close_job_notes(federation: Federation) -> None:
    """Delete our job notes at their closing instant, from everyone who got them."""
    async with federation.database.transaction() as transaction:
        if not await turns.take(transaction, "close job notes"):
            return
        scene = scene_of(federation)
        due = await job_notes.list_due_to_close(transaction, now=scene.now, limit=_BATCH)
        for job in due:
            author = await actors.get_actor(transaction, job.actor_id)
            for publication in await retract_note(transaction, scene, author, job.note_id):
                await publish_in(transaction, scene, publication)
    if due:
        federation.wake()


async def announce_planned(federation: Federation) -> None:
    """Boost as the guild what is due, at most so many a day; the rest waits for tomorrow."""
    async with federation.database.transaction() as transaction:
        if not await turns.take(transaction, "announce"):
            return
        scene = scene_of(federation)
        made = await announcements.count_since(transaction, scene.now - _DAY)
        free = max(0, scene.limits.announces_per_day - made)
        due = await announcements.list_due(transaction, now=scene.now, limit=free)
        for note_id in due:
            await _announce(transaction, scene, note_id)
    if due:
        federation.wake()


async def _announce(transaction: Transaction, scene: Scene, note_id: ObjectId) -> None:
    """Boost one note by id, unless it is gone or not public; consent that lapsed may come back."""
    if not await announcements.claim(transaction, note_id, now=scene.now):
        return
    note = await notes.find_note(transaction, note_id)
    if note is None or note.visibility is not Visibility.PUBLIC:
        await announcements.forget_announcement(transaction, note_id)
        return
    if note.kind == "endorsement" and not await endorsements.is_shown(transaction, note_id):
        await announcements.postpone(transaction, note_id, until=scene.now + _DAY)
        return
    guild = await actors.get_actor(transaction, scene.instance.guild_id)
    document = render_announce(
        id=scene.mint.activity_id(),
        actor=guild.id,
        object_id=note_id,
        audience=public_audience(str(guild.followers), (note.actor_id,)),
        published=scene.now,
    )
    publication = Publication(actor=guild, document=document, is_listed=True)
    activity_id = await publish_in(transaction, scene, publication)
    await announcements.record_announcement(transaction, note_id, activity_id, scene.now)


async def forget_old(federation: Federation) -> None:
    """Drop what was kept for a time only: once an hour is enough, as it walks whole tables.

    Each step is a transaction, or some short ones: what fails in one undoes and stops no other.

    Raises:
        FedirecError: A step failed, the first of them if several did; the others are done.
    """
    failures: list[FedirecError] = []
    for step in _STEPS:
        try:
            for _ in range(_ROUNDS):
                if not await _alone(federation, step):
                    break
        except FedirecError as error:
            failures.append(error)
    federation.wake()
    if failures:
        raise failures[0]


async def _alone(federation: Federation, step: _Step) -> bool:
    """Take one step of forgetting, unless another worker is about it; return whether to go on."""
    async with federation.database.transaction() as transaction:
        if not await turns.take(transaction, "forget"):
            return False
        return bool(await step(transaction, scene_of(federation)))


async def _erase_texts(transaction: Transaction, scene: Scene) -> None:
    """Erase the words of what came to nothing, wherever we keep them."""
    erased = await offers.erase_texts(transaction, scene.now - scene.limits.offer_text_kept)
    for offer in erased:  # a question that was replaced or answered by yes stands until now
        for publication in await delete_question(transaction, scene, offer):
            await publish_in(transaction, scene, publication)
    await erasure.erase_asking(transaction, erased)


async def _forget_signatures(transaction: Transaction, scene: Scene) -> None:
    limits = scene.limits
    before = scene.now - limits.signature_age_with_expires - limits.signature_ahead
    await seen_signatures.forget_before(transaction, before)


async def _prune_tombstones(transaction: Transaction, scene: Scene) -> None:
    await tombstones.prune(transaction, scene.now - scene.limits.tombstones_kept)


async def _prune_notifications(transaction: Transaction, scene: Scene) -> None:
    before = scene.now - scene.limits.notifications_kept
    await notifications.prune_notifications(transaction, before)


async def _prune_peers(transaction: Transaction, scene: Scene) -> None:
    limits = scene.limits
    await peers.prune_peers(transaction, scene.now - limits.peers_kept, most=limits.peers_most)


async def _expire_deliveries(transaction: Transaction, scene: Scene) -> None:
    await deliveries.expire_deliveries(transaction, scene.now)


async def _mend_queue(transaction: Transaction, scene: Scene) -> None:
    await queue_mending.mend_queue(transaction, scene.now, lease=scene.limits.lease)


async def _prune_received(transaction: Transaction, scene: Scene) -> bool:
    before = scene.now - scene.limits.received_kept
    return await received.prune_received(transaction, before, limit=_PRUNED) == _PRUNED


async def _prune_posts(transaction: Transaction, scene: Scene) -> None:
    await outbox_posts.prune_posts(transaction, scene.now - scene.limits.received_kept)


async def _prune_requests(transaction: Transaction, scene: Scene) -> None:
    await endorsement_requests.prune_requests(transaction, scene.now - ASK_AGAIN_AFTER)


async def _forget_sign_ins(transaction: Transaction, scene: Scene) -> None:
    """Forget what opens nothing any more, and tries and addresses that are long ago."""
    await sessions.prune_sessions(transaction, scene.now)
    await visitors.prune_visitors(transaction, scene.now)
    await second_factors.prune_pending(transaction, scene.now)
    await passwords.prune_resets(transaction, scene.now)
    await passkeys.prune_challenges(transaction, scene.now)
    await mail_addresses.prune_confirmations(transaction, scene.now)
    await throttles.prune_throttles(transaction, scene.now - FORGOTTEN_AFTER)
    await familiar_addresses.prune_addresses(transaction, scene.now - FAMILIAR_FOR)


async def _name_contexts(transaction: Transaction, _scene: Scene) -> bool:
    return await endorsements.name_contexts(transaction, limit=_BATCH) == _BATCH


async def _fold_history(transaction: Transaction, scene: Scene) -> None:
    await history.fold_history(transaction, scene.now)


_STEPS: Final[tuple[_Step, ...]] = (
    _erase_texts,
    _forget_signatures,
    _prune_tombstones,
    _prune_notifications,
    _prune_peers,
    _expire_deliveries,
    _mend_queue,
    _prune_received,
    _prune_posts,
    _prune_requests,
    _forget_sign_ins,
    _name_contexts,
    _fold_history,
)
