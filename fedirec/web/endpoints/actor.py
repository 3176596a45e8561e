"""Our actors: each member, the guild, and the instance itself. One URL, two faces."""

from aiohttp import web

from fedirec.activitypub.actors import render_actor, render_instance_actor
from fedirec.activitypub.documents import dump
from fedirec.storage import actors, keys
from fedirec.storage.faces import read_face
from fedirec.web.answers import PRIVATE, PUBLIC_SHORT, answer, prefers_json
from fedirec.web.endpoints.local import find_local, get_shown_actor
from fedirec.web.keys import FACES, FEDERATION
from fedirec.web.pages import about, feeds, homeward, profile
from fedirec.web.readers import admit_reader


async def get_by_id(request: web.Request) -> web.Response:
    """Show an actor at its id: JSON unless a page is asked for."""
    return await _show(request, otherwise_json=True)


async def get_profile(request: web.Request) -> web.Response:
    """Show an actor at its page: HTML unless JSON is asked for, as Mastodon does."""
    return await _show(request, otherwise_json=False)


async def get_cv(request: web.Request) -> web.Response:
    """Show what a member's profile says for paper."""
    actor = await get_shown_actor(request, request.match_info["name"])
    return await profile.cv_page(request, actor)


async def get_feed(request: web.Request) -> web.Response:
    """Show what is new on a profile to programs that read feeds."""
    actor = await get_shown_actor(request, request.match_info["name"])
    return await feeds.profile_feed(request, actor)


async def get_follow(request: web.Request) -> web.Response:
    """Show how to follow somebody here from another server."""
    actor = await get_shown_actor(request, request.match_info["name"])
    return await homeward.follow_page(request, actor)


async def _show(request: web.Request, *, otherwise_json: bool) -> web.Response:
    if not prefers_json(request, otherwise=otherwise_json):
        actor = await get_shown_actor(request, request.match_info["name"])
        return await profile.profile_page(request, actor)
    await admit_reader(request)
    federation = request.app[FEDERATION]
    cache = PRIVATE if federation.is_authorized_fetch or federation.is_allow_list else PUBLIC_SHORT
    return answer(request, await _document(request, request.match_info["name"]), cache=cache)


async def _document(request: web.Request, name: str) -> bytes:
    """Return the document's bytes, made anew only when something it shows has changed."""
    federation, faces = request.app[FEDERATION], request.app[FACES]
    actor_id, now = federation.instance.member_id(name), federation.now()
    async with federation.database.reading() as reader:
        face = await read_face(reader, actor_id, now=now)
        known = faces.get(actor_id)
        if known is not None and known[0] == face:
            return known[1]
        actor = await find_local(reader, actor_id)
        stored = await keys.list_keys(reader, actor_id, now=now)
    body = dump(render_actor(actor, instance=federation.instance, keys=stored))
    faces[actor_id] = (face, body)
    return body


async def get_instance(request: web.Request) -> web.Response:
    """Show the instance actor: fetchable unsigned, or two strict servers could never begin."""
    if not prefers_json(request, otherwise=True):
        return await about.about_page(request)
    await admit_reader(request, is_open=True)
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        actor = await actors.get_actor(reader, federation.instance.actor_id)
        stored = await keys.list_keys(reader, actor.id, now=federation.now())
    document = render_instance_actor(actor, instance=federation.instance, keys=stored)
    return answer(request, dump(document), cache=PUBLIC_SHORT)
