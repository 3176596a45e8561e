"""Members and invitations: who is here, who may come, and what a keeper can do for somebody.

Links are shown once, on the page that answers the form: what is kept of them opens nothing.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp

from fedirec.community import invitations, keepers, membership, passwords, second_factors
from fedirec.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from fedirec.storage.members import list_members
from fedirec.web.doors import see_other
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keeping.pages import chosen, done_at, keeper_page
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later
from fedirec.web.viewers import viewer_of

PAGE: Final = "/admin/members"
SHOWN: Final = 20
_ACTS: Final = frozenset({"disable", "promote", "demote", "reset", "reset-2fa"})


class InviteForm(PageForm):
    """Whom an invitation is for, and how long it lasts."""

    for_name = StringField(
        later("For the name"),
        [
            Optional(),
            Regexp("[a-z0-9_]{1,30}$", message=later("Small letters, digits and _, at most 30.")),
        ],
        description=later("Left empty, whoever has the link chooses a name."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "maxlength": 30},
    )
    days = IntegerField(
        later("Days that it lasts"),
        [
            InputRequired(later("A number of days.")),
            NumberRange(1, invitations.MOST_DAYS, message=later("From 1 to 30 days.")),
        ],
        default=invitations.DAYS,
        render_kw={"inputmode": "numeric"},
    )


async def members_page(request: web.Request) -> web.Response:
    """Show who is here and what was sent out."""
    return await _page(request, InviteForm())


async def take_invite(request: web.Request, posted: Posted) -> web.Response:
    """Make an invitation and show its link."""
    form = InviteForm(posted.fields)
    if not form.validate():
        return await _page(request, form, status=422)
    try:
        made = await invitations.create_invite(
            request.app[FEDERATION],
            by=viewer_of(request).name,
            for_name=form.for_name.data or None,
            days=int(form.days.data or invitations.DAYS),
        )
    except InvalidInputError as error:
        form.blame(error, otherwise="for_name")
    except ConflictError:
        form.for_name.errors = [gettext("This name is or was somebody's here.")]
    else:
        told = gettext("Hand this link over. It is shown this one time, and opens once.")
        return await _page(request, InviteForm(), link=made.link, told=told)
    return await _page(request, form, status=422)


async def revoke_invite(request: web.Request, posted: Posted) -> web.Response:
    """Take an invitation back."""
    try:
        await invitations.revoke_invite(
            request.app[FEDERATION], posted.text("id"), by=viewer_of(request).name
        )
    except NotFoundError:
        return see_other(PAGE)  # it was used or taken back meanwhile, as the page says
    return see_other(done_at(PAGE, "uninvite"))


async def take_act(request: web.Request, posted: Posted) -> web.Response:
    """Do something for a member, or about them."""
    federation, by = request.app[FEDERATION], viewer_of(request).name
    act, name = chosen(posted.text("act"), _ACTS), posted.text("name")
    try:
        match act:
            case "reset":
                link = await passwords.make_reset_link(federation, name, by=by)
                told = gettext("With this link @%(name)s chooses another password.", name=name)
                return await _page(request, InviteForm(), link=link, told=told)
            case "reset-2fa":
                await second_factors.reset_factors(federation, name, by=by)
            case "disable":
                await membership.disable_member(federation, name, by=by)
            case _:
                await keepers.set_admin(federation, name, act == "promote", by=by)
    except ConflictError:
        error = gettext("@%(name)s is the last keeper: make somebody else one first.", name=name)
        return await _page(request, InviteForm(), status=409, error=error)
    except (ForbiddenError, NotFoundError):
        error = gettext("There is nobody called @%(name)s here who could act.", name=name[:30])
        return await _page(request, InviteForm(), status=409, error=error)
    return see_other(done_at(PAGE, act))


async def _page(
    request: web.Request, form: InviteForm, *, status: int = 200, **said: str
) -> web.Response:
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        members = await list_members(reader)
    page = await invitations.list_invites(
        federation, before=request.query.get("before"), limit=SHOWN
    )
    cursor, now = page.next_cursor, federation.now()
    context: Mapping[str, object] = {
        "form": form,
        "members": members,
        "invites": [
            (invite, _state(invite.used_by, invite.revoked_at is None, invite.expires_at > now))
            for invite in page.items
        ],
        "next_url": None if cursor is None else f"{PAGE}?{urlencode({'before': cursor})}",
        "link": said.get("link"),
        "told": said.get("told"),
        "error": said.get("error"),
    }
    return keeper_page(request, "admin_members.html", context, status=status)


def _state(used_by: str | None, stands: bool, lasts: bool) -> str:  # noqa: FBT001 - three facts
    """Return what became of an invitation: `used`, `revoked`, `over` or `open`."""
    if used_by is not None:
        return "used"
    if not stands:
        return "revoked"
    return "open" if lasts else "over"
