"""The guild's own pages, in plain words: what it is, its rules, with whom it speaks, what it keeps.

Keepers may write each of them anew; until they do, the texts here stand, in the reader's language.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from fedirec.community.about_texts import shows_blocks
from fedirec.storage import actors, blocks, silences
from fedirec.storage.about_texts import list_texts
from fedirec.web.doors import Getter
from fedirec.web.keys import FEDERATION, OPTIONS
from fedirec.web.languages import Later, gettext, later
from fedirec.web.look import LOOKS
from fedirec.web.markdown import render_markdown
from fedirec.web.pages.about_words import TEXTS
from fedirec.web.templating import page

PATHS: Final[Mapping[str, str]] = {
    "about": "/about",
    "rules": "/about/rules",
    "federation": "/about/federation",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
}
TITLES: Final[Mapping[str, Later]] = {
    "about": later("About this guild"),
    "rules": later("Rules"),
    "federation": later("Other servers"),
    "privacy": later("What is kept"),
    "accessibility": later("Accessibility"),
}


def first_text(request: web.Request, slug: str) -> str:
    """Return the Markdown that we ship for a page, in the language that is spoken now."""
    instance = request.app[FEDERATION].instance
    parts = {
        "guild": request.app[LOOKS].look.title,
        "handle": f"@{instance.guild_name}@{instance.domain}",
        "version": request.app[OPTIONS].version,
    }
    return "\n\n".join(gettext(message[:], **parts) for message in TEXTS[slug])


def own_page(slug: str) -> Getter:
    """Return the handler of one of the guild's own pages."""

    async def show(request: web.Request) -> web.Response:
        federation = request.app[FEDERATION]
        async with federation.database.reading() as reader:
            guild = await actors.find_actor(reader, federation.instance.guild_id)
            written = (await list_texts(reader)).get(slug)
            is_listed = slug == "federation" and await shows_blocks(reader)
            blocked = await blocks.list_blocks(reader, blocks.INSTANCE) if is_listed else []
            silent = await silences.list_silences(reader) if is_listed else []
        source = first_text(request, slug) if written is None else written.source
        context = {
            "section": "about",
            "slug": slug,
            "title": TITLES[slug],
            "guild": guild,
            "html": render_markdown(source, federation.instance.origin),
            "others": [(PATHS[other], title) for other, title in TITLES.items() if other != slug],
            "is_allow_list": federation.is_allow_list,
            "is_listed": is_listed,
            "blocks": [each for each in blocked if each.kind == "host"],
            "silences": [each for each in silent if each.kind == "host"],
            "canonical": federation.instance.origin + PATHS[slug],
        }
        return page(request, "about.html", context)

    return show


about_page: Final = own_page("about")


async def interaction_page(request: web.Request) -> web.Response:
    """Tell a member who came from another server how to follow from here.

    What the visitor's link named is shown as text alone, never as a link (HT-12).
    """
    given = request.query.get("uri") or request.query.get("acct") or ""
    context = {"wanted": given[:200], "is_indexed": False}
    return page(request, "interaction.html", context)
