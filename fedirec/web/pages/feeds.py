"""Every list as a feed: what is said, what work there is, who is recognised, one context."""

from aiohttp import web

from fedirec.activitypub.content import clean_html
from fedirec.domain.actors import Actor
from fedirec.storage.cards import (
    Person,
    list_cards_about,
    list_cards_in,
    list_jobs_by,
    list_latest_cards,
)
from fedirec.web.feeds import SHOWN, Entry, feed_answer, plain
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext as _
from fedirec.web.links import href_of
from fedirec.web.pages.cards import (
    EndorsementView,
    JobView,
    endorsement_reader,
    job_reader,
    job_view,
)
from fedirec.web.pages.contexts import no_context
from fedirec.web.pages.job_filters import list_fitting, read_filter


async def endorsements_feed(request: web.Request) -> web.Response:
    """Feed what was said by or about members."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        latest = await list_latest_cards(
            reader, endorsement_reader(request), before=None, limit=SHOWN
        )
    title = federation.instance.title
    return feed_answer(
        request,
        title=_("Endorsements of %(guild)s", guild=title),
        description=_("What people said that others did well, agreed to by both."),
        home="/endorsements",
        entries=map(_endorsement, latest.items),
    )


async def jobs_feed(request: web.Request) -> web.Response:
    """Feed open job notes, filtered as the board is by the same address."""
    wanted = read_filter(request)
    views, _cursor = await list_fitting(request, wanted, before=None)
    title = request.app[FEDERATION].instance.title
    return feed_answer(
        request,
        title=_("Job notes of %(guild)s", guild=title),
        description=_("Short notices of work, newest first, each until the day it closes."),
        home=f"/jobs{wanted.query}",
        entries=map(_job, views[:SHOWN]),
    )


async def context_feed(request: web.Request) -> web.Response:
    """Feed what was said of the work in one context."""
    slug = request.match_info["slug"]
    read = endorsement_reader(request)
    async with request.app[FEDERATION].database.reading() as reader:
        cards = await list_cards_in(reader, read, slug, before=None, limit=SHOWN)
    if not cards.items:
        raise no_context(slug)
    return feed_answer(
        request,
        title=str(cards.items[0].where),
        description=_("What people said that others did well here."),
        home=f"/c/{slug}",
        entries=map(_endorsement, cards.items),
    )


async def profile_feed(request: web.Request, actor: Actor) -> web.Response:
    """Feed what others recognise somebody for, and the job notes they posted."""
    federation = request.app[FEDERATION]
    read, read_job = endorsement_reader(request), job_reader(request)
    now = federation.now()
    async with federation.database.reading() as reader:
        about = await list_cards_about(reader, read, actor.id, before=None, limit=SHOWN)
        jobs = await list_jobs_by(reader, read_job, actor.id, now=now, limit=SHOWN)
    entries = [
        *map(_endorsement, about.items),
        *(_job(job_view(card, now=now)) for card in jobs.items),
    ]
    entries.sort(key=lambda entry: entry.published_at, reverse=True)
    return feed_answer(
        request,
        title=f"{actor.display_name or actor.name} ({actor.handle})",
        description=_("What others recognise them for, and open job notes of theirs."),
        home=f"/@{actor.name}",
        entries=entries[:SHOWN],
    )


def _endorsement(view: EndorsementView) -> Entry:
    endorsed = view.endorsed.display_name or view.endorsed.name
    return Entry(
        id=view.url,
        url=view.url,
        title=plain(f"{endorsed}: {view.heading}"),
        content=plain(clean_html(view.words)),
        author=_name(view.endorser),
        author_url=href_of(view.endorser.url),
        published_at=view.published_at,
        updated_at=view.updated_at or view.published_at,
        tags=() if view.where is None else (plain(view.where),),
        language=view.language,
    )


def _job(view: JobView) -> Entry:
    return Entry(
        id=view.url,
        url=view.url,
        title=plain(f"{view.title} ({view.facts.pay}; {view.facts.place})"),
        content=plain(clean_html(view.words)),
        author=_name(view.author),
        author_url=href_of(view.author.url),
        published_at=view.published_at,
        updated_at=view.published_at,
        tags=tuple(map(plain, view.skills)),
        language=view.language,
    )


def _name(person: Person) -> str:
    return plain(person.display_name or person.name)
