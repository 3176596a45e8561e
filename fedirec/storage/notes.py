"""Notes, ours and others': as their origin sent them, made safe to show, and who may read them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.audience import Visibility
from fedirec.errors import NotFoundError
from fedirec.storage.database import Parameters, Reader, Row, Transaction, to_microseconds
from fedirec.storage.follows import is_follower
from fedirec.storage.search_index import index_note, is_searchable
from fedirec.storage.statements import (
    in_chunks,
    insert_rows,
    instant,
    instant_or_none,
    listed,
    microseconds_or_none,
    text,
    text_or_none,
)

_SELECT: Final = (
    "select id, actor_id, kind, is_local, visibility, body, content, language, url, in_reply_to,"
    " published_at, updated_at from notes"
)
_HEADS: Final = "select id, actor_id, kind, is_local, visibility from notes where id in "
_INSERT: Final = """
insert into notes (id, actor_id, kind, is_local, visibility, body, content, language, url,
  in_reply_to, published_at, updated_at)
values (:id, :actor_id, :kind, :is_local, :visibility, :body, :content, :language, :url,
  :in_reply_to, :published_at, :updated_at)
on conflict (id) do nothing
"""
_UPDATE: Final = """
update notes set kind = :kind, visibility = :visibility, body = :body, content = :content,
  language = :language, url = :url, in_reply_to = :in_reply_to, updated_at = :updated_at
where id = :id
"""
_LISTS: Final = """
select 'readers' as list, note_id, reader as item, place from note_readers
where note_id in {places}
union all
select 'tags', note_id, tag, place from note_tags where note_id in {places}
order by note_id, place"""
_OPEN: Final = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNote:
    """A post. `kind` is `note`, `endorsement` or `job_note`; `content` is safe HTML.

    `readers` is its audience: ids of actors and collections. `tags` are hashtags without `#`.
    """

    id: ObjectId
    actor_id: ActorId
    kind: str
    is_local: bool
    visibility: Visibility
    body: str
    content: str
    language: str | None
    url: str
    in_reply_to: str | None
    published_at: datetime
    updated_at: datetime | None
    readers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteHead:
    """What most rules ask of a note: whose it is, and who may read it; without its text."""

    id: ObjectId
    actor_id: ActorId
    kind: str
    is_local: bool
    visibility: Visibility


async def insert_note(transaction: Transaction, note: StoredNote) -> bool:
    """Keep a note; return False, and change nothing, if its id is there already (OR-04)."""
    if not await transaction.execute(_INSERT, _parameters(note)):
        return False
    await _write_lists(transaction, note)
    await _index(transaction, note)
    return True


async def update_note(transaction: Transaction, note: StoredNote) -> bool:
    """Replace a note's text and audience; return whether it was there. Author and date stay."""
    if not await transaction.execute(_UPDATE, _parameters(note)):
        return False
    await transaction.execute("delete from note_readers where note_id = :id", {"id": note.id})
    await transaction.execute("delete from note_tags where note_id = :id", {"id": note.id})
    await _write_lists(transaction, note)
    await _index(transaction, note)
    return True


async def find_note(reader: Reader, note_id: str) -> StoredNote | None:
    """Return a note by id, whoever may read it."""
    rows = await reader.fetch_all(f"{_SELECT} where id = :id", {"id": note_id})
    return next(iter(await _with_lists(reader, rows)), None)


async def find_heads(reader: Reader, note_ids: Sequence[str]) -> dict[str, NoteHead]:
    """Return the heads of those notes that are here, by id: one statement for a few of them."""
    found: dict[str, NoteHead] = {}
    for chunk in in_chunks(note_ids):
        places, parameters = listed("id", chunk)
        for row in await reader.fetch_all(f"{_HEADS}{places}", parameters):
            found[text(row, "id")] = NoteHead(
                id=ObjectId(text(row, "id")),
                actor_id=ActorId(text(row, "actor_id")),
                kind=text(row, "kind"),
                is_local=bool(row["is_local"]),
                visibility=Visibility(text(row, "visibility")),
            )
    return found


async def get_note(reader: Reader, note_id: str) -> StoredNote:
    """Return a note by id, whoever may read it; raise NotFoundError if it is not here."""
    note = await find_note(reader, note_id)
    if note is None:
        message = f"no note {note_id}"
        raise NotFoundError(message)
    return note


async def delete_note(transaction: Transaction, note_id: str) -> bool:
    """Erase a note and all that it was; return whether it was there."""
    parameters = {"id": note_id}
    await transaction.execute("delete from featured where note_id = :id", parameters)
    await transaction.execute("delete from reactions where object_id = :id", parameters)
    return await transaction.execute("delete from notes where id = :id", parameters) > 0


async def find_latest_direct(
    reader: Reader, author_id: ActorId, addressee: ActorId, *, since: datetime
) -> StoredNote | None:
    """Return the newest note that an actor wrote to somebody alone since an instant."""
    row = await reader.fetch_one(
        "select n.id from notes n join note_readers r on r.note_id = n.id"
        " where n.actor_id = :author_id and n.visibility = 'direct' and r.reader = :addressee"
        " and n.published_at >= :since order by n.published_at desc, n.id desc limit 1",
        {"author_id": author_id, "addressee": addressee, "since": to_microseconds(since)},
    )
    return None if row is None else await find_note(reader, text(row, "id"))


async def may_read(reader: Reader, note: StoredNote | NoteHead, viewer: ActorId | None) -> bool:
    """Whether an actor, or anybody at all (None), may read a note (PA-02).

    Its author and whoever it names may; what is for followers, accepted ones; what is for the
    guild, everybody here.
    """
    if note.visibility in _OPEN:
        return True
    if viewer is None:
        return False
    if viewer == note.actor_id or await _names(reader, note, viewer):
        return True
    if note.visibility is Visibility.FOLLOWERS:
        return await is_follower(reader, viewer, note.actor_id)
    if note.visibility is Visibility.GUILD:
        row = await reader.fetch_one(
            "select id from actors where id = :id and is_local and gone_at is null", {"id": viewer}
        )
        return row is not None
    return False


async def _names(reader: Reader, note: StoredNote | NoteHead, viewer: ActorId) -> bool:
    if isinstance(note, StoredNote):
        return viewer in note.readers
    row = await reader.fetch_one(
        "select reader from note_readers where note_id = :id and reader = :viewer limit 1",
        {"id": note.id, "viewer": viewer},
    )
    return row is not None


async def _index(transaction: Transaction, note: StoredNote) -> None:
    if is_searchable(kind=note.kind, is_local=note.is_local):
        await index_note(transaction, note.id, note.content)


async def _write_lists(transaction: Transaction, note: StoredNote) -> None:
    readers: list[Parameters] = [
        {"note_id": note.id, "reader": reader, "place": place}
        for place, reader in enumerate(dict.fromkeys(note.readers))
    ]
    tags: list[Parameters] = [
        {"note_id": note.id, "tag": tag, "place": place}
        for place, tag in enumerate(dict.fromkeys(note.tags))
    ]
    await insert_rows(transaction, "note_readers", readers)
    await insert_rows(transaction, "note_tags", tags)


async def _with_lists(reader: Reader, rows: Sequence[Row]) -> list[StoredNote]:
    """Join notes with their readers and tags: one statement more, however many notes."""
    notes = [_read(row) for row in rows]
    ids = [note.id for note in notes]
    found: dict[tuple[str, str], list[str]] = {}
    for chunk in in_chunks(ids):
        places, parameters = listed("id", chunk)
        for row in await reader.fetch_all(_LISTS.format(places=places), parameters):
            key = text(row, "note_id"), text(row, "list")
            found.setdefault(key, []).append(text(row, "item"))
    return [
        replace(
            note,
            readers=tuple(found.get((note.id, "readers"), ())),
            tags=tuple(found.get((note.id, "tags"), ())),
        )
        for note in notes
    ]


def _parameters(note: StoredNote) -> Parameters:
    return {
        "id": note.id,
        "actor_id": note.actor_id,
        "kind": note.kind,
        "is_local": note.is_local,
        "visibility": note.visibility.value,
        "body": note.body,
        "content": note.content,
        "language": note.language,
        "url": note.url,
        "in_reply_to": note.in_reply_to,
        "published_at": to_microseconds(note.published_at),
        "updated_at": microseconds_or_none(note.updated_at),
    }


def _read(row: Row) -> StoredNote:
    return StoredNote(
        id=ObjectId(text(row, "id")),
        actor_id=ActorId(text(row, "actor_id")),
        kind=text(row, "kind"),
        is_local=bool(row["is_local"]),
        visibility=Visibility(text(row, "visibility")),
        body=text(row, "body"),
        content=text(row, "content"),
        language=text_or_none(row, "language"),
        url=text(row, "url"),
        in_reply_to=text_or_none(row, "in_reply_to"),
        published_at=instant(row, "published_at"),
        updated_at=instant_or_none(row, "updated_at"),
    )
