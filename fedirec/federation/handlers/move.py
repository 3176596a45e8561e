"""Move: an actor has a new home, and who followed it here follows it there (FEP-7628, OR-09)."""

from datetime import timedelta
from typing import Final

from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.parse import Activity
from fedirec.activitypub.render import render_follow
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.federation.handling import (
    Case,
    Handler,
    Need,
    NeedKind,
    Outcome,
    Publication,
    Scene,
    ignore,
)
from fedirec.storage import actors, endorsements, follows, moves
from fedirec.storage.database import Transaction

_COOLDOWN: Final = timedelta(days=30)
_SPACING: Final = timedelta(seconds=2)


def needs(activity: Activity, instance: Instance) -> tuple[Need, ...]:
    """Ask for the new home, fresh: only it can say that the old one is the same person."""
    if activity.target_id is None or instance.owns(activity.target_id):
        return ()
    return (Need(url=activity.target_id, kind=NeedKind.FRESH_ACTOR, is_vital=True),)


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Re-follow at the new home, one by one, for everyone here who followed the old one."""
    target = await _checked_target(transaction, case, scene)
    if isinstance(target, str):
        return ignore(target)
    await moves.record_move(transaction, case.actor.id, target.id, scene.now)
    await endorsements.check_soon(transaction, case.actor.id, scene.now)
    followers = await follows.local_followers(transaction, case.actor.id)
    publications: list[Publication] = []
    notices: list[Notice] = []
    for place, follower_id in enumerate(followers):
        notices.append(
            Notice(
                owner=follower_id,
                kind=NoticeKind.MOVED,
                actor_id=case.actor.id,
                object_id=target.id,
            )
        )
        if await follows.find_follow(transaction, follower_id, target.id) is not None:
            continue
        follower = await actors.get_actor(transaction, follower_id)
        publications.append(_follow(scene, follower, target, delay=place * _SPACING))
    return Outcome(publications=tuple(publications), notices=tuple(notices))


def _follow(scene: Scene, follower: Actor, target: Actor, *, delay: timedelta) -> Publication:
    document = render_follow(id=scene.mint.activity_id(), actor=follower.id, object_id=target.id)
    return Publication(actor=follower, document=document, is_personal=True, delay=delay)


async def _checked_target(transaction: Transaction, case: Case, scene: Scene) -> Actor | str:
    """Return the new home, or why the move is not believed."""
    activity = case.activity
    if activity.object_id != case.actor.id or activity.target_id in {None, case.actor.id}:
        return "an actor moves itself, and says where to"
    last = await moves.find_last_move(transaction, case.actor.id)
    if last is not None and scene.now - last < _COOLDOWN:
        return "moved less than 30 days ago"
    target = await actors.find_actor(transaction, ActorId(activity.target_id))
    if target is None or activity.target_id in case.resolved.failures:
        return "its new home cannot be fetched"
    if target.moved_to is not None or case.actor.id not in target.also_known_as:
        return "its new home has moved on, or does not name it in alsoKnownAs"
    return target


HANDLER = Handler(apply=apply, needs=needs)
