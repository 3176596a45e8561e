"""What public pages read: only what everybody may see, newest first, in one statement each."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from fedirec.domain.audience import Visibility
from fedirec.domain.contexts import slug_of
from fedirec.domain.endorsements import ShownTo
from fedirec.storage import actors, blocks, members
from fedirec.storage.audiences import has_follower_on
from fedirec.storage.cards import (
    find_card,
    list_cards_about,
    list_cards_by,
    list_cards_in,
    list_cards_tagged,
    list_latest_cards,
    list_people,
    read_card,
)
from fedirec.storage.database import Database
from fedirec.storage.faces import read_face
from fedirec.storage.members import Member
from tests.storage.samples import (
    NOW,
    OURS,
    THEIRS,
    a_note,
    actor_id,
    an_actor,
    an_endorsement,
    follow,
    save_actors,
    save_endorsements,
    save_notes,
)


async def say(
    database: Database,
    number: int,
    *,
    visibility: Visibility = Visibility.PUBLIC,
    tags: tuple[str, ...] = (),
    **changes: Any,
) -> None:
    """Ada said something of bea, `number` hours ago."""
    at = NOW - timedelta(hours=number)
    await save_notes(database, a_note(number, visibility=visibility, published_at=at, tags=tags))
    await save_actors(database, an_actor("bea"))
    await save_endorsements(database, an_endorsement(number, **changes))


async def shown(
    database: Database, listed: Any, *arguments: str, before: str | None = None, limit: int = 10
) -> tuple[list[int], str | None]:
    async with database.reading() as reader:
        page = await listed(reader, read_card, *arguments, before=before, limit=limit)
    return [int(card.note_id.rpartition("/")[2]) for card in page.items], page.next_cursor


async def test_what_is_public_and_confirmed_is_listed_newest_first(database):
    for number in (2, 1, 3):
        await say(database, number)

    assert await shown(database, list_latest_cards) == ([1, 2, 3], None)
    assert await shown(database, list_cards_about, actor_id("bea")) == ([1, 2, 3], None)
    assert await shown(database, list_cards_by, actor_id("ada")) == ([1, 2, 3], None)
    assert await shown(database, list_cards_by, actor_id("bea")) == ([], None)


async def test_a_card_carries_both_people_and_what_was_said(database):
    await say(database, 1, setting="the village hall")

    async with database.reading() as reader:
        card = await find_card(reader, a_note(1).id)

    assert card is not None
    assert (card.endorser.handle, card.endorsed.handle) == (f"@ada@{OURS}", f"@bea@{OURS}")
    assert card.setting == "the village hall"
    assert card.content == "<p>Well done</p>"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "unconfirmed"},
        {"state": "hidden"},
        {"shown_to": ShownTo.FOLLOWERS},
        {"shown_to": ShownTo.GUILD},
        {"visibility": Visibility.FOLLOWERS},
        {"visibility": Visibility.DIRECT},
        {"visibility": Visibility.GUILD},
    ],
)
async def test_nothing_else_is_listed_or_found(database, changes):
    await say(database, 1, tags=("oak",), **changes)

    assert await shown(database, list_latest_cards) == ([], None)
    assert await shown(database, list_cards_about, actor_id("bea")) == ([], None)
    assert await shown(database, list_cards_tagged, "oak") == ([], None)
    async with database.reading() as reader:
        assert await find_card(reader, a_note(1).id) is None


@pytest.mark.rule("PA-01")
@pytest.mark.parametrize(
    ("target", "kind", "is_shown"),
    [
        (OURS, "host", False),
        ("example", "host", False),
        ("other.example", "host", True),
        (actor_id("ada"), "actor", False),
        (actor_id("bea"), "actor", False),
        (actor_id("zoe", THEIRS), "actor", True),
    ],
)
async def test_whom_the_instance_blocks_is_not_shown(database, target, kind, is_shown):
    await say(database, 1)
    async with database.transaction() as transaction:
        await blocks.block(transaction, blocks.INSTANCE, target, kind=kind, reason=None, now=NOW)

    assert await shown(database, list_latest_cards) == ([1] if is_shown else [], None)


@pytest.mark.parametrize("name", ["ada", "bea"])
async def test_who_left_is_not_shown(database, name):
    await say(database, 1)
    async with database.transaction() as transaction:
        await actors.mark_gone(transaction, actor_id(name), NOW)

    assert await shown(database, list_latest_cards) == ([], None)


@pytest.mark.rule("ST-10")
async def test_a_walk_through_cards_meets_each_once(database):
    for number in range(1, 8):
        await say(database, number)

    met: list[int] = []
    cursor = None
    for _ in count():
        numbers, cursor = await shown(database, list_latest_cards, before=cursor, limit=3)
        met += numbers
        if cursor is None:
            break

    assert met == [1, 2, 3, 4, 5, 6, 7]


async def test_a_tag_lists_what_carries_it(database):
    await say(database, 1, tags=("oak",))
    await say(database, 2, tags=("ash",))

    assert await shown(database, list_cards_tagged, "oak") == ([1], None)


@pytest.mark.rule("PA-09")
async def test_only_members_who_want_to_be_found_are_listed(database):
    for name, is_listed in (("ada", True), ("bea", False), ("cyd", True)):
        await save_actors(database, an_actor(name))
        async with database.transaction() as transaction:
            await members.insert_member(transaction, a_member(name))
            await members.set_listed(transaction, name, is_listed)
    async with database.transaction() as transaction:
        await members.disable_member(transaction, "cyd", NOW)

    async with database.reading() as reader:
        people = await list_people(reader, after="", limit=10)

    assert [person.name for person in people] == ["ada"]


def a_member(name: str) -> Member:
    return Member(
        name=name,
        actor_id=actor_id(name),
        is_admin=False,
        shows_network=False,
        language="en",
        created_at=NOW,
        disabled_at=None,
    )


@pytest.mark.rule("PA-02")
@pytest.mark.parametrize("is_accepted", [True, False])
async def test_a_server_may_fetch_when_somebody_there_was_let_in(database, is_accepted):
    await save_actors(database, an_actor("ada"), an_actor("zoe", THEIRS))
    await follow(database, actor_id("zoe", THEIRS), actor_id("ada"), is_accepted=is_accepted)

    async with database.reading() as reader:
        assert await has_follower_on(reader, actor_id("ada"), THEIRS) is is_accepted
        assert not await has_follower_on(reader, actor_id("ada"), OURS)


async def test_a_face_changes_with_what_the_document_shows(database):
    await save_actors(database, an_actor("ada"))
    async with database.reading() as reader:
        before = await read_face(reader, actor_id("ada"), now=NOW)

    await save_actors(database, an_actor("ada", display_name="Ada Lind"))
    async with database.reading() as reader:
        after = await read_face(reader, actor_id("ada"), now=NOW)
        absent = await read_face(reader, actor_id("nobody"), now=NOW)

    assert before
    assert after != before
    assert absent == ()


async def test_a_context_lists_what_was_said_in_it_by_its_name(database):
    await say(database, 1, setting="The Hall")
    await say(database, 2, setting="the  hall")
    await say(database, 3, setting="the barn")
    await say(database, 4, setting="The Hall", state="hidden")

    assert await shown(database, list_cards_in, slug_of("The hall")) == ([1, 2], None)
    assert await shown(database, list_cards_in, "the-hall") == ([], None)
