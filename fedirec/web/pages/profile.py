"""A member's page: who, what others recognise this person for, and apart from it what they say."""

from typing import Final

from aiohttp import web

from fedirec.domain.actors import Actor
from fedirec.storage.cards import list_cards_about, list_cards_by, list_jobs_by
from fedirec.storage.headings import headings_of
from fedirec.storage.members import Member, find_member_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext
from fedirec.web.links import links_in
from fedirec.web.pages.cards import endorsement_reader, job_reader, job_view, recognitions
from fedirec.web.pages.ego import picture_of
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
        headings = await headings_of(reader, actor.id)
        said = await list_cards_by(reader, read, actor.id, before=None, limit=SAID_SHOWN)
        jobs = await list_jobs_by(
            reader, job_reader(request), actor.id, now=federation.now(), limit=SAID_SHOWN
        )
    context = {
        "actor": actor,
        "own": own_words(member),
        "is_guild": actor.id == instance.guild_id,
        "takes_endorsements": actor.id != instance.guild_id and _is_asked(actor),
        "own_links": links_in(field.value for field in actor.fields),
        "recognitions": recognitions(about.items, headings),
        "picture": picture_of(about.items),
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


async def cv_page(request: web.Request, actor: Actor) -> web.Response:
    """Show the same for paper: nothing folded, and nothing to press."""
    federation = request.app[FEDERATION]
    read = endorsement_reader(request)
    async with federation.database.reading() as reader:
        about = await list_cards_about(reader, read, actor.id, before=None, limit=ABOUT_SHOWN)
    context = {
        "actor": actor,
        "recognitions": recognitions(about.items),
        "printed_at": federation.now(),
        "canonical": actor.url,
        "is_indexed": False,
    }
    return page(request, "cv.html", context)


def _is_asked(actor: Actor) -> bool:
    """Whether anybody at all may offer this person an endorsement."""
    return actor.can_endorse is None or bool(set(actor.can_endorse) - {actor.id})


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
