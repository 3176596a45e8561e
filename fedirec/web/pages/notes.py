"""Any other note, and what carries a hashtag."""

from typing import Final

from aiohttp import web

from fedirec.storage import actors
from fedirec.storage.cards import list_cards_tagged, list_jobs_tagged
from fedirec.storage.notes import StoredNote
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import endorsement_reader, job_reader, job_view
from fedirec.web.templating import alternate_link, page

SHOWN: Final = 20
MAX_TAG: Final = 100


async def note_page(request: web.Request, note: StoredNote) -> web.Response:
    """Show a note of ours that everybody may read."""
    async with request.app[FEDERATION].database.reading() as reader:
        author = await actors.get_actor(reader, note.actor_id)
    context = {
        "note": note,
        "author": author,
        "alternate": note.id,
        "canonical": note.id,
        "is_indexed": author.is_discoverable,
    }
    return page(request, "note.html", context, headers={"Link": alternate_link(note.id)})


async def tag_page(request: web.Request) -> web.Response:
    """Show public endorsements and open job notes with a hashtag, newest first."""
    federation = request.app[FEDERATION]
    read = endorsement_reader(request)
    tag = request.match_info["tag"][:MAX_TAG].lower()
    async with federation.database.reading() as reader:
        cards = await list_cards_tagged(
            reader, read, tag, before=request.query.get("before"), limit=SHOWN
        )
        jobs = await list_jobs_tagged(
            reader, job_reader(request), tag, now=federation.now(), limit=SHOWN
        )
    context = {
        "tag": tag,
        "endorsements": cards.items,
        "next_cursor": cards.next_cursor,
        "jobs": [job_view(card, now=federation.now()) for card in jobs.items],
        "is_indexed": False,
    }
    return page(request, "tag.html", context)
