"""The job board, and one job note. Filters are a GET form; closed notes leave the list."""

from aiohttp import web

from fedirec.errors import NotFoundError
from fedirec.storage.cards import find_job_card
from fedirec.storage.notes import StoredNote
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import job_view
from fedirec.web.pages.job_filters import list_fitting, read_filter
from fedirec.web.templating import alternate_link, page


async def board_page(request: web.Request) -> web.Response:
    """List open job notes, newest first, filtered by what the visitor asks for."""
    wanted = read_filter(request)
    views, next_cursor = await list_fitting(request, wanted, before=request.query.get("before"))
    context = {
        "section": "jobs",
        "jobs": views,
        "wanted": wanted,
        "next_cursor": next_cursor,
        "canonical": f"{request.app[FEDERATION].instance.origin}/jobs{wanted.query}",
        "is_indexed": not wanted.query,
    }
    return page(request, "jobs.html", context)


async def job_page(request: web.Request, note: StoredNote) -> web.Response:
    """Show a job note of ours, open or closed."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        card = await find_job_card(reader, note.id)
    if card is None:
        message = f"{note.id} is no job note that everybody may read"
        raise NotFoundError(message)
    context = {
        "section": "jobs",
        "job": job_view(card, now=federation.now()),
        "is_open": card.status == "open" and card.closes_at > federation.now(),
        "alternate": note.id,
        "canonical": note.id,
    }
    return page(request, "job.html", context, headers={"Link": alternate_link(note.id)})
