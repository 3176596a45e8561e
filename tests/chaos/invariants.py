"""What holds after every run, once the queue is drained: I1 to I6, each a list of what is wrong.

Drained means that nothing is due or leased. They judge by what peers and members were answered, by
the rows, and by what the peers recorded, never by what the program says of itself.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from fedirec.signatures.keys import PublicKey, load_public_pem
from fedirec.signatures.proofs import verification_method, verify_proof
from fedirec.storage.database import Database, Reader, Row
from fedirec.storage.opening import open_database
from tests.chaos.patience import PATIENCE_SECONDS
from tests.chaos.world import Said, World
from tests.peers import Peer, Recorded

_END_STATES: Final = frozenset({"delivered", "gone", "expired", "cancelled"})
_UNDER_WAY: Final = (
    "select (select count(*) from deliveries where state in ('due', 'waiting', 'leased'))"
    " + (select count(*) from received where state in ('due', 'waiting', 'leased'))"
    " + (select count(*) from fan_outs)"
    " + (select count(*) from announcements where activity_id is null) as rows_left"
)
_TABLES: Final = (
    "activities", "deliveries", "received", "notes", "inbox_items", "notifications", "follows",
    "reactions", "keys", "stamps", "offers", "endorsements", "fan_outs",
)  # fmt: skip
_RANK: Final = {"Create": 0, "Update": 1, "Delete": 2}

Rows = Mapping[str, Sequence[Row]]


async def settle_and_check(world: World, *, database: str) -> None:
    """Let everything be said again that was not answered, drain, and check all invariants."""
    await world.repeat_unanswered()
    opened = await open_database(database)
    try:
        await drain(opened)
        await check(world, opened)
    finally:
        await opened.close()


async def rows_of(database: str, table: str) -> Sequence[Row]:
    """All that stands in a table now; a log that a killed program left in SQLite stays as it is."""
    query = f"select * from {table}"  # noqa: S608 - a test's word
    kind, separator, path = database.partition("sqlite:///")
    if separator and not kind:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]
    opened = await open_database(database)
    try:
        async with opened.reading() as reader:
            return await reader.fetch_all(query)
    finally:
        await opened.close()


async def drain(database: Database) -> None:
    """Wait until nothing waits any more."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while left := await _rows_left(database):
        assert asyncio.get_running_loop().time() < deadline, f"{left} rows still wait"
        await asyncio.sleep(0.05)


async def check(world: World, database: Database) -> None:
    """Fail with everything that is wrong."""
    async with database.reading() as reader:
        rows = {table: await reader.fetch_all(f"select * from {table}") for table in _TABLES}  # noqa: S608 - named above
        damage = await _damage(reader) if database.engine == "sqlite" else []
    wrong = [
        *_accepted_took_effect_once(world, rows),
        *_sent_once_and_alike(world, rows),
        *_nothing_left_over(rows),
        *damage,
        *_rows_agree(rows),
        *_proofs_verify(rows),
        *_no_unexplained_failure(world),
    ]
    assert wrong == [], "\n".join(wrong)


async def _rows_left(database: Database) -> int:
    async with database.reading() as reader:
        row = await reader.fetch_one(_UNDER_WAY)
    assert row is not None
    return int(row["rows_left"] or 0)


def _accepted_took_effect_once(world: World, rows: Rows) -> Iterator[str]:
    """I1: what a peer was told is kept has its effect, and has it once."""
    undone, gone = _objects_of(world.said, "Undo"), _objects_of(world.said, "Delete")
    handled = {_id_of(row) for row in rows["received"] if row["state"] == "handled"}
    notes = _ids(rows["notes"])
    counting = Counting(rows)
    for said in world.said:
        activity, about = said.activity, _object_of(said.activity)
        is_taken_back = activity["id"] in undone or about in gone
        if not said.is_accepted:
            yield f"I1 never accepted: {activity['id']}"
        elif not is_taken_back and (activity["type"] != "Like" or about in notes):
            yield from _effect_of(said, counting, handled)
    for note_id, text in _latest_texts(world.said).items():
        if note_id in gone and note_id in notes:
            yield f"I1 {note_id} was deleted, and is there"
        if note_id not in gone and counting.of("notes", id=note_id, content=text) != 1:
            yield f"I1 {note_id} does not say {text}"


def _effect_of(said: Said, counting: "Counting", handled: set[str]) -> Iterator[str]:
    """What one activity that still stands should have left behind, exactly once.

    An Undo or Update that came late may find that there is nothing left to do.
    """
    activity, actor = said.activity, said.actor.id
    owner, about = said.inbox.removesuffix("/inbox"), _object_of(activity)
    effects = {
        "Follow": (("follows", {"follower_id": actor, "followed_id": owner, "state": "accepted"}),),
        "Like": (("reactions", {"object_id": about, "actor_id": actor, "kind": "like"}),),
        "Create": (
            ("notifications", {"owner_id": owner, "object_id": about, "kind": "mention"}),
            ("inbox_items", {"owner_id": owner, "activity_id": activity["id"]}),
        ),
    }.get(activity["type"], ())
    if effects and activity["id"] not in handled:
        yield f"I1 {activity['type']} {activity['id']} was not handled"
    for table, values in effects:
        if counting.of(table, **values) != 1:
            yield f"I1 {activity['id']}: {counting.of(table, **values)} of {table} have {values}"


class Counting:
    """Counts rows by the values of some of their columns, going through each table once."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._counts: dict[tuple[str, ...], Counter[tuple[object, ...]]] = {}

    def of(self, table: str, **values: object) -> int:
        """How many rows of a table have these values."""
        key = (table, *values)
        if key not in self._counts:
            found = (tuple(row[name] for name in values) for row in self._rows[table])
            self._counts[key] = Counter(found)
        return self._counts[key][tuple(values.values())]


def _objects_of(said: Sequence[Said], kind: str) -> set[str]:
    """The ids of what activities of a type were about."""
    return {_object_of(each.activity) for each in said if each.activity["type"] == kind}


def _object_of(activity: Mapping[str, Any]) -> str:
    object_ = activity["object"]
    return str(object_ if isinstance(object_, str) else object_["id"])


def _latest_texts(said: Sequence[Said]) -> dict[str, str]:
    """The text of each note of a peer's by its newest version."""
    newest: dict[str, tuple[str, str]] = {}
    for each in said:
        if each.activity["type"] in {"Create", "Update"}:
            note = each.activity["object"]
            version = (note.get("updated", ""), note["content"])
            newest[note["id"]] = max(version, newest.get(note["id"], version))
    return {note_id: text for note_id, (_, text) in newest.items()}


def _sent_once_and_alike(world: World, rows: Rows) -> Iterator[str]:
    """I2: peers hold each activity of ours with the same bytes, in order, and nothing else."""
    bodies = {str(row["id"]): str(row["body"]).encode() for row in rows["activities"]}
    for peer in world.peers:
        first: dict[str, int] = {}
        for place, request in enumerate(peer.posts):
            activity_id = str(request.json()["id"])
            if bodies.get(activity_id) != request.body:
                yield f"I2 {peer.host} got other bytes under {activity_id}, or what we never kept"
            first.setdefault(activity_id, place)
        yield from _out_of_order(peer.host, peer.posts, first)
        due = _due_to(world, peer, rows, first)
        for row in rows["activities"]:
            if row["id"] in due - first.keys():
                yield f"I2 {peer.host} never got {row['type']} {row['id']}"
    yield from _acts_happened_once(world, rows)


def _due_to(world: World, peer: Peer, rows: Rows, got: Collection[object]) -> set[str]:
    """The activities that a peer must have: what is delivered, and what is for its person.

    What was made or edited before its end may have been left out, and then so may the end.
    """
    ended = {row["object_id"] for row in rows["activities"] if row["type"] == "Delete"}
    met = {row["object_id"] for row in rows["activities"] if row["id"] in got}
    delivered = {
        str(row["activity_id"])
        for row in rows["deliveries"]
        if row["host"] == peer.host and row["state"] == "delivered"
    }
    return delivered | {
        str(row["id"])
        for row in rows["activities"]
        if _is_to_all(world, row)
        and (row["object_id"] in met if row["type"] == "Delete" else row["object_id"] not in ended)
    }


def _is_to_all(world: World, row: Row) -> bool:
    """Whether an activity is for the followers of its actor, who are one on each peer."""
    if row["actor_id"] not in world.followed:
        return False
    activity = json.loads(str(row["body"]))
    return f"{row['actor_id']}/followers" in (*activity.get("to", ()), *activity.get("cc", ()))


def _out_of_order(host: str, posts: Sequence[Recorded], first: Mapping[str, int]) -> Iterator[str]:
    """P5: of one object, a peer first hears of its making, then of edits, then of its end."""
    reached: dict[str, int] = {}
    for place, request in enumerate(posts):
        activity = request.json()
        rank = _RANK.get(activity["type"])
        if rank is None or first[activity["id"]] != place:
            continue
        object_id = _object_of(activity)
        if rank < reached.get(object_id, 0):
            yield f"I2 {host} heard of {object_id} out of order: {activity['id']}"
        reached[object_id] = max(rank, reached.get(object_id, 0))


def _acts_happened_once(world: World, rows: Rows) -> Iterator[str]:
    """What a member was told is done stands in the outbox, once, however often it was asked."""
    known = _ids(rows["activities"])
    for act in world.acts:
        if act.location is None or act.location not in known:
            yield f"I2 {act.member} was told of {act.location}, which is not there"
    for text, times in Counter(_texts_of_creates(rows)).items():
        if times != 1:
            yield f"I2 {times} notes say {text}"
    places = Counter(act.location for act in world.acts)
    yield from (f"I2 two acts are one: {place}" for place, times in places.items() if times > 1)


def _texts_of_creates(rows: Rows) -> Iterator[str]:
    for row in rows["activities"]:
        if row["type"] == "Create":
            yield json.loads(str(row["body"]))["object"]["content"]


def _nothing_left_over(rows: Rows) -> Iterator[str]:
    """I3: no lease is held, and all has ended that can end with honest peers."""
    for row in rows["deliveries"]:
        if row["state"] not in _END_STATES or row["lease_token"] is not None:
            yield f"I3 the delivery of {row['activity_id']} to {row['inbox']} is {row['state']}"
    for row in rows["received"]:
        if row["state"] not in {"handled", "ignored"} or row["lease_token"] is not None:
            yield f"I3 {row['activity_key']} is {row['state']}: {row['last_detail']}"
    yield from (f"I3 a fan-out of {row['activity_id']} is left" for row in rows["fan_outs"])


async def _damage(reader: Reader) -> list[str]:
    """I4: what SQLite finds wrong with its file."""
    checked = await reader.fetch_all("pragma integrity_check")
    orphans = await reader.fetch_all("pragma foreign_key_check")
    return [f"I4 {dict(row)}" for row in (*checked, *orphans) if "ok" not in row.values()]


def _rows_agree(rows: Rows) -> Iterator[str]:
    """I4: rows that no foreign key joins fit together, and what was agreed to stands as agreed."""
    sources = _ids(rows["received"]) | _ids(rows["activities"])
    for row in rows["inbox_items"]:
        if row["source_id"] not in sources:
            yield f"I4 an inbox shows {row['source_id']}, which is nowhere"
    standing = {row["id"] for row in rows["stamps"] if row["withdrawn_at"] is None}
    confirmed = {row["consent_id"] for row in rows["endorsements"] if row["state"] == "confirmed"}
    published = {row["stamp_id"] for row in rows["offers"] if row["state"] == "published"}
    if not standing == confirmed == published:
        yield f"I4 stamps {standing}, endorsements {confirmed} and offers {published} disagree"


def _proofs_verify(rows: Rows) -> Iterator[str]:
    """I5: every stamp and every proof that we gave is by a key of its actor."""
    keys = {str(row["id"]): load_public_pem(str(row["public_key"])) for row in rows["keys"]}
    for table in ("stamps", "activities"):
        for row in rows[table]:
            document = json.loads(str(row["body"]))
            if ("proof" in document or table == "stamps") and not _is_proven(document, keys):
                yield f"I5 the proof of {row['id']} does not verify"


def _is_proven(document: dict[str, Any], keys: Mapping[str, PublicKey]) -> bool:
    method = verification_method(document)
    return method in keys and verify_proof(document, keys[str(method)])


def _no_unexplained_failure(world: World) -> Iterator[str]:
    """I6: the program said why it failed, to its keeper and to nobody else."""
    events = [event for each in (world.program, *world.others) for event in each.events()]
    told = {event.get("request_id") for event in events}
    for answer in world.answers:
        if b"Traceback" in answer.body:
            yield f"I6 a traceback was told to a stranger: {answer.body[:200]!r}"
        if answer.status >= 500 and answer.headers.get("x-request-id") not in told:
            yield f"I6 {answer.status} without a logged cause"
    for event in events:
        is_late = event.get("error") == "TimeoutError"  # a deadline, as of what was frozen
        if "text" in event or ("exception" in event and not is_late):
            yield f"I6 unforeseen: {str(event)[-2000:]}"


def _id_of(received: Row) -> str:
    """The activity's id; what may be said anew is known by its signature too."""
    return str(received["activity_key"]).partition(" signed ")[0]


def _ids(rows: Sequence[Row]) -> set[object]:
    return {row["id"] for row in rows}
