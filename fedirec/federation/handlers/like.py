"""Like and EmojiReact: kept, told to the author, and never shown as a number."""

from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import notes, reactions, tombstones
from fedirec.storage.database import Transaction
from fedirec.storage.reactions import Reaction, ReactionKind


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Keep a reaction to one of our notes, or one of ours to any note kept here."""
    activity = case.activity
    if activity.object_id is None:
        return ignore("a like names what is liked")
    if activity.id is not None and await tombstones.find_tombstone(
        transaction, activity.id, owner=case.actor.id
    ):
        return ignore("was undone before it came")
    note = (await notes.find_heads(transaction, [activity.object_id])).get(activity.object_id)
    if note is None or not (note.is_local or case.is_local):
        return ignore("likes nothing of ours")
    if not await notes.may_read(transaction, note, case.actor.id):
        return ignore("likes what its actor may not read")
    is_emoji = activity.type == "EmojiReact" or activity.content is not None
    await reactions.save_reaction(
        transaction,
        Reaction(
            object_id=note.id,
            actor_id=case.actor.id,
            kind=ReactionKind.EMOJI if is_emoji else ReactionKind.LIKE,
            activity_id=activity.id,
            content=activity.content,
            created_at=scene.now,
        ),
    )
    if not note.is_local or note.actor_id == case.actor.id:
        return Outcome()
    notice = Notice(
        owner=note.actor_id, kind=NoticeKind.LIKE, actor_id=case.actor.id, object_id=note.id
    )
    return Outcome(notices=(notice,))


HANDLER = Handler(apply=apply)
