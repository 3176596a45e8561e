"""A member's page: who, what others recognise this person for, and apart from it what they say."""

from typing import Final

from aiohttp import web

from fedirec.domain.actors import Actor
from fedirec.storage.cards import list_cards_about, list_cards_by, list_jobs_by
from fedirec.storage.members import Member, find_member_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext
from fedirec.web.pages.cards import endorsement_reader, job_reader, job_view, recognitions
from fedirec.web.templating import alternate_link, page

ABOUT_SHOWN: Final = 100
SAID_SHOWN: Final = 10


async def profile_page(request: web.Request, actor: Actor) -> web.Response:
    """Show one of our actors."""
    federation = request.app[FEDERATION]
    instance, read = federation.instance, endorsement_reader(request)
    async with federation.database.reading() as reader:
        member = await find_member_of(reader, actor.id)
        about = await list_cards_about(reader, read, actor.id, before=None, limit=ABOUT_SHOWN)
        said = await list_cards_by(reader, read, actor.id, before=None, limit=SAID_SHOWN)
        jobs = await list_jobs_by(
            reader, job_reader(request), actor.id, now=federation.now(), limit=SAID_SHOWN
        )
    context = {
        "actor": actor,
        "own": own_words(member),
        "is_guild": actor.id == instance.guild_id,
        "recognitions": recognitions(about.items),
        "said": said.items,
        "jobs": [job_view(card, now=federation.now()) for card in jobs.items],
        "alternate": actor.id,
        "canonical": actor.url,
        "is_indexed": actor.is_discoverable,
    }
    webfinger = (
        f"{instance.origin}/.well-known/webfinger?resource=acct:{actor.name}@{actor.handle_domain}"
    )
    links = (alternate_link(actor.id), f'<{webfinger}>; rel="lrdd"; type="application/jrd+json"')
    return page(request, "profile.html", context, headers={"Link": ", ".join(links)})


def own_words(member: Member | None) -> list[tuple[str, str]]:
    """Return what a member says of themselves beside their fields: where, in which languages."""
    if member is None:
        return []
    work = {"yes": gettext("Yes"), "no": gettext("No")}.get(member.open_to_work, "")
    lines = (
        (gettext("Place"), member.place),
        (gettext("Languages"), ", ".join(member.speaks)),
        (gettext("Open to work"), work),
    )
    return [(name, words) for name, words in lines if words]
