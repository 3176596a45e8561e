"""Create: a post, an endorsement, a job note, or an answer to a question we asked."""

from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.parse import Activity
from fedirec.federation import replies
from fedirec.federation.handling import (
    Case,
    Handler,
    Need,
    NeedKind,
    Outcome,
    Resolved,
    Scene,
    ignore,
)
from fedirec.federation.note_keeping import keep_new, read_note
from fedirec.federation.note_needs import needs_of_document, needs_of_object
from fedirec.storage import offers
from fedirec.storage.database import Transaction


def needs(activity: Activity, instance: Instance) -> tuple[Need, ...]:
    """Ask for an object that was not sent; else for an endorsement's stamp and its person."""
    if activity.object_ is None and activity.object_id is not None:
        return (Need(url=activity.object_id, kind=NeedKind.DOCUMENT, is_vital=True),)
    return needs_of_object(activity, instance)


def more_needs(resolved: Resolved, instance: Instance) -> tuple[Need, ...]:
    """Ask for what an object that had to be fetched needs in its turn."""
    return tuple(
        need
        for document in resolved.documents.values()
        if "attributedTo" in document
        for need in needs_of_document(document, instance)
    )


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Keep the note; an answer to one of our questions is taken as that and shown nowhere."""
    document = case.activity.object_
    if document is None:
        document = case.resolved.documents.get(str(case.activity.object_id))
    if document is None:
        return ignore("its object was not sent, and its origin does not serve it")
    if len(case.activity.objects) > 1 or ("name" in document and not document.get("content")):
        return ignore("a vote in a poll, and there are no polls here")
    note = read_note(case, scene, document)
    if isinstance(note, Outcome):
        return note
    if note.in_reply_to is not None:
        offer = await offers.find_by_question(transaction, note.in_reply_to)
        if offer is not None and offer.endorsed_id == case.actor.id:
            return await replies.take_answer(transaction, case, scene, note, offer)
    return await keep_new(transaction, case, scene, note)


HANDLER = Handler(apply=apply, needs=needs, more_needs=more_needs)
