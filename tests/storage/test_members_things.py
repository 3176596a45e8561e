"""What is a member's own: drafts, headings, whom they asked, how far they read."""

from dataclasses import replace

from fedirec.domain.actors import ObjectId
from fedirec.storage import endorsements, inboxes, notes, received
from fedirec.storage.blocks import block
from fedirec.storage.database import Database
from fedirec.storage.drafts import (
    Draft,
    count_drafts,
    delete_draft,
    find_draft,
    list_drafts,
    save_draft,
)
from fedirec.storage.headings import headings_of, set_heading
from fedirec.storage.inbox_lists import (
    InboxFilter,
    Reading,
    find_reading,
    list_entries,
    note_reading,
)
from fedirec.storage.inboxes import Source
from fedirec.storage.members import Member, insert_member
from fedirec.storage.requests import (
    count_requests,
    last_request,
    note_request,
    prune_requests,
)
from tests.storage.samples import (
    DAY,
    MINUTE,
    NOW,
    THEIRS,
    a_note,
    a_received,
    actor_id,
    an_actor,
    an_endorsement,
    save_actors,
)

ADA, ZOE = actor_id("ada"), actor_id("zoe", THEIRS)


def a_draft(number: int, name: str = "ada") -> Draft:
    return Draft(
        id=f"draft{number}",
        member_name=name,
        fields={"to": "@zoe@peer.example", "words": "“ä” <b>"},
        updated_at=NOW + number * MINUTE,
    )


async def join(database: Database, *names: str) -> None:
    await save_actors(database, *(an_actor(name) for name in names))
    async with database.transaction() as transaction:
        for name in names:
            member = Member(
                name=name,
                actor_id=actor_id(name),
                is_admin=False,
                shows_network=False,
                language="en",
                created_at=NOW,
            )
            await insert_member(transaction, member)


async def test_drafts_are_their_members_own_and_the_newest_comes_first(database):
    await join(database, "ada", "bea")
    changed = Draft(
        id="draft1", member_name="ada", fields={"words": "x"}, updated_at=NOW + 9 * MINUTE
    )

    async with database.transaction() as transaction:
        for draft in (a_draft(1), a_draft(2), a_draft(3, "bea"), changed):
            await save_draft(transaction, draft)
        await save_draft(transaction, replace(a_draft(3), member_name="ada", fields={}))
        await delete_draft(transaction, "ada", "draft3")

    async with database.reading() as reader:
        assert await list_drafts(reader, "ada") == [changed, a_draft(2)]
        assert await find_draft(reader, "bea", "draft3") == a_draft(3, "bea")
        assert await find_draft(reader, "ada", "draft3") is None
        assert (await count_drafts(reader, "ada"), await count_drafts(reader, "bea")) == (2, 1)


async def test_a_heading_is_chosen_changed_and_left_out_again(database):
    async with database.transaction() as transaction:
        await set_heading(transaction, ADA, "one", "Roofs")
        await set_heading(transaction, ADA, "two", "Walls")
        await set_heading(transaction, ADA, "one", "Good roofs")
        await set_heading(transaction, ADA, "two", None)
        await set_heading(transaction, ZOE, "two", "Elsewhere")

    async with database.reading() as reader:
        assert await headings_of(reader, ADA) == {"one": "Good roofs"}


async def test_nobody_is_asked_again_before_the_time_is_over(database):
    async with database.transaction() as transaction:
        asked = [
            await note_request(transaction, ADA, ZOE, now=now, since=now - 30 * DAY)
            for now in (NOW, NOW + DAY, NOW + 30 * DAY)
        ]

    assert asked == [True, False, True]
    async with database.reading() as reader:
        assert await last_request(reader, ADA, ZOE) == NOW + 30 * DAY
        assert await last_request(reader, ZOE, ADA) is None
        assert await count_requests(reader, ADA, NOW) == 1
    async with database.transaction() as transaction:
        assert await prune_requests(transaction, NOW + 31 * DAY) == 1
        assert await last_request(transaction, ADA, ZOE) is None


async def test_how_far_somebody_read_never_goes_back(database):
    async with database.transaction() as transaction:
        assert await find_reading(transaction, ADA) is None
        await note_reading(transaction, ADA, "b", NOW)
        await note_reading(transaction, ADA, "a", NOW + DAY)

    async with database.reading() as reader:
        assert await find_reading(reader, ADA) == Reading(item_id="b", read_at=NOW + DAY)


async def fill_inbox(database: Database) -> None:
    """Ada hears of a note to her, one for all, an endorsement, a job note, and a follower."""
    await save_actors(database, an_actor("ada"), an_actor("zoe", THEIRS))
    said = [
        a_note(1, actor_id=ZOE, readers=(ADA,)),
        a_note(2, actor_id=ZOE, readers=()),
        a_note(3, actor_id=ZOE, kind="endorsement", readers=()),
        a_note(4, actor_id=ZOE, kind="job_note", readers=()),
        a_note(5, actor_id=ZOE, kind="endorsement", readers=()),
    ]
    async with database.transaction() as transaction:
        for note in said:
            await notes.insert_note(transaction, note)
        for place, state in ((3, "confirmed"), (5, "hidden")):
            stored = an_endorsement(place, note_id=said[place - 1].id, state=state)
            await endorsements.save_endorsement(transaction, stored)
        kinds = ["Create"] * 5 + ["Follow", "Like", "Offer", "Create"]
        ids = [note.id for note in said] + [ADA, said[0].id, "offered", "deleted"]
        for number, (kind, object_id) in enumerate(zip(kinds, ids, strict=True), 1):
            item = a_received(number, actor_id=ZOE, type=kind, object_id=ObjectId(object_id))
            await received.insert_received(transaction, [item])
            await inboxes.add_items(
                transaction,
                [ADA],
                id=f"item{number}",
                activity_id=item.activity_key,
                source=Source.RECEIVED,
                source_id=item.id,
                object_id=object_id,
                now=NOW,
            )


async def listed(database: Database, only: InboxFilter, **page: str) -> list[str]:
    async with database.reading() as reader:
        found = await list_entries(
            reader, ADA, only=only, before=page.get("before"), limit=int(page.get("limit", 20))
        )
    return [entry.id for entry in found.items]


async def test_an_inbox_is_listed_by_kind_without_what_is_gone_or_lost_its_consent(database):
    await fill_inbox(database)

    found = {only: await listed(database, only) for only in InboxFilter}

    assert found == {
        InboxFilter.ALL: ["item8", "item6", "item4", "item3", "item2", "item1"],
        InboxFilter.ENDORSEMENTS: ["item8", "item3"],
        InboxFilter.JOBS: ["item4"],
        InboxFilter.REPLIES: ["item1"],
        InboxFilter.FOLLOWS: ["item6"],
    }
    assert await listed(database, InboxFilter.ALL, before="item4", limit="2") == ["item3", "item2"]


async def test_whoever_the_member_blocks_is_heard_no_more(database):
    await fill_inbox(database)

    async with database.transaction() as transaction:
        await block(transaction, ADA, ZOE, kind="actor", reason=None, now=NOW)

    assert await listed(database, InboxFilter.ALL) == []
