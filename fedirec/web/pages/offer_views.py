"""Offers as their pages show them: the card as it would be published, and where it stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.activitypub.content import clean_html
from fedirec.activitypub.documents import JsonObject, object_of, text_of
from fedirec.activitypub.endorsements import parse_endorsement
from fedirec.activitypub.identifiers import Instance
from fedirec.community.offers_seen import SeenState, seen_by_endorsed, seen_by_endorser
from fedirec.domain.actors import ActorId
from fedirec.domain.endorsements import OfferState, OfferWay, ShownTo
from fedirec.domain.limits import Limits
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.storage.cards import CardEvidence, EndorsementCard, Person
from fedirec.storage.database import Reader
from fedirec.storage.offers import Offer
from fedirec.web.languages import later
from fedirec.web.pages.cards import EndorsementView, endorsement_view
from fedirec.web.pages.endorse_form import note_of
from fedirec.web.pages.offer_addresses import offer_address
from fedirec.web.pages.people import people_of

READERS: Final = {
    ShownTo.PUBLIC: later("Everybody could read it."),
    ShownTo.FOLLOWERS: later("Those who follow the writer could read it."),
    ShownTo.GUILD: later("Members of the writer's guild alone could read it."),
}
STATE_WORDS: Final = {
    SeenState.WAITING: later("Waiting"),
    SeenState.NOT_PUBLISHED: later("Not published"),
    SeenState.DECLINED: later("Declined"),
    SeenState.OVER: later("Its time is over"),
    SeenState.ACCEPTED: later("Accepted"),
    SeenState.PUBLISHED: later("Accepted"),
    SeenState.RETRACTED: later("Taken back"),
    SeenState.SUPERSEDED: later("Said anew"),
    SeenState.WITHDRAWN: later("Withdrawn"),
}
_TONES: Final = {
    SeenState.WAITING: "wait",
    SeenState.ACCEPTED: "ok",
    SeenState.PUBLISHED: "ok",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """One offer for one of its two people; `card` is None once its text is erased.

    `whole` is the text as others would get it, HTML still to be cleaned. `tone` is a chip's.
    """

    address: str
    note_id: str
    is_mine: bool
    other: Person | None
    state: SeenState
    way: OfferWay
    is_aside: bool
    card: EndorsementView | None
    whole: str
    shown_to: ShownTo | None
    created_at: datetime
    ends_at: datetime

    @property
    def path(self) -> str:
        """The page about it."""
        return f"/offers/{self.address}"

    @property
    def state_words(self) -> str:
        """Where it stands, in a word or two."""
        return str(STATE_WORDS[self.state])

    @property
    def tone(self) -> str:
        """What kind of chip says so."""
        return _TONES.get(self.state, "")

    @property
    def is_waiting(self) -> bool:
        """Whether an answer can be given, as far as this person may know."""
        return self.state is SeenState.WAITING

    @property
    def is_agreed(self) -> bool:
        """Whether it was accepted and stands."""
        return self.state in {SeenState.ACCEPTED, SeenState.PUBLISHED}

    @property
    def readers(self) -> str:
        """Who could read it."""
        return "" if self.shown_to is None else str(READERS[self.shown_to])


async def offer_views(
    reader: Reader, federation: Federation, viewer: ActorId, found: list[Offer]
) -> list[OfferView]:
    """Return the views of offers in which the viewer has a part."""
    ids = [each for offer in found for each in (offer.endorser_id, offer.endorsed_id)]
    people = await people_of(reader, ids)
    return [_view(offer, viewer, people, federation) for offer in found]


def _view(
    offer: Offer, viewer: ActorId, people: dict[ActorId, Person], federation: Federation
) -> OfferView:
    is_mine = offer.endorser_id == viewer
    see = seen_by_endorser if is_mine else seen_by_endorsed
    note = note_of(offer, federation.limits)
    endorser, endorsed = people.get(offer.endorser_id), people.get(offer.endorsed_id)
    card, shown_to = None, None
    if note is not None and endorser is not None and endorsed is not None:
        made = _card(note, offer, endorser, endorsed, federation.limits)
        if made is not None:
            stored, shown_to = made
            card = endorsement_view(stored, federation.instance)
    return OfferView(
        address=offer_address(federation.instance, offer.note_id),
        note_id=offer.note_id,
        is_mine=is_mine,
        other=endorsed if is_mine else endorser,
        state=see(offer, now=federation.now()),
        way=offer.way,
        is_aside=offer.state is OfferState.ASIDE,
        card=card,
        whole="" if note is None else clean_html(text_of(note.get("content")) or ""),
        shown_to=shown_to,
        created_at=offer.created_at,
        ends_at=offer.ends_at,
    )


def _card(
    note: JsonObject, offer: Offer, endorser: Person, endorsed: Person, limits: Limits
) -> tuple[EndorsementCard, ShownTo] | None:
    """Return the card that would be published; None for what no longer reads as an endorsement."""
    try:
        said = parse_endorsement(note, limits=limits)
    except InvalidInputError:
        return None
    card = EndorsementCard(
        note_id=offer.note_id,
        url=offer.note_id,
        content=clean_html(text_of(note.get("content")) or ""),
        language=next(iter(object_of(note.get("contentMap")) or {}), None),
        endorser=endorser,
        endorsed=endorsed,
        relation=said.relation.value,
        period_from=said.period.start,
        period_until=said.period.end,
        setting=said.setting,
        skills=tuple(skill.name for skill in said.skills),
        evidence=tuple(
            CardEvidence(href=link.href, name=link.name, seen_at=link.seen)
            for link in said.evidence
        ),
        consent_id=None,
        confirmed_at=None,
        published_at=offer.created_at,
        updated_at=None,
    )
    return card, said.shown_to


def is_ours(instance: Instance, view: OfferView) -> bool:
    """Whether the text has its page here."""
    return instance.owns(view.note_id)
