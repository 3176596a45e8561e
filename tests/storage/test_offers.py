"""Offers, what stands against one more, and the stamps that answer them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import OfferState, OfferWay, OpenOffers, Questions
from fedirec.errors import ConflictError
from fedirec.storage import activities, blocks, erasure, offers, received, stamps
from fedirec.storage.database import Database
from fedirec.storage.offers import Offer
from fedirec.storage.stamps import Stamp
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    OURS,
    THEIRS,
    a_note,
    a_received,
    actor_id,
    an_actor,
    an_offer,
    save_actors,
    say,
)

ADA, BEA, ZOE = actor_id("ada"), actor_id("bea"), actor_id("zoe", THEIRS)
GUILD = actor_id("guild")
FULL = an_offer(
    1,
    way=OfferWay.QUESTION,
    asked_by=GUILD,
    question_id="question",
    body=None,
    state=OfferState.PUBLISHED,
    answered_at=NOW,
    explained_at=NOW,
    stamp_id="stamp",
    reply_id="reply",
)

EXPLANATION = "https://guild.example/notes/explanation"


def a_stamp(number: int, **changes: Any) -> Stamp:
    stamp = Stamp(
        id=ObjectId(f"https://{OURS}/stamps/{number}"),
        note_id=a_note(1).id,
        endorser_id=ZOE,
        actor_id=ADA,
        endorsed_id=ADA,
        digest="digest",
        body="{}",
        is_local=True,
        published_at=NOW + number * MINUTE,
        withdrawn_at=None,
    )
    return replace(stamp, **changes)


async def save(database: Database, *saved: Offer) -> None:
    async with database.transaction() as transaction:
        for offer in saved:
            await offers.insert_offer(transaction, offer)


@pytest.mark.parametrize("offer", [an_offer(1), FULL])
async def test_an_offer_comes_back_as_kept(database, offer):
    await save(database, offer)

    async with database.reading() as reader:
        assert await offers.find_offer(reader, offer.id) == offer
        assert await offers.find_offer(reader, "x") is None
    with pytest.raises(ConflictError):
        await save(database, offer)


async def test_an_offer_is_found_by_its_question_and_by_its_reply(database):
    await save(database, FULL, an_offer(2))

    async with database.reading() as reader:
        assert await offers.find_by_question(reader, "question") == FULL
        assert await offers.find_by_reply(reader, "reply") == FULL
        assert await offers.find_by_question(reader, "x") is None
        assert await offers.find_by_reply(reader, "x") is None


async def test_the_newest_offer_of_a_text_supersedes_what_waits(database):
    text = an_offer(1).note_id
    first, second = an_offer(1), an_offer(2, note_id=text, state=OfferState.ASIDE)
    done = an_offer(3, note_id=text, state=OfferState.PUBLISHED)
    newest, other = an_offer(4, note_id=text), an_offer(5)
    await save(database, newest, first, second, done, other)

    async with database.transaction() as transaction:
        assert await offers.newest_offer(transaction, text) == newest
        assert await offers.newest_offer(transaction, "x") is None
        assert await offers.supersede_earlier(transaction, text, newest.id, NOW + DAY) == 2
        found = [
            await offers.find_offer(transaction, offer.id)
            for offer in (first, second, done, newest, other)
        ]

    states = [offer.state for offer in found if offer is not None]
    assert states == [
        "superseded",
        "superseded",
        "published",
        "waiting",
        "waiting",
    ]


async def test_the_state_of_an_offer_is_set_with_what_it_is_owed_to(database):
    await save(database, an_offer(1))
    async with database.transaction() as transaction:
        await offers.set_offer_state(
            transaction, an_offer(1).id, OfferState.PUBLISHED, NOW, stamp_id="s", reply_id="r"
        )
        await offers.set_offer_state(transaction, an_offer(1).id, OfferState.WITHDRAWN, NOW + DAY)
        await offers.mark_explained(transaction, an_offer(1).id, EXPLANATION, NOW)
        found = await offers.find_offer(transaction, an_offer(1).id)

    assert found == replace(
        an_offer(1),
        state=OfferState.WITHDRAWN,
        answered_at=NOW + DAY,
        explained_at=NOW,
        stamp_id="s",
        reply_id="r",
        explanation_id=EXPLANATION,
    )


async def test_offers_are_listed_by_state_for_and_by_a_person(database):
    waiting, aside = an_offer(1), an_offer(2, state=OfferState.ASIDE)
    declined = an_offer(3, state=OfferState.DECLINED)
    await save(database, waiting, aside, declined, an_offer(4, endorsed_id=BEA))
    states = (OfferState.WAITING, OfferState.ASIDE)

    async with database.reading() as reader:
        for_ada = await offers.list_offers_for(reader, ADA, states=states)
        by_zoe = await offers.list_offers_by(reader, ZOE, states=(OfferState.DECLINED,))
        none = await offers.list_offers_by(reader, ZOE, states=())

    assert (for_ada, by_zoe, none) == ([aside, waiting], [declined], [])


async def test_an_offer_ends_at_its_time_and_its_text_is_erased_later(database):
    ending, open_still = an_offer(1, ends_at=NOW + DAY), an_offer(2)
    published = an_offer(3, state=OfferState.PUBLISHED, answered_at=NOW)
    await save(database, ending, open_still, published)
    expired = replace(ending, state=OfferState.EXPIRED, answered_at=NOW + DAY)

    async with database.transaction() as transaction:
        assert await offers.expire_due(transaction, NOW + DAY) == [expired]
        assert await offers.expire_due(transaction, NOW + DAY) == []
        assert await offers.erase_texts(transaction, NOW + DAY) == []
        erased = await offers.erase_texts(transaction, NOW + 2 * DAY)
        assert erased == [replace(expired, body=None)]
        assert await offers.find_offer(transaction, ending.id) == replace(expired, body=None)
        assert await offers.find_offer(transaction, published.id) == published


async def test_what_asked_is_emptied_and_what_else_was_said_is_not(database):
    theirs, ours, other = an_offer(1), an_offer(2, question_id="question"), an_offer(3)
    came = [
        a_received(number, activity_key=offer.id, type="Offer", object_id=offer.note_id)
        for number, offer in enumerate((theirs, other))
    ]
    await save_actors(database, an_actor("ada"))

    async with database.transaction() as transaction:
        await received.insert_received(transaction, came)
        asked = await say(transaction, 1, object_id="question")
        said = await say(transaction, 2)
        await erasure.erase_asking(transaction, [theirs, ours])
        emptied = await received.find_received(transaction, theirs.id, theirs.endorser_id)
        kept = await received.find_received(transaction, other.id, other.endorser_id)
        question = await activities.find_activity(transaction, asked.id)

        assert await activities.find_activity(transaction, said.id) == said
    assert kept == came[1]
    assert emptied is not None
    assert question is not None
    assert (json.loads(emptied.body)["id"], json.loads(emptied.body)["object"]) == (
        theirs.id,
        theirs.note_id,
    )
    assert json.loads(question.body)["object"] == "question"


async def test_what_was_agreed_to_and_never_published_is_listed(database):
    agreed = an_offer(1, state=OfferState.ACCEPTED, answered_at=NOW)
    await save(database, agreed, an_offer(2))

    async with database.reading() as reader:
        assert await offers.list_accepted_before(reader, NOW) == []
        assert await offers.list_accepted_before(reader, NOW + DAY) == [agreed]


async def test_who_said_stop_is_never_asked_again(database):
    async with database.transaction() as transaction:
        assert not await offers.is_stopped(transaction, ADA)
        await offers.stop_asking(transaction, ADA, NOW)
        await offers.stop_asking(transaction, ADA, NOW + DAY)
        assert await offers.is_stopped(transaction, ADA)


async def test_what_stands_against_one_more_offer_is_counted(database):
    await save_actors(database, an_actor("ada"), an_actor("zoe", THEIRS), an_actor("uma", THEIRS))
    uma = actor_id("uma", THEIRS)
    await save(
        database,
        an_offer(1),
        an_offer(2, state=OfferState.ASIDE),
        an_offer(3, endorsed_id=BEA),
        an_offer(4, endorser_id=uma),
        an_offer(5, ends_at=NOW),
        an_offer(6, state=OfferState.DECLINED, answered_at=NOW - DAY),
        an_offer(7, state=OfferState.WITHDRAWN, answered_at=NOW - 2 * DAY),
        an_offer(8, state=OfferState.SUPERSEDED, answered_at=NOW),
        an_offer(9, created_at=NOW - 2 * DAY),
    )

    async def count(**more: Any) -> OpenOffers:
        async with database.reading() as reader:
            return await offers.count_open(
                reader, endorser_id=ZOE, endorsed_id=ADA, host=THEIRS, now=NOW, **more
            )

    counted = OpenOffers(per_pair=3, per_endorser=4, per_endorsed=4, host_today=7, refused_at=NOW)
    assert await count() == counted
    assert await count(note_id=an_offer(1).note_id) == replace(
        counted, per_pair=2, per_endorser=3, per_endorsed=3
    )
    async with database.transaction() as transaction:
        await blocks.block(transaction, ADA, ZOE, kind="actor", reason=None, now=NOW)
    assert (await count()).is_stopped


async def test_nothing_stands_against_the_first_offer(database):
    async with database.reading() as reader:
        counted = await offers.count_open(
            reader, endorser_id=ZOE, endorsed_id=ADA, host=THEIRS, now=NOW
        )
        questions = await offers.count_questions(
            reader, endorsed_id=ZOE, endorser_id=ADA, guild_id=GUILD, host=THEIRS, now=NOW
        )

    assert counted == OpenOffers(per_pair=0, per_endorser=0, per_endorsed=0, host_today=0)
    assert questions == Questions(
        open_for_person=0, person_year=0, endorser_today=0, guild_today=0, host_today=0
    )


async def test_what_stands_against_one_more_question_is_counted(database):
    await save_actors(database, an_actor("zoe", THEIRS), an_actor("uma", THEIRS))
    asked = {"way": OfferWay.QUESTION, "endorser_id": ADA, "endorsed_id": ZOE}
    await save(
        database,
        an_offer(1, **asked, asked_by=GUILD),
        an_offer(2, **asked, asked_by=ADA, state=OfferState.EXPIRED, created_at=NOW - 2 * DAY),
        an_offer(3, **asked, asked_by=ADA, state=OfferState.DECLINED, created_at=NOW - 400 * DAY),
        an_offer(4, **{**asked, "endorsed_id": actor_id("uma", THEIRS)}, asked_by=GUILD),
        an_offer(5, **{**asked, "endorser_id": BEA}, asked_by=GUILD, ends_at=NOW),
        an_offer(6, endorser_id=ADA, endorsed_id=ZOE),
    )
    async with database.transaction() as transaction:
        await offers.stop_asking(transaction, ZOE, NOW)
        counted = await offers.count_questions(
            transaction, endorsed_id=ZOE, endorser_id=ADA, guild_id=GUILD, host=THEIRS, now=NOW
        )

    assert counted == Questions(
        open_for_person=1,
        person_year=3,
        endorser_today=2,
        guild_today=3,
        host_today=3,
        is_stopped=True,
    )


async def test_a_stamp_comes_back_as_given_and_is_given_once(database):
    async with database.transaction() as transaction:
        assert await stamps.insert_stamp(transaction, a_stamp(1))
        assert not await stamps.insert_stamp(transaction, a_stamp(1, digest="other"))
        assert await stamps.find_stamp(transaction, a_stamp(1).id) == a_stamp(1)
        assert await stamps.find_stamp(transaction, "x") is None


async def test_all_stamps_of_a_note_are_withdrawn_and_ours_are_told(database):
    gone = a_stamp(1, withdrawn_at=NOW)
    ours, theirs = a_stamp(3), a_stamp(2, id="https://peer.example/stamps/2", is_local=False)
    other = a_stamp(4, note_id=a_note(2).id)
    async with database.transaction() as transaction:
        for stamp in (gone, ours, theirs, other):
            await stamps.insert_stamp(transaction, stamp)

        assert await stamps.withdraw_stamps(transaction, a_note(1).id, NOW + DAY) == [ours]
        assert await stamps.withdraw_stamps(transaction, a_note(1).id, NOW + DAY) == []

        listed = await stamps.list_stamps_of(transaction, a_note(1).id)
        assert [stamp.withdrawn_at for stamp in listed] == [NOW, NOW + DAY, NOW + DAY]
        assert await stamps.withdraw_stamp(transaction, other.id, NOW)
        assert not await stamps.withdraw_stamp(transaction, other.id, NOW)
