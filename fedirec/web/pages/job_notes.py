"""The job board, and one job note. Filters are a GET form; closed notes leave the list."""

from typing import Final

from aiohttp import web

from fedirec.errors import NotFoundError
from fedirec.storage.cards import find_job_card, list_open_jobs
from fedirec.storage.notes import StoredNote
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import JobView, job_reader, job_view
from fedirec.web.templating import alternate_link, page

SHOWN: Final = 200
MAX_FILTER: Final = 200  # RX-13


async def board_page(request: web.Request) -> web.Response:
    """List open job notes, newest first, filtered by what the visitor asks for."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        cards = await list_open_jobs(
            reader,
            job_reader(request),
            now=federation.now(),
            before=request.query.get("before"),
            limit=SHOWN,
        )
    views = [job_view(card, now=federation.now()) for card in cards.items]
    asked = {name: request.query.get(name, "")[:MAX_FILTER] for name in ("skill", "place")}
    wants_pay = "pay" in request.query
    wants_remote = "remote" in request.query
    context = {
        "section": "jobs",
        "jobs": [
            view
            for view in views
            if _fits(view, asked) and _allows(view, pay=wants_pay, remote=wants_remote)
        ],
        "asked": asked,
        "wants_pay": wants_pay,
        "wants_remote": wants_remote,
        "is_filtered": wants_pay or wants_remote or any(asked.values()),
        "next_cursor": cards.next_cursor,
        "canonical": f"{federation.instance.origin}/jobs",
    }
    return page(request, "jobs.html", context)


def _fits(view: JobView, asked: dict[str, str]) -> bool:
    skill, place = asked["skill"].casefold().strip(), asked["place"].casefold().strip()
    named = (*view.skills, view.title)
    return any(skill in name.casefold() for name in named) and place in view.facts.place.casefold()


def _allows(view: JobView, *, pay: bool, remote: bool) -> bool:
    return (view.facts.has_pay or not pay) and (view.facts.is_remote or not remote)


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
