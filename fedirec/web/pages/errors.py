"""The page for what did not work: what happened, whether anything was saved, what to do."""

from aiohttp import web

from fedirec.web.answers import HTML
from fedirec.web.refusals import GONE, NOT_FOUND, Refusal, refusal_headers
from fedirec.web.templating import render


def error_page(request: web.Request, refusal: Refusal, *, request_id: str) -> web.Response:
    """Return the page of one refusal; a 404 is the same to the byte whatever was asked for."""
    body = render(
        request,
        "error.html",
        {
            "words": refusal.words,
            "is_indexed": False,
            "here": "/",  # so that nothing of what was asked for makes one 404 unlike another
            "request_id": None if refusal.status in {NOT_FOUND, GONE} else request_id,
        },
    )
    return web.Response(
        status=refusal.status,
        body=body,
        content_type=HTML,
        charset="utf-8",
        headers=refusal_headers(refusal),
    )
