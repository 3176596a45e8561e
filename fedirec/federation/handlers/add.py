"""Add and Remove: pins in the actor's own `featured` collection (OR-10); ours and others'."""

from fedirec.domain.actors import ObjectId
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import featured
from fedirec.storage.database import Transaction


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Pin or unpin, if the collection is the actor's own featured one."""
    activity = case.activity
    if activity.object_id is None:
        return ignore("names nothing to add or remove")
    if case.actor.featured is None or activity.target_id != case.actor.featured:
        return ignore("changes a collection that is not its actor's own featured one")
    note_id = ObjectId(activity.object_id)
    if activity.type == "Add":
        await featured.add_featured(transaction, case.actor.id, note_id, scene.now)
    else:
        await featured.remove_featured(transaction, case.actor.id, note_id)
    return Outcome()


HANDLER = Handler(apply=apply)
