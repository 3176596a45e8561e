"""Flag: a report by another server about something of ours, kept for the keeper (PA-05)."""

from fedirec.activitypub.documents import ids_of
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import reports
from fedirec.storage.database import Transaction
from fedirec.storage.reports import Report


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Keep the report; who is reported never learns who did."""
    objects = ids_of(case.activity.document.get("object"))
    if not case.is_local and not any(scene.instance.owns(uri) for uri in objects):
        return ignore("reports nothing of ours")
    await reports.insert_report(
        transaction,
        Report(
            id=scene.mint.ulid(),
            reporter_id=case.actor.id,
            objects=objects,
            content=case.activity.content or "",
            received_at=scene.now,
        ),
    )
    return Outcome()


HANDLER = Handler(apply=apply)
