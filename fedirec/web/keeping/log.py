"""The log of what keepers did: only ever added to (AC-12)."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from fedirec.storage.admin_acts import AdminAct, list_acts
from fedirec.web.keeping.pages import keeper_page
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import Later, later

PAGE: Final = "/admin/log"
SHOWN: Final = 50
_ACTS: Final = {
    "block.add": later("blocked"),
    "block.remove": later("took back the block of"),
    "silence.add": later("silenced"),
    "silence.remove": later("ended the silence of"),
    "peer.allow": later("allowed"),
    "peer.disallow": later("took off the list of those allowed"),
    "peer.probe": later("asked whether it answers"),
    "peer.forget": later("forgot"),
    "queue.flush": later("tried at once"),
    "queue.retry": later("began anew with"),
    "queue.hold": later("put aside"),
    "queue.release": later("released"),
    "queue.cancel": later("ended for good"),
    "member.add": later("added the member"),
    "member.disable": later("disabled"),
    "member.promote": later("made a keeper of"),
    "member.demote": later("ended the keeping of"),
    "invite.create": later("made the invitation"),
    "invite.revoke": later("took back the invitation"),
    "password.reset": later("made a link for another password of"),
    "factors.reset": later("took the second factors away of"),
    "report.resolve": later("dealt with the report"),
    "look.change": later("changed the look"),
    "text.write": later("wrote the page"),
    "text.reset": later("went back to the first text of"),
    "blocks.publish": later("published the list of blocks"),
    "blocks.hide": later("hid the list of blocks"),
}


async def log_page(request: web.Request) -> web.Response:
    """Show what keepers did, the newest first."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        page = await list_acts(reader, before=request.query.get("before"), limit=SHOWN)
    cursor = page.next_cursor
    context = {
        "acts": [(act, _words(act), _detail(act)) for act in page.items],
        "next_url": None if cursor is None else f"{PAGE}?{urlencode({'before': cursor})}",
    }
    return keeper_page(request, "admin_log.html", context)


def _words(act: AdminAct) -> Later | str:
    """Return what was done; an act of another page has its own name."""
    return _ACTS.get(act.act, act.act)


def _detail(act: AdminAct) -> str:
    return ", ".join(
        f"{name}: {value}" for name, value in act.detail.items() if value not in (None, "")
    )
