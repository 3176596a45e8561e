"""After publication: consent is asked for again, and what shows follows the answer."""

from typing import Any

import pytest
import pytest_asyncio

from fedirec.community import endorsements
from fedirec.domain.actors import ObjectId
from tests.community.elsewhere import (
    agreed,
    follow,
    path_of,
    publish,
    said_by,
    stamp_by,
    with_consent,
)
from tests.misbehaviour import hangs_up

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEEK = 7


@pytest_asyncio.fixture(loop_scope="module")
async def author(guild, peer):
    """Somebody on the other server whom somebody here follows."""
    author = peer.add_actor("author")
    [reader] = await guild.add("reader")
    await guild.know(author)
    await follow(guild, guild.id(reader), author.id)
    return author


async def stands(guild, author, person) -> tuple[dict[str, Any], str]:
    """Have an author elsewhere publish an endorsement that its person stamped."""
    note = said_by(guild, author, person)
    stamp_id = stamp_by(person, note)
    assert await publish(guild, author, with_consent(note, stamp_id)) is None
    return note, stamp_id


def asked(person, stamp_id) -> int:
    """How often a stamp was asked for."""
    return sum(each.path == path_of(person, stamp_id) for each in person.peer.received)


async def test_a_stamp_from_the_persons_own_server_is_believed(guild, author, bea):
    note, stamp_id = await stands(guild, author, bea)

    assert await guild.shows(note["id"])
    assert asked(bea, stamp_id) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"interactingObject": "https://elsewhere.example/endorsements/1"},
        {"interactionTarget": "https://elsewhere.example/users/bea"},
        {"attributedTo": "https://elsewhere.example/users/bea"},
        {"digestMultibase": "uEiA704BIyX2AgtR853qctHmoA05ZUmIBiIODJYk9tfWF-A"},
        {"published": None, "digestMultibase": None},
        {"type": "Note"},
        {"onBehalfOf": "https://elsewhere.example/users/bea"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_stamp_for_anything_else_shows_nothing(guild, author, bea, changes):
    note = said_by(guild, author, bea)

    await publish(guild, author, with_consent(note, stamp_by(bea, note, **changes)))

    assert not await guild.shows(note["id"])
    assert (await guild.endorsement(note["id"])).next_check_at is None


async def test_a_stamp_from_another_server_than_the_persons_shows_nothing(guild, author, stranger):
    person = stranger.add_actor("person")
    note = said_by(guild, author, person)
    stamp_id = stamp_by(author, note, attributedTo=person.id)

    await publish(guild, author, with_consent(note, stamp_id))

    assert not await guild.shows(note["id"])


async def test_without_a_stamp_it_is_an_ordinary_post(guild, author, bea):
    note = said_by(guild, author, bea)

    await publish(guild, author, note)

    assert not await guild.shows(note["id"])
    kept = await guild.rows("select kind from notes where id = :id", id=note["id"])
    assert len(kept) == 1


async def test_it_is_asked_for_again_every_seven_days(guild, author, bea):
    note, stamp_id = await stands(guild, author, bea)

    await guild.keep_up(days=6)
    assert asked(bea, stamp_id) == 1
    await guild.keep_up(days=1)
    await guild.keep_up(minutes=1)
    assert asked(bea, stamp_id) == 2
    await guild.keep_up(days=WEEK)

    assert asked(bea, stamp_id) == 3
    assert await guild.shows(note["id"])


async def test_gone_is_gone_for_good(guild, author, peer, bea):
    note, stamp_id = await stands(guild, author, bea)
    served = peer.answers(path_of(bea, stamp_id), 410, times=1)

    await guild.keep_up(days=WEEK)
    assert not await guild.shows(note["id"])
    await guild.keep_up(days=WEEK)
    guild.clock.forward(minutes=1)
    updated = with_consent(note, stamp_id) | {"updated": "2035-01-01T00:00:00Z"}
    await publish(guild, author, updated, "Update")

    assert served == stamp_id
    assert not await guild.shows(note["id"])


async def test_a_stamp_that_now_says_something_else_shows_nothing_at_once(guild, author, peer, bea):
    note, stamp_id = await stands(guild, author, bea)
    other = stamp_by(bea, said_by(guild, author, bea))
    peer.serve(path_of(bea, stamp_id), {"id": stamp_id, "type": "EndorsementConsent", "of": other})

    await guild.keep_up(days=WEEK)

    assert not await guild.shows(note["id"])
    assert (await guild.endorsement(note["id"])).state == "hidden"


async def test_missing_shows_nothing_and_comes_back_within_three_days(guild, author, peer, bea):
    note, stamp_id = await stands(guild, author, bea)
    peer.answers(path_of(bea, stamp_id), 404, times=3)
    seen = []

    for days in (WEEK, 1, 1, 1):
        await guild.keep_up(days=days)
        seen.append(await guild.shows(note["id"]))

    assert seen == [False, False, False, True]


async def test_missing_for_three_days_is_gone(guild, author, peer, bea):
    note, stamp_id = await stands(guild, author, bea)
    peer.answers(path_of(bea, stamp_id), 404, times=4)

    for days in (WEEK, 1, 1, 1, WEEK):
        await guild.keep_up(days=days)

    assert (await guild.endorsement(note["id"])).state == "hidden"
    assert asked(bea, stamp_id) == 5


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_out_of_reach_it_shows_for_thirty_days_and_again_when_confirmed(
    guild, author, peer, bea, status
):
    note, stamp_id = await stands(guild, author, bea)
    is_served = peer._always[path_of(bea, stamp_id)]
    peer.answers(path_of(bea, stamp_id), status)
    seen = []

    for days in (WEEK, WEEK, WEEK, WEEK, 1):
        await guild.keep_up(days=days)
        seen.append(await guild.shows(note["id"]))
    assert seen == [True] * 5
    await guild.keep_up(days=1)
    assert not await guild.shows(note["id"])
    peer._always[path_of(bea, stamp_id)] = is_served
    await guild.keep_up(days=WEEK)

    assert await guild.shows(note["id"])


async def test_never_reached_it_is_asked_for_four_times_and_then_left_a_post(
    guild, author, peer, bea
):
    note = said_by(guild, author, bea)
    stamp_id = stamp_by(bea, note)
    peer.behaves(path_of(bea, stamp_id), hangs_up())
    await publish(guild, author, with_consent(note, stamp_id))
    counts = []

    for span in ({"seconds": 59}, {"seconds": 1}, {"minutes": 10}, {"hours": 1}, {"days": 1}):
        await guild.keep_up(**span)
        counts.append(asked(bea, stamp_id))
    await guild.keep_up(days=30)

    assert not await guild.shows(note["id"])
    assert (await guild.endorsement(note["id"])).next_check_at is None
    assert counts == [counts[0] + each * (counts[1] - counts[0]) for each in range(5)]


async def test_reached_at_last_it_shows(guild, author, peer, bea):
    note = said_by(guild, author, bea)
    stamp_id = stamp_by(bea, note)
    peer.answers(path_of(bea, stamp_id), 503, times=2)
    await publish(guild, author, with_consent(note, stamp_id))

    await guild.keep_up(minutes=1)
    assert not await guild.shows(note["id"])
    await guild.keep_up(minutes=10)

    assert await guild.shows(note["id"])


async def test_an_edited_text_shows_nothing_until_it_has_a_stamp_of_its_own(guild, author, bea):
    note, stamp_id = await stands(guild, author, bea)
    content = "<p>Bread every morning for nine years, and cakes on Sundays as well.</p>"
    changed = note | {
        "content": content,
        "contentMap": {"en": content},
        "updated": "2035-01-01T00:00:00Z",
    }

    await publish(guild, author, with_consent(changed, stamp_id), "Update")
    assert not await guild.shows(note["id"])
    again = changed | {"updated": "2035-01-02T00:00:00Z"}
    await publish(guild, author, with_consent(again, stamp_by(bea, again)), "Update")

    assert await guild.shows(note["id"])


@pytest.mark.parametrize(
    "changes",
    [
        {"attachment": [{"type": "Document", "url": "https://elsewhere.example/x.png"}]},
        {"summary": "what they really think"},
        {"inReplyTo": "https://elsewhere.example/notes/1"},
        {"endorsement": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_an_edit_that_adds_anything_beside_it_makes_it_a_post(guild, author, bea, changes):
    note, stamp_id = await stands(guild, author, bea)
    edited = with_consent(note, stamp_id) | changes | {"updated": "2035-01-01T00:00:00Z"}

    await publish(guild, author, edited, "Update")

    assert not await guild.shows(note["id"])


async def test_the_person_takes_it_back_and_it_is_hidden_everywhere(guild, author, bea):
    note, stamp_id = await stands(guild, author, bea)

    await guild.hear(bea, bea.activity("Delete", {"id": stamp_id, "type": "Tombstone"}))

    assert not await guild.shows(note["id"])
    assert (await guild.endorsement(note["id"])).state == "hidden"


async def test_nobody_else_takes_it_back(guild, author, peer, bea):
    note, stamp_id = await stands(guild, author, bea)
    eve = peer.add_actor("eve")

    said = await guild.hear(eve, eve.activity("Delete", {"id": stamp_id, "type": "Tombstone"}))

    assert said == "takes back a consent that somebody else gave"
    assert await guild.shows(note["id"])


async def test_a_stamp_taken_back_before_the_note_came_is_not_believed(guild, author, bea):
    note = said_by(guild, author, bea)
    stamp_id = stamp_by(bea, note)

    await guild.hear(bea, bea.activity("Delete", {"id": stamp_id, "type": "Tombstone"}))
    await publish(guild, author, with_consent(note, stamp_id))

    assert not await guild.shows(note["id"])


async def test_a_move_of_either_has_it_asked_for_at_once(guild, author, peer, bea):
    note, stamp_id = await stands(guild, author, bea)
    home = peer.add_actor("home", alsoKnownAs=[bea.id])

    await guild.hear(bea, bea.activity("Move", bea.id, target=home.id))
    await guild.keep_up(seconds=1)

    assert asked(bea, stamp_id) == 2
    assert await guild.shows(note["id"])


async def test_what_one_of_ours_said_comes_down_when_its_stamp_is_gone(guild, peer, bea):
    [ada] = await guild.add("ada")
    note_id, stamp_id = await agreed(guild, ada, bea)
    assert await guild.shows(note_id)
    peer.answers(path_of(bea, stamp_id), 410)

    await guild.keep_up(days=WEEK)

    assert await guild.endorsement(note_id) is None
    [delete] = [each for each in await guild.sent(bea, "Delete") if note_id in str(each)]
    assert delete["actor"] == guild.id(ada)
    told = await guild.rows(
        "select kind from notifications where owner_id = :id order by id", id=guild.id(ada)
    )
    assert {row["kind"] for row in told} == {"answer", "announce", "withdrawn"}


async def test_the_person_elsewhere_withdraws_and_our_note_is_deleted(guild, bea):
    [ada] = await guild.add("ada")
    note_id, stamp_id = await agreed(guild, ada, bea)
    await guild.keep_up(minutes=1)

    await guild.hear(bea, bea.activity("Delete", {"id": stamp_id, "type": "Tombstone"}))

    assert await guild.endorsement(note_id) is None
    [delete] = [each for each in await guild.sent(bea, "Delete") if note_id in str(each)]
    assert delete["object"]["type"] == "Tombstone"
    [undo] = await guild.rows(
        "select actor_id from activities where type = 'Undo' and body like :note",
        note=f"%{note_id}%",
    )
    assert undo["actor_id"] == guild.guild_id


async def test_one_of_ours_withdraws_what_was_said_elsewhere(guild, author):
    [ada] = await guild.add("ada")
    note = said_by(guild, author, author)
    note["endorsement"]["endorsed"] = guild.id(ada)
    note["cc"] = [author.followers, guild.id(ada)]
    note["tag"] = [{"type": "Mention", "href": guild.id(ada), "name": guild.handle(ada)}]
    offer = author.activity(
        "Offer",
        {**note, "to": [guild.id(ada)], "cc": []},
        to=[guild.id(ada)],
        published=note["published"],
        endTime=note["published"],
    )
    assert await guild.hear(author, offer) is None
    answered = await endorsements.answer(guild.federation, ada, offer["id"], is_accepted=True)
    await publish(guild, author, with_consent(note, str(answered.stamp_id)))
    assert await guild.shows(note["id"])

    await endorsements.withdraw(guild.federation, ada, ObjectId(note["id"]))

    assert not await guild.shows(note["id"])
    [delete] = await guild.sent(author, "Delete")
    assert (delete["actor"], delete["object"]["id"]) == (guild.id(ada), answered.stamp_id)
    [stamp] = await guild.rows(
        "select withdrawn_at from stamps where id = :id", id=answered.stamp_id
    )
    assert stamp["withdrawn_at"] is not None
    await publish(guild, author, with_consent(note, str(answered.stamp_id)), "Update")
    assert not await guild.shows(note["id"])
