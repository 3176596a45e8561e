"""Reports that others sent: what is said about whom, and what a keeper does about it (PA-05)."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from fedirec.activitypub.content import plain_text
from fedirec.community import moderation
from fedirec.domain.actors import ActorId
from fedirec.domain.origins import host_of
from fedirec.errors import InvalidInputError
from fedirec.storage.reports import Report, list_reports
from fedirec.web.doors import see_other
from fedirec.web.forms import Posted
from fedirec.web.keeping.pages import chosen, done_at, keeper_page
from fedirec.web.keys import FEDERATION
from fedirec.web.viewers import viewer_of

PAGE: Final = "/admin/reports"
SHOWN: Final = 20
_ACTS: Final = frozenset({"resolve", "block", "silence"})


async def reports_page(request: web.Request) -> web.Response:
    """Show the reports that are open, or those that are dealt with."""
    federation, query = request.app[FEDERATION], request.query
    is_open = query.get("state") != "closed"
    async with federation.database.reading() as reader:
        page = await list_reports(reader, is_open=is_open, before=query.get("before"), limit=SHOWN)
    here = {"state": "open" if is_open else "closed"}
    cursor = page.next_cursor
    context = {
        "reports": [_view(request, report) for report in page.items],
        "state": here["state"],
        "next_url": None if cursor is None else f"{PAGE}?{urlencode({**here, 'before': cursor})}",
    }
    return keeper_page(request, "admin_reports.html", context)


async def take_act(request: web.Request, posted: Posted) -> web.Response:
    """Close a report with a note, or block or silence a server that it names."""
    federation, by = request.app[FEDERATION], viewer_of(request).name
    act = chosen(posted.text("act"), _ACTS)
    if act == "resolve":
        await moderation.resolve_report(
            federation, posted.text("id"), note=posted.text("note"), by=by
        )
    else:
        target = moderation.check_target(federation, posted.text("target"))
        act_on = moderation.block_all if act == "block" else moderation.silence_all
        await act_on(federation, [(target, f"report {posted.text('id')[:26]}")], by=by)
    return see_other(done_at(PAGE, act))


def _view(request: web.Request, report: Report) -> dict[str, object]:
    named = [report.reporter_id, *(ActorId(uri) for uri in report.objects)]
    instance = request.app[FEDERATION].instance
    hosts = []
    for uri in named:
        try:
            host = host_of(uri)
        except InvalidInputError:
            continue
        if host != instance.host and host not in hosts:
            hosts.append(host)
    return {
        "report": report,
        "words": plain_text(report.content),
        "hosts": hosts,
    }
