"""What names you here: offers to answer, what was said by and about you, all of it as a file."""

from typing import Final

from aiohttp import hdrs, web

from fedirec.activitypub.documents import dump
from fedirec.activitypub.media_types import ACTIVITY_JSON
from fedirec.community import named
from fedirec.community.named import Answered, Waiting
from fedirec.domain.actors import Actor
from fedirec.errors import InvalidInputError
from fedirec.storage.cards import CardEvidence, EndorsementCard, Person
from fedirec.web.doors import private_page, see_other
from fedirec.web.forms import Posted
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import EndorsementView, endorsement_view
from fedirec.web.pages.elsewhere import MINE
from fedirec.web.viewers import party_of

ANSWER_FIELD: Final = "answer"
_FILE: Final = "what-names-me.json"


async def mine_page(request: web.Request) -> web.Response:
    """Show all that names whoever looks."""
    federation, party = request.app[FEDERATION], party_of(request)
    waiting = await named.list_waiting(federation, party.actor_id)
    about, by = await named.list_naming_cards(federation, party.actor_id)
    context = {
        "party": party,
        "offers": [(each.ulid, _offered_view(request, each)) for each in waiting],
        "about": [(_own_ulid(request, card), _view(request, card)) for card in about],
        "by": [_view(request, card) for card in by],
    }
    return private_page(request, "mine.html", context)


async def offer_page(request: web.Request) -> web.Response:
    """Show one offer as it would be published, and ask what the person says."""
    federation, party = request.app[FEDERATION], party_of(request)
    ulid = request.match_info["ulid"]
    waiting = await named.get_waiting(federation, party.actor_id, ulid)
    context = {
        "endorsement": _offered_view(request, waiting),
        "path": f"{MINE}/offers/{ulid}",
        "shown_to": waiting.endorsement.shown_to.value,
        "ends_at": waiting.offer.ends_at,
    }
    return private_page(request, "mine_offer.html", context)


async def take_answer(request: web.Request, posted: Posted) -> web.Response:
    """Take what the person says to an offer."""
    federation, party = request.app[FEDERATION], party_of(request)
    try:
        said = Answered(posted.text(ANSWER_FIELD))
    except ValueError as error:
        message = f"expected one of {', '.join(Answered)}"
        raise InvalidInputError(message, field=ANSWER_FIELD) from error
    await named.answer_as_person(federation, party.actor_id, request.match_info["ulid"], said)
    return see_other(MINE)


async def take_withdrawal(request: web.Request, _posted: Posted) -> web.Response:
    """Take a yes back."""
    federation, party = request.app[FEDERATION], party_of(request)
    await named.withdraw_as_person(federation, party.actor_id, request.match_info["ulid"])
    return see_other(MINE)


async def export(request: web.Request) -> web.Response:
    """Give out all that names the person, as a file."""
    federation, party = request.app[FEDERATION], party_of(request)
    found = await named.export_naming(federation, party.actor_id)
    headers = {
        hdrs.CACHE_CONTROL: "private, no-store",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{_FILE}"',
    }
    return web.Response(body=dump(found), content_type=ACTIVITY_JSON, headers=headers)


def _view(request: web.Request, card: EndorsementCard) -> EndorsementView:
    return endorsement_view(card, request.app[FEDERATION].instance)


def _own_ulid(request: web.Request, card: EndorsementCard) -> str | None:
    """Return the end of an endorsement's address here; None for one of another server."""
    is_ours = request.app[FEDERATION].instance.owns(card.note_id)
    return card.note_id.rpartition("/")[2] if is_ours else None


def _offered_view(request: web.Request, waiting: Waiting) -> EndorsementView:
    """Return an offer as the card that would be published."""
    said = waiting.endorsement
    card = EndorsementCard(
        note_id=waiting.offer.note_id,
        url=waiting.offer.note_id,
        content=waiting.content,
        language=waiting.language,
        endorser=_person(waiting.endorser),
        endorsed=_person(waiting.endorsed),
        relation=said.relation.value,
        period_from=said.period.start,
        period_until=said.period.end,
        setting=said.setting,
        skills=tuple(skill.name for skill in said.skills),
        evidence=tuple(
            CardEvidence(href=each.href, name=each.name, seen_at=None) for each in said.evidence
        ),
        consent_id=None,
        confirmed_at=None,
        published_at=waiting.offer.created_at,
        updated_at=None,
    )
    return _view(request, card)


def _person(actor: Actor) -> Person:
    return Person(
        id=actor.id,
        name=actor.name,
        handle_domain=actor.handle_domain,
        display_name=actor.display_name,
        url=actor.url,
        kind=actor.kind.value,
        is_local=actor.is_local,
    )
