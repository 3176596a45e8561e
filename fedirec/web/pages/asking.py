"""Asking somebody for an endorsement: one polite note that reminds them of what it was."""

from aiohttp import web
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from fedirec.community.meeting import meet
from fedirec.community.once import KEY_CHARACTERS, do_once
from fedirec.community.requesting import WORDS_MAX, request_endorsement
from fedirec.domain.actors import ActivityId, Actor
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RemoteError,
    StorageUnavailableError,
)
from fedirec.federation.context import Federation
from fedirec.web.doors import private_page, refused_form, see_other
from fedirec.web.forms import PageForm, Posted, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later, spoken
from fedirec.web.pages.people import Check, checks_of
from fedirec.web.pages.reasons import reason_of
from fedirec.web.viewers import viewer_of

_WHO_CHARACTERS = 2_000


class AskForm(PageForm):
    """Whom, and what they may remember."""

    to = StringField(
        later("Who"),
        [InputRequired(later("Say whom you mean.")), Length(max=_WHO_CHARACTERS)],
        description=later(
            "Their handle, such as @ada@guild.example, or the address of their page."
        ),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"},
    )
    words = TextAreaField(
        later("What was it that you did together?"),
        [
            InputRequired(later("Remind them of what it was.")),
            Length(max=WORDS_MAX, message=later("At most 500 characters.")),
        ],
        description=later("A sentence or two, so that they remember. At most 500 characters."),
        render_kw={"rows": "4"},
    )


async def ask_page(request: web.Request) -> web.Response:
    """Show the form."""
    form = form_of(AskForm, None, to=request.query.get("to", ""))
    return _page(request, form, once=request.app[FEDERATION].mint().ulid())


async def take_request(request: web.Request, posted: Posted) -> web.Response:
    """Send the note, once; what goes wrong is told on the page, with the text still in it."""
    federation = request.app[FEDERATION]
    form, given = form_of(AskForm, posted), posted.text("once")
    once = given if len(given) == KEY_CHARACTERS else federation.mint().ulid()
    if not form.validate():
        return _page(request, form, once=once)
    try:
        person = await meet(federation, form.to.data or "")
    except InvalidInputError:
        words = gettext("This is no handle such as @ada@guild.example, nor the address of a page.")
        form.to.errors = [*form.to.errors, words]
        return _page(request, form, once=once)
    except (NotFoundError, RemoteError, ForbiddenError) as error:
        return _page(request, form, once=once, checks=checks_of(error))
    return await _ask(request, form, person, once)


async def _ask(request: web.Request, form: AskForm, person: Actor, once: str) -> web.Response:
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    try:
        await _ask_once(federation, viewer.name, person, form.words.data or "", once)
    except InvalidInputError as error:
        form.blame(error, otherwise="words")
        return _page(request, form, once=once)
    except (ForbiddenError, ConflictError) as error:
        return _page(request, form, once=once, trouble=reason_of(error, person))
    except StorageUnavailableError:
        words = gettext(
            "This guild cannot take anything new in for a moment. Please send it again."
        )
        return _page(request, form, once=once, trouble=words)
    return see_other("/ask/sent")


async def asked_page(request: web.Request) -> web.Response:
    """Say that it was sent, and that this is all there is to do."""
    return private_page(request, "asked.html", {})


async def _ask_once(
    federation: Federation, member: str, person: Actor, words: str, once: str
) -> None:
    async def act(means: Federation) -> ActivityId:
        return await request_endorsement(means, member, person, words, language=spoken())

    me = federation.instance.member_id(member)
    await do_once(federation, me, once, f"{person.id}\n{words}", act)


def _page(
    request: web.Request,
    form: AskForm,
    *,
    once: str,
    checks: list[Check] | None = None,
    trouble: str | None = None,
) -> web.Response:
    context = {"form": form, "once": once, "checks": checks or [], "trouble": trouble}
    if checks or trouble or any(form.faults()):
        return refused_form(request, "ask.html", context)
    return private_page(request, "ask.html", context)
