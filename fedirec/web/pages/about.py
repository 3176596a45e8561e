"""What this is, in plain words, and how to reach members from another server."""

from aiohttp import web

from fedirec.storage import actors
from fedirec.web.keys import FEDERATION
from fedirec.web.templating import page


async def about_page(request: web.Request) -> web.Response:
    """Show what the guild is and how endorsements come about."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        guild = await actors.find_actor(reader, federation.instance.guild_id)
    context = {
        "section": "about",
        "guild": guild,
        "is_allow_list": federation.is_allow_list,
        "canonical": f"{federation.instance.origin}/about",
    }
    return page(request, "about.html", context)


async def interaction_page(request: web.Request) -> web.Response:
    """Tell a member who came from another server how to follow from here.

    What the visitor's link named is shown as text alone, never as a link (HT-12).
    """
    given = request.query.get("uri") or request.query.get("acct") or ""
    context = {"wanted": given[:200], "is_indexed": False}
    return page(request, "interaction.html", context)
