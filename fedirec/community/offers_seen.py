"""Offers as each of the two people may see them: to who made one, a refusal looks like silence."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from fedirec.domain.endorsements import OfferState
from fedirec.storage.offers import Offer

_UNANSWERED = (OfferState.WAITING, OfferState.ASIDE)


class SeenState(StrEnum):
    """Where an offer stands, in the eyes of one of its people."""

    WAITING = "waiting"
    NOT_PUBLISHED = "not published"
    DECLINED = "declined"
    OVER = "over"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    RETRACTED = "retracted"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


def seen_by_endorser(offer: Offer, *, now: datetime) -> SeenState:
    """Return where an offer stands for who made it: a refusal looks like waiting, then silence."""
    match offer.state:
        case OfferState.WAITING | OfferState.ASIDE | OfferState.DECLINED if offer.ends_at > now:
            return SeenState.WAITING
        case OfferState.WAITING | OfferState.ASIDE | OfferState.DECLINED | OfferState.EXPIRED:
            return SeenState.NOT_PUBLISHED
        case state:
            return SeenState(state.value)


def seen_by_endorsed(offer: Offer, *, now: datetime) -> SeenState:
    """Return where an offer stands for whom it is about."""
    match offer.state:
        case OfferState.WAITING | OfferState.ASIDE if offer.ends_at > now:
            return SeenState.WAITING
        case OfferState.WAITING | OfferState.ASIDE | OfferState.EXPIRED:
            return SeenState.OVER
        case state:
            return SeenState(state.value)


def newest_of_each(offers: Iterable[Offer]) -> list[Offer]:
    """Return the newest offer of each text, of offers that come newest first.

    Earlier ones are nobody's business: replacing one that still waited marks it.
    """
    newest: dict[str, Offer] = {}
    for offer in offers:
        newest.setdefault(offer.note_id, offer)
    return list(newest.values())
