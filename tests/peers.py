"""A scripted peer: a real HTTP server on loopback that does exactly what a test tells it.

It serves actor documents with real keys and their WebFinger, signs what it posts, answers any path
with any status, bytes or misbehaviour, and remembers every request it got. Nothing of fedirec runs
in it but the signatures.
"""

import json
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
from aiohttp import web

from fedirec.domain.origins import parse_url
from fedirec.signatures import cavage, message_signatures
from fedirec.signatures.keys import PrivateKey
from fedirec.signatures.messages import SignedRequest
from tests.keys import rsa_pair
from tests.misbehaviour import Behaviour

ACTIVITY_JSON = "application/activity+json"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request as it came: `path` is the raw target with its query, header names lower-case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    def signed(self, origin: str) -> SignedRequest:
        """The same, as the verifier takes it."""
        return SignedRequest(
            method=self.method,
            target=self.path,
            url=origin + self.path,
            headers=self.headers,
            body=self.body,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to say to one request."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerActor:
    """An actor of a peer, able to sign. `scheme` is `cavage` or `rfc9421`."""

    peer: "Peer"
    name: str
    id: str
    key: PrivateKey
    scheme: str = "cavage"

    @property
    def key_id(self) -> str:
        """The id its document gives its key."""
        return f"{self.id}#main-key"

    @property
    def inbox(self) -> str:
        """Its own inbox."""
        return f"{self.id}/inbox"

    @property
    def followers(self) -> str:
        """Its followers collection."""
        return f"{self.id}/followers"

    @property
    def handle(self) -> str:
        """`@name@host`."""
        return f"@{self.name}@{self.peer.host}"

    def document(self, **changes: Any) -> dict[str, Any]:
        """Its actor document in Mastodon's shape; a change to None leaves the member out."""
        document = {
            "@context": CONTEXT,
            "id": self.id,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "summary": "<p>A scripted peer's actor.</p>",
            "url": f"{self.peer.origin}/@{self.name}",
            "inbox": self.inbox,
            "outbox": f"{self.id}/outbox",
            "followers": self.followers,
            "following": f"{self.id}/following",
            "manuallyApprovesFollowers": False,
            "discoverable": True,
            "published": "2026-01-05T00:00:00Z",
            "endpoints": {"sharedInbox": f"{self.peer.origin}/inbox"},
            "publicKey": {
                "id": self.key_id,
                "owner": self.id,
                "publicKeyPem": self.key.public().pem(),
            },
        }
        return {key: value for key, value in (document | changes).items() if value is not None}

    def with_key(self, key: PrivateKey) -> "PeerActor":
        """The same actor signing with another key; serve its document to make that known."""
        return replace(self, key=key)

    def activity(self, kind: str, object_: Any, **members: Any) -> dict[str, Any]:
        """An activity of this actor with a fresh id."""
        return {
            "@context": CONTEXT[0],
            "id": f"{self.peer.origin}/activities/{self.peer.next_number()}",
            "type": kind,
            "actor": self.id,
            "object": object_,
            **members,
        }

    def sign_post(
        self, inbox_url: str, activity: Any, *, at: datetime | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a POST signed at `at` (now); `activity` may be bytes already."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        return self._sign("POST", inbox_url, body, at), body

    def sign_get(self, url: str, *, at: datetime | None = None) -> dict[str, str]:
        """Headers of a signed GET."""
        return self._sign("GET", url, b"", at)

    async def post(self, inbox_url: str, activity: Any) -> int:
        """Post an activity, signed, and return the status."""
        headers, body = self.sign_post(inbox_url, activity)
        return await self.peer.send("POST", inbox_url, headers=headers, body=body)

    def _sign(self, method: str, url: str, body: bytes, at: datetime | None) -> dict[str, str]:
        parsed = parse_url(url, allow_http=True)
        headers = {"host": str(parsed.host), "accept": ACTIVITY_JSON}
        if method == "POST":
            headers["content-type"] = ACTIVITY_JSON
        request = SignedRequest(
            method=method,
            target=parsed.target,
            url=parsed.document,
            headers=tuple(headers.items()),
            body=body,
        )
        now = at or datetime.now(UTC)
        if self.scheme == "cavage":
            added = cavage.sign(request, key_id=self.key_id, key=self.key, date=now)
        else:
            added = message_signatures.sign(request, key_id=self.key_id, key=self.key, created=now)
        return headers | {name.lower(): value for name, value in added.items()}


class Peer:
    """A peer on its own port, a free one by default. `name` is the host it goes by, if not that.

    Inboxes answer 202 and everything unknown 404 until told otherwise.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.received: list[Recorded] = []
        self.actors: dict[str, PeerActor] = {}
        self._name = name or (f"[{address}]" if ":" in address else address)
        self._address = address
        self._tls = tls
        self._scripts: dict[str, deque[Answer | Behaviour]] = {}
        self._always: dict[str, Answer | Behaviour] = {}
        self._numbers = 0
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._port = port

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            auto_decompress=False,
            handler_cancellation=True,
            shutdown_timeout=0.05,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address, self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        assert self._runner is not None
        await self._session.close()
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def host(self) -> str:
        """Its host, with the port."""
        return f"{self._name}:{self._port}"

    @property
    def origin(self) -> str:
        """`scheme://host:port`."""
        return f"{'https' if self._tls else 'http'}://{self.host}"

    @property
    def posts(self) -> list[Recorded]:
        """The POSTs among what it received."""
        return [request for request in self.received if request.method == "POST"]

    def next_number(self) -> int:
        """1, 2, 3, …: for ids."""
        self._numbers += 1
        return self._numbers

    def add_actor(
        self, name: str, *, key: PrivateKey | None = None, scheme: str = "cavage", **changes: Any
    ) -> PeerActor:
        """Make an actor and serve its document, its empty collections and its WebFinger."""
        actor = PeerActor(
            peer=self,
            name=name,
            id=f"{self.origin}/users/{name}",
            key=key or rsa_pair(),
            scheme=scheme,
        )
        self.actors[name] = actor
        self.serve(f"/users/{name}", actor.document(**changes))
        for collection in ("outbox", "followers", "following"):
            self.serve(
                f"/users/{name}/{collection}",
                {
                    "@context": CONTEXT[0],
                    "id": f"{actor.id}/{collection}",
                    "type": "OrderedCollection",
                    "totalItems": 0,
                },
            )
        self.answers(f"/users/{name}/inbox", 202)
        self.answers("/inbox", 202)
        return actor

    def serve(
        self, path: str, document: Any, status: int = 200, content_type: str = ACTIVITY_JSON
    ) -> str:
        """Serve a JSON document (or bytes) at a path from now on; return its URL."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self._always[path] = Answer(
            status=status, headers={"Content-Type": content_type}, body=body
        )
        return self.origin + path

    def answers(
        self,
        path: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        times: int | None = None,
    ) -> str:
        """Answer a path so: from now on, or for the next `times` requests; return its URL."""
        self._put(path, Answer(status=status, headers=headers or {}, body=body), times)
        return self.origin + path

    def redirects(self, path: str, location: str, status: int = 302) -> str:
        """Redirect a path; return its URL."""
        return self.answers(path, status, {"Location": location})

    def behaves(self, path: str, behaviour: Behaviour, *, times: int | None = None) -> str:
        """Hand a path to a handler of `tests/misbehaviour.py`; `times` as in `answers`."""
        self._put(path, behaviour, times)
        return self.origin + path

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> int:
        """Send a request with exactly these headers and return the status."""
        response = await self.exchange(method, url, headers=headers, body=body)
        return response.status

    async def exchange(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Send a request and return the whole answer."""
        assert self._session is not None
        async with self._session.request(
            method, url, headers=headers, data=body or None, allow_redirects=False
        ) as response:
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=await response.read(),
            )

    def _put(self, path: str, script: Answer | Behaviour, times: int | None) -> None:
        if times is None:
            self._always[path] = script
        else:
            self._scripts.setdefault(path, deque()).extend([script] * times)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        headers = tuple((name.lower(), value) for name, value in request.headers.items())
        self.received.append(
            Recorded(
                method=request.method,
                path=request.raw_path,
                headers=headers,
                body=await request.read(),
            )
        )
        script = self._find(request)
        if not isinstance(script, Answer):
            return await script(request)
        return web.Response(status=script.status, headers=script.headers, body=script.body)

    def _find(self, request: web.Request) -> Answer | Behaviour:
        path = request.path
        if path == "/.well-known/webfinger" and path not in self._always:
            return self._webfinger(request.query.get("resource", ""))
        for known in (request.raw_path, path):
            if self._scripts.get(known):
                return self._scripts[known].popleft()
            if known in self._always:
                return self._always[known]
        return Answer(status=404)

    def _webfinger(self, resource: str) -> Answer:
        for actor in self.actors.values():
            if resource in {f"acct:{actor.name}@{self.host}", actor.id}:
                link = {"rel": "self", "type": ACTIVITY_JSON, "href": actor.id}
                document = {
                    "subject": f"acct:{actor.name}@{self.host}",
                    "aliases": [actor.id],
                    "links": [link],
                }
                return Answer(
                    headers={"Content-Type": "application/jrd+json"},
                    body=json.dumps(document).encode(),
                )
        return Answer(status=404)
