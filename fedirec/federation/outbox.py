"""Journey (a): a member acts. Keep, apply, fan out — in one transaction; then wake the workers.

A dead peer cannot fail what a member does here: nothing is sent before the commit, and what is
stored is what is digested, signed and sent, byte for byte. The same handler that a remote activity
meets gives people here the effect.
"""

from fedirec.activitypub.documents import JsonObject, dump, ids_of
from fedirec.activitypub.parse import Activity, parse_activity
from fedirec.activitypub.render import with_proof_context
from fedirec.domain.actors import ActivityId, ActorId
from fedirec.domain.public import PUBLIC
from fedirec.errors import InvalidInputError
from fedirec.failpoints import failpoint
from fedirec.federation import fan_out, registry
from fedirec.federation.context import Federation
from fedirec.federation.handling import Case, Outcome, Publication, Scene
from fedirec.federation.recipients import who_hears
from fedirec.federation.sealing import with_proof
from fedirec.storage import activities, inboxes, notifications
from fedirec.storage.activities import LocalActivity
from fedirec.storage.database import Transaction
from fedirec.storage.inboxes import Source
from fedirec.storage.outbox_posts import record_post


def scene_of(federation: Federation) -> Scene:
    """Return what rules may use in a transaction that begins now."""
    return Scene(
        instance=federation.instance,
        limits=federation.limits,
        keys=federation.keys,
        mint=federation.mint(),
        post=federation.post,
    )


async def publish(
    federation: Federation, publication: Publication, *, blind: tuple[str, ...] = ()
) -> ActivityId:
    """Publish one activity in a transaction of its own; return its id.

    Raises InvalidInputError when it is over the size that peers take.
    """
    async with federation.database.transaction() as transaction:
        activity_id = await publish_in(transaction, scene_of(federation), publication, blind=blind)
    federation.wake()
    return activity_id


async def publish_in(
    transaction: Transaction, scene: Scene, publication: Publication, *, blind: tuple[str, ...] = ()
) -> ActivityId:
    """Keep, apply and fan out inside the caller's transaction; the caller wakes the workers."""
    document = await _sealed(transaction, scene, publication)
    body = dump(document)
    if len(body) > scene.limits.activity_bytes:
        message = (
            f"an activity is at most {scene.limits.activity_bytes} bytes, so that every peer takes"
            f" it; this one has {len(body)}: shorten the words or the links"
        )
        raise InvalidInputError(message)
    activity = parse_activity(body, limits=scene.limits)
    if activity.id is None:
        message = "an activity of ours always has an id"
        raise ValueError(message)
    await activities.insert_activity(
        transaction,
        LocalActivity(
            id=activity.id,
            actor_id=publication.actor.id,
            type=activity.type,
            object_id=activity.object_id,
            body=body.decode(),
            is_public=publication.is_listed,
            readers=activity.addressees,
            published_at=scene.now,
        ),
    )
    outcome = await registry.apply(
        transaction, Case(activity=activity, actor=publication.actor, is_local=True), scene
    )
    await fan_out.enqueue(transaction, scene, publication, activity, blind)
    await note_done(transaction, scene, publication.actor.id, activity.id)
    await carry_out(transaction, scene, activity, outcome, source_id=activity.id)
    failpoint("outbox.written")
    return activity.id


async def note_done(
    transaction: Transaction, scene: Scene, actor_id: ActorId, activity_id: ActivityId
) -> None:
    """Note what came of the actor's own POST, in the transaction that does it.

    Raises ConflictError when a repeat of the POST was quicker.
    """
    if scene.post is not None and scene.post.actor_id == actor_id:
        await record_post(transaction, scene.post, activity_id, scene.now)


async def carry_out(
    transaction: Transaction,
    scene: Scene,
    activity: Activity,
    outcome: Outcome,
    *,
    source_id: str,
    source: Source = Source.ACTIVITIES,
) -> None:
    """Write what follows from a case: inbox rows, notices, and what is to be sent in answer.

    Who is told of an activity also finds it in their inbox; who blocks its actor gets neither.
    """
    told = (notice.owner for notice in outcome.notices)
    owners = await who_hears(transaction, activity.actor, (*outcome.inbox_owners, *told))
    notices = tuple(notice for notice in outcome.notices if notice.owner in owners)
    if owners:
        await inboxes.add_items(
            transaction,
            owners,
            id=scene.mint.ulid(),
            activity_id=activity.id,
            source=source,
            source_id=source_id,
            object_id=activity.object_id,
            now=scene.now,
        )
    if notices:
        await notifications.add_notices(transaction, notices, ulid=scene.mint.ulid, now=scene.now)
    for publication in outcome.publications:
        await publish_in(transaction, scene, publication)


async def _sealed(transaction: Transaction, scene: Scene, publication: Publication) -> JsonObject:
    """Add a FEP-8b32 proof to what is public, so that it can be believed second hand.

    What is private gets none: nobody but its addressee should be able to show who said it.
    """
    document = publication.document
    if PUBLIC not in (*ids_of(document.get("to")), *ids_of(document.get("cc"))):
        return document
    return await with_proof(transaction, scene, publication.actor.id, with_proof_context(document))
