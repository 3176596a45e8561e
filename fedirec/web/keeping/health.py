"""How the guild does: plots of a day or a month, what the doctor says, the servers in trouble."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from fedirec.community.checkup import check_running
from fedirec.domain.delivery_words import host_in_words
from fedirec.storage.checkup import database_version
from fedirec.storage.history import read_history
from fedirec.storage.peers import list_named
from fedirec.storage.queue_depths import list_worst_hosts
from fedirec.web.keeping.pages import keeper_page
from fedirec.web.keeping.plots import charts_of
from fedirec.web.keys import FEDERATION, OPTIONS
from fedirec.web.languages import later

_SPANS: Final = {
    "day": (later("The last 24 hours"), timedelta(hours=1), 24),
    "month": (later("The last 30 days"), timedelta(days=1), 30),
}
WORST: Final = 10


async def health_page(request: web.Request) -> web.Response:
    """Show how the guild does."""
    federation = request.app[FEDERATION]
    span = request.query.get("span", "day")
    span = span if span in _SPANS else "day"
    _, width, count = _SPANS[span]
    now = federation.now()
    async with federation.database.reading() as reader:
        history = await read_history(reader, now=now, width=width, count=count)
        worst = await list_worst_hosts(reader, limit=WORST)
        known = await list_named(reader, [each.host for each in worst])
        version = await database_version(reader, federation.database.engine)
    hosts = [(each, known.get(each.host)) for each in worst]
    context = {
        "span": span,
        "spans": [(name, words) for name, (words, _, _) in _SPANS.items()],
        "charts": charts_of(history),
        "findings": await check_running(federation),
        "worst": [
            (each, peer, None if peer is None else host_in_words(peer.health, now))
            for each, peer in hosts
        ],
        "space": federation.space.ask(),
        "database": version,
        "fedirec_version": request.app[OPTIONS].version,
    }
    return keeper_page(request, "admin_health.html", context)
