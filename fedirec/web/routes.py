"""Every route of the instance, in one table, and the application around it."""

import time
from typing import Final

from aiohttp import web
from cachetools import LRUCache

from fedirec.domain.contexts import SLUG_PATTERN
from fedirec.federation.context import Federation
from fedirec.storage.changes import of_actors
from fedirec.storage.intake import Intake
from fedirec.web.assets import load_assets
from fedirec.web.endpoints import (
    actor,
    client_side,
    collections,
    health,
    host_meta,
    inbox,
    metrics,
    nodeinfo,
    objects,
    static_files,
    webfinger,
)
from fedirec.web.keys import (
    ASSETS,
    FACES,
    FEDERATION,
    INTAKE,
    OPENED_AT,
    OPTIONS,
    RATES,
    TURNSTILE,
    WebOptions,
)
from fedirec.web.look import LOOKS, Looks
from fedirec.web.middleware import answer, gate, proxies
from fedirec.web.page_routes import page_routes
from fedirec.web.pages import about, contexts, embeds, endorsements, feeds, guild, job_notes, notes
from fedirec.web.pages.cards import JOBS, VIEWS
from fedirec.web.rates import Rates
from fedirec.web.shelf import SHELF, Shelf, kept
from fedirec.web.templating import set_up_templates
from fedirec.web.turnstile import Turnstile
from fedirec.web.viewers import identify

_REMEMBERED: Final = 1_024
_NAME: Final = "{name:[a-z0-9_]{1,30}}"
_ULID: Final = "{ulid:[0-7][0-9A-HJKMNP-TV-Z]{25}}"
_SLUG: Final = f"{{slug:{SLUG_PATTERN}}}"
_FORM: Final = "{form:atom|rss|json}"
_USER: Final = f"/users/{_NAME}"


def build_application(
    federation: Federation, intake: Intake, options: WebOptions | None = None
) -> web.Application:
    """Return the application of one instance; run it with `serving.GuardedRunner`.

    `intake.run()` must be running for as long as requests are answered.
    """
    options = options or WebOptions()
    application = web.Application(
        middlewares=(answer, *((proxies,) if options.trusted_proxies else ()), gate, identify),
        client_max_size=federation.limits.inbox_body_bytes,
    )
    application[FEDERATION] = federation
    application[INTAKE] = intake
    application[OPENED_AT] = federation.now()
    application[OPTIONS] = options
    application[RATES] = Rates(options.monotonic or time.monotonic)
    application[TURNSTILE] = Turnstile()
    application[ASSETS] = load_assets()
    application[FACES] = LRUCache(_REMEMBERED)
    application[VIEWS] = LRUCache(_REMEMBERED)
    application[JOBS] = LRUCache(_REMEMBERED)
    application[SHELF] = Shelf(federation)
    application[LOOKS] = Looks(federation, options.monotonic or time.monotonic)
    set_up_templates(application)
    application.add_routes([*routes(), *page_routes()])
    return application


def routes() -> list[web.RouteDef]:
    """Return the table: for peers and members' programs, for people, for probes."""
    return [*_of_peers(), *_of_people(), *_of_probes()]


def _of_peers() -> list[web.RouteDef]:
    return [
        web.get("/.well-known/webfinger", kept(webfinger.get, of_actors)),
        web.get("/.well-known/nodeinfo", kept(nodeinfo.get_index)),
        web.get("/nodeinfo/{version:2\\.[01]}", kept(nodeinfo.get_document)),
        web.get("/.well-known/host-meta", host_meta.get_xml),
        web.get("/.well-known/host-meta.json", host_meta.get_json),
        web.get("/actor", kept(actor.get_instance)),
        web.post("/actor/inbox", inbox.post_instance),
        web.get("/actor/outbox", kept(collections.get_instance_outbox)),
        web.post("/inbox", inbox.post_shared),
        web.get(_USER, kept(actor.get_by_id, of_actors)),
        web.get(f"{_USER}/inbox", inbox.get_personal),
        web.post(f"{_USER}/inbox", inbox.post_personal),
        web.get(f"{_USER}/outbox", kept(collections.get_outbox)),
        web.post(f"{_USER}/outbox", client_side.post_outbox),
        web.get(f"{_USER}/followers", kept(collections.get_followers)),
        web.get(f"{_USER}/following", kept(collections.get_following)),
        web.get(f"{_USER}/featured", kept(collections.get_featured)),
        web.get(f"/endorsements/{_ULID}", kept(objects.get_endorsement)),
        web.get(f"/jobs/{_ULID}", kept(objects.get_job_note)),
        web.get(f"/notes/{_ULID}", kept(objects.get_note)),
        web.get(f"/activities/{_ULID}", kept(objects.get_activity)),
        web.get(f"/stamps/{_ULID}", kept(objects.get_stamp)),
    ]


def _of_people() -> list[web.RouteDef]:
    return [
        web.get("/", kept(guild.front_page)),
        web.get(f"/@{_NAME}", kept(actor.get_profile)),
        web.get(f"/@{_NAME}.{_FORM}", kept(actor.get_feed)),
        web.get(f"/@{_NAME}/cv", kept(actor.get_cv)),
        web.get("/endorsements", kept(endorsements.list_page)),
        web.get(f"/endorsements.{_FORM}", kept(feeds.endorsements_feed)),
        web.get(f"/c/{_SLUG}", kept(contexts.context_page)),
        web.get(f"/c/{_SLUG}.{_FORM}", kept(feeds.context_feed)),
        web.get("/members", kept(guild.members_page)),
        web.get("/jobs", kept(job_notes.board_page)),
        web.get(f"/jobs.{_FORM}", kept(feeds.jobs_feed)),
        web.get("/tags/{tag}", kept(notes.tag_page)),
        web.get("/about", kept(about.about_page)),
        web.get(f"/embed/endorsements/{_ULID}", kept(objects.get_embed)),
        web.get("/embed/card.css", kept(embeds.card_stylesheet)),
        web.get("/oembed", kept(objects.get_oembed)),
        web.get(f"/follow/{_NAME}", kept(actor.get_follow)),
        web.get("/reply", kept(objects.get_reply)),
        web.get("/authorize_interaction", about.interaction_page),
        web.get("/static/{name}", static_files.get),
    ]


def _of_probes() -> list[web.RouteDef]:
    return [
        web.get("/healthz", health.get_live),
        web.get("/readyz", health.get_ready),
        web.get("/metrics", metrics.get),
    ]
