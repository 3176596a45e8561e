"""Follow: someone asks to follow one of ours, or one of ours asks elsewhere (ActivityPub §7.5)."""

from fedirec.activitypub.render import render_accept_follow, render_reject_follow
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.follows import FollowAnswer, FollowState, answer_follow
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.federation.handling import Case, Handler, Outcome, Publication, Scene, ignore
from fedirec.storage import actors, blocks, follows, tombstones
from fedirec.storage.database import Transaction
from fedirec.storage.follows import Follow


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Record the request and, for one of ours, answer it; a repeat is answered again.

    An undone id stands for nothing while the original may still be under way; then it may be used
    anew, as Misskey has one id for a pair of actors for ever. Replays do not come here (SG-09).
    """
    activity = case.activity
    if activity.object_id is None or activity.id is None:
        return ignore("a follow names whom, and has an id")
    used = await _why_used(transaction, case, scene, activity.id)
    if used is not None:
        return ignore(used)
    followed = await actors.find_actor(transaction, ActorId(activity.object_id))
    if followed is None:
        return ignore("follows nobody known here")
    if followed.is_local:
        return await _answer(transaction, case, scene, followed)
    if not case.is_local:
        return ignore("follows somebody on another server")
    await _record(transaction, case, scene, followed, FollowState.REQUESTED)
    return Outcome()


async def _why_used(
    transaction: Transaction, case: Case, scene: Scene, activity_id: str
) -> str | None:
    """Return why the id of a Follow stands for nothing, or None; whom it names never changes."""
    undone_at = await tombstones.find_tombstone(transaction, activity_id, owner=case.actor.id)
    if undone_at is not None:
        # A proof has no signature of a request that would show whether it is a replay.
        if case.is_forwarded or scene.now - undone_at < scene.limits.signature_age:
            return "was undone, before it came or since"
        await tombstones.lift(transaction, activity_id)
    namesake = await follows.find_follow_by_activity(transaction, activity_id)
    if namesake is None or namesake.follower_id != case.actor.id:
        return None
    is_same = namesake.followed_id == case.activity.object_id
    return None if is_same else "has the id of a follow of somebody else"


async def _answer(transaction: Transaction, case: Case, scene: Scene, followed: Actor) -> Outcome:
    """Accept, reject, or let one of ours decide; who follows already stays a follower."""
    is_blocked = await blocks.is_actor_blocked(transaction, followed.id, case.actor.id)
    answer = answer_follow(
        followed, is_blocked=is_blocked, follower_has_moved=case.actor.moved_to is not None
    )
    if answer is FollowAnswer.REJECT:
        return Outcome(publications=(_reject(case, scene, followed),))
    known = await follows.find_follow(transaction, case.actor.id, followed.id)
    follows_already = known is not None and known.state is FollowState.ACCEPTED
    is_accepted = answer is FollowAnswer.ACCEPT or follows_already
    state = FollowState.ACCEPTED if is_accepted else FollowState.REQUESTED
    await _record(transaction, case, scene, followed, state)
    publications = (_accept(case, scene, followed),) if is_accepted else ()
    return Outcome(publications=publications, notices=_notices(case, followed, known, state))


def _notices(
    case: Case, followed: Actor, known: Follow | None, state: FollowState
) -> tuple[Notice, ...]:
    if known is not None:
        return ()
    is_accepted = state is FollowState.ACCEPTED
    kind = NoticeKind.FOLLOW if is_accepted else NoticeKind.FOLLOW_REQUEST
    return (Notice(owner=followed.id, kind=kind, actor_id=case.actor.id, object_id=None),)


async def _record(
    transaction: Transaction, case: Case, scene: Scene, followed: Actor, state: FollowState
) -> None:
    await follows.save_follow(
        transaction,
        Follow(
            follower_id=case.actor.id,
            followed_id=followed.id,
            activity_id=str(case.activity.id),
            state=state,
            requested_at=scene.now,
            accepted_at=scene.now if state is FollowState.ACCEPTED else None,
        ),
    )


def _accept(case: Case, scene: Scene, followed: Actor) -> Publication:
    document = render_accept_follow(
        id=scene.mint.activity_id(), actor=followed.id, follow=case.activity.document
    )
    return Publication(actor=followed, document=document, is_personal=True)


def _reject(case: Case, scene: Scene, followed: Actor) -> Publication:
    document = render_reject_follow(
        id=scene.mint.activity_id(), actor=followed.id, follow=case.activity.document
    )
    return Publication(actor=followed, document=document, is_personal=True)


HANDLER = Handler(apply=apply)
