"""Whom a member follows, who follows them, who asks to, whom they block: four lists, no number."""

from contextlib import suppress
from typing import Final

from aiohttp import web

from fedirec.community.following import answer_request
from fedirec.domain.actors import ActorId
from fedirec.domain.follows import FollowState
from fedirec.errors import NotFoundError
from fedirec.storage import blocks, network
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import Posted, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.finding import FindForm
from fedirec.web.viewers import viewer_of

SHOWN: Final = 50
_PAGE: Final = "network.html"


async def following_page(request: web.Request) -> web.Response:
    """List whom the viewer follows, or asked to."""
    async with request.app[FEDERATION].database.reading() as reader:
        found = await network.list_following(
            reader, viewer_of(request).actor_id, after=request.query.get("after"), limit=SHOWN
        )
    rows = [
        {"person": person, "is_waiting": state is FollowState.REQUESTED}
        for person, state in found.items
    ]
    return _page(request, "following", rows, found.next_cursor)


async def followers_page(request: web.Request) -> web.Response:
    """List who follows the viewer."""
    return await _followers(request, "followers", FollowState.ACCEPTED)


async def requests_page(request: web.Request) -> web.Response:
    """List who asks to follow the viewer."""
    return await _followers(request, "requests", FollowState.REQUESTED)


async def blocked_page(request: web.Request) -> web.Response:
    """List whom the viewer blocks."""
    async with request.app[FEDERATION].database.reading() as reader:
        owned = await blocks.list_blocks(reader, viewer_of(request).actor_id)
        ids = [ActorId(each.target) for each in owned if each.kind == "actor"]
        people = {person.id: person for person in await network.find_people(reader, ids)}
    rows: list[dict[str, object]] = [{"id": each, "person": people.get(each)} for each in ids]
    return _page(request, "blocked", rows, None)


async def take_answer(request: web.Request, posted: Posted) -> web.Response:
    """Let somebody follow the viewer, or not; who was answered already stays so."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    follower = ActorId(posted.text("id"))
    is_accepted = posted.text("answer") == "accept"
    with suppress(NotFoundError):  # pressed twice, or taken back meanwhile
        await answer_request(federation, viewer.name, follower, is_accepted=is_accepted)
    return see_other("/network/requests")


async def _followers(request: web.Request, tab: str, state: FollowState) -> web.Response:
    async with request.app[FEDERATION].database.reading() as reader:
        found = await network.list_followers(
            reader,
            viewer_of(request).actor_id,
            state,
            after=request.query.get("after"),
            limit=SHOWN,
        )
    return _page(request, tab, [{"person": each} for each in found.items], found.next_cursor)


def _page(
    request: web.Request, tab: str, rows: list[dict[str, object]], next_after: str | None
) -> web.Response:
    context = {"tab": tab, "rows": rows, "next_after": next_after, "form": form_of(FindForm, None)}
    return private_page(request, _PAGE, context)
