"""Lists as feeds: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1, out of the same entries.

Texts come from anywhere: what XML cannot hold is to be left out by `plain`. A 304 is decided by
the ETag alone, since by dates nobody would learn what was withdrawn; `Last-Modified` is for people.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

import orjson
from aiohttp import hdrs, web
from feedgenerator import Atom1Feed, Rss201rev2Feed  # type: ignore[import-untyped] # has no types

from fedirec.web.answers import answer
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import spoken

SHOWN: Final = 20
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_JSON_FEED: Final = "https://jsonfeed.org/version/1.1"


class Form(StrEnum):
    """The ending of a feed's address."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"


_MEDIA_TYPES: Final = {
    Form.ATOM: "application/atom+xml; charset=utf-8",
    Form.RSS: "application/rss+xml; charset=utf-8",
    Form.JSON: "application/feed+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a feed; `content` is HTML, the rest plain text. `id` is for ever."""

    id: str
    url: str
    title: str
    content: str
    author: str
    author_url: str
    published_at: datetime
    updated_at: datetime
    tags: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A list, newest first: `home` is its page, `url` its own address."""

    title: str
    description: str
    home: str
    url: str
    language: str
    entries: tuple[Entry, ...]

    @property
    def updated_at(self) -> datetime:
        """When anything in it changed last."""
        return max((entry.updated_at for entry in self.entries), default=_NEVER)


def feed_answer(
    request: web.Request, *, title: str, description: str, home: str, entries: Iterable[Entry]
) -> web.Response:
    """Answer with a feed in the form that the address ends in; `home` is the path of its page."""
    origin = request.app[FEDERATION].instance.origin
    form = Form(request.match_info["form"])
    feed = Feed(
        title=plain(title),
        description=plain(description),
        home=origin + home,
        url=origin + request.raw_path,
        language=spoken(),
        entries=tuple(entries),
    )
    modified = format_datetime(feed.updated_at, usegmt=True)
    headers: dict[str, str] = {hdrs.LAST_MODIFIED: modified, hdrs.CONTENT_LANGUAGE: feed.language}
    return answer(request, _RENDERERS[form](feed), content_type=_MEDIA_TYPES[form], headers=headers)


def plain(text: str) -> str:
    """Return text without what XML 1.0 §2.2 has no place for."""
    return _NOT_XML.sub("", text)


class _Atom(Atom1Feed):  # type: ignore[misc] # untyped base
    """Atom whose date is that of what is in it: the library's is the hour it is asked."""

    def latest_post_date(self) -> datetime:
        return self.feed["updated_at"]  # type: ignore[no-any-return] # put in by `_head`


class _Rss(Rss201rev2Feed):  # type: ignore[misc] # untyped base
    """RSS with the same date."""

    def latest_post_date(self) -> datetime:
        return self.feed["updated_at"]  # type: ignore[no-any-return] # put in by `_head`


def _atom(feed: Feed) -> bytes:
    made = _Atom(**_head(feed))
    for entry in feed.entries:
        made.add_item(description=None, content=entry.content, **_item(entry))
    return str(made.writeString("utf-8")).encode()


def _rss(feed: Feed) -> bytes:
    made = _Rss(**_head(feed))
    for entry in feed.entries:
        made.add_item(description=entry.content, unique_id_is_permalink=True, **_item(entry))
    return str(made.writeString("utf-8")).encode()


def _head(feed: Feed) -> dict[str, object]:
    return {
        "title": feed.title,
        "link": feed.home,
        "description": feed.description,
        "feed_url": feed.url,
        "feed_guid": feed.url,
        "language": feed.language,
        "updated_at": feed.updated_at,
    }


def _item(entry: Entry) -> dict[str, object]:
    return {
        "title": entry.title,
        "link": entry.url,
        "unique_id": entry.id,
        "author_name": entry.author,
        "author_link": entry.author_url,
        "pubdate": entry.published_at,
        "updateddate": entry.updated_at,
        "categories": entry.tags,
    }


def _json(feed: Feed) -> bytes:
    return orjson.dumps(
        {
            "version": _JSON_FEED,
            "title": feed.title,
            "description": feed.description,
            "home_page_url": feed.home,
            "feed_url": feed.url,
            "language": feed.language,
            "items": [_json_item(entry) for entry in feed.entries],
        }
    )


def _json_item(entry: Entry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.content,
        "date_published": entry.published_at.isoformat(),
        "date_modified": entry.updated_at.isoformat(),
        "authors": [{"name": entry.author, "url": entry.author_url}],
        "tags": list(entry.tags),
    }
    return item if entry.language == "und" else {**item, "language": entry.language}


_RENDERERS: Final[dict[Form, Callable[[Feed], bytes]]] = {
    Form.ATOM: _atom,
    Form.RSS: _rss,
    Form.JSON: _json,
}
