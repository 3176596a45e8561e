"""Answering what somebody wrote, under it or in a message to them alone."""

from typing import Final

from aiohttp import web
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from fedirec.community.replying import find_answerable, reply
from fedirec.domain.audience import Visibility
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.storage import actors
from fedirec.storage.notes import StoredNote
from fedirec.web.doors import private_page, refused_form, see_other
from fedirec.web.forms import PageForm, Posted, choices, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import later
from fedirec.web.pages.once import blame, kept_key, new_key, page_key, progress_path, said
from fedirec.web.viewers import viewer_of

_PAGE: Final = "reply.html"
_MOST: Final = 2_000
_ULID_CHARACTERS: Final = 26
_OPEN: Final = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
_ALL: Final = "all"


class ReplyForm(PageForm):
    """A few words to somebody."""

    words = TextAreaField(
        later("Your answer"),
        [InputRequired(later("Write a few words."))],
        description=later("Plain words. A blank line begins a new paragraph."),
        render_kw={"rows": 7},
    )


class OpenReplyForm(ReplyForm):
    """The same, where everybody could read it too."""

    readers = RadioField(
        later("Who may read it"),
        choices=choices(
            (_ALL, later("Everybody, under the post")),
            ("author", later("Whoever wrote the post, alone")),
        ),
    )


async def reply_page(request: web.Request) -> web.Response:
    """Show what is answered, and a form."""
    note = await _named(request, request.query.get("to", ""))
    form = form_of(_form_for(note), None, readers=_ALL)
    return private_page(request, _PAGE, await _context(request, note, form, new_key(request)))


async def take_reply(request: web.Request, posted: Posted) -> web.Response:
    """Send the answer."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    note = await _named(request, posted.text("to"))
    form = form_of(_form_for(note), posted)
    once = kept_key(request, posted)
    context = await _context(request, note, form, once)
    if not form.validate():
        return refused_form(request, _PAGE, context)
    is_private = "readers" not in form or form.readers.data != _ALL
    try:
        sent = await reply(
            federation,
            viewer.name,
            note,
            said(form.words),
            is_private=is_private,
            key=page_key(once),
        )
    except InvalidInputError as error:
        blame(form, error, otherwise="words")
        return refused_form(request, _PAGE, context)
    return see_other(progress_path(sent))


def _form_for(note: StoredNote) -> type[ReplyForm]:
    return OpenReplyForm if note.visibility in _OPEN else ReplyForm


async def _named(request: web.Request, named: str) -> StoredNote:
    """Return the post that an id of ours, its last part alone, or an id elsewhere names."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    instance = federation.instance
    named = named[:_MOST]
    tried = [named]
    if len(named) == _ULID_CHARACTERS and named.isalnum():
        tried = [instance.note_id(named), instance.endorsement_id(named), instance.job_id(named)]
    for each in tried:
        try:
            return await find_answerable(federation, viewer.name, each)
        except NotFoundError:
            continue
    message = f"{viewer.name} has nothing to answer to {named}"
    raise NotFoundError(message)


async def _context(
    request: web.Request, note: StoredNote, form: ReplyForm, once: str
) -> dict[str, object]:
    async with request.app[FEDERATION].database.reading() as reader:
        author = await actors.get_actor(reader, note.actor_id)
    return {"note": note, "author": author, "form": form, "once": once}
