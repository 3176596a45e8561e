"""Audience → one delivery for each distinct remote inbox, inside the transaction of journey (a).

People here never get a POST from ourselves: the same handler gives them the effect (`outbox.py`).
"""

from collections.abc import Sequence

from fedirec.activitypub.documents import ids_of
from fedirec.activitypub.parse import Activity
from fedirec.domain.actors import ActivityId, ActorId, Host, InboxUrl
from fedirec.domain.moderation import HostVerdict, admit_host
from fedirec.domain.retry import is_protective, lifetime
from fedirec.federation.handling import Publication, Scene
from fedirec.storage import blocks, deliveries
from fedirec.storage.database import Transaction
from fedirec.storage.deliveries import Leaving


async def enqueue(
    transaction: Transaction,
    scene: Scene,
    publication: Publication,
    activity: Activity,
    blind: Sequence[str] = (),
) -> None:
    """Write the deliveries of `activity`: at most 500 now, the rest as one fan-out to expand.

    `blind` are `bto` and `bcc`, which are delivered to and stand in no document.
    """
    if activity.id is None:
        message = "an activity of ours always has an id"
        raise ValueError(message)
    leaving = _leaving(scene, publication, activity, activity.id)
    if leaving.takes_back and activity.object_id is not None:
        await deliveries.supersede(transaction, leaving, activity.object_id, now=scene.now)
    addressed = [ActorId(uri) for uri in (*activity.addressees, *blind)]
    inboxes = await _inboxes(transaction, publication, addressed)
    await deliveries.enqueue(transaction, leaving, await _admitted(transaction, scene, inboxes))
    for followed_id in _followers_addressed(scene, publication, activity):
        await deliveries.enqueue_to_followers(
            transaction,
            leaving,
            followed_id,
            our_host=scene.instance.host,
            limit=scene.limits.inboxes_per_transaction,
        )


def _leaving(
    scene: Scene, publication: Publication, activity: Activity, activity_id: ActivityId
) -> Leaving:
    is_about_itself = activity.object_id == activity.actor
    tried_for = lifetime(activity.type, scene.limits, is_about_itself=is_about_itself)
    return Leaving(
        activity_id=activity_id,
        actor_id=publication.actor.id,
        order_key=_order_key(activity) or activity_id,
        first_try_at=scene.now + publication.delay,
        expires_at=scene.now + tried_for,
        is_protective=is_protective(activity.type, is_about_itself=is_about_itself),
        takes_back=activity.type == "Delete",
        is_first=activity.type == "Create",
    )


def _order_key(activity: Activity) -> str | None:
    """Return what is said in order: the object, or what the undone was about (P5)."""
    if activity.type == "Undo" and activity.object_ is not None:
        undone = ids_of(activity.object_.get("object"))
        return next(iter(undone), activity.object_id)
    return activity.object_id


def _followers_addressed(
    scene: Scene, publication: Publication, activity: Activity
) -> list[ActorId]:
    """Whose followers are addressed: the sender's own and, when the guild speaks too, the guild's.

    Nobody else's: a member cannot write to another member's followers.
    """
    own = publication.actor.id
    speakers = [own]
    if publication.retracts and scene.instance.guild_id != own:
        speakers.append(scene.instance.guild_id)
    return [
        speaker for speaker in speakers if scene.instance.followers(speaker) in activity.addressees
    ]


async def _inboxes(
    transaction: Transaction, publication: Publication, addressed: Sequence[ActorId]
) -> list[tuple[InboxUrl, Host]]:
    """Return where the addressed get it, and where what it retracts once went."""
    inboxes = await deliveries.inboxes_of(
        transaction, addressed, prefer_shared=not publication.is_personal
    )
    for object_id in publication.retracts:
        inboxes += await deliveries.inboxes_that_got(transaction, object_id)
    return inboxes


async def _admitted(
    transaction: Transaction, scene: Scene, inboxes: Sequence[tuple[InboxUrl, Host]]
) -> list[tuple[InboxUrl, Host]]:
    """Drop inboxes on blocked hosts, and our own (PA-01)."""
    blocked = await blocks.blocked_hosts(transaction)
    return [
        (inbox, host)
        for inbox, host in dict(inboxes).items()
        if host != scene.instance.host
        and admit_host(host, blocked=blocked, allowed=None) is HostVerdict.ADMIT
    ]
