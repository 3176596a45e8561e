"""Foreign posts → `Note`: safe HTML, plain text, and what a note is besides a post.

A bad `endorsement` or `job` member makes an ordinary post of it, with the reason kept; a bad note
is refused. Who wrote it is only claimed here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.activitypub.content import answer_text, clean_html, clean_line, plain_text
from fedirec.activitypub.documents import (
    JsonObject,
    as_list,
    id_of,
    ids_of,
    instant_of,
    is_uri,
    object_of,
    text_of,
    types_of,
)
from fedirec.activitypub.endorsements import parse_endorsement
from fedirec.activitypub.job_notes import parse_job
from fedirec.activitypub.normalization import normalize
from fedirec.activitypub.parse import check_recipients
from fedirec.activitypub.vocabulary import NOTE_TYPES, QUOTE_MEMBERS
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.drafts import check_language
from fedirec.domain.endorsements import Endorsement
from fedirec.domain.job_notes import JobNote
from fedirec.domain.limits import Limits
from fedirec.domain.origins import same_origin
from fedirec.errors import InvalidInputError, MalformedActivityError

MAX_TAGS: Final = 64  # RX-03
MAX_ATTACHMENTS: Final = 16
NAME_CHARACTERS: Final = 300
SUMMARY_CHARACTERS: Final = 4_096
HASHTAG_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A post as its document says. `content` is safe HTML, `name` and `summary` are plain text.

    `hashtags` are lower-case, without `#`. `document` is as sent, less `bto` and `bcc`: digests
    are computed from it. `endorsement_error` and `job_error` say why a member that is there could
    not be read.
    """

    id: ObjectId
    type: str
    attributed_to: ActorId
    content: str
    language: str | None
    name: str | None
    summary: str | None
    in_reply_to: str | None
    url: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    ends_at: datetime | None
    mentions: tuple[ActorId, ...]
    hashtags: tuple[str, ...]
    has_attachment: bool
    has_quote: bool
    endorsement: Endorsement | None
    endorsement_error: str | None
    job: JobNote | None
    job_error: str | None
    document: JsonObject

    @property
    def text(self) -> str:
        """The content as people read it, in plain text."""
        return plain_text(self.content)

    @property
    def answer_text(self) -> str:
        """The content as an answer: plain text without its mentions."""
        return answer_text(self.content)


def parse_note(document: JsonObject, *, limits: Limits) -> Note:
    """Read a post of any of the types that peers show as one.

    Raises:
        MalformedActivityError: no id, no author, another type, or lists over their caps.
    """
    normal = normalize(document, max_depth=limits.json_depth)
    _check_lists(normal)
    note_id, author = _identity(normal)
    endorsement, endorsement_error = _endorsement_in(normal, limits)
    job, job_error = _job_in(normal)
    name = text_of(normal.get("name"))
    summary = text_of(normal.get("summary"))
    return Note(
        id=note_id,
        type=_type_of(normal),
        attributed_to=author,
        content=clean_html(_content_of(normal)),
        language=_language_of(normal),
        name=clean_line(name, limit=NAME_CHARACTERS) if name else None,
        summary=plain_text(summary)[:SUMMARY_CHARACTERS] if summary else None,
        in_reply_to=id_of(normal.get("inReplyTo")),
        url=_url_of(normal, note_id),
        to=ids_of(normal.get("to")),
        cc=ids_of(normal.get("cc")),
        published_at=instant_of(normal.get("published")),
        updated_at=instant_of(normal.get("updated")),
        ends_at=instant_of(normal.get("endTime")),
        mentions=_mentions_of(normal),
        hashtags=_hashtags_of(normal),
        has_attachment=bool(as_list(normal.get("attachment"))),
        has_quote=any(normal.get(member) for member in QUOTE_MEMBERS),
        endorsement=endorsement,
        endorsement_error=endorsement_error,
        job=job,
        job_error=job_error,
        document={name: value for name, value in normal.items() if name not in {"bto", "bcc"}},
    )


def _check_lists(document: JsonObject) -> None:
    check_recipients(document)
    for member, limit in (("tag", MAX_TAGS), ("attachment", MAX_ATTACHMENTS)):
        count = len(as_list(document.get(member)))
        if count > limit:
            message = f"at most {limit} items in {member}, found {count}"
            raise MalformedActivityError(message)


def _identity(document: JsonObject) -> tuple[ObjectId, ActorId]:
    value = document.get("id")
    author = id_of(document.get("attributedTo"))
    if not isinstance(value, str) or not is_uri(value):
        raise MalformedActivityError("a post has an id, an http or https URL")
    if author is None:
        message = f"{value} does not say whose it is"
        raise MalformedActivityError(message)
    return ObjectId(value), ActorId(author)


def _type_of(document: JsonObject) -> str:
    found = next((name for name in types_of(document) if name in NOTE_TYPES), None)
    if found is None:
        message = f"not a type of post: {document.get('type')!r:.100}"
        raise MalformedActivityError(message)
    return found


def _content_of(document: JsonObject) -> str:
    """Return `content`, or the first text of `contentMap` as Mastodon 4.6 does."""
    content = text_of(document.get("content"))
    texts = object_of(document.get("contentMap")) or {}
    return content or next((text for text in texts.values() if isinstance(text, str)), "")


def _language_of(document: JsonObject) -> str | None:
    language = next(iter(object_of(document.get("contentMap")) or {}), None)
    if language is None:
        return None
    try:
        check_language(language)
    except InvalidInputError:
        return None
    return language


def _url_of(document: JsonObject, note_id: ObjectId) -> str:
    """Return the page of a post, only if it is where the post is; text/html preferred."""
    links = as_list(document.get("url"))
    pages = [
        link for link in links if isinstance(link, dict) and link.get("mediaType") == "text/html"
    ]
    found = id_of([*pages, *links])
    return found if found is not None and same_origin(found, note_id) else note_id


def _mentions_of(document: JsonObject) -> tuple[ActorId, ...]:
    hrefs = (
        id_of(tag.get("href"))
        for tag in as_list(document.get("tag"))
        if isinstance(tag, dict) and "Mention" in types_of(tag)
    )
    return tuple(dict.fromkeys(ActorId(href) for href in hrefs if href is not None))


def _hashtags_of(document: JsonObject) -> tuple[str, ...]:
    names = (
        clean_line(text_of(tag.get("name")) or "", limit=HASHTAG_CHARACTERS)
        for tag in as_list(document.get("tag"))
        if isinstance(tag, dict) and "Hashtag" in types_of(tag)
    )
    tags = (name.removeprefix("#").lower() for name in names)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _endorsement_in(document: JsonObject, limits: Limits) -> tuple[Endorsement | None, str | None]:
    if document.get("endorsement") is None:
        return None, None
    try:
        return parse_endorsement(document, limits=limits), None
    except InvalidInputError as error:
        return None, str(error)


def _job_in(document: JsonObject) -> tuple[JobNote | None, str | None]:
    if document.get("job") is None:
        return None, None
    try:
        return parse_job(document), None
    except InvalidInputError as error:
        return None, str(error)
