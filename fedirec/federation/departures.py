"""When an actor elsewhere has left for good: do what its own Delete would have done."""

from fedirec.domain.actors import ActorId
from fedirec.federation.context import Federation
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.federation.stamping import retract_all_about
from fedirec.storage import actors


async def forget_actor(federation: Federation, actor_id: ActorId) -> None:
    """Erase an actor, its follows both ways, and what was said here about it."""
    scene = scene_of(federation)
    async with federation.database.transaction() as transaction:
        publications = await retract_all_about(transaction, scene, actor_id)
        await actors.delete_remote_actor(transaction, actor_id, scene.now)
        for publication in publications:
            await publish_in(transaction, scene, publication)
    federation.wake()
