"""Signing in: name and password, then the second factor; or a passkey by itself."""

from typing import Final

from aiohttp import web
from wtforms import StringField
from wtforms.validators import InputRequired

from fedirec.community import passkeys
from fedirec.community.attempts import Visitor
from fedirec.community.signing_in import SecondFactorNeeded, SignedIn, finish_with_code, sign_in
from fedirec.domain.browsers import browser_label
from fedirec.errors import FedirecError, TooManyRequestsError, UnauthenticatedError
from fedirec.web.browsers import BROWSER
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import PageForm, Posted, SignInForm
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later, ngettext
from fedirec.web.onward import Onward, go_on, read_onward
from fedirec.web.viewers import find_viewer

PENDING_FIELD: Final = "pending"
ANSWER_FIELD: Final = "answer"


class CodeForm(PageForm):
    """The second step."""

    code = StringField(
        later("Code"),
        [InputRequired(later("The six digits that your app shows, or a recovery code."))],
        description=later("Six digits from your authenticator app, or one of your recovery codes."),
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "text",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )


async def sign_in_page(request: web.Request) -> web.Response:
    """Ask who it is; who is signed in already goes on."""
    onward = await read_onward(request, None)
    if find_viewer(request) is not None:
        return see_other(onward.next)
    return _first_step(request, SignInForm(), onward)


async def take_sign_in(request: web.Request, posted: Posted) -> web.Response:
    """Let somebody in by name and password, or ask for the second factor."""
    federation, onward = request.app[FEDERATION], await read_onward(request, posted)
    form = SignInForm(posted.fields)
    if not form.validate():
        return _first_step(request, form, onward, status=422)
    try:
        found = await sign_in(
            federation, str(form.name.data), str(form.password.data), visitor_of(request)
        )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        return _first_step(request, form, onward, status=status_of(error), error=words_of(error))
    if isinstance(found, SecondFactorNeeded):
        return _second_step(request, CodeForm(), onward, found.pending_id)
    return await let_in(request, found, onward)


async def take_code(request: web.Request, posted: Posted) -> web.Response:
    """Let somebody in whose password was right, by a code."""
    federation, onward = request.app[FEDERATION], await read_onward(request, posted)
    form, pending_id = CodeForm(posted.fields), posted.text(PENDING_FIELD)
    if not form.validate():
        return _second_step(request, form, onward, pending_id, status=422)
    try:
        found = await finish_with_code(
            federation, pending_id, str(form.code.data), visitor_of(request)
        )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        form.code.errors = [gettext("That code did not open it: %(why)s", why=words_of(error))]
        return _second_step(request, form, onward, pending_id, status=status_of(error))
    return await let_in(request, found, onward)


async def begin_passkey(request: web.Request, _posted: Posted) -> web.Response:
    """Return what a browser needs to offer its passkeys: JSON for `passkey.js`."""
    options = await passkeys.begin_passkey_sign_in(request.app[FEDERATION])
    return json_options(options)


async def take_passkey(request: web.Request, posted: Posted) -> web.Response:
    """Let somebody in by a passkey."""
    federation, onward = request.app[FEDERATION], await read_onward(request, posted)
    try:
        found = await passkeys.sign_in_with_passkey(
            federation, posted.text(ANSWER_FIELD), visitor_of(request)
        )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        said = (
            words_of(error)
            if isinstance(error, TooManyRequestsError)
            else gettext("This passkey does not open anything here.")
        )
        return _first_step(request, SignInForm(), onward, status=status_of(error), error=said)
    return await let_in(request, found, onward)


async def let_in(request: web.Request, signed_in: SignedIn, onward: Onward) -> web.Response:
    """Give the browser its new id, and send it on."""
    request[BROWSER] = signed_in.session_id
    return await go_on(request, onward)


def visitor_of(request: web.Request) -> Visitor:
    """Return who knocks; behind a trusted proxy the address is the one it names."""
    return Visitor(
        address=request.remote or "", label=browser_label(request.headers.get("User-Agent"))
    )


def json_options(options: str) -> web.Response:
    """Return what WebAuthn asks for, to this browser alone."""
    headers = {"Cache-Control": "private, no-store"}
    return web.Response(text=options, content_type="application/json", headers=headers)


def status_of(error: FedirecError) -> int:
    """Return how a refusal of ours is told on a page that shows its form again."""
    if isinstance(error, TooManyRequestsError):
        return web.HTTPTooManyRequests.status_code
    return web.HTTPUnprocessableEntity.status_code


def words_of(error: FedirecError) -> str:
    """Return what somebody who was not let in is told: the same for every reason (AC-02)."""
    if not isinstance(error, TooManyRequestsError):
        return gettext("Name and password, or code, do not fit together, or it took too long.")
    minutes = max(1, -(-int(error.retry_after.total_seconds()) // 60))
    return ngettext(
        "Too many tries: please come back in a minute.",
        "Too many tries: please come back in %(num)d minutes.",
        minutes,
    )


def _first_step(
    request: web.Request,
    form: SignInForm,
    onward: Onward,
    *,
    status: int = 200,
    error: str | None = None,
) -> web.Response:
    context = {"form": form, "hidden": onward.hidden, "is_late": False, "error": error}
    return private_page(request, "sign_in.html", context, status=status)


def _second_step(
    request: web.Request, form: CodeForm, onward: Onward, pending_id: str, *, status: int = 200
) -> web.Response:
    hidden = [(PENDING_FIELD, pending_id), *onward.hidden]
    return private_page(
        request, "sign_in_code.html", {"form": form, "hidden": hidden}, status=status
    )
