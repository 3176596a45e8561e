"""What stands at the inbox of a running instance: how to knock, and what may be left behind."""

import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from aiohttp import ClientSession
from multidict import CIMultiDict
from structlog.testing import capture_logs
from yarl import URL

from fedirec.community import following
from fedirec.domain.public import PUBLIC
from fedirec.storage.database import Row
from tests.federation.receiving.signing import Draft, sign_draft
from tests.fediverse import Home, eventually
from tests.peers import ACTIVITY_JSON, Answer, Peer, PeerActor

TABLES = (
    *("actors", "remote_keys", "peers", "follows", "notes", "note_readers", "note_tags", "offers"),
    *("tombstones", "stamps", "endorsements", "job_notes", "featured", "reactions", "reports"),
    *("moves", "received", "received_recipients", "seen_signatures", "inbox_items"),
    *("activities", "deliveries", "notifications", "blocks"),
)
SETTLED = ("handled", "ignored", "dead")


@dataclass(slots=True)
class Clock:
    """The hour of this machine, and what was added to it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **span: float) -> None:
        """Let so much time pass."""
        self.ahead += timedelta(**span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that left nothing behind.

    `expected` is what the log says was missing, `field` the part that the sender is told of.
    """

    status: int
    expected: str
    fetches: int
    headers: Mapping[str, str]
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an activity that was taken: `handled`, or `ignored` with the reason."""

    state: str
    reason: str | None


async def rows(home: Home, sql: str, **parameters: Any) -> list[Row]:
    """What the instance keeps."""
    async with home.federation.database.reading() as reader:
        return list(await reader.fetch_all(sql, parameters))


async def counts(home: Home) -> dict[str, int]:
    """How many rows each table has that a stranger could fill."""
    found = {}
    for table in TABLES:
        [row] = await rows(home, f"select count(*) as found from {table}")  # noqa: S608
        found[table] = int(row["found"] or 0)
    return found


async def quiet(home: Home) -> None:
    """Wait until nothing that was taken waits to be handled."""

    async def is_quiet() -> bool:
        return not await rows(
            home, "select id from received where state in ('due', 'leased', 'waiting')"
        )

    await eventually(is_quiet, expecting="an empty queue of received activities")


async def refusal(home: Home, peer: Peer, sending: Awaitable[Answer]) -> Refusal:
    """Let a request be sent that must be refused; fails if anything was stored."""
    await quiet(home)
    before, fetched = await counts(home), len(fetches(peer))
    with capture_logs() as events:
        answer = await sending
    await quiet(home)
    assert await counts(home) == before
    said = [event["expected"] for event in events if event["event"] == "request.refused"]
    return Refusal(
        status=answer.status,
        expected=" ".join(said),
        fetches=len(fetches(peer)) - fetched,
        headers=answer.headers,
        field=json.loads(answer.body).get("field") if answer.body else None,
    )


def fetches(peer: Peer) -> list[str]:
    """What was fetched from a peer, in order."""
    return [request.path for request in peer.received if request.method == "GET"]


async def send(
    client: ClientSession,
    url: str,
    headers: Mapping[str, str] | CIMultiDict[str],
    body: bytes,
) -> Answer:
    """POST exactly these headers and bytes to exactly this target."""
    async with client.post(
        URL(url, encoded=True), headers=headers, data=BytesIO(body), allow_redirects=False
    ) as response:
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=await response.read(),
        )


async def post(
    home: Home,
    actor: PeerActor,
    activity: Any,
    *,
    to: str = "/inbox",
    at: datetime | None = None,
    **changes: Any,
) -> Answer:
    """Sign and post to one of our inboxes; `changes` are those of a `Draft`."""
    body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
    draft = Draft(
        url=home.origin + to, body=body, actor=actor, at=at or home.federation.now(), **changes
    )
    return await send(home.client, draft.url, sign_draft(draft), draft.sent_body)


def names_of(row: Row) -> tuple[str, str]:
    """What a row of what came goes by: its key, and the id that its body says."""
    return str(row["activity_key"]), str(json.loads(str(row["body"])).get("id"))


async def outcome_of(home: Home, activity_id: str) -> Outcome:
    """Wait until an activity that was taken is dealt with."""

    async def look() -> Outcome | None:
        found = await rows(
            home,
            "select activity_key, body, state, last_detail from received"
            " order by created_at desc, id desc",
        )
        found = [row for row in found if activity_id in names_of(row)]
        if not found or found[0]["state"] not in SETTLED:
            return None
        detail = found[0]["last_detail"]
        return Outcome(state=str(found[0]["state"]), reason=None if detail is None else str(detail))

    return await eventually(look, expecting=f"an end of {activity_id}")


async def deliver(
    home: Home, actor: PeerActor, activity: dict[str, Any], *, to: str = "/inbox"
) -> Outcome:
    """Post what must be taken, and wait for what becomes of it."""
    answer = await post(home, actor, activity, to=to)
    assert answer.status == 202, (answer.status, answer.body)
    assert answer.body == b""
    return await outcome_of(home, activity["id"])


async def follow_from_here(home: Home, actor: PeerActor, name: str = "ada") -> None:
    """Let one of ours follow a peer's actor, who accepts."""
    await following.follow(home.federation, name, actor.handle)

    async def asked() -> Any:
        return next((p.json() for p in actor.peer.posts if p.json()["type"] == "Follow"), None)

    await deliver(home, actor, actor.activity("Accept", await eventually(asked)))


def note(actor: PeerActor, home: Home, **changes: Any) -> dict[str, Any]:
    """A public note by a peer's actor for ada; a change to None leaves the member out."""
    members = {
        "id": f"{actor.peer.origin}/notes/{actor.peer.next_number()}",
        "type": "Note",
        "attributedTo": actor.id,
        "content": "<p>Bread and salt.</p>",
        "published": "2026-03-01T10:00:00Z",
        "to": [PUBLIC],
        "cc": [actor.followers, home.id("ada")],
    }
    return {key: value for key, value in (members | changes).items() if value is not None}


def create(actor: PeerActor, object_: Any, **changes: Any) -> dict[str, Any]:
    """A Create of this actor with the audience of its object."""
    audience = {
        name: object_[name]
        for name in ("to", "cc")
        if isinstance(object_, dict) and name in object_
    }
    return actor.activity("Create", object_, **(audience | changes))


async def kept_note(home: Home, note_id: str) -> Row | None:
    """The row of a note, if there is one."""
    found = await rows(home, "select * from notes where id = :id", id=note_id)
    return found[0] if found else None


async def follows_here(home: Home, follower: str, followed: str) -> bool:
    """Whether there is a follow between two actors, accepted or not."""
    return bool(
        await rows(
            home,
            "select 1 as found from follows where follower_id = :a and followed_id = :b",
            a=follower,
            b=followed,
        )
    )


def serve_note(peer: Peer, document: dict[str, Any], **changes: Any) -> str:
    """Serve a note at its own id, as its origin would; return the id."""
    served = {"@context": "https://www.w3.org/ns/activitystreams", **document, **changes}
    path = document["id"].removeprefix(peer.origin)
    peer.answers(path, 200, {"Content-Type": ACTIVITY_JSON}, json.dumps(served).encode())
    return str(document["id"])
