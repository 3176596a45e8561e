"""Members answer what somebody wrote, in public or to its author alone. Serves the pages."""

from fedirec.activitypub.content import clean_text, mention_html, paragraphs
from fedirec.activitypub.documents import JsonObject
from fedirec.community.client_outbox import submit
from fedirec.domain.actors import ActivityId
from fedirec.domain.audience import Visibility
from fedirec.domain.public import PUBLIC
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import actors, members, notes
from fedirec.storage.notes import StoredNote

_OPEN = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})


async def find_answerable(federation: Federation, member: str, named: str) -> StoredNote:
    """Return a post kept here that a member may read, by its id; raise NotFoundError otherwise."""
    async with federation.database.reading() as reader:
        found = await members.find_member(reader, member)
        note = await notes.find_note(reader, named)
        if note is not None and found is not None:
            is_readable = await notes.may_read(reader, note, found.actor_id)
            if is_readable:
                return note
    message = f"there is no note {named} for {member}"
    raise NotFoundError(message)


async def reply(
    federation: Federation, member: str, note: StoredNote, words: str, *, is_private: bool, key: str
) -> ActivityId:
    """Answer a post in plain words; return the id of the activity that says so.

    What is not for everybody is answered to its author alone, whatever `is_private` says. Raises
    InvalidInputError for words that are none or too long, or another text under the same key.
    """
    said = clean_text(words, limit=len(words))
    if not said or 2 * len(said.encode()) > federation.limits.note_bytes:
        message = f"an answer has at most {federation.limits.note_bytes // 2} bytes, and some words"
        raise InvalidInputError(message, field="words")
    async with federation.database.reading() as reader:
        author = await actors.get_actor(reader, note.actor_id)
        writer = await members.find_member(reader, member)
    followers = f"{federation.instance.member_id(member)}/followers"
    content = f"<p>{mention_html(author)} " + paragraphs(said).removeprefix("<p>")
    document: JsonObject = {
        "type": "Note",
        "content": content,
        "contentMap": {writer.language if writer else "en": content},
        "inReplyTo": note.id,
        "to": [author.id] if is_private or note.visibility not in _OPEN else [PUBLIC],
        "tag": [{"type": "Mention", "href": author.id, "name": author.handle}],
    }
    if document["to"] == [PUBLIC]:
        document["cc"] = [followers, author.id]
    return await submit(federation, member, document, key=key)
