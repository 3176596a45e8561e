"""Integrity proofs by our own actors (FEP-8b32), on what may be believed second hand."""

from fedirec.activitypub.documents import JsonObject
from fedirec.domain.actors import ActorId
from fedirec.errors import ConflictError
from fedirec.federation.handling import Scene
from fedirec.signatures import proofs
from fedirec.signatures.keys import Ed25519PrivateKey
from fedirec.storage import keys
from fedirec.storage.database import Reader


async def with_proof(
    reader: Reader, scene: Scene, actor_id: ActorId, document: JsonObject
) -> JsonObject:
    """Return the document with a proof by the actor's newest Ed25519 key.

    Raises ConflictError for an actor without one; each is made with one.
    """
    for stored in await keys.list_keys(reader, actor_id, now=scene.now):
        key = scene.keys.private(stored)
        if isinstance(key, Ed25519PrivateKey):
            return proofs.add_proof(
                document, key=key, verification_method=stored.id, created=scene.now
            )
    message = f"{actor_id} has no Ed25519 key to prove with"
    raise ConflictError(message)
