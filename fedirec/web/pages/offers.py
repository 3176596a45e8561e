"""Offers: what waits for a member's answer, what they wrote, and one with its buttons."""

from typing import Final

from aiohttp import web
from wtforms import StringField
from wtforms.validators import Length

from fedirec.activitypub.content import clean_line
from fedirec.community import client_outbox, endorsements
from fedirec.community.offers_seen import SeenState, newest_of_each
from fedirec.community.reach import Reached, find_reach
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.drafts import SKILL_CHARACTERS
from fedirec.domain.endorsements import OfferState
from fedirec.errors import ConflictError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import headings, members, offers
from fedirec.storage.offers import Offer
from fedirec.web.doors import private_page, refused_form, see_other
from fedirec.web.forms import PageForm, Posted, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import later
from fedirec.web.pages.offer_addresses import find_offer_at, offer_path
from fedirec.web.pages.offer_views import OfferView, is_ours, offer_views
from fedirec.web.viewers import viewer_of

_ANSWERS: Final = frozenset({"accept", "decline", "block"})


class HeadingForm(PageForm):
    """Under which words it stands on the member's page; nothing leaves it to what it is for."""

    heading = StringField(
        later("Your own heading"),
        [Length(max=SKILL_CHARACTERS, message=later("At most 100 characters."))],
        description=later(
            "On your page it stands under this. The text stays as it is; leave it empty for what"
            " the writer said it is for."
        ),
    )


async def offers_page(request: web.Request) -> web.Response:
    """List what waits for the member's answer, and what they wrote, the newest first."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    me = viewer.actor_id
    async with federation.database.reading() as reader:
        waiting = await offers.list_offers_for(reader, me, states=endorsements.ANSWERABLE)
        written = await offers.list_offers_by(reader, me, states=tuple(OfferState))
        asked = await offer_views(reader, federation, me, newest_of_each(waiting))
        said = await offer_views(reader, federation, me, newest_of_each(written))
    open_ones = [view for view in asked if view.is_waiting]
    context = {
        "waiting": [view for view in open_ones if not view.is_aside],
        "aside": [view for view in open_ones if view.is_aside],
        "written": said,
    }
    return private_page(request, "offers.html", context)


async def offer_page(request: web.Request) -> web.Response:
    """Show one offer: the card as it would be published, and what can be done with it."""
    return await _page(request, await _get_offer(request), form=None)


async def take_answer(request: web.Request, posted: Posted) -> web.Response:
    """Accept, decline, or decline and block; what was answered already only shows how."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    found = await _get_offer(request)
    if found.endorsed_id != viewer.actor_id or posted.text("answer") not in _ANSWERS:
        message = f"{viewer.name} cannot answer {found.id} by {posted.text('answer')!r}"
        raise NotFoundError(message)
    form = form_of(HeadingForm, posted)
    if not form.validate():
        return await _page(request, found, form=form)
    is_accepted = posted.text("answer") == "accept"
    try:
        await endorsements.answer(federation, viewer.name, found.id, is_accepted=is_accepted)
    except ConflictError:
        if posted.text("answer") != "block":
            return see_other(offer_path(federation.instance, found.note_id))
    if is_accepted:
        await _set_heading(federation, viewer.actor_id, found, form)
    if posted.text("answer") == "block":
        block = {"type": "Block", "object": found.endorser_id}
        await client_outbox.submit(federation, viewer.name, dict(block))
    return see_other(offer_path(federation.instance, found.note_id))


async def take_heading(request: web.Request, posted: Posted) -> web.Response:
    """Let an endorsement stand under other words on the member's page."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    found = await _get_offer(request)
    if found.endorsed_id != viewer.actor_id:
        message = f"{found.note_id} is not about {viewer.name}"
        raise NotFoundError(message)
    form = form_of(HeadingForm, posted)
    if not form.validate():
        return await _page(request, found, form=form)
    await _set_heading(federation, viewer.actor_id, found, form)
    return see_other(offer_path(federation.instance, found.note_id))


async def take_withdrawal(request: web.Request, _posted: Posted) -> web.Response:
    """Take it back, as who wrote it or as whom it is about."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    found = await _get_offer(request)
    async with federation.database.reading() as reader:
        [view] = await offer_views(reader, federation, viewer.actor_id, [found])
    if view.is_agreed or (view.is_mine and view.is_waiting):
        await endorsements.withdraw(federation, viewer.name, ObjectId(found.note_id))
    return see_other(view.path)


async def _set_heading(
    federation: Federation, me: ActorId, found: Offer, form: HeadingForm
) -> None:
    heading = clean_line(form.heading.data or "", limit=SKILL_CHARACTERS)
    async with federation.database.transaction() as transaction:
        await headings.set_heading(transaction, me, found.note_id, heading or None)


async def _get_offer(request: web.Request) -> Offer:
    """Return the offer at this address; for others than its people there is none (AC-08)."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    address = request.match_info["ulid"]
    async with federation.database.reading() as reader:
        found = await find_offer_at(reader, federation.instance, viewer.actor_id, address)
    if found is None:
        message = f"no offer at {address} for {viewer.name}"
        raise NotFoundError(message)
    return found


async def _page(request: web.Request, found: Offer, *, form: HeadingForm | None) -> web.Response:
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    async with federation.database.reading() as reader:
        [view] = await offer_views(reader, federation, viewer.actor_id, [found])
        chosen = await headings.headings_of(reader, viewer.actor_id)
    reached = await _reach(federation, viewer.name, view)
    context = {
        "offer": view,
        "form": form or form_of(HeadingForm, None, heading=chosen.get(found.note_id, "")),
        "is_ours": is_ours(federation.instance, view),
        "reached": reached,
    }
    if form is not None:
        return refused_form(request, "offer.html", context)
    return private_page(request, "offer.html", context)


async def _reach(federation: Federation, name: str, view: OfferView) -> Reached | None:
    """Return how far it has come, for its writer alone, once it is out."""
    if not view.is_mine or view.state is not SeenState.PUBLISHED:
        return None
    async with federation.database.reading() as reader:
        member = await members.find_member(reader, name)
    if member is None:
        return None
    try:
        return await find_reach(federation, member, view.note_id)
    except NotFoundError:
        return None
