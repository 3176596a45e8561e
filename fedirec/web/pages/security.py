"""How a member gets in: browsers that are signed in, password, authenticator app, passkeys.

What lets somebody in is changed only shortly after they showed who they are: else the password is
asked once more, and the page comes back as it was.
"""

from typing import Final

from aiohttp import web
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from fedirec.community import passkeys, second_factors, signing_in
from fedirec.community.passwords import change_password
from fedirec.community.second_factors import NewFactor, is_fresh, list_factors
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.storage import sessions, tokens
from fedirec.web.browsers import BROWSER
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later
from fedirec.web.pages.joining import NewPasswordForm
from fedirec.web.pages.qr import draw_qr
from fedirec.web.pages.signing_in import (
    ANSWER_FIELD,
    json_options,
    status_of,
    visitor_of,
    words_of,
)
from fedirec.web.viewers import viewer_of

PAGE: Final = "/settings/security"
PROVE: Final = "/settings/security/prove"


class PasswordForm(NewPasswordForm):
    """The old password and a new one."""

    old = PasswordField(
        later("Password until now"),
        [InputRequired(later("The password that you have now."))],
        render_kw={"autocomplete": "current-password"},
    )


class ProveForm(PageForm):
    """The password once more."""

    password = PasswordField(
        later("Password"),
        [InputRequired(later("Your password."))],
        render_kw={"autocomplete": "current-password"},
    )


class FirstCodeForm(PageForm):
    """The first code of an authenticator app."""

    code = StringField(
        later("Code"),
        [InputRequired(later("The six digits that the app shows now."))],
        description=later("The six digits that the app shows now."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )


class PasskeyForm(PageForm):
    """What a new passkey is called."""

    name = StringField(
        later("Name of the passkey"),
        [InputRequired(later("What you call it, such as Phone.")), Length(max=60)],
        render_kw={"maxlength": 60},
    )


async def security_page(request: web.Request) -> web.Response:
    """Show everything that lets this member in."""
    return await _page(request, PasswordForm())


async def take_password(request: web.Request, posted: Posted) -> web.Response:
    """Change the password: every other browser and program is signed out."""
    form, viewer = PasswordForm(posted.fields), viewer_of(request)
    if not form.validate():
        return await _page(request, form, status=422)
    try:
        await change_password(
            request.app[FEDERATION],
            viewer.session,
            str(form.old.data),
            str(form.password.data),
            visitor_of(request),
        )
    except InvalidInputError as error:
        form.blame(error, otherwise="password")
    except (UnauthenticatedError, TooManyRequestsError) as error:
        form.old.errors = [
            words_of(error)
            if isinstance(error, TooManyRequestsError)
            else gettext("This is not your password.")
        ]
        return await _page(request, form, status=status_of(error))
    if form.errors:
        return await _page(request, form, status=422)
    return see_other(PAGE)


async def end_session(request: web.Request, posted: Posted) -> web.Response:
    """Sign another browser out."""
    await signing_in.sign_out(
        request.app[FEDERATION], viewer_of(request).session, posted.text("digest")
    )
    return see_other(PAGE)


async def end_others(request: web.Request, _posted: Posted) -> web.Response:
    """Sign all other browsers out."""
    await signing_in.sign_out_elsewhere(request.app[FEDERATION], viewer_of(request).session)
    return see_other(PAGE)


async def end_token(request: web.Request, posted: Posted) -> web.Response:
    """Take a program's token back."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    async with federation.database.transaction() as transaction:
        await tokens.revoke_own_token(
            transaction, viewer.name, posted.text("digest"), federation.now()
        )
    return see_other(PAGE)


async def prove_page(request: web.Request) -> web.Response:
    """Ask for the password once more."""
    return private_page(request, "prove.html", {"form": ProveForm()})


async def take_proof(request: web.Request, posted: Posted) -> web.Response:
    """Make this session fresh for a quarter of an hour."""
    form = ProveForm(posted.fields)
    if not form.validate():
        return private_page(request, "prove.html", {"form": form}, status=422)
    try:
        await signing_in.prove_again(
            request.app[FEDERATION],
            viewer_of(request).session,
            str(form.password.data),
            visitor_of(request),
        )
    except (UnauthenticatedError, TooManyRequestsError) as error:
        form.password.errors = [
            words_of(error)
            if isinstance(error, TooManyRequestsError)
            else gettext("This is not your password.")
        ]
        return private_page(request, "prove.html", {"form": form}, status=status_of(error))
    return see_other(PAGE)


async def begin_app(request: web.Request, _posted: Posted) -> web.Response:
    """Offer a secret for an authenticator app, as a picture and as text."""
    try:
        offer = await second_factors.begin_totp(request.app[FEDERATION], viewer_of(request).session)
    except ForbiddenError:
        return see_other(PROVE)
    except ConflictError:
        return see_other(PAGE)
    return _app(request, FirstCodeForm(), offer.secret, offer.uri)


async def take_app(request: web.Request, posted: Posted) -> web.Response:
    """Let the app count from now on, by its first code."""
    form = FirstCodeForm(posted.fields)
    secret, uri = posted.text("secret"), posted.text("uri")
    if not form.validate():
        return _app(request, form, secret, uri, status=422)
    try:
        made = await second_factors.confirm_totp(
            request.app[FEDERATION], viewer_of(request).session, str(form.code.data)
        )
    except InvalidInputError:
        form.code.errors = [gettext("This is not the code that the app shows now.")]
        return _app(request, form, secret, uri, status=422)
    except ForbiddenError:
        return see_other(PROVE)
    except ConflictError:
        return see_other(PAGE)
    return _made(request, made)


async def remove_app(request: web.Request, _posted: Posted) -> web.Response:
    """Take the authenticator app away."""
    try:
        await second_factors.remove_totp(request.app[FEDERATION], viewer_of(request).session)
    except ForbiddenError:
        return see_other(PROVE)
    return see_other(PAGE)


async def renew_codes(request: web.Request, _posted: Posted) -> web.Response:
    """Show ten new recovery codes; the old ones open nothing any more."""
    try:
        codes = await second_factors.renew_recovery_codes(
            request.app[FEDERATION], viewer_of(request).session
        )
    except ForbiddenError:
        return see_other(PROVE)
    except ConflictError:
        return see_other(PAGE)
    return private_page(request, "recovery_codes.html", {"codes": codes})


async def begin_passkey(request: web.Request, _posted: Posted) -> web.Response:
    """Return what a browser needs to make a passkey: JSON for `passkey.js`."""
    options = await passkeys.begin_passkey(request.app[FEDERATION], viewer_of(request).session)
    return json_options(options)


async def add_passkey(request: web.Request, posted: Posted) -> web.Response:
    """Keep the passkey that the browser made."""
    form = PasskeyForm(posted.fields)
    if not form.validate():
        return await _page(request, PasswordForm(), passkey_form=form, status=422)
    try:
        made = await passkeys.add_passkey(
            request.app[FEDERATION],
            viewer_of(request).session,
            posted.text(ANSWER_FIELD),
            str(form.name.data),
        )
    except ForbiddenError:
        return see_other(PROVE)
    except (InvalidInputError, ConflictError):
        form.name.errors = [gettext("The browser made no passkey that is good here.")]
        return await _page(request, PasswordForm(), passkey_form=form, status=422)
    return _made(request, made)


async def remove_passkey(request: web.Request, posted: Posted) -> web.Response:
    """Take a passkey away."""
    try:
        await passkeys.remove_passkey(
            request.app[FEDERATION], viewer_of(request).session, posted.text("id")
        )
    except ForbiddenError:
        return see_other(PROVE)
    return see_other(PAGE)


async def _page(
    request: web.Request,
    form: PasswordForm,
    *,
    passkey_form: PasskeyForm | None = None,
    status: int = 200,
) -> web.Response:
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    now = federation.now()
    async with federation.database.reading() as reader:
        context = {
            "form": form,
            "passkey_form": passkey_form or PasskeyForm(),
            "sessions": await sessions.list_sessions(reader, viewer.name, now),
            "tokens": await tokens.list_tokens(reader, viewer.name, now),
            "factors": await list_factors(reader, viewer.name),
            "is_fresh": is_fresh(viewer.session, now),
        }
    return private_page(request, "security.html", context, status=status)


def _app(
    request: web.Request, form: FirstCodeForm, secret: str, uri: str, *, status: int = 200
) -> web.Response:
    """Show a secret; it is in the page alone until its first code comes."""
    context = {"form": form, "secret": secret, "uri": uri, "qr": draw_qr(uri)}
    return private_page(request, "authenticator.html", context, status=status)


def _made(request: web.Request, made: NewFactor) -> web.Response:
    request[BROWSER] = made.session_id
    if not made.recovery_codes:
        return see_other(PAGE)
    return private_page(request, "recovery_codes.html", {"codes": made.recovery_codes})
