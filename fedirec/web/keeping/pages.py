"""What the keepers' pages share: their places, what was just done, the words of errors."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from fedirec.errors import InvalidInputError
from fedirec.web.doors import private_page
from fedirec.web.languages import Later, later

PLACES: Final = (
    ("/admin", later("Health")),
    ("/admin/queue", later("Queue")),
    ("/admin/peers", later("Servers")),
    ("/admin/blocks", later("Blocks")),
    ("/admin/members", later("Members")),
    ("/admin/reports", later("Reports")),
    ("/admin/look", later("Look")),
    ("/admin/rules", later("Own pages")),
    ("/admin/log", later("Log")),
)
"""The tabs on top of each page."""

_DONE: Final[Mapping[str, Later]] = {
    "flush": later("What waited is tried at once."),
    "retry": later("What had failed begins anew."),
    "hold": later("It is put aside, until you release it."),
    "release": later("What was put aside goes on."),
    "cancel": later("It is ended for good."),
    "forget": later("The server is forgotten; blocks stay."),
    "allow": later("The server is on the list of those allowed, and not blocked."),
    "disallow": later("The server is off the list of those allowed."),
    "block": later("It is blocked, and what tied us to it is cut."),
    "unblock": later("The block is taken back. Follows that it cut do not come back."),
    "silence": later("It is silenced: members hear nothing of it, unless they follow it."),
    "unsilence": later("The silence is over."),
    "import": later("The list is taken over."),
    "publish": later("Everybody can read the list of blocks now."),
    "hide": later("The list of blocks is for keepers alone again."),
    "look": later("The guild looks like this from now on."),
    "text": later("The page is published."),
    "uninvite": later("The invitation is taken back."),
    "disable": later("They act no more. What they said stays, and so does their name."),
    "promote": later("They keep the guild too, once they sign in with a second factor."),
    "demote": later("They are a keeper no more."),
    "reset-2fa": later("Their second factors are gone, and they are signed out everywhere."),
    "resolve": later("The report is dealt with."),
}


def keeper_page(
    request: web.Request,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = web.HTTPOk.status_code,
) -> web.Response:
    """Return a keeper's page, with the tabs, and a word on what was just done."""
    done = _DONE.get(request.query.get("done", ""))
    shared = {"places": PLACES, "done": done}
    return private_page(request, template, {**shared, **context}, status=status)


def done_at(path: str, what: str) -> str:
    """Return the path of a page that says what was just done."""
    return f"{path}{'&' if '?' in path else '?'}done={what}"


def chosen(text: str, among: frozenset[str]) -> str:
    """Return a word of a form that is one of few; raise InvalidInputError for another."""
    if text not in among:
        message = f"expected one of {', '.join(sorted(among))}, found {text[:40]!r}"
        raise InvalidInputError(message)
    return text
