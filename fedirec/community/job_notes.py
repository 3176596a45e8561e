"""Members post work, change it, and close it; the clock closes what nobody did.

Serves `fedirec job`, the board and the client side. A filled or closed note says so until its
closing instant, when it is deleted everywhere (`upkeep.py`).
"""

from collections.abc import Sequence

from fedirec.activitypub.documents import JsonObject, instant_text, load_document, object_of
from fedirec.activitypub.job_notes import render_job_note
from fedirec.activitypub.render import render_create, render_update
from fedirec.activitypub.vocabulary import JOB_CONTEXT
from fedirec.community.membership import get_acting_member
from fedirec.community.repeats import do_once
from fedirec.domain.actors import ActivityId, Actor, ObjectId
from fedirec.domain.audience import Audience, is_public, public_audience
from fedirec.domain.job_notes import JobDraft, JobShownTo, JobStatus, check_job
from fedirec.errors import ConflictError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication, Scene
from fedirec.federation.note_keeping import edited_at
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.storage import activities, announcements, job_notes, notes
from fedirec.storage.database import Transaction
from fedirec.storage.job_notes import StoredJob


async def post(
    federation: Federation,
    member: str,
    draft: JobDraft,
    *,
    shown_to: JobShownTo = JobShownTo.PUBLIC,
    key: str | None = None,
) -> ObjectId:
    """Post a job note; one for everybody is boosted by the guild a little later.

    What was posted by the same idempotency key is not posted again: its id is returned. Raises
    InvalidInputError for a draft that cannot be posted (its field named).
    """
    federation.space.check()
    author = await get_acting_member(federation, member)

    async def act(means: Federation) -> ObjectId:
        return await _post(means, author, draft, shown_to)

    if key is None:
        return await act(federation)

    async def found(activity_id: ActivityId) -> ObjectId:
        async with federation.database.reading() as reader:
            made = await activities.find_activity(reader, activity_id)
        if made is None or made.object_id is None:
            message = f"{activity_id} posted no job note that is still known"
            raise NotFoundError(message)
        return ObjectId(made.object_id)

    body: JsonObject = {"type": "JobNote", "draft": repr((draft, shown_to))}
    return await do_once(federation, author, key=key, body=body, act=act, found=found)


async def _post(
    federation: Federation, author: Actor, draft: JobDraft, shown_to: JobShownTo
) -> ObjectId:
    async with federation.database.transaction() as transaction:
        scene = scene_of(federation)
        check_job(draft, now=scene.now, limits=scene.limits)
        note_id = scene.instance.job_id(scene.mint.ulid())
        audience = _audience(author, shown_to)
        document = render_create(
            id=scene.mint.activity_id(),
            actor=author.id,
            object_=render_job_note(
                instance=scene.instance,
                id=note_id,
                actor=author,
                draft=draft,
                published=scene.now,
            ),
            audience=audience,
            published=scene.now,
            context=JOB_CONTEXT,
        )
        is_listed = shown_to is JobShownTo.PUBLIC
        await publish_in(
            transaction, scene, Publication(actor=author, document=document, is_listed=is_listed)
        )
        if is_listed:
            await announcements.plan_announcement(
                transaction, note_id, due_at=scene.now + scene.limits.announce_delay
            )
    federation.wake()
    return note_id


def _audience(author: Actor, shown_to: JobShownTo) -> Audience:
    followers = str(author.followers)
    if shown_to is JobShownTo.FOLLOWERS:
        return Audience(to=(followers,))
    return public_audience(followers)


async def amend(federation: Federation, member: str, note_id: ObjectId, draft: JobDraft) -> None:
    """Change an open job note; raises NotFoundError, ConflictError or InvalidInputError."""
    federation.space.check()
    author = await get_acting_member(federation, member)
    async with federation.database.transaction() as transaction:
        scene = scene_of(federation)
        check_job(draft, now=scene.now, limits=scene.limits)
        await _get_open(transaction, author, note_id)
        await _publish_update(transaction, scene, author, note_id, draft)
    federation.wake()


async def close(federation: Federation, member: str, note_id: ObjectId, *, is_filled: bool) -> None:
    """Say that the work is taken (`is_filled`) or off; raises NotFoundError or ConflictError."""
    author = await get_acting_member(federation, member)
    status = JobStatus.FILLED if is_filled else JobStatus.CLOSED
    async with federation.database.transaction() as transaction:
        scene = scene_of(federation)
        stored = await _get_open(transaction, author, note_id)
        await _publish_status(transaction, scene, author, stored, status)
        await announcements.forget_planned(transaction, note_id)
    federation.wake()


async def _get_open(transaction: Transaction, author: Actor, note_id: ObjectId) -> StoredJob:
    stored = await job_notes.find_job(transaction, note_id)
    if stored is None or stored.actor_id != author.id:
        message = f"{author.name} has no job note {note_id}"
        raise NotFoundError(message)
    if stored.status is not JobStatus.OPEN:
        message = f"the job note {note_id} is {stored.status} already"
        raise ConflictError(message)
    return stored


async def _publish_update(
    transaction: Transaction, scene: Scene, author: Actor, note_id: ObjectId, draft: JobDraft
) -> None:
    """Publish the note rendered anew from a changed draft, with its first date."""
    earlier = await notes.get_note(transaction, note_id)
    note = render_job_note(
        instance=scene.instance,
        id=note_id,
        actor=author,
        draft=draft,
        published=earlier.published_at,
        updated=edited_at(earlier, scene.now),
    )
    await _send(transaction, scene, author, note, earlier.readers)


async def _publish_status(
    transaction: Transaction, scene: Scene, author: Actor, stored: StoredJob, status: JobStatus
) -> None:
    """Publish the note as it stands, with its new status."""
    earlier = await notes.get_note(transaction, stored.note_id)
    note = load_document(earlier.body.encode(), limits=scene.limits)
    note.pop("@context", None)
    job = object_of(note.get("job")) or {}
    job["status"] = status.value
    note["updated"] = instant_text(edited_at(earlier, scene.now))
    await _send(transaction, scene, author, note, earlier.readers)


async def _send(
    transaction: Transaction,
    scene: Scene,
    author: Actor,
    note: JsonObject,
    readers: Sequence[str],
) -> None:
    """Publish a changed note to whom it was for."""
    is_listed = is_public(readers)
    shown_to = JobShownTo.PUBLIC if is_listed else JobShownTo.FOLLOWERS
    document = render_update(
        id=scene.mint.activity_id(),
        actor=author.id,
        object_=note,
        audience=_audience(author, shown_to),
        published=scene.now,
        context=JOB_CONTEXT,
    )
    await publish_in(
        transaction, scene, Publication(actor=author, document=document, is_listed=is_listed)
    )
