"""Starts the Fedify server of `fedify/peer.mjs` as a process, and steers it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from fedirec.activitypub.documents import Json, JsonObject, as_list
from tests.fediverse import free_port
from tests.interop.tls import Authority

FOLDER = Path(__file__).parent / "fedify"
_START_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FedifyPeer:
    """A running Fedify server with two people, dan and eve."""

    host: str
    control: str
    client: aiohttp.ClientSession

    @property
    def origin(self) -> str:
        """Where its ids are."""
        return f"https://{self.host}"

    def id(self, name: str) -> str:
        """The actor id of somebody there."""
        return f"{self.origin}/people/{name}"

    def handle(self, name: str) -> str:
        """The handle of somebody there."""
        return f"@{name}@{self.host}"

    async def call(self, command: str, **parameters: object) -> Json:
        """Run one of its commands; raises AssertionError with its own words when it fails."""
        url = f"{self.control}/{command}"
        async with self.client.post(url, data=json.dumps(parameters)) as response:
            result: Json = await response.json()
            assert response.status == 200, result
            return result

    async def verified(self, kind: str) -> list[JsonObject]:
        """What it received and believed, of one type of activity."""
        received = as_list(await self.call("verified"))
        return [each for each in received if isinstance(each, dict) and each.get("type") == kind]

    async def raw(self) -> list[JsonObject]:
        """Every POST it got: path, headers, body and the status it answered."""
        return [each for each in as_list(await self.call("raw")) if isinstance(each, dict)]

    async def send(
        self,
        name: str,
        to: str,
        activity: JsonObject,
        *,
        note: JsonObject | None = None,
    ) -> None:
        """Have somebody there send an activity to an actor id, or to their `followers`."""
        context = "https://www.w3.org/ns/activitystreams"
        document = {"@context": context, "actor": self.id(name), **activity}
        note = None if note is None else {"@context": context, **note}
        await self.call("send", **{"as": name, "to": to, "activity": document, "note": note})

    def note(self, name: str, number: str, content: str, **members: Json) -> JsonObject:
        """A note by somebody there, for `send`."""
        return {
            "id": f"{self.origin}/notes/{number}",
            "type": "Note",
            "attributedTo": self.id(name),
            "content": content,
            **members,
        }


@asynccontextmanager
async def fedify_running(
    node: str, authority: Authority, *, first_knock: str
) -> AsyncIterator[FedifyPeer]:
    """Run the peer for the length of the block; its output is shown when it does not start."""
    port, control_port = free_port(), free_port()
    environment = {
        **os.environ,
        "PEER_HOST": f"127.0.0.1:{port}",
        "CONTROL_PORT": str(control_port),
        "TLS_CERT": str(authority.certificate),
        "TLS_KEY": str(authority.key),
        "NODE_EXTRA_CA_CERTS": str(authority.ca_file),
        "FIRST_KNOCK": first_knock,
    }
    process = await asyncio.create_subprocess_exec(
        node,
        "peer.mjs",
        cwd=FOLDER,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            said = await process.stdout.readline()
            while said.strip() != b"ready":
                assert said, f"the Fedify peer ended with {await process.wait()}"
                said = await process.stdout.readline()
        async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as client:
            draining = tasks.create_task(process.stdout.read())
            yield FedifyPeer(
                host=f"127.0.0.1:{port}", control=f"http://127.0.0.1:{control_port}", client=client
            )
            if process.returncode is not None:
                message = f"the Fedify peer ended early: {(await draining).decode()}"
                raise AssertionError(message)
            process.terminate()
            await draining
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
