"""Block: cuts follows both ways (ActivityPub §6.9); one of ours is also remembered."""

from fedirec.domain.actors import ActorId
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage import blocks, follows
from fedirec.storage.database import Transaction


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Sever the two; nobody is told."""
    if case.activity.object_id is None:
        return ignore("a block names whom")
    other = ActorId(case.activity.object_id)
    await follows.sever(transaction, case.actor.id, other)
    if case.is_local:
        await blocks.block(
            transaction, case.actor.id, other, kind="actor", reason=None, now=scene.now
        )
    return Outcome()


HANDLER = Handler(apply=apply)
