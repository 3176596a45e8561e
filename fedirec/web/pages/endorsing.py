"""Saying what somebody did well: one page, from whom to sending, on which no text is ever lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import web

from fedirec.community import drafting, endorsements
from fedirec.community.meeting import meet
from fedirec.community.once import KEY_CHARACTERS, do_once
from fedirec.community.previewing import preview
from fedirec.domain.actors import ActivityId, Actor, ObjectId
from fedirec.domain.endorsements import EndorsementDraft
from fedirec.domain.handles import parse_handle
from fedirec.errors import (
    ConflictError,
    FedirecError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RemoteError,
    StorageUnavailableError,
)
from fedirec.federation.context import Federation
from fedirec.storage import actors, offers
from fedirec.storage.offers import Offer
from fedirec.web.doors import private_page, refused_form, see_other
from fedirec.web.forms import Posted, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import LANGUAGES, gettext
from fedirec.web.pages.endorse_form import ROWS_SHOWN, EndorseForm, begun_with, draft_of
from fedirec.web.pages.offer_addresses import find_offer_at, offer_address, offer_path
from fedirec.web.pages.people import Check, checks_of, own_words_of, person_of
from fedirec.web.pages.reasons import reason_of
from fedirec.web.viewers import viewer_of

MORE_ROWS: Final = 8
_UNAVAILABLE: Final = 503
_NOT_TYPED: Final = frozenset({"token", "action", "once", "draft"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The page as it stands: `amended` is the offer that is said anew, if one is."""

    form: EndorseForm
    once: str
    draft_id: str = ""
    rows: int = ROWS_SHOWN
    amended: Offer | None = None
    posted: Posted | None = field(default=None, repr=False)

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, as a draft keeps it."""
        given = {} if self.posted is None else self.posted.fields
        return {name: text for name, text in given.items() if name not in _NOT_TYPED and text}


async def endorse_page(request: web.Request) -> web.Response:
    """Show the form: empty, for somebody (`to`), from a draft, or to say an offer anew."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    begun: dict[str, str] = {"start": f"{federation.now():%Y-%m}"}
    if viewer.session.language in LANGUAGES:
        begun["language"] = viewer.session.language
    draft_id, amended = request.query.get("draft", ""), None
    if draft_id:
        begun |= (await drafting.get_draft(federation, viewer.name, draft_id)).fields
    amending = request.query.get("amend") or begun.pop("amend", "")
    if amending:
        amended = await _get_amended(request, amending)
        if not draft_id:
            begun |= begun_with(amended, federation.limits)
    begun["to"] = request.query.get("to") or begun.get("to", "")
    sheet = Sheet(
        form=form_of(EndorseForm, None, **begun),
        once=federation.mint().ulid(),
        draft_id=draft_id,
        amended=amended,
    )
    person = await _known_person(federation, sheet)
    return await _page(request, sheet, person=person)


async def take_endorsement(request: web.Request, posted: Posted) -> web.Response:
    """Do what the button says: look up, more rows, preview, keep as a draft, or send."""
    federation = request.app[FEDERATION]
    once = posted.text("once")
    amending, rows = posted.text("amend"), posted.text("rows")
    sheet = Sheet(
        form=form_of(EndorseForm, posted),
        once=once if len(once) == KEY_CHARACTERS else federation.mint().ulid(),
        draft_id=posted.text("draft"),
        rows=MORE_ROWS if rows == str(MORE_ROWS) else ROWS_SHOWN,
        amended=await _get_amended(request, amending) if amending else None,
        posted=posted,
    )
    match posted.text("action"):
        case "lookup":
            return await _look_up(request, sheet)
        case "more":
            person = await _known_person(federation, sheet)
            return await _page(request, replace(sheet, rows=MORE_ROWS), person=person)
        case "draft":
            return await _keep(request, sheet)
        case "preview":
            return await _preview(request, sheet)
        case _:
            return await _send(request, sheet)


async def _keep(request: web.Request, sheet: Sheet) -> web.Response:
    kept = await _kept(request, sheet)
    if kept.draft_id:
        return see_other("/drafts")
    words = gettext("You have as many drafts as are kept. Discard one, or send this now.")
    return await _page(request, sheet, trouble=words)


async def _get_amended(request: web.Request, address: str) -> Offer:
    """Return the offer to be said anew; raise NotFoundError unless the member made it."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    async with federation.database.reading() as reader:
        found = await find_offer_at(reader, federation.instance, viewer.actor_id, address)
    if found is None or found.endorser_id != viewer.actor_id:
        message = f"{viewer.name} made no offer at {address}"
        raise NotFoundError(message)
    return found


async def _known_person(federation: Federation, sheet: Sheet) -> Actor | None:
    """Return whom the form names, if that can be told without asking any server."""
    async with federation.database.reading() as reader:
        if sheet.amended is not None:
            return await actors.find_actor(reader, sheet.amended.endorsed_id)
        try:
            handle = parse_handle(sheet.form.to.data or "")
        except InvalidInputError:
            return None
        ours = federation.instance.domain, federation.instance.host
        if handle.domain in ours:
            name, domain = handle.name.lower(), federation.instance.domain
            return await actors.find_by_handle(reader, name, domain)
        return await actors.find_by_handle(reader, handle.name, handle.domain)


async def _person(federation: Federation, sheet: Sheet) -> Actor:
    """Return whom the form names. Network, unless they are known and it is an amendment."""
    if sheet.amended is not None:
        async with federation.database.reading() as reader:
            return await actors.get_actor(reader, sheet.amended.endorsed_id)
    return await meet(federation, sheet.form.to.data or "")


async def _look_up(request: web.Request, sheet: Sheet) -> web.Response:
    try:
        person = await _person(request.app[FEDERATION], sheet)
    except InvalidInputError:
        return await _not_a_handle(request, sheet)
    except (NotFoundError, RemoteError, ForbiddenError) as error:
        return await _page(request, sheet, checks=checks_of(error))
    return await _page(request, sheet, person=person)


async def _not_a_handle(request: web.Request, sheet: Sheet) -> web.Response:
    words = gettext("This is no handle such as @ada@guild.example, nor the address of a page.")
    sheet.form.to.errors = [*sheet.form.to.errors, words]
    return await _page(request, sheet)


async def _preview(request: web.Request, sheet: Sheet) -> web.Response:
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    if not sheet.form.is_sound(federation.limits):
        return await _page(request, sheet, person=await _known_person(federation, sheet))
    try:
        person = await _person(federation, sheet)
    except InvalidInputError:
        return await _not_a_handle(request, sheet)
    except (NotFoundError, RemoteError, ForbiddenError) as error:
        return await _page(request, sheet, checks=checks_of(error))
    try:
        content = await preview(federation, viewer.name, person, draft_of(sheet.form))
    except InvalidInputError as error:
        sheet.form.lay(error)
        return await _page(request, sheet, person=person)
    return await _page(request, sheet, person=person, previewed=content)


async def _send(request: web.Request, sheet: Sheet) -> web.Response:
    """Ask the person; whatever goes wrong, the text is kept as a draft and stays on the page."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    if not sheet.form.is_sound(federation.limits):
        return await _page(request, sheet, person=await _known_person(federation, sheet))
    try:
        person = await _person(federation, sheet)
    except InvalidInputError:
        return await _not_a_handle(request, sheet)
    except (NotFoundError, RemoteError, ForbiddenError) as error:
        kept = await _kept(request, sheet)
        return await _page(request, kept, checks=checks_of(error), is_kept=bool(kept.draft_id))
    try:
        offer_id = await _offer_once(federation, viewer.name, sheet, person)
    except FedirecError as error:
        return await _failed(request, sheet, person, error)
    if sheet.draft_id:
        await drafting.discard_draft(federation, viewer.name, sheet.draft_id)
    async with federation.database.reading() as reader:
        made = await offers.find_offer(reader, offer_id)
    if made is None:
        message = f"{offer_id} was made and is not there"
        raise NotFoundError(message)
    return see_other(offer_path(federation.instance, made.note_id))


async def _offer_once(
    federation: Federation, member: str, sheet: Sheet, person: Actor
) -> ActivityId:
    draft: EndorsementDraft = draft_of(sheet.form)

    async def act(means: Federation) -> ActivityId:
        if sheet.amended is not None:
            note_id = ObjectId(sheet.amended.note_id)
            made = await endorsements.amend(means, member, note_id, draft)
        else:
            made = await endorsements.offer(means, member, person.handle, draft)
        return ActivityId(made.offer.id)

    body = "\n".join(f"{name}={text}" for name, text in sorted(sheet.typed.items()))
    return await do_once(federation, federation.instance.member_id(member), sheet.once, body, act)


async def _failed(
    request: web.Request, sheet: Sheet, person: Actor, error: FedirecError
) -> web.Response:
    if isinstance(error, StorageUnavailableError):
        words = gettext(
            "This guild cannot take anything new in for a moment. Please send it again."
        )
        return await _page(request, sheet, person=person, trouble=words, status=_UNAVAILABLE)
    kept = await _kept(request, sheet)
    is_kept = bool(kept.draft_id)
    if isinstance(error, InvalidInputError):
        kept.form.lay(error)
        return await _page(request, kept, person=person, is_kept=is_kept)
    if isinstance(error, RemoteError | NotFoundError):
        return await _page(request, kept, checks=checks_of(error), is_kept=is_kept)
    if isinstance(error, ConflictError) and "another text" in str(error):
        fresh = replace(kept, once=request.app[FEDERATION].mint().ulid())
        words = gettext(
            "You sent this page before, with another text. To send this one too, send it now."
        )
        return await _page(request, fresh, person=person, trouble=words, is_kept=is_kept)
    words = reason_of(error, person)
    return await _page(request, kept, person=person, trouble=words, is_kept=is_kept)


async def _kept(request: web.Request, sheet: Sheet) -> Sheet:
    """Keep what was typed as a draft; without room for one more, the page alone holds it."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    try:
        draft = await drafting.keep_draft(
            federation, viewer.name, sheet.typed, draft_id=sheet.draft_id or None
        )
    except ConflictError:
        return sheet
    return replace(sheet, draft_id=draft.id)


async def _page(  # noqa: PLR0913 - what can stand on the page
    request: web.Request,
    sheet: Sheet,
    *,
    person: Actor | None = None,
    checks: list[Check] | None = None,
    trouble: str | None = None,
    previewed: str | None = None,
    is_kept: bool = False,
    status: int = web.HTTPOk.status_code,
) -> web.Response:
    instance = request.app[FEDERATION].instance
    amended = sheet.amended
    context: Mapping[str, object] = {
        "form": sheet.form,
        "once": sheet.once,
        "draft_id": sheet.draft_id,
        "amending": "" if amended is None else offer_address(instance, amended.note_id),
        "rows": sheet.form.rows(sheet.rows),
        "has_all_rows": len(sheet.form.rows(sheet.rows)) >= MORE_ROWS,
        "most_rows": MORE_ROWS,
        "is_unfolded": sheet.rows > ROWS_SHOWN or _says_more(sheet.form),
        "person": None if person is None else person_of(person),
        "own_words": [] if person is None else own_words_of(person),
        "checks": checks or [],
        "trouble": trouble,
        "previewed": previewed,
        "is_kept": is_kept,
        "member_id": viewer_of(request).actor_id,
    }
    is_wrong = bool(checks or trouble or any(sheet.form.faults()))
    if status != web.HTTPOk.status_code:
        return private_page(request, "endorse.html", context, status=status)
    if is_wrong:
        return refused_form(request, "endorse.html", context)
    return private_page(request, "endorse.html", context)


def _says_more(form: EndorseForm) -> bool:
    """Whether anything in the fold says something, or is wrong, so that it must stand open."""
    fields = (form.setting, form.end, *(each for row in form.rows(0) for each in row))
    return any(each.data or each.errors for each in fields) or bool(form.language.errors)
