"""Whom or what a member means: a handle, or the address of a person or a post. Serves search.

Nothing of a post that is fetched here is kept: it is shown, and its author is known from then on.
"""

from dataclasses import dataclass

from fedirec.activitypub.documents import types_of
from fedirec.activitypub.notes import Note, parse_note
from fedirec.activitypub.vocabulary import ACTOR_TYPES
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.audience import is_public
from fedirec.domain.handles import parse_handle
from fedirec.domain.origins import parse_url, same_origin
from fedirec.errors import MalformedActivityError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.federation.fetching import fetch_document
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.federation.webfinger import resolve_handle
from fedirec.storage import actors


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who was meant, or who wrote the post that was meant."""

    actor: Actor
    note: Note | None = None


async def look_up(federation: Federation, asked: str) -> Found:
    """Return whom or what a handle or an address names. Network: where it is at home.

    Raises InvalidInputError for what is neither, NotFoundError, RemoteError or BlockedError.
    """
    if "://" not in asked:
        return Found(actor=await resolve_handle(federation, parse_handle(asked)))
    url = parse_url(asked, allow_http=True).text
    async with federation.database.reading() as reader:
        known = await actors.find_actor(reader, ActorId(url))
    if known is not None:
        return Found(actor=known)
    if federation.instance.owns(url):
        name = url.removeprefix(f"{federation.instance.origin}/@")
        async with federation.database.reading() as reader:
            own = await actors.get_actor(reader, federation.instance.member_id(name))
        return Found(actor=own)
    return await _fetched(federation, url)


async def _fetched(federation: Federation, url: str) -> Found:
    """Return what is served at an address: an actor, or a post that everybody may read."""
    document, _body = await fetch_document(federation, url)
    if any(name in ACTOR_TYPES for name in types_of(document)):
        return Found(actor=await get_or_fetch_actor(federation, str(document["id"])))
    try:
        note = parse_note(document, limits=federation.limits)
    except MalformedActivityError as error:
        raise NotFoundError(f"{url} is neither an actor nor a post: {error}") from error
    if not is_public((*note.to, *note.cc)) or not same_origin(note.id, note.attributed_to):
        message = f"{note.id} is not for everybody, or not by who it says"
        raise NotFoundError(message)
    return Found(actor=await get_or_fetch_actor(federation, note.attributed_to), note=note)
