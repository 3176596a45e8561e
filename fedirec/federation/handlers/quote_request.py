"""QuoteRequest: always declined, for what stands here agreed should not be framed by others' words.

Our notes say so already (`interactionPolicy.canQuote`: the author alone, FEP-044f).
"""

from fedirec.activitypub.render import render_reject
from fedirec.federation.handling import Case, Handler, Outcome, Publication, Scene, ignore
from fedirec.storage import actors, notes
from fedirec.storage.database import Transaction


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Answer with the author's Reject, when the note is ours and the asker may read it."""
    activity = case.activity
    if activity.object_id is None or activity.id is None:
        return ignore("a quote request names what is quoted, and has an id")
    note = await notes.find_note(transaction, activity.object_id)
    if note is None or not note.is_local:
        return ignore("asks to quote nothing of ours")
    if not await notes.may_read(transaction, note, case.actor.id):
        return ignore("asks to quote what its actor may not read")
    author = await actors.get_actor(transaction, note.actor_id)
    document = render_reject(
        id=scene.mint.activity_id(),
        actor=author.id,
        object_=activity.id,
        to=case.actor.id,
        published=scene.now,
    )
    return Outcome(publications=(Publication(actor=author, document=document, is_personal=True),))


HANDLER = Handler(apply=apply)
