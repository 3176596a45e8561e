"""What follows an answer from elsewhere: a good stamp publishes, a bad one changes nothing."""

from dataclasses import replace

import pytest

from fedirec.community import endorsements, job_notes
from fedirec.domain.endorsements import OfferState, ShownTo
from fedirec.domain.public import PUBLIC
from fedirec.errors import ConflictError, InvalidInputError, RemoteUnavailableError
from fedirec.storage import announcements
from tests.community.elsewhere import (
    OTHER,
    agreed,
    follow,
    instant,
    offered_to,
    path_of,
    publish,
    said_by,
    stamp_by,
    with_consent,
)
from tests.community.guild import DRAFT, open_guild
from tests.community.test_job_notes import job_draft
from tests.peers import Peer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_sent_to_followers_and_the_person_with_the_stamp(guild, stranger, bea):
    [ada] = await guild.add("ada")
    reader = stranger.add_actor("reader")
    await guild.hear(reader, reader.activity("Follow", guild.id(ada)))

    note_id, stamp_id = await agreed(guild, ada, bea)

    for person in (bea, reader):
        [create] = await guild.sent(person, "Create")
        note = create["object"]
        assert (note["id"], note["endorsement"]["consent"]) == (note_id, stamp_id)
        assert (note["to"], note["cc"]) == ([PUBLIC], [f"{guild.id(ada)}/followers", bea.id])
        assert (create["to"], create["cc"]) == (note["to"], note["cc"])


async def test_the_guild_boosts_it_a_minute_later(tmp_path):
    async with (
        open_guild(tmp_path, limits={"announce_delay": "60s"}) as guild,
        Peer(address="127.0.0.41") as peer,
    ):
        bea = peer.add_actor("bea", interactionPolicy={"canEndorse": {"manualApproval": [PUBLIC]}})
        [ada] = await guild.add("ada")
        await guild.hear(bea, bea.activity("Follow", guild.guild_id))
        note_id, _stamp_id = await agreed(guild, ada, bea)

        await guild.keep_up(seconds=59)
        assert await guild.sent(bea, "Announce") == []
        await guild.keep_up(seconds=1)
        await guild.keep_up(days=1)

        [boost] = await guild.sent(bea, "Announce")
        assert (boost["actor"], boost["object"]) == (guild.guild_id, note_id)


async def test_the_guild_boosts_ten_things_a_day_and_the_rest_later(tmp_path):
    async with open_guild(tmp_path) as guild:
        [ada] = await guild.add("ada")
        for _ in range(12):
            await job_notes.post(guild.federation, ada, job_draft(guild))
            guild.clock.forward(seconds=1)
        counts = []

        for hours in (0, 23, 1, 24):
            await guild.keep_up(hours=hours, seconds=1)
            [row] = await guild.rows(
                "select count(*) as made from announcements where activity_id is not null"
            )
            counts.append(row["made"])

        assert counts == [10, 10, 12, 12]


@pytest.mark.parametrize(
    "changes",
    [
        {"interactingObject": "https://elsewhere.example/endorsements/1"},
        {"interactionTarget": "https://elsewhere.example/users/bea"},
        {"digestMultibase": "uEiA704BIyX2AgtR853qctHmoA05ZUmIBiIODJYk9tfWF-A"},
        {"attributedTo": None},
        {"onBehalfOf": "https://elsewhere.example/users/bea"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_stamp_for_another_text_publishes_nothing(guild, bea, changes):
    [ada] = await guild.add("ada")
    offer = await offered_to(guild, ada, bea)
    stamp_id = stamp_by(bea, offer["object"], **changes)

    said = await guild.hear(bea, bea.activity("Accept", offer["id"], result=stamp_id))

    assert said is not None
    assert stamp_id in said
    assert await guild.state_of(offer["id"]) is OfferState.WAITING
    assert not await guild.shows(offer["object"]["id"])


@pytest.mark.parametrize("result", [None, "missing", "elsewhere"])
async def test_an_answer_without_a_stamp_to_be_had_publishes_nothing(guild, stranger, bea, result):
    [ada] = await guild.add("ada")
    offer = await offered_to(guild, ada, bea)
    named = {
        None: {},
        "missing": {"result": f"{bea.peer.origin}/stamps/none"},
        "elsewhere": {"result": stamp_by(stranger.add_actor("eve"), offer["object"])},
    }

    said = await guild.hear(bea, bea.activity("Accept", offer["id"], **named[result]))

    assert said is not None
    assert "stamp" in said
    assert await guild.state_of(offer["id"]) is OfferState.WAITING


async def test_an_answer_whose_stamp_is_out_of_reach_is_handled_later(guild, peer, bea):
    [ada] = await guild.add("ada")
    offer = await offered_to(guild, ada, bea)
    stamp_id = stamp_by(bea, offer["object"])
    peer.answers(path_of(bea, stamp_id), 503, times=1)

    with pytest.raises(RemoteUnavailableError):
        await guild.hear(bea, bea.activity("Accept", offer["id"], result=stamp_id))

    assert await guild.state_of(offer["id"]) is OfferState.WAITING


@pytest.mark.rule("OR-06")
async def test_only_who_was_asked_answers(guild, peer, bea):
    [ada] = await guild.add("ada")
    offer = await offered_to(guild, ada, bea)
    eve = peer.add_actor("eve")
    stamp_id = stamp_by(eve, offer["object"])

    said = await guild.hear(eve, eve.activity("Accept", offer["id"], result=stamp_id))
    await guild.hear(eve, eve.activity("Reject", offer["id"]))

    assert said == "accepts an offer made to somebody else"
    assert await guild.state_of(offer["id"]) is OfferState.WAITING


async def test_declined_aloud_ends_the_offer_and_looks_like_silence(guild, bea):
    [ada] = await guild.add("ada")
    offer = await offered_to(guild, ada, bea)

    await guild.hear(bea, bea.activity("Reject", offer["id"]))
    stamp_id = stamp_by(bea, offer["object"])
    said = await guild.hear(bea, bea.activity("Accept", offer["id"], result=stamp_id))

    assert said == "accepts an offer that is declined"
    told = await guild.rows("select * from notifications where owner_id = :id", id=guild.id(ada))
    assert told == []
    again = await offered_to(guild, ada, bea, note_id=offer["object"]["id"])
    assert again["object"]["id"] == offer["object"]["id"]


async def test_an_answer_twice_publishes_once(guild, bea):
    [ada] = await guild.add("ada")
    offer = await offered_to(guild, ada, bea)
    stamp_id = stamp_by(bea, offer["object"])

    await guild.hear(bea, bea.activity("Accept", offer["id"], result={"id": stamp_id}))
    said = await guild.hear(bea, bea.activity("Accept", offer["id"], result=stamp_id))

    assert said == "accepts an offer that is published"
    assert len(await guild.sent(bea, "Create")) == 1


async def test_an_amended_text_replaces_the_old_when_it_is_agreed_to(guild, bea):
    [ada] = await guild.add("ada")
    note_id, _stamp_id = await agreed(guild, ada, bea)
    guild.clock.forward(minutes=1)
    offer = await offered_to(guild, ada, bea, note_id=note_id)
    assert (await guild.sent(bea, "Update")) == []
    stamp_id = stamp_by(bea, offer["object"])

    await guild.hear(bea, bea.activity("Accept", offer["id"], result=stamp_id))

    [create] = await guild.sent(bea, "Create")
    [update] = await guild.sent(bea, "Update")
    note = update["object"]
    assert (note["id"], note["endorsement"]["consent"]) == (note_id, stamp_id)
    assert note["published"] == create["object"]["published"] < note["updated"]
    assert await guild.shows(note_id)


@pytest.mark.parametrize("wished", [ShownTo.PUBLIC, ShownTo.GUILD])
async def test_what_is_published_keeps_its_audience_and_nobody_is_asked(guild, wished):
    ada, ben = await guild.add("ada", "ben")
    narrow = replace(DRAFT, shown_to=ShownTo.FOLLOWERS)
    made = await endorsements.offer(guild.federation, ada, guild.handle(ben), narrow)
    await endorsements.answer(guild.federation, ben, made.offer.id, is_accepted=True)

    with pytest.raises(InvalidInputError, match="withdraw it and write a new one") as refused:
        await endorsements.amend(
            guild.federation, ada, made.offer.note_id, replace(OTHER, shown_to=wished)
        )

    assert refused.value.field == "shown_to"
    asked = await guild.rows("select id from offers where note_id = :id", id=made.offer.note_id)
    assert len(asked) == 1


async def test_what_is_not_published_yet_may_be_offered_for_others(guild):
    ada, ben = await guild.add("ada", "ben")
    narrow = replace(DRAFT, shown_to=ShownTo.FOLLOWERS)
    made = await endorsements.offer(guild.federation, ada, guild.handle(ben), narrow)
    guild.clock.forward(minutes=1)

    again = await endorsements.amend(guild.federation, ada, made.offer.note_id, DRAFT)
    await endorsements.answer(guild.federation, ben, again.offer.id, is_accepted=True)

    published = await guild.endorsement(made.offer.note_id)
    assert published is not None
    assert published.shown_to is ShownTo.PUBLIC


async def test_agreed_to_here_and_not_published_there_the_stamp_ends_after_thirty_days(guild, bea):
    [ada] = await guild.add("ada")
    first, second = [said_by(guild, bea, bea) for _ in range(2)]
    for note in (first, second):
        note["endorsement"]["endorsed"] = guild.id(ada)
        note["cc"] = [bea.followers, guild.id(ada)]
        note["tag"] = [{"type": "Mention", "href": guild.id(ada), "name": guild.handle(ada)}]
    await guild.know(bea)
    await follow(guild, guild.id(ada), bea.id)
    standing = await stamped(guild, ada, bea, first)
    await publish(guild, bea, with_consent(first, standing))
    guild.clock.forward(minutes=1)
    amended = first | {
        "content": "<p>Bread every morning for ten years now, and never once late.</p>",
        "contentMap": {"en": "<p>Bread every morning for ten years now, and never once late.</p>"},
    }
    unused = await stamped(guild, ada, bea, amended)

    await guild.keep_up(days=30, seconds=1)

    rows = await guild.rows(
        "select id, withdrawn_at from stamps where note_id = :id", id=first["id"]
    )
    withdrawn = {row["id"]: row["withdrawn_at"] is not None for row in rows}
    assert withdrawn == {standing: False, unused: True}
    late = with_consent(amended, unused) | {"updated": "2045-01-01T00:00:00Z"}
    await publish(guild, bea, late, "Update")
    assert not await guild.shows(first["id"])


async def stamped(guild, name, actor, note) -> str:
    """Let one of ours agree to what somebody elsewhere wants to say; return the stamp's id."""
    person = guild.id(name)
    offer = actor.activity(
        "Offer",
        {**note, "to": [person], "cc": []},
        to=[person],
        published=instant(guild),
        endTime=instant(guild, in_days=30),
    )
    assert await guild.hear(actor, offer) is None
    answered = await endorsements.answer(guild.federation, name, offer["id"], is_accepted=True)
    assert await guild.state_of(offer["id"]) is OfferState.ACCEPTED
    return str(answered.stamp_id)


async def test_the_text_of_an_offer_that_was_erased_cannot_be_published(guild):
    ada, ben = await guild.add("ada", "ben")
    made = await endorsements.offer(guild.federation, ada, guild.handle(ben), DRAFT)
    async with guild.federation.database.transaction() as transaction:
        await transaction.execute(
            "update offers set body = null where id = :id", {"id": made.offer.id}
        )

    with pytest.raises(ConflictError, match="was erased"):
        await endorsements.answer(guild.federation, ben, made.offer.id, is_accepted=True)

    assert await guild.state_of(made.offer.id) is OfferState.WAITING


async def test_what_we_said_of_somebody_who_is_gone_for_good_is_deleted(guild, stranger, bea):
    [ada] = await guild.add("ada")
    reader = stranger.add_actor("reader")
    await guild.hear(reader, reader.activity("Follow", guild.id(ada)))
    note_id, _stamp_id = await agreed(guild, ada, bea)
    await guild.send()

    await guild.hear(bea, bea.activity("Delete", bea.id))

    assert await guild.endorsement(note_id) is None
    [delete] = await guild.sent(reader, "Delete")
    assert (delete["actor"], delete["object"]["id"]) == (guild.id(ada), note_id)


async def test_a_boost_planned_for_what_is_no_longer_there_is_forgotten(guild):
    note_id = guild.federation.instance.note_id("01K9ZQ4T7M3V8N2C6X5B1D0FGH")
    async with guild.federation.database.transaction() as transaction:
        await announcements.plan_announcement(transaction, note_id, due_at=guild.clock.now)

    await guild.keep_up(minutes=1)

    assert await guild.rows("select * from announcements where note_id = :id", id=note_id) == []
