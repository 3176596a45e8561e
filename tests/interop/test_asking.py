"""People on a server that knows nothing of endorsements are asked by one direct note."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedirec.activitypub.documents import JsonObject
from fedirec.community import endorsements
from fedirec.community.asking import OfferMade
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import (
    EndorsementDraft,
    OfferState,
    OfferWay,
    Period,
    Relation,
)
from fedirec.storage import notes, offers
from tests.fediverse import Home, eventually
from tests.interop.exchange import Exchange, exchanging, follow_from_there, received_there
from tests.interop.fedify_peer import FedifyPeer

DRAFT = EndorsementDraft(
    words="Led the insulation crew; nobody had to ask twice where a cable ran.",
    relation=Relation.WORKED_WITH,
    period=Period(start="2024-03", end="2024-09"),
)


@pytest.fixture
async def exchange(tmp_path: Path, node: str) -> AsyncIterator[Exchange]:
    """Our guild and the stranger's server."""
    async with exchanging(tmp_path, node) as both:
        yield both


async def ask(exchange: Exchange, name: str) -> OfferMade:
    """Have carol wish to endorse somebody there."""
    return await endorsements.offer(
        exchange.home.federation, "carol", exchange.peer.handle(name), DRAFT
    )


async def question_to(peer: FedifyPeer, made: OfferMade) -> JsonObject:
    """Wait for the direct note that asks, as the peer believed it."""
    return await received_there(peer, "Create", str(made.offer.question_id))


async def reply(exchange: Exchange, name: str, made: OfferMade, word: str) -> str:
    """Have them answer as their own software does: a mention, then the word; return its id."""
    home, peer = exchange
    asker = str(made.offer.asked_by)
    mention = f'<span class="h-card"><a href="{asker}" class="u-url mention">@guild</a></span>'
    note = peer.note(
        name,
        f"{name}-{word}",
        f"<p>{mention} {word}</p>",
        inReplyTo=str(made.offer.question_id),
        to=[asker],
        tag=[{"type": "Mention", "href": asker, "name": home.handle("guild")}],
    )
    create: JsonObject = {"id": f"{note['id']}/create", "type": "Create", "to": [asker]}
    await peer.send(name, asker, {**create, "object": note}, note=note)
    return str(note["id"])


async def state_of(home: Home, offer_id: str) -> OfferState:
    """Where an offer stands."""
    async with home.federation.database.reading() as reader:
        found = await offers.find_offer(reader, offer_id)
    assert found is not None
    return found.state


async def until(home: Home, made: OfferMade, state: OfferState) -> None:
    """Wait until an offer stands where expected."""

    async def reached() -> bool:
        return await state_of(home, made.offer.id) is state

    assert await eventually(reached, expecting=f"the offer to be {state}")


async def test_yes_publishes_with_the_guilds_stamp(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "guild")

    made = await ask(exchange, "dan")
    question = await question_to(peer, made)
    assert made.way is OfferWay.QUESTION
    assert question["actor"] == home.id("guild")
    assert DRAFT.words in str(question)
    assert (await home.get(str(made.offer.question_id)))[0] == 404
    answer_id = await reply(exchange, "dan", made, "Yes.")

    create = await received_there(peer, "Create", made.offer.note_id)
    assert create["actor"] == home.id("carol")
    status, note = await home.get(made.offer.note_id)
    assert status == 200
    _status, stamp = await home.get(note["endorsement"]["consent"])
    assert stamp["attributedTo"] == home.id("guild")
    assert stamp["onBehalfOf"] == peer.id("dan")
    assert stamp["instrument"] == answer_id
    async with home.federation.database.reading() as reader:
        assert await notes.find_note(reader, ObjectId(answer_id)) is None


async def test_no_publishes_nothing_and_takes_the_question_back(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "eve", "guild")

    made = await ask(exchange, "eve")
    await question_to(peer, made)
    await reply(exchange, "eve", made, "no")

    await until(home, made, OfferState.DECLINED)
    await received_there(peer, "Delete", str(made.offer.question_id))
    assert (await home.get(made.offer.note_id))[0] == 404
    assert all(made.offer.note_id not in str(each) for each in await peer.verified("Create"))


async def test_two_who_follow_are_each_asked_and_answer_for_themselves(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "guild")
    await follow_from_there(exchange, "eve", "guild")

    to_dan, to_eve = await ask(exchange, "dan"), await ask(exchange, "eve")
    await question_to(peer, to_dan)
    await question_to(peer, to_eve)
    await reply(exchange, "dan", to_dan, "yes")
    await reply(exchange, "eve", to_eve, "no")

    await until(home, to_dan, OfferState.PUBLISHED)
    await until(home, to_eve, OfferState.DECLINED)
    assert (await home.get(to_dan.offer.note_id))[0] == 200
    assert (await home.get(to_eve.offer.note_id))[0] == 404


async def test_one_who_follows_nobody_here_is_sent_nothing(exchange):
    home, peer = exchange

    made = await ask(exchange, "dan")

    assert made.way is OfferWay.LINK
    async with home.federation.database.reading() as reader:
        sent = await reader.fetch_all("select * from deliveries")
    assert list(sent) == []
    assert await peer.raw() == []


async def test_an_unclear_answer_gets_one_explanation_and_no_more(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "guild")
    made = await ask(exchange, "dan")
    await question_to(peer, made)

    await reply(exchange, "dan", made, "yes, but without my name")
    await reply(exchange, "dan", made, "what is this")

    async def explained() -> list[JsonObject]:
        creates = await peer.verified("Create")
        return [each for each in creates if str(made.offer.question_id) not in str(each.get("id"))]

    assert await eventually(explained, expecting="the explanation")
    assert await state_of(home, made.offer.id) is OfferState.WAITING


async def test_withdraw_takes_a_yes_back(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "guild")
    made = await ask(exchange, "dan")
    await question_to(peer, made)
    await reply(exchange, "dan", made, "yes")
    await until(home, made, OfferState.PUBLISHED)
    _status, note = await home.get(made.offer.note_id)

    await reply(exchange, "dan", made, "withdraw")

    await until(home, made, OfferState.WITHDRAWN)
    assert (await home.get(made.offer.note_id))[0] == 410
    assert (await home.get(note["endorsement"]["consent"]))[0] == 410
    await received_there(peer, "Delete", made.offer.note_id)


async def test_stop_ends_all_asking(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "guild")
    made = await ask(exchange, "dan")
    await question_to(peer, made)

    await reply(exchange, "dan", made, "stop")

    await until(home, made, OfferState.DECLINED)
    with pytest.raises(Exception, match="does not want to be asked"):
        await ask(exchange, "dan")
