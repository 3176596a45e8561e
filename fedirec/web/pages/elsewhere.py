"""Signing in through one's own server: asking which, the way over, and the way back."""

from typing import Final

from aiohttp import web
from wtforms import StringField
from wtforms.validators import InputRequired

from fedirec.community.elsewhere import Returned, begin, finish
from fedirec.domain.origins import parse_host
from fedirec.errors import (
    BlockedError,
    FedirecError,
    InvalidInputError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.web.browsers import BROWSER, browser_of, find_browser
from fedirec.web.doors import NEXT_FIELD, private_page, see_other
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later
from fedirec.web.links import known_path
from fedirec.web.pages.signing_in import status_of, visitor_of, words_of
from fedirec.web.viewers import find_party

MINE: Final = "/mine"
_HANDLED: Final = (
    UnauthenticatedError,
    TooManyRequestsError,
    NotFoundError,
    BlockedError,
    RemoteRefusedError,
    RemoteUnavailableError,
)


class ServerForm(PageForm):
    """Which server is theirs."""

    handle = StringField(
        later("Your handle"),
        [InputRequired(later("Your handle, such as @ada@social.example."))],
        description=later("Such as @ada@social.example. The server alone will do."),
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


async def elsewhere_page(request: web.Request) -> web.Response:
    """Ask which server is theirs; who is signed in already goes on."""
    onward = await _onward(request, request.query.get(NEXT_FIELD, MINE))
    if find_party(request) is not None:
        return see_other(onward)
    return _ask(request, ServerForm(), onward)


async def take_elsewhere(request: web.Request, posted: Posted) -> web.Response:
    """Show the way to their server, and name it: nobody is sent off by us unseen (HT-12)."""
    onward = await _onward(request, posted.text(NEXT_FIELD))
    form = ServerForm(posted.fields)
    if not form.validate():
        return _ask(request, form, onward, status=422)
    try:
        crossing = await begin(
            request.app[FEDERATION],
            str(form.handle.data),
            browser=browser_of(request),
            onward=onward,
            visitor=visitor_of(request),
        )
    except InvalidInputError as error:
        form.blame(error, otherwise="handle")
        return _ask(request, form, onward, status=422)
    except _HANDLED as error:
        return _ask(request, form, onward, status=status_of(error), error=error)
    return private_page(request, "go_over.html", {"host": crossing.host, "link": crossing.link})


async def come_back(request: web.Request) -> web.Response:
    """Let in who comes back with their server's word, in the browser they left with."""
    query, browser = request.query, find_browser(request)
    if browser is None or "code" not in query or "state" not in query:
        return _not_in(request, UnauthenticatedError("came back without a code and a state"))
    try:
        returned = Returned(
            host=parse_host(request.match_info["host"]),
            code=query["code"],
            state=query["state"],
            issuer=query.get("iss"),
        )
        found = await finish(
            request.app[FEDERATION], returned, browser=browser, visitor=visitor_of(request)
        )
    except InvalidInputError as error:
        return _not_in(request, error)
    except _HANDLED as error:
        return _not_in(request, error)
    request[BROWSER] = found.session_id
    return see_other(found.onward)


async def _onward(request: web.Request, given: str) -> str:
    """Return a page of ours to go on to (HT-12)."""
    return await known_path(request, given, otherwise=MINE)


def _not_in(request: web.Request, error: FedirecError) -> web.Response:
    return _ask(request, ServerForm(), MINE, status=status_of(error), error=error)


def _ask(
    request: web.Request,
    form: ServerForm,
    onward: str,
    *,
    status: int = 200,
    error: FedirecError | None = None,
) -> web.Response:
    context = {
        "form": form,
        "hidden": [(NEXT_FIELD, onward)],
        "error": None if error is None else _words(error),
        "is_closed": isinstance(error, RemoteRefusedError | BlockedError),
    }
    return private_page(request, "sign_in_elsewhere.html", context, status=status)


def _words(error: FedirecError) -> str:
    """Return what went wrong, as far as it is theirs to know."""
    match error:
        case TooManyRequestsError():
            return words_of(error)
        case NotFoundError():
            return gettext("That server knows nobody by this handle. Is it spelt right?")
        case RemoteUnavailableError():
            return gettext("That server does not answer just now. Please try again later.")
        case RemoteRefusedError() | BlockedError():
            return gettext("That server cannot tell us here who you are.")
        case _:
            return gettext(
                "It took too long, was used already, was refused over there, or began in another"
                " browser. Please begin again."
            )
