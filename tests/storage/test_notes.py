"""Notes, who may read them, and what else hangs on them."""

from dataclasses import replace
from typing import Any

import pytest

from fedirec.domain.audience import Visibility
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.errors import NotFoundError
from fedirec.storage import (
    endorsements,
    featured,
    inboxes,
    moves,
    notes,
    notifications,
    reactions,
    reports,
    tombstones,
)
from fedirec.storage.inboxes import Source
from fedirec.storage.reactions import Reaction, ReactionKind
from fedirec.storage.received import insert_received
from fedirec.storage.reports import Report
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
    an_endorsement,
    follow,
    save_actors,
    save_endorsements,
    save_notes,
    say,
)

ADA, BEA, ZOE = actor_id("ada"), actor_id("bea"), actor_id("zoe", THEIRS)
FULL = a_note(
    1,
    kind="endorsement",
    is_local=False,
    visibility=Visibility.FOLLOWERS,
    language=None,
    in_reply_to="https://peer.example/notes/0",
    updated_at=NOW + DAY,
    readers=("z", "a", "https://peer.example/followers"),
    tags=("woodwork", "Ångström", "a"),
)


@pytest.mark.parametrize("note", [a_note(1), FULL])
async def test_a_note_comes_back_as_kept(database, note):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        assert await notes.insert_note(transaction, note)
        assert await notes.find_note(transaction, note.id) == note
        assert await notes.get_note(transaction, note.id) == note
        assert await notes.find_note(transaction, "x") is None
        with pytest.raises(NotFoundError):
            await notes.get_note(transaction, "x")


@pytest.mark.rule("OR-04")
async def test_a_note_that_is_there_is_never_overwritten_by_a_new_one(database):
    await save_notes(database, FULL)

    async with database.transaction() as transaction:
        assert not await notes.insert_note(transaction, a_note(1, content="forged"))
        assert await notes.find_note(transaction, FULL.id) == FULL


async def test_an_update_replaces_text_and_audience_but_not_author_and_date(database):
    await save_notes(database, FULL)
    newer = replace(
        FULL,
        actor_id=BEA,
        published_at=NOW + 9 * DAY,
        content="<p>Better</p>",
        readers=("a",),
        tags=(),
        updated_at=NOW + 2 * DAY,
    )

    async with database.transaction() as transaction:
        assert await notes.update_note(transaction, newer)
        assert not await notes.update_note(transaction, a_note(9))
        kept = await notes.find_note(transaction, FULL.id)

    assert kept == replace(newer, actor_id=FULL.actor_id, published_at=FULL.published_at)


async def test_a_deleted_note_takes_along_what_it_was(database):
    await save_notes(database, FULL, a_note(2))
    await save_endorsements(database, an_endorsement(1))
    async with database.transaction() as transaction:
        await featured.add_featured(transaction, ADA, FULL.id, NOW)

        assert await notes.delete_note(transaction, FULL.id)
        assert not await notes.delete_note(transaction, FULL.id)

        assert await notes.find_note(transaction, FULL.id) is None
        assert await endorsements.find_endorsement(transaction, FULL.id) is None
        assert await featured.list_featured(transaction, ADA) == []
        assert await notes.find_note(transaction, a_note(2).id) == a_note(2)
        for table in ("note_readers", "note_tags"):
            rows = await transaction.fetch_all(f"select note_id from {table}")  # noqa: S608 - names above
            assert rows == []


@pytest.mark.rule("PA-02")
@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        (Visibility.PUBLIC, "author named follower asking local stranger nobody"),
        (Visibility.UNLISTED, "author named follower asking local stranger nobody"),
        (Visibility.FOLLOWERS, "author named follower"),
        (Visibility.GUILD, "author named local"),
        (Visibility.DIRECT, "author named"),
    ],
)
async def test_who_may_read_a_note(database, visibility, readers):
    people = {
        "author": ADA,
        "named": ZOE,
        "follower": actor_id("fay", THEIRS),
        "asking": actor_id("gil", THEIRS),
        "local": BEA,
        "stranger": actor_id("uma", THEIRS),
        "nobody": None,
    }
    await save_actors(database, an_actor("ada"), an_actor("bea"))
    await save_actors(database, *[an_actor(name, THEIRS) for name in ("zoe", "fay", "gil")])
    await follow(database, actor_id("fay", THEIRS), ADA)
    await follow(database, actor_id("gil", THEIRS), ADA, is_accepted=False)
    note = a_note(1, visibility=visibility, readers=(ZOE,))
    await save_notes(database, note)

    async with database.reading() as reader:
        head = (await notes.find_heads(reader, [note.id, "unknown"]))[note.id]
        for asked in (note, head):
            may = [name for name, who in people.items() if await notes.may_read(reader, asked, who)]

            assert may == readers.split()


@pytest.mark.rule("OR-08")
async def test_a_tombstone_stands_until_it_is_pruned_and_ours_stay(database):
    await save_actors(database, an_actor("ada"), an_actor("zoe", THEIRS))
    async with database.transaction() as transaction:
        planted = [
            await tombstones.plant(transaction, object_id, who, host, when, per_host=10)
            for object_id, who, host, when in (
                ("theirs", ZOE, THEIRS, NOW),
                ("theirs", ZOE, THEIRS, NOW + DAY),
                ("unknown", None, THEIRS, NOW),
                ("new", ZOE, THEIRS, NOW + DAY),
                ("ours", ADA, OURS, NOW),
            )
        ]
        assert await tombstones.find_tombstone(transaction, "theirs") == NOW
        pruned = await tombstones.prune(transaction, NOW + DAY)
        left = [
            await tombstones.find_tombstone(transaction, object_id)
            for object_id in ("theirs", "unknown", "new", "ours")
        ]

    assert (planted, pruned) == ([True, False, True, True, True], 2)
    assert left == [None, None, NOW + DAY, NOW]


@pytest.mark.rule("RX-05")
async def test_a_host_keeps_its_newest_tombstones_only(database):
    async with database.transaction() as transaction:
        for number in range(8):
            await tombstones.plant(
                transaction, f"t{number}", None, THEIRS, NOW + number * MINUTE, per_host=5
            )
        await tombstones.plant(transaction, "other", None, OURS, NOW, per_host=5)
        rows = await transaction.fetch_all("select id from tombstones order by id")

    assert [row["id"] for row in rows] == ["other", "t3", "t4", "t5", "t6", "t7"]


async def test_reactions_are_one_of_a_kind_and_taken_back(database):
    like = Reaction(
        object_id=a_note(1).id,
        actor_id=ZOE,
        kind=ReactionKind.LIKE,
        activity_id="like-1",
        content=None,
        created_at=NOW,
    )
    emoji = replace(like, kind=ReactionKind.EMOJI, activity_id="emoji", content="\U0001f33f")
    async with database.transaction() as transaction:
        await reactions.save_reaction(transaction, like)
        await reactions.save_reaction(transaction, emoji)
        await reactions.save_reaction(transaction, replace(like, activity_id="like-2"))

        assert await reactions.find_by_activity(transaction, "like-1") is None
        found = await reactions.find_by_activity(transaction, "like-2")
        assert found == replace(like, activity_id="like-2")
        assert await reactions.find_by_activity(transaction, "emoji") == emoji
        of_emoji: dict[str, Any] = {
            "object_id": like.object_id,
            "actor_id": ZOE,
            "kind": ReactionKind.EMOJI,
        }
        assert await reactions.find_reaction(transaction, **of_emoji) == emoji
        of_like: dict[str, Any] = {
            "object_id": like.object_id,
            "actor_id": ZOE,
            "kind": ReactionKind.LIKE,
        }
        assert await reactions.remove_reaction(transaction, **of_like)
        assert not await reactions.remove_reaction(transaction, **of_like)
        assert await reactions.find_reaction(transaction, **of_like) is None
        assert await reactions.find_by_activity(transaction, "emoji") == emoji


async def test_pins_are_few_and_newest_first(database):
    async with database.transaction() as transaction:
        for number in range(featured.MOST + 5):
            when = NOW + number * MINUTE
            await featured.add_featured(transaction, ADA, a_note(number).id, when)
        await featured.add_featured(transaction, ADA, a_note(24).id, NOW + DAY)
        assert await featured.remove_featured(transaction, ADA, a_note(23).id)
        assert not await featured.remove_featured(transaction, ADA, a_note(23).id)
        pins = await featured.list_featured(transaction, ADA)

    assert pins == [a_note(number).id for number in (24, *range(22, 4, -1))]


async def test_a_report_is_kept_as_it_came(database):
    report = Report(id="1", reporter_id=ZOE, objects=("a", "b"), content="unkind", received_at=NOW)
    async with database.transaction() as transaction:
        await reports.insert_report(transaction, report)

        page = await reports.list_reports(transaction)

    assert page.items == (report,)


async def test_the_last_move_counts(database):
    async with database.transaction() as transaction:
        assert await moves.find_last_move(transaction, ZOE) is None
        await moves.record_move(transaction, ZOE, ADA, NOW)
        await moves.record_move(transaction, ZOE, BEA, NOW + DAY)
        assert await moves.find_last_move(transaction, ZOE) == NOW + DAY


async def test_an_inbox_shows_what_came_and_what_was_said_here(database):
    await save_actors(database, an_actor("ada"))
    received = a_received(1)
    async with database.transaction() as transaction:
        said = await say(transaction, 2)
        await insert_received(transaction, [received])
        for number, source, source_id in (
            (1, Source.RECEIVED, received.id),
            (2, Source.ACTIVITIES, said.id),
            (3, Source.RECEIVED, "pruned"),
            (4, Source.RECEIVED, received.id),  # it is there already
        ):
            await inboxes.add_items(
                transaction,
                [ADA, BEA, ADA],
                id=f"{number:026d}",
                activity_id=None if number == 1 else "x",
                source=source,
                source_id=source_id,
                object_id=None,
                now=NOW + number * MINUTE,
            )
        page = await inboxes.list_inbox(transaction, ADA, before=None, limit=10)

    assert [(item.body, item.source, item.activity_id) for item in page.items] == [
        (said.body, Source.ACTIVITIES, "x"),
        (received.body, Source.RECEIVED, None),
    ]


async def test_an_item_for_many_is_one_statement(counting):
    async with counting.transaction() as transaction:
        await inboxes.add_items(
            transaction,
            [actor_id(f"m{number}") for number in range(64)],
            id="1",
            activity_id=None,
            source=Source.RECEIVED,
            source_id="x",
            object_id=None,
            now=NOW,
        )

    assert len(counting.counts.statements) == 1


async def test_a_member_is_told_and_has_read(database):
    ids = iter(("1", "2", "3"))
    told = [
        Notice(owner=ADA, kind=NoticeKind.OFFER, actor_id=ZOE, object_id="o"),
        Notice(owner=ADA, kind=NoticeKind.FOLLOW, actor_id=ZOE),
        Notice(owner=BEA, kind=NoticeKind.LIKE, actor_id=ZOE, object_id="n"),
    ]
    async with database.transaction() as transaction:
        await notifications.add_notices(transaction, told, ulid=lambda: next(ids), now=NOW)
        await notifications.add_notices(transaction, [], ulid=lambda: "x", now=NOW)
        await notifications.mark_read(transaction, ADA, until="1", now=NOW + DAY)
        page = await notifications.list_notifications(transaction, ADA, before=None, limit=5)
        kept = await notifications.prune_notifications(transaction, NOW)
        pruned = await notifications.prune_notifications(transaction, NOW + DAY)

    assert [(each.id, each.notice, each.read_at) for each in page.items] == [
        ("2", told[1], None),
        ("1", told[0], NOW + DAY),
    ]
    assert (kept, pruned) == (0, 3)
