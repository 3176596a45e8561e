"""Runs the fediverse-pasture's verify-actor against one actor, without its web pages.

Its six people live on a free loopback port of this process. Each fetches the actor and posts to the
inbox: alice and dean unsigned, the others signed; claire and frank let nobody see their keys who
does not sign; dean, emily and frank cannot be found by WebFinger. Run with the Python of
the environment beside this file, in a folder that may be written to.

usage: verify_actor.py ACTOR
Prints JSON: `result` per person as the pasture judged it, and `steps`, its own log.
"""

# what it imports is in another environment
# mypy: ignore-errors

import asyncio
import contextlib
import json
import socket
import sys

import uvicorn
from bovine import jsonld as bovine_jsonld
from fediverse_pasture.data_provider import DataProvider
from fediverse_pasture.server import BlueprintForActors
from fediverse_pasture.server.verify_actor import ActorVerifier
from fediverse_pasture.types import Message
from pyld import jsonld
from quart import Quart

ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
# What the key of an actor is read with; the other contexts it compacts to are of no consequence.
SECURITY_TERMS = {
    "publicKey": {"@id": "https://w3id.org/security#publicKey", "@type": "@id"},
    "publicKeyPem": "https://w3id.org/security#publicKeyPem",
    "owner": {"@id": "https://w3id.org/security#owner", "@type": "@id"},
}
TIMEOUT_SECONDS = 10


def load_context(url, options):
    """Answer from here for every context: nothing is fetched from beyond loopback."""
    if url.startswith(ACTIVITY_STREAMS):
        return bovine_jsonld.wrapper(url, options)
    context = SECURITY_TERMS if url.startswith("https://w3id.org/security/v1") else []
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": {"@context": context},
    }


async def verify(actor):
    """Serve the six people, let them do what they do, and stop serving."""
    people = DataProvider.generate()
    everybody = [*people.possible_actors, people.one_actor]
    application = Quart("pasture")
    application.register_blueprint(BlueprintForActors(everybody).blueprint)
    message = Message()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        verifier = ActorVerifier(
            actor_list=everybody,
            remote_uri=actor,
            domain=f"127.0.0.1:{listener.getsockname()[1]}",
            message=message,
            timeout=TIMEOUT_SECONDS,
        )
        server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off"))
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=[listener]))
            while not server.started and not serving.done():  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.01)
            try:
                result = await verifier.verify()
            finally:
                server.should_exit = True
    return {"result": result, "steps": [str(step) for step in message.steps]}


if __name__ == "__main__":
    jsonld.set_document_loader(load_context)
    with contextlib.redirect_stdout(sys.stderr):
        found = asyncio.run(verify(sys.argv[1]))
    sys.stdout.write(json.dumps(found))
