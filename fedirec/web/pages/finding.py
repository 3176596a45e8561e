"""A person by handle or address: looked up where they are at home, and what can be done."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiohttp import web
from wtforms import StringField
from wtforms.validators import InputRequired

from fedirec.community.following import (
    block_actor,
    follow_actor,
    unblock_actor,
    unfollow_actor,
)
from fedirec.community.looking_up import look_up
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.follows import FollowState
from fedirec.errors import (
    BlockedError,
    InvalidInputError,
    NotFoundError,
    RemoteError,
    RemoteUnavailableError,
)
from fedirec.storage import actors, blocks, follows
from fedirec.web.doors import private_page, refused_form, see_other
from fedirec.web.forms import PageForm, Posted, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import Later, gettext, later
from fedirec.web.viewers import viewer_of

MAX_ASKED: Final = 500
_PAGE: Final = "person.html"
_NOT_FOUND: Final = web.HTTPNotFound.status_code


class FindForm(PageForm):
    """Whose page is wanted."""

    handle = StringField(
        later("Handle"),
        [InputRequired(later("Write a handle, such as @ada@guild.example."))],
        description=later("Such as @ada@guild.example, or the address of a profile or a post."),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "maxlength": MAX_ASKED},
    )


class Trouble(StrEnum):
    """At which of three steps looking somebody up ended."""

    HANDLE = "handle"
    SERVER = "server"
    NAME = "name"


_WHY: Final[dict[Trouble, Later]] = {
    Trouble.HANDLE: later("That is neither a handle nor the address of a profile or a post."),
    Trouble.SERVER: later("Their server does not answer just now. It may in a while."),
    Trouble.NAME: later("Their server answers, but says nothing of anybody so called."),
}
_BLOCKED: Final = later("This guild exchanges nothing with their server.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How a member stands to somebody. `asked` is how far following them has come."""

    asked: FollowState | None
    is_follower: bool
    is_blocked: bool
    is_self: bool


async def find_page(request: web.Request) -> web.Response:
    """Look somebody up and show them; or say which step of that failed."""
    asked = request.query.get("handle", "").strip()[:MAX_ASKED]
    if not asked:
        return private_page(request, _PAGE, _context(form_of(FindForm, None)))
    form = form_of(FindForm, None, handle=asked)
    try:
        found = await look_up(request.app[FEDERATION], asked)
    except (InvalidInputError, NotFoundError, RemoteError, BlockedError) as error:
        trouble = trouble_of(error)
        form.handle.errors = [_BLOCKED if isinstance(error, BlockedError) else _WHY[trouble]]
        context = {**_context(form), "trouble": trouble}
        return private_page(request, _PAGE, context, status=_NOT_FOUND)
    form.handle.data = ""  # for whoever is looked up next
    relation = await relation_of(request, found.actor)
    context = {**_context(form), "actor": found.actor, "relation": relation, "note": found.note}
    return private_page(request, _PAGE, context)


def trouble_of(error: Exception) -> Trouble:
    """Return at which step looking somebody up ended."""
    if isinstance(error, InvalidInputError):
        return Trouble.HANDLE
    return Trouble.SERVER if isinstance(error, RemoteUnavailableError) else Trouble.NAME


async def relation_of(request: web.Request, actor: Actor) -> Relation:
    """Return how the viewer stands to somebody."""
    viewer = viewer_of(request)
    async with request.app[FEDERATION].database.reading() as reader:
        follow = await follows.find_follow(reader, viewer.actor_id, actor.id)
        owned = await blocks.list_blocks(reader, viewer.actor_id)
        return Relation(
            asked=None if follow is None else follow.state,
            is_follower=await follows.is_follower(reader, actor.id, viewer.actor_id),
            is_blocked=any(each.target == actor.id for each in owned),
            is_self=actor.id == viewer.actor_id,
        )


async def take_follow(request: web.Request, posted: Posted) -> web.Response:
    """Ask to follow somebody who was shown."""
    actor = await _named(request, posted)
    try:
        await follow_actor(request.app[FEDERATION], viewer_of(request).name, actor)
    except (InvalidInputError, NotFoundError):
        form = form_of(FindForm, None, handle=actor.handle)
        said = gettext("%(handle)s takes no followers from here.", handle=actor.handle)
        context = {**_context(form), "actor": actor, "said": said}
        context["relation"] = await relation_of(request, actor)
        return refused_form(request, _PAGE, context)
    return see_other("/network")


async def take_unfollow(request: web.Request, posted: Posted) -> web.Response:
    """Stop following somebody; pressed twice, it is done once."""
    actor = await _named(request, posted)
    if (await relation_of(request, actor)).asked is not None:
        await unfollow_actor(request.app[FEDERATION], viewer_of(request).name, actor)
    return see_other("/network")


async def take_block(request: web.Request, posted: Posted) -> web.Response:
    """Block somebody who was shown."""
    actor = await _named(request, posted)
    if actor.id != viewer_of(request).actor_id:
        await block_actor(request.app[FEDERATION], viewer_of(request).name, actor)
    return see_other("/network/blocked")


async def take_unblock(request: web.Request, posted: Posted) -> web.Response:
    """Take a block back, though nothing more be known of whom it is of."""
    blocked = ActorId(posted.text("id"))
    await unblock_actor(request.app[FEDERATION], viewer_of(request).name, blocked)
    return see_other("/network/blocked")


async def _named(request: web.Request, posted: Posted) -> Actor:
    async with request.app[FEDERATION].database.reading() as reader:
        return await actors.get_actor(reader, ActorId(posted.text("id")))


def _context(form: FindForm) -> dict[str, object]:
    names = ("actor", "relation", "trouble", "said", "note")
    return {"form": form, **dict.fromkeys(names)}
