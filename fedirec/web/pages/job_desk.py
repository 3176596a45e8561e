"""Posting work, changing it, closing it; answering a note of somebody else's by a message."""

from contextlib import suppress

from aiohttp import web

from fedirec.activitypub.job_notes import render_job_note
from fedirec.community import job_notes as jobs
from fedirec.community.replying import find_answerable, reply
from fedirec.domain.actors import ObjectId
from fedirec.domain.job_notes import JobDraft, JobShownTo, JobStatus, PayPer, Remote, check_job
from fedirec.errors import ConflictError, InvalidInputError, NotFoundError
from fedirec.storage import actors
from fedirec.storage.cards import JobCard, find_job_card
from fedirec.storage.job_notes import StoredJob, find_job
from fedirec.storage.notes import StoredNote, get_note
from fedirec.web.doors import private_page, refused_form, see_other
from fedirec.web.forms import Posted, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import job_view
from fedirec.web.pages.job_form import JobForm, amended, begun_with, draft_of
from fedirec.web.pages.once import blame, kept_key, new_key, page_key, path_of, progress_path, said
from fedirec.web.pages.replies import ReplyForm
from fedirec.web.viewers import viewer_of

_FORM = "job_form.html"
_PREVIEW = "preview"


async def new_page(request: web.Request) -> web.Response:
    """Show the empty form."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    form = form_of(
        JobForm,
        None,
        currency="EUR",
        per=PayPer.HOUR.value,
        remote=Remote.NO.value,
        closes=(federation.now() + federation.limits.job_lifetime).date(),
        language=viewer.session.language,
        shown_to=JobShownTo.PUBLIC.value,
    )
    return private_page(request, _FORM, _context(form, once=new_key(request)))


async def take_new(request: web.Request, posted: Posted) -> web.Response:
    """Post a note, or show how it will look."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    form: JobForm = form_of(JobForm, posted)
    context = _context(form, once=kept_key(request, posted))
    if not form.validate():
        return refused_form(request, _FORM, context)
    try:
        draft = draft_of(form, contact=viewer.actor_id)
        if posted.text(_PREVIEW):
            return await _preview(request, context, draft)
        note_id = await jobs.post(
            federation,
            viewer.name,
            draft,
            shown_to=JobShownTo(form.shown_to.data),
            key=page_key(str(context["once"])),
        )
    except InvalidInputError as error:
        blame(form, error, otherwise="pay")
        return refused_form(request, _FORM, context)
    return see_other(path_of(request, note_id))


async def edit_page(request: web.Request) -> web.Response:
    """Show the form filled with an open note of one's own."""
    stored, note = await _own(request)
    begun = begun_with(stored, note.content, note.language or viewer_of(request).session.language)
    form = form_of(JobForm, None, **begun)
    del form.shown_to
    return private_page(request, _FORM, _context(form, note_id=stored.note_id))


async def take_edit(request: web.Request, posted: Posted) -> web.Response:
    """Put a new text in place of a note of one's own, or show how it will look."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    stored, _note = await _own(request)
    form: JobForm = form_of(JobForm, posted)
    del form.shown_to
    context = _context(form, note_id=stored.note_id)
    if not form.validate():
        return refused_form(request, _FORM, context)
    try:
        draft = amended(form, stored)
        if posted.text(_PREVIEW):
            return await _preview(request, context, draft)
        await jobs.amend(federation, viewer.name, stored.note_id, draft)
    except InvalidInputError as error:
        blame(form, error, otherwise="pay")
        return refused_form(request, _FORM, context)
    return see_other(path_of(request, stored.note_id))


async def take_close(request: web.Request, posted: Posted) -> web.Response:
    """Close a note of one's own; one that is closed already stays as it is."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    note_id = _note_id(request)
    is_filled = bool(posted.text("filled"))
    with suppress(ConflictError):  # pressed twice: what the first press said stands
        await jobs.close(federation, viewer.name, note_id, is_filled=is_filled)
    return see_other(path_of(request, note_id))


async def answer_page(request: web.Request) -> web.Response:
    """Show a message to who posted a note, to be written."""
    card = await _answerable(request)
    form = form_of(ReplyForm, None)
    return private_page(
        request, "answer.html", _answer_context(request, card, form, new_key(request))
    )


async def take_answer(request: web.Request, posted: Posted) -> web.Response:
    """Send the message."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    card = await _answerable(request)
    form: ReplyForm = form_of(ReplyForm, posted)
    once = kept_key(request, posted)
    context = _answer_context(request, card, form, once)
    if not form.validate():
        return refused_form(request, "answer.html", context)
    note = await find_answerable(federation, viewer.name, card.note_id)
    try:
        sent = await reply(
            federation, viewer.name, note, said(form.words), is_private=True, key=page_key(once)
        )
    except InvalidInputError as error:
        blame(form, error, otherwise="words")
        return refused_form(request, "answer.html", context)
    return see_other(progress_path(sent))


def _context(
    form: JobForm, *, once: str = "", note_id: ObjectId | None = None
) -> dict[str, object]:
    return {
        "section": "jobs",
        "form": form,
        "once": once,
        "is_new": note_id is None,
        "back": "/jobs" if note_id is None else note_id,
        "preview": None,
    }


def _answer_context(
    request: web.Request, card: JobCard, form: ReplyForm, once: str
) -> dict[str, object]:
    now = request.app[FEDERATION].now()
    return {
        "section": "jobs",
        "form": form,
        "once": once,
        "job": job_view(card, now=now),
        "is_open": card.status == JobStatus.OPEN.value and card.closes_at > now,
    }


async def _preview(
    request: web.Request, context: dict[str, object], draft: JobDraft
) -> web.Response:
    """Show the form with the text that will be sent above it; nothing is kept."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    check_job(draft, now=federation.now(), limits=federation.limits)
    async with federation.database.reading() as reader:
        author = await actors.get_actor(reader, viewer.actor_id)
    note = render_job_note(
        instance=federation.instance,
        id=federation.instance.job_id("…"),
        actor=author,
        draft=draft,
        published=federation.now(),
    )
    shown = {"title": draft.title, "content": note["content"], "language": draft.language}
    return private_page(request, _FORM, {**context, "preview": shown})


def _note_id(request: web.Request) -> ObjectId:
    return request.app[FEDERATION].instance.job_id(request.match_info["ulid"])


async def _own(request: web.Request) -> tuple[StoredJob, StoredNote]:
    """Return an open note of the viewer's own; to all others there is none (AC-08)."""
    note_id, viewer = _note_id(request), viewer_of(request)
    async with request.app[FEDERATION].database.reading() as reader:
        stored = await find_job(reader, note_id)
        if stored is None or stored.actor_id != viewer.actor_id:
            message = f"{viewer.name} has no job note {note_id}"
            raise NotFoundError(message)
        return stored, await get_note(reader, note_id)


async def _answerable(request: web.Request) -> JobCard:
    """Return a note that the viewer may read, and did not post."""
    federation, viewer, note_id = request.app[FEDERATION], viewer_of(request), _note_id(request)
    await find_answerable(federation, viewer.name, note_id)
    async with federation.database.reading() as reader:
        card = await find_job_card(reader, note_id)
    if card is None or card.author.id == viewer.actor_id:
        message = f"{viewer.name} has nothing to answer to {note_id}"
        raise NotFoundError(message)
    return card
