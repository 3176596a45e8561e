"""`fedirec endorse`, `offers`, `answer`, `withdraw`: saying what somebody did well."""

import argparse
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, show

if TYPE_CHECKING:
    from datetime import datetime

    from fedirec.domain.endorsements import EndorsementDraft
    from fedirec.federation.context import Federation
    from fedirec.storage.members import Member
    from fedirec.storage.offers import Offer

RELATIONS = (
    "workedWith",
    "taught",
    "learntFrom",
    "led",
    "ledBy",
    "clientOf",
    "workedFor",
    "coMember",
    "employer",
    "employee",
    "family",
    "other",
)  # as domain.endorsements.Relation, which --help need not load


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    _add_endorse(commands)
    parser = add_command(commands, "offers", _offers, says="list the offers a member may answer")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--made", action="store_true", help="what they offered to others instead")
    parser = add_command(commands, "answer", _answer, says="answer an offer, as a member")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("offer", metavar="OFFER", help="its id, as `fedirec offers` prints it")
    parser.add_argument("answer", choices=("accept", "decline"))
    parser = add_command(
        commands,
        "withdraw",
        _withdraw,
        says="withdraw an endorsement, as who said it or whom it is",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("endorsement", metavar="ENDORSEMENT", help="its id")


def _add_endorse(commands: "Commands[argparse.ArgumentParser]") -> None:
    parser = add_command(
        commands, "endorse", _endorse, says="say what somebody did well; they decide"
    )
    parser.add_argument("name", metavar="NAME", help="the member who says it")
    parser.add_argument("handle", metavar="HANDLE", help="whom it is about")
    parser.add_argument(
        "--words", metavar="T", required=True, help="what they did, 40 to 1,000 characters"
    )
    parser.add_argument(
        "--relation", metavar="R", required=True, choices=RELATIONS, help=", ".join(RELATIONS)
    )
    parser.add_argument(
        "--from", dest="start", metavar="DATE", required=True, help="YYYY, YYYY-MM or YYYY-MM-DD"
    )
    parser.add_argument("--to", dest="end", metavar="DATE")
    parser.add_argument("--skill", metavar="S", action="append", default=[], help="up to eight")
    parser.add_argument(
        "--evidence", metavar="URL", action="append", default=[], help="up to eight"
    )
    parser.add_argument("--setting", metavar="T", help="a project, course or crew")
    parser.add_argument("--audience", choices=("public", "followers", "guild"), default="public")
    parser.add_argument(
        "--amend",
        metavar="NOTE_ID",
        help="offer this in place of an endorsement of theirs; that stands until the answer",
    )


async def _endorse(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here, the_member
    from fedirec.community.endorsements import amend, offer
    from fedirec.domain.actors import ObjectId

    async with open_here(needs_server=True) as federation:
        member = await the_member(federation, arguments.name)
        draft = _draft(arguments, now=federation.now(), language=member.language)
        if arguments.amend is None:
            made = await offer(federation, member.name, arguments.handle, draft)
        else:
            await _check_whom(federation, arguments.handle, arguments.amend)
            made = await amend(federation, member.name, ObjectId(arguments.amend), draft)
        record = {
            "id": made.offer.id,
            "endorsement": made.offer.note_id,
            "way": made.way,
            "state": made.offer.state,
            "ends_at": made.offer.ends_at,
            "message": made.message,
        }
        text = f"{made.message}\noffer        {made.offer.id}\nendorsement  {made.offer.note_id}"
        show(arguments, record, text)


async def _check_whom(federation: "Federation", handle: str, note_id: str) -> None:
    """Refuse a new text for an endorsement of somebody else than the handle names."""
    from fedirec.domain.handles import parse_handle
    from fedirec.errors import InvalidInputError
    from fedirec.storage.actors import find_by_handle
    from fedirec.storage.offers import newest_offer

    named = parse_handle(handle)
    async with federation.database.reading() as reader:
        newest = await newest_offer(reader, note_id)
        actor = await find_by_handle(reader, named.name, named.domain)
    if newest is not None and (actor is None or actor.id != newest.endorsed_id):
        message = f"{note_id} is about {newest.endorsed_id}, not about {handle}"
        raise InvalidInputError(message, field="amend")


def _draft(arguments: argparse.Namespace, *, now: "datetime", language: str) -> "EndorsementDraft":
    from fedirec.domain.endorsements import (
        EndorsementDraft,
        Evidence,
        Period,
        Relation,
        ShownTo,
        Skill,
    )

    return EndorsementDraft(
        words=arguments.words,
        relation=Relation(arguments.relation),
        period=Period(start=arguments.start, end=arguments.end),
        skills=tuple(Skill(name=name) for name in arguments.skill),
        evidence=tuple(
            Evidence(href=url, name=_shortened(url), seen=now) for url in arguments.evidence
        ),
        setting=arguments.setting,
        shown_to=ShownTo(arguments.audience),
        language=language,
    )


def _shortened(url: str) -> str:
    """Return a link as its own name, which may not be as long as a link."""
    from fedirec.domain.drafts import LINE_CHARACTERS

    return url if len(url) <= LINE_CHARACTERS else url[: LINE_CHARACTERS - 1] + "…"


async def _offers(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here, the_member
    from fedirec.community.endorsements import ANSWERABLE
    from fedirec.storage.offers import list_offers_for

    async with open_here() as federation:
        member = await the_member(federation, arguments.name)
        if arguments.made:
            await _show_made(arguments, federation, member)
            return
        async with federation.database.reading() as reader:
            offers = await list_offers_for(reader, member.actor_id, states=ANSWERABLE)
        for waiting in offers:
            _show_offer(arguments, waiting)
        if not offers and not arguments.json:
            print(f"no offer waits for {member.name}")


async def _show_made(
    arguments: argparse.Namespace, federation: "Federation", member: "Member"
) -> None:
    """Print the newest offer of each endorsement that a member made.

    Nothing of it may differ between a refusal and silence, also where both members are of this
    guild: no date of an answer, no text (that of a refused one is forgotten sooner), no earlier
    offers (replacing one that still waited marks it).
    """
    from fedirec.community.offers_seen import newest_of_each, seen_by_endorser
    from fedirec.domain.endorsements import OfferState
    from fedirec.storage.offers import list_offers_by

    async with federation.database.reading() as reader:
        offers = await list_offers_by(reader, member.actor_id, states=tuple(OfferState))
    for offer in newest_of_each(offers):
        state = seen_by_endorser(offer, now=federation.now())
        record = {
            "id": offer.id,
            "endorsed": offer.endorsed_id,
            "endorsement": offer.note_id,
            "way": offer.way,
            "state": state,
            "created_at": offer.created_at,
            "ends_at": offer.ends_at,
        }
        text = f"{offer.note_id}\n  {state}: offered to {offer.endorsed_id} on "
        text += f"{offer.created_at:%Y-%m-%d}, until {offer.ends_at:%Y-%m-%d}"
        show(arguments, record, text)
    if not offers and not arguments.json:
        print(f"{member.name} has offered nothing")


def _show_offer(arguments: argparse.Namespace, offer: "Offer") -> None:
    from fedirec.activitypub.content import plain_text
    from fedirec.activitypub.documents import load_document, object_of, text_of
    from fedirec.domain.limits import Limits

    activity = load_document(offer.body.encode(), limits=Limits()) if offer.body else {}
    note = object_of(activity.get("object")) or {}
    words = plain_text(text_of(note.get("content")) or "")
    record = {
        "id": offer.id,
        "endorser": offer.endorser_id,
        "endorsement": offer.note_id,
        "content": words,
        "state": offer.state,
        "ends_at": offer.ends_at,
    }
    text = f"{offer.id}\n  from {offer.endorser_id}, answer by {offer.ends_at:%Y-%m-%d}\n  "
    show(arguments, record, text + words.replace("\n", "\n  "))


async def _answer(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.endorsements import answer

    is_yes = arguments.answer == "accept"
    async with open_here(needs_server=is_yes) as federation:
        answered = await answer(federation, arguments.name, arguments.offer, is_accepted=is_yes)
        said = "accepted; they may publish it now" if is_yes else "declined; nothing was sent"
        record = {"id": answered.id, "answer": arguments.answer, "state": answered.state}
        show(arguments, record, said)


async def _withdraw(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.endorsements import withdraw
    from fedirec.domain.actors import ObjectId

    async with open_here(needs_server=True) as federation:
        await withdraw(federation, arguments.name, ObjectId(arguments.endorsement))
        show(arguments, {"id": arguments.endorsement}, f"withdrawn: {arguments.endorsement}")
