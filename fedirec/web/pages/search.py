"""Search: words in what everybody may read and in one's own, people, hashtags, pasted addresses.

Who is not signed in searches what is here; only a member's search asks another server.
"""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from fedirec.domain.actors import ActorId
from fedirec.domain.handles import parse_handle
from fedirec.errors import InvalidInputError
from fedirec.storage import actors, network, notes, search
from fedirec.storage.cards import Person, list_cards_matching, list_jobs_matching
from fedirec.storage.search import OwnNote
from fedirec.storage.search_index import Match, match_words, words_in
from fedirec.web.doors import private_page, see_other
from fedirec.web.keys import FEDERATION
from fedirec.web.links import known_path
from fedirec.web.pages.cards import endorsement_reader, job_reader, job_view
from fedirec.web.pages.once import path_of
from fedirec.web.pages.words import opening_of
from fedirec.web.viewers import find_viewer

SHOWN: Final = 20
MAX_QUERY: Final = 500
MAX_WORDS: Final = 8
_PEOPLE_SHOWN: Final = 10
_PAGE: Final = "search.html"


async def search_page(request: web.Request) -> web.Response:
    """Show what is found, or go to what was named."""
    asked = request.query.get("q", "").strip()[:MAX_QUERY]
    place = await _named(request, asked)
    if place is not None:
        return see_other(place)
    words = words_in(asked)[:MAX_WORDS]
    context: dict[str, object] = {
        "section": "search",
        "asked": asked,
        "has_words": bool(words),
        "is_handle": "@" in asked or "://" in asked,
        "people": [],
        "endorsements": (),
        "jobs": [],
        "own": [],
        "next_cursor": None,
    }
    if words:
        context |= await _found(request, asked, words)
    return private_page(request, _PAGE, context)


async def _found(request: web.Request, asked: str, words: list[str]) -> dict[str, object]:
    federation, viewer = request.app[FEDERATION], find_viewer(request)
    match: Match = match_words(federation.database.engine, words)
    async with federation.database.reading() as reader:
        people: list[Person] = []
        if len(words) == 1:
            named = await search.list_named(
                reader, asked.removeprefix("@").lower(), limit=_PEOPLE_SHOWN
            )
            people = await network.find_people(reader, named)
        cards = await list_cards_matching(
            reader,
            endorsement_reader(request),
            match,
            before=request.query.get("before"),
            limit=SHOWN,
        )
        jobs = await list_jobs_matching(
            reader, job_reader(request), match, now=federation.now(), limit=SHOWN
        )
        own = []
        if viewer is not None:
            own = await search.list_own_matching(reader, viewer.actor_id, match, limit=SHOWN)
    shown = {view.url for view in cards.items} | {card.note_id for card in jobs.items}
    return {
        "people": people,
        "endorsements": cards.items,
        "next_cursor": cards.next_cursor,
        "jobs": [job_view(card, now=federation.now()) for card in jobs.items],
        "own": [_own_row(request, note) for note in own if note.id not in shown],
    }


def _own_row(request: web.Request, note: OwnNote) -> dict[str, object]:
    return {
        "path": path_of(request, note.id),
        "opening": opening_of(note.content),
        "language": note.language,
        "at": note.published_at,
    }


async def _named(request: web.Request, asked: str) -> str | None:
    """Return the page of what a hashtag, a handle or an address names, if it names anything."""
    if asked.startswith("#") and asked[1:].isalnum():
        return f"/tags/{quote(asked[1:].lower())}"
    if "://" in asked:
        return await _at_address(request, asked)
    try:
        handle = parse_handle(asked)
    except InvalidInputError:
        return None
    instance = request.app[FEDERATION].instance
    if handle.domain in {instance.domain, instance.host}:
        async with request.app[FEDERATION].database.reading() as reader:
            ours = await actors.find_by_handle(reader, handle.name.lower(), instance.domain)
        return None if ours is None else f"/@{ours.name}"
    return _find_page(asked) if find_viewer(request) is not None else None


async def _at_address(request: web.Request, asked: str) -> str | None:
    """Return the page of an address: one of ours itself, a post kept here, else a person's."""
    federation, viewer = request.app[FEDERATION], find_viewer(request)
    if federation.instance.owns(asked):
        path = path_of(request, asked)
        is_private = not path.isascii() or " " in path
        return None if is_private else await known_path(request, path, otherwise="/search")
    if viewer is None:
        return None
    async with federation.database.reading() as reader:
        note = await notes.find_note(reader, asked)
        is_readable = note is not None and await notes.may_read(reader, note, viewer.actor_id)
        author = await actors.find_actor(reader, ActorId(asked))
    if is_readable and author is None:
        return f"/answer?to={quote(asked, safe='')}"
    return _find_page(asked)


def _find_page(asked: str) -> str:
    return f"/network/find?handle={quote(asked, safe='')}"
