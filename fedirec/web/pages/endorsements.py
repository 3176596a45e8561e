"""One endorsement, and one stamp of consent, each with how it was checked in plain words."""

from aiohttp import web

from fedirec.errors import NotFoundError
from fedirec.storage import actors
from fedirec.storage.cards import find_card
from fedirec.storage.notes import StoredNote
from fedirec.storage.stamps import Stamp
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import endorsement_view
from fedirec.web.pages.notes import note_page
from fedirec.web.templating import alternate_link, page


async def endorsement_page(request: web.Request, note: StoredNote) -> web.Response:
    """Show an endorsement of ours that is public; without standing consent it is a plain post."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        card = await find_card(reader, note.id)
    if card is None:
        return await note_page(request, note)
    context = {
        "endorsement": endorsement_view(card, federation.instance),
        "whole": note.content,
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
