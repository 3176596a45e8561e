"""Endorsements as a list, one endorsement, one stamp of consent; how it was checked, in words."""

from typing import Final

from aiohttp import web

from fedirec.errors import NotFoundError
from fedirec.storage import actors
from fedirec.storage.cards import find_card, list_latest_cards
from fedirec.storage.notes import StoredNote
from fedirec.storage.stamps import Stamp
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import endorsement_reader, endorsement_view
from fedirec.web.pages.embeds import embed_of, oembed_url
from fedirec.web.pages.notes import note_page
from fedirec.web.pages.qr import qr_of
from fedirec.web.templating import alternate_link, page

SHOWN: Final = 20


async def list_page(request: web.Request) -> web.Response:
    """List what was said by or about members and agreed to, newest first."""
    federation = request.app[FEDERATION]
    before, read = request.query.get("before"), endorsement_reader(request)
    async with federation.database.reading() as reader:
        latest = await list_latest_cards(reader, read, before=before, limit=SHOWN)
    context = {
        "section": "endorsements",
        "endorsements": latest.items,
        "next_cursor": latest.next_cursor,
        "is_first": before is None,
        "canonical": f"{federation.instance.origin}/endorsements",
        "is_indexed": before is None,
    }
    return page(request, "endorsements.html", context)


async def endorsement_page(request: web.Request, note: StoredNote) -> web.Response:
    """Show an endorsement of ours that is public; without standing consent it is a plain post."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        card = await find_card(reader, note.id)
    if card is None:
        return await note_page(request, note)
    view = endorsement_view(card, federation.instance)
    context = {
        "endorsement": view,
        "whole": note.content,
        "qr": qr_of(note.id),
        "snippet": embed_of(request, view),
        "embed_url": f"/embed{note.id.removeprefix(federation.instance.origin)}",
        "oembed": oembed_url(federation.instance.origin, note.id),
        "alternate": note.id,
        "canonical": note.id,
    }
    return page(request, "endorsement.html", context, headers={"Link": alternate_link(note.id)})


async def stamp_page(request: web.Request, stamp: Stamp) -> web.Response:
    """Show what a stamp of consent says."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        endorsed = await actors.find_actor(reader, stamp.endorsed_id)
        card = await find_card(reader, stamp.note_id)
    if endorsed is None:
        message = f"{stamp.id} speaks of {stamp.endorsed_id}, who is not known here"
        raise NotFoundError(message)
    context = {
        "stamp": stamp,
        "endorsed": endorsed,
        "is_by_guild": stamp.actor_id != stamp.endorsed_id,
        "endorsement": None if card is None else endorsement_view(card, federation.instance),
        "alternate": stamp.id,
        "canonical": stamp.id,
        "is_indexed": False,
    }
    return page(request, "stamp.html", context, headers={"Link": alternate_link(stamp.id)})
