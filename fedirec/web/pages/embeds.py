"""An endorsement on other sites: a piece of static HTML to paste, and oEmbed for who asks.

No frame and no script: what is pasted stays where it was pasted, so it says where the words stand,
and the address answers 410 once they are taken back.
"""

from typing import Final
from urllib.parse import quote

import orjson
from aiohttp import hdrs, web

from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.storage.cards import find_card
from fedirec.storage.notes import StoredNote
from fedirec.web.answers import HTML, answer
from fedirec.web.keys import ASSETS, FEDERATION
from fedirec.web.languages import spoken
from fedirec.web.pages.cards import EndorsementView, endorsement_view
from fedirec.web.templating import render

CSS: Final = "text/css; charset=utf-8"
_A_DAY: Final = "public, max-age=86400"
_WIDTH: Final = 550


async def embed_page(request: web.Request, note: StoredNote) -> web.Response:
    """Show the piece of HTML alone, as other sites may fetch it."""
    fragment = embed_of(request, await _view(request, note))
    return answer(
        request,
        fragment.encode(),
        content_type=HTML,
        headers={hdrs.CONTENT_LANGUAGE: spoken(), "X-Robots-Tag": "noindex"},
    )


async def oembed_document(request: web.Request, note: StoredNote) -> web.Response:
    """Answer who asks by oEmbed 1.0 (§2.3.4.4), in JSON alone.

    Raises InvalidInputError for another format.
    """
    if request.query.get("format", "json") != "json":
        raise InvalidInputError("expected format=json", field="format")
    view = await _view(request, note)
    instance = request.app[FEDERATION].instance
    document = {
        "version": "1.0",
        "type": "rich",
        "provider_name": instance.title,
        "provider_url": f"{instance.origin}/",
        "title": f"{view.endorsed.display_name or view.endorsed.name}: {view.heading}",
        "author_name": view.endorser.display_name or view.endorser.name,
        "author_url": view.endorser.url,
        "cache_age": 3600,
        "html": embed_of(request, view),
        "width": _width(request),
        "height": None,
    }
    headers: dict[str, str] = {hdrs.CONTENT_LANGUAGE: spoken()}
    body = orjson.dumps(document)
    return answer(request, body, content_type="application/json", headers=headers)


async def card_stylesheet(request: web.Request) -> web.Response:
    """Serve the one stylesheet of pasted cards, under a name that never changes."""
    body = request.app[ASSETS].embed
    return answer(request, body, content_type=CSS, cache=_A_DAY)


def embed_of(request: web.Request, view: EndorsementView) -> str:
    """Return the HTML to paste: every text escaped, every address absolute."""
    return render(request, "embed.html", {"endorsement": view}).decode().strip()


def oembed_url(origin: str, note_id: str) -> str:
    """Return where oEmbed tells of an endorsement."""
    return f"{origin}/oembed?url={quote(note_id, safe='')}&format=json"


async def _view(request: web.Request, note: StoredNote) -> EndorsementView:
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        card = await find_card(reader, note.id)
    if card is None:
        message = f"{note.id} is no endorsement that everybody may read"
        raise NotFoundError(message)
    return endorsement_view(card, federation.instance)


def _width(request: web.Request) -> int:
    """Return the width that the card takes: no more than the asker has (`maxwidth`)."""
    asked = request.query.get("maxwidth", "")
    return min(_WIDTH, int(asked)) if asked.isascii() and asked.isdecimal() else _WIDTH
