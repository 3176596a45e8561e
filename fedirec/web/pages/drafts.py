"""The drafts that a member kept, to be gone on with or discarded."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from fedirec.community import drafting
from fedirec.storage.drafts import list_drafts
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.viewers import viewer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """One draft: whom it is for, what for, and its words, whole."""

    id: str
    to: str
    skills: str
    words: str
    updated_at: datetime


async def drafts_page(request: web.Request) -> web.Response:
    """List the drafts, the newest first."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    async with federation.database.reading() as reader:
        found = await list_drafts(reader, viewer.name)
    views = [
        DraftView(
            id=draft.id,
            to=draft.fields.get("to", ""),
            skills=draft.fields.get("skills", ""),
            words=draft.fields.get("words", ""),
            updated_at=draft.updated_at,
        )
        for draft in found
    ]
    return private_page(request, "drafts.html", {"drafts": views})


async def take_discarding(request: web.Request, posted: Posted) -> web.Response:
    """Discard a draft."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    await drafting.discard_draft(federation, viewer.name, posted.text("draft"))
    return see_other("/drafts")
