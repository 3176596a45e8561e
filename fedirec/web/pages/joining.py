"""Joining by an invitation, and choosing another password by a link."""

from aiohttp import web
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from fedirec.community import passwords
from fedirec.community.invitations import find_invite
from fedirec.community.joining import Newcomer, join
from fedirec.domain.passwords import LONGEST, SHORTEST
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
)
from fedirec.storage.invites import Invite
from fedirec.web.browsers import BROWSER
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later
from fedirec.web.pages.signing_in import status_of, visitor_of, words_of


class NewPasswordForm(PageForm):
    """A new password."""

    password = PasswordField(
        later("Password"),
        [
            InputRequired(later("Choose a password.")),
            Length(min=SHORTEST, message=later("It takes at least 12 characters.")),
        ],
        description=later(
            "At least 12 characters; a few words in a row are good and easy to type."
        ),
        render_kw={"autocomplete": "new-password", "maxlength": LONGEST},
    )


class JoinForm(NewPasswordForm):
    """What somebody who joins fills in."""

    name = StringField(
        later("Name"),
        [InputRequired(later("Choose a name for your address here."))],
        description=later("Small letters, digits and _: it becomes your address, and stays."),
        render_kw={"autocomplete": "username", "autocapitalize": "none", "maxlength": 30},
    )
    display_name = StringField(
        later("How people call you"),
        [Length(max=100, message=later("At most 100 characters."))],
        render_kw={"autocomplete": "name", "maxlength": 100},
    )


async def join_page(request: web.Request) -> web.Response:
    """Show what an invitation is for."""
    invite = await _find(request)
    if invite is None:
        return private_page(request, "link_over.html", {"is_invite": True}, status=404)
    return _join(request, JoinForm(data={"name": invite.for_name or ""}), invite)


async def take_join(request: web.Request, posted: Posted) -> web.Response:
    """Make a member of somebody, and sign them in."""
    federation, invite = request.app[FEDERATION], await _find(request)
    if invite is None:
        return private_page(request, "link_over.html", {"is_invite": True}, status=404)
    form = JoinForm(posted.fields)
    if not form.validate():
        return _join(request, form, invite, status=422)
    newcomer = Newcomer(
        name=str(form.name.data),
        display_name=form.display_name.data or "",
        password=str(form.password.data),
    )
    try:
        joined = await join(federation, request.match_info["token"], newcomer, visitor_of(request))
    except InvalidInputError as error:
        form.blame(error, otherwise="name")
        return _join(request, form, invite, status=422)
    except ConflictError:
        form.name.errors = [gettext("This name is or was somebody's here; choose another.")]
        return _join(request, form, invite, status=422)
    except TooManyRequestsError as error:
        form.name.errors = [words_of(error)]
        return _join(request, form, invite, status=status_of(error))
    request[BROWSER] = joined.signed_in.session_id
    return see_other("/welcome")


async def welcome_page(request: web.Request) -> web.Response:
    """Show a new member how they look to others, and what to do first."""
    return private_page(request, "welcome.html", {})


async def reset_page(request: web.Request) -> web.Response:
    """Show whose new password a link sets."""
    name = await _find_reset(request)
    if name is None:
        return private_page(request, "link_over.html", {"is_invite": False}, status=404)
    return private_page(request, "reset.html", {"form": NewPasswordForm(), "name": name})


async def take_reset(request: web.Request, posted: Posted) -> web.Response:
    """Set the new password; then they sign in with it."""
    federation, name = request.app[FEDERATION], await _find_reset(request)
    if name is None:
        return private_page(request, "link_over.html", {"is_invite": False}, status=404)
    form, status = NewPasswordForm(posted.fields), 422
    if form.validate():
        try:
            await passwords.finish_reset(
                federation,
                request.match_info["token"],
                str(form.password.data),
                visitor_of(request),
            )
            return see_other("/sign-in")
        except InvalidInputError as error:
            form.blame(error, otherwise="password")
        except TooManyRequestsError as error:
            form.password.errors, status = [words_of(error)], status_of(error)
    return private_page(request, "reset.html", {"form": form, "name": name}, status=status)


async def _find(request: web.Request) -> Invite | None:
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        try:
            return await find_invite(reader, federation, request.match_info["token"])
        except (NotFoundError, ForbiddenError):
            return None


async def _find_reset(request: web.Request) -> str | None:
    try:
        return await passwords.find_reset(request.app[FEDERATION], request.match_info["token"])
    except NotFoundError:
        return None


def _join(
    request: web.Request, form: JoinForm, invite: Invite, *, status: int = 200
) -> web.Response:
    return private_page(request, "join.html", {"form": form, "invite": invite}, status=status)
