"""Collections of our actors.

Who follows whom shows neither items nor totals unless the member opted in; an outbox shows
strangers what is public and its owner everything.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import web

from fedirec.activitypub.collections import render_collection, render_page
from fedirec.activitypub.documents import Json, JsonObject, dump
from fedirec.domain.actors import Actor
from fedirec.storage import (
    activities,
    endorsements,
    featured,
    follows,
    inboxes,
    members,
    tombstones,
)
from fedirec.storage.activities import LocalActivity
from fedirec.storage.database import Reader
from fedirec.web.answers import PRIVATE, PUBLIC_CHECKED, answer
from fedirec.web.endpoints.local import get_shown_actor
from fedirec.web.keys import FEDERATION
from fedirec.web.readers import admit_reader, find_member

PAGE_SIZE: Final = 20
_MAX_CURSOR: Final = 2_048


async def get_outbox(request: web.Request) -> web.Response:
    """Show what an actor published: to its owner, with a token, all of it."""
    await admit_reader(request)
    actor = await get_shown_actor(request, request.match_info["name"])
    member = await find_member(request, scope="read")
    is_owner = member is not None and member.actor_id == actor.id
    return await _outbox(request, actor, is_owner=is_owner)


async def _outbox(request: web.Request, actor: Actor, *, is_owner: bool) -> web.Response:
    url = f"{actor.id}/outbox"
    if not _is_page(request):
        return _answer(request, render_collection(id=url, first=_page_url(url)), is_owner=is_owner)
    async with request.app[FEDERATION].database.reading() as reader:
        page = await activities.list_outbox(
            reader,
            actor.id,
            public_only=not is_owner,
            before=_cursor(request, "before"),
            limit=PAGE_SIZE,
        )
        items = [item for item in page.items if await _still_stands(reader, item)]
    documents: list[Json] = [orjson.loads(item.body) for item in items]
    return _page(request, url, documents, page.next_cursor, is_owner=is_owner)


async def _still_stands(reader: Reader, activity: LocalActivity) -> bool:
    """Whether what an activity is about still shows: not deleted since, and agreed to now."""
    if activity.object_id is None or activity.type in {"Delete", "Undo"}:
        return True
    endorsement = await endorsements.find_endorsement(reader, activity.object_id)
    if endorsement is not None and endorsement.state != "confirmed":
        return False
    return await tombstones.find_tombstone(reader, activity.object_id) is None


async def own_inbox(request: web.Request, actor: Actor) -> web.Response:
    """Show an inbox to its owner, who is known to be asking."""
    url = str(actor.inbox)
    if not _is_page(request):
        return _answer(request, render_collection(id=url, first=_page_url(url)), is_owner=True)
    async with request.app[FEDERATION].database.reading() as reader:
        page = await inboxes.list_inbox(
            reader, actor.id, before=_cursor(request, "before"), limit=PAGE_SIZE
        )
    documents: list[Json] = [orjson.loads(item.body) for item in page.items]
    return _page(request, url, documents, page.next_cursor, is_owner=True)


async def get_followers(request: web.Request) -> web.Response:
    """Show who follows an actor, if it opted in; otherwise only that there is a collection."""
    return await _network(request, "followers")


async def get_following(request: web.Request) -> web.Response:
    """Show whom an actor follows, if it opted in; otherwise only that there is a collection."""
    return await _network(request, "following")


async def _network(request: web.Request, name: str) -> web.Response:
    await admit_reader(request)
    actor = await get_shown_actor(request, request.match_info["name"])
    url = f"{actor.id}/{name}"
    async with request.app[FEDERATION].database.reading() as reader:
        member = await members.find_member_of(reader, actor.id)
        if member is None or not member.shows_network:
            return _answer(request, render_collection(id=url))
        if not _is_page(request):
            return _answer(request, render_collection(id=url, first=_page_url(url)))
        list_page = follows.list_followers if name == "followers" else follows.list_following
        page = await list_page(reader, actor.id, after=_cursor(request, "after"), limit=PAGE_SIZE)
    return _page(request, url, list(page.items), page.next_cursor, cursor_name="after")


async def get_featured(request: web.Request) -> web.Response:
    """Show the notes an actor put first, by id."""
    await admit_reader(request)
    actor = await get_shown_actor(request, request.match_info["name"])
    async with request.app[FEDERATION].database.reading() as reader:
        note_ids = await featured.list_featured(reader, actor.id)
    collection = render_collection(id=f"{actor.id}/featured", items=list(note_ids), total=None)
    return _answer(request, collection)


async def get_instance_outbox(request: web.Request) -> web.Response:
    """Show the instance actor's outbox: it says nothing in public."""
    await admit_reader(request, is_open=True)
    actor_id = request.app[FEDERATION].instance.actor_id
    return _answer(request, render_collection(id=f"{actor_id}/outbox", items=[]))


def _is_page(request: web.Request) -> bool:
    return request.query.get("page") == "true"


def _cursor(request: web.Request, name: str) -> str | None:
    given = request.query.get(name)
    return None if given is None else given[:_MAX_CURSOR]


def _page_url(url: str, **parameters: str) -> str:
    return f"{url}?{urlencode({'page': 'true', **parameters})}"


def _page(
    request: web.Request,
    url: str,
    items: Sequence[Json],
    following: str | None,
    *,
    cursor_name: str = "before",
    is_owner: bool = False,
) -> web.Response:
    here = _cursor(request, cursor_name)
    document = render_page(
        id=_page_url(url) if here is None else _page_url(url, **{cursor_name: here}),
        part_of=url,
        items=items,
        next_=None if following is None else _page_url(url, **{cursor_name: following}),
    )
    return _answer(request, document, is_owner=is_owner)


def _answer(request: web.Request, document: JsonObject, *, is_owner: bool = False) -> web.Response:
    federation = request.app[FEDERATION]
    is_private = is_owner or federation.is_authorized_fetch or federation.is_allow_list
    return answer(request, dump(document), cache=PRIVATE if is_private else PUBLIC_CHECKED)
