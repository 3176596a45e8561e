"""The editor of the guild's own pages: looked at before they are published."""

from typing import Final
from urllib.parse import quote

from aiohttp import web
from wtforms import TextAreaField
from wtforms.validators import Length

from fedirec.community.about_texts import SLUGS, TEXT_CHARACTERS, shows_blocks, write_text
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.storage.about_texts import list_texts
from fedirec.web.doors import see_other
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keeping.pages import done_at, keeper_page
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import later
from fedirec.web.markdown import render_markdown
from fedirec.web.pages.about import PATHS, TITLES, first_text
from fedirec.web.viewers import viewer_of

PAGE: Final = "/admin/rules"


class TextForm(PageForm):
    """The text of one page."""

    source = TextAreaField(
        later("Text"),
        [Length(max=TEXT_CHARACTERS)],
        description=later(
            "Markdown: a blank line between paragraphs, # for a heading, - for a list,"
            " [words](address) for a link. Empty brings back the text that fedirec comes with."
        ),
        render_kw={"rows": 16},
    )


async def texts_page(request: web.Request) -> web.Response:
    """List the pages, and say which of them keepers wrote."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        written = await list_texts(reader)
        is_public = await shows_blocks(reader)
    context = {
        "texts": [(slug, TITLES[slug], PATHS[slug], written.get(slug)) for slug in SLUGS],
        "is_public": is_public,
    }
    return keeper_page(request, "admin_rules.html", context)


async def text_page(request: web.Request) -> web.Response:
    """Show the text of one page, to be changed."""
    slug = _slug_of(request)
    async with request.app[FEDERATION].database.reading() as reader:
        written = (await list_texts(reader)).get(slug)
    source = first_text(request, slug) if written is None else written.source
    return _page(request, slug, TextForm(None, data={"source": source}))


async def take_text(request: web.Request, posted: Posted) -> web.Response:
    """Show how the page will look, or publish it."""
    slug, form = _slug_of(request), TextForm(posted.fields)
    if not form.validate():
        return _page(request, slug, form, status=422)
    source = str(form.source.data or "")
    if posted.text("act") != "publish":
        return _page(request, slug, form, preview=render_markdown(source, _origin(request)))
    try:
        await write_text(request.app[FEDERATION], slug, source, by=viewer_of(request).name)
    except InvalidInputError as error:
        form.blame(error, otherwise="source")
        return _page(request, slug, form, status=422)
    return see_other(done_at(f"{PAGE}/{quote(slug)}", "text"))


def _page(
    request: web.Request,
    slug: str,
    form: TextForm,
    *,
    preview: str | None = None,
    status: int = web.HTTPOk.status_code,
) -> web.Response:
    context = {
        "slug": slug,
        "title": TITLES[slug],
        "address": PATHS[slug],
        "path": f"{PAGE}/{slug}",
        "form": form,
        "preview": preview,
    }
    return keeper_page(request, "admin_text.html", context, status=status)


def _slug_of(request: web.Request) -> str:
    slug = request.match_info["slug"]
    if slug not in SLUGS:
        message = f"there is no page {slug!r} of the guild's own"
        raise NotFoundError(message)
    return slug


def _origin(request: web.Request) -> str:
    return request.app[FEDERATION].instance.origin
