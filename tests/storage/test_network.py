"""Who is around somebody, as pages list it, page by page; and what a member says of themselves."""

from fedirec.domain.follows import FollowState
from fedirec.storage import actors, network
from fedirec.storage.members import (
    Member,
    find_member,
    insert_member,
    set_language,
    set_own_words,
)
from tests.storage.samples import NOW, THEIRS, actor_id, an_actor, follow, save_actors

ADA = actor_id("ada")


async def around(database, *names: str, is_accepted: bool = True) -> None:
    """Ada follows these, and they her."""
    for name in names:
        await save_actors(database, an_actor("ada"), an_actor(name, THEIRS))
        await follow(database, ADA, actor_id(name, THEIRS), is_accepted=is_accepted)
        await follow(database, actor_id(name, THEIRS), ADA, is_accepted=is_accepted)


async def test_whom_somebody_follows_is_listed_page_by_page(database):
    await around(database, "bea", "dan")
    await around(database, "zoe", is_accepted=False)

    async with database.reading() as reader:
        first = await network.list_following(reader, ADA, after=None, limit=2)
        rest = await network.list_following(reader, ADA, after=first.next_cursor, limit=2)

    assert [(person.name, state) for person, state in (*first.items, *rest.items)] == [
        ("bea", FollowState.ACCEPTED),
        ("dan", FollowState.ACCEPTED),
        ("zoe", FollowState.REQUESTED),
    ]
    assert rest.next_cursor is None


async def test_followers_and_who_only_asks_are_two_lists(database):
    await around(database, "bea", "dan")
    await around(database, "zoe", is_accepted=False)

    async with database.reading() as reader:
        lists = [
            await network.list_followers(reader, ADA, state, after=None, limit=5)
            for state in (FollowState.ACCEPTED, FollowState.REQUESTED)
        ]

    assert [[person.handle for person in found.items] for found in lists] == [
        ["@bea@peer.example", "@dan@peer.example"],
        ["@zoe@peer.example"],
    ]


async def test_who_left_is_in_no_list(database):
    await around(database, "bea", "dan")
    async with database.transaction() as transaction:
        await actors.mark_gone(transaction, actor_id("bea", THEIRS), NOW)

    async with database.reading() as reader:
        following = await network.list_following(reader, ADA, after=None, limit=5)
        people = await network.find_people(
            reader, [actor_id("dan", THEIRS), actor_id("bea", THEIRS), actor_id("nobody"), ADA]
        )

    assert [person.name for person, _ in following.items] == ["dan"]
    assert [person.name for person in people] == ["dan", "ada"]


async def test_nobody_is_asked_for_and_nobody_found(database):
    async with database.reading() as reader:
        assert await network.find_people(reader, []) == []


async def test_what_a_member_says_of_themselves_is_kept(database):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await insert_member(
            transaction,
            Member(
                name="ada",
                actor_id=ADA,
                is_admin=False,
                shows_network=False,
                language="en",
                created_at=NOW,
            ),
        )
        await set_language(transaction, "ada", "cs")
        await set_own_words(
            transaction, "ada", place="Brno", speaks=["Čeština", "English"], open_to_work="yes"
        )

    async with database.reading() as reader:
        found = await find_member(reader, "ada")

    assert found is not None
    assert (found.language, found.place, found.open_to_work) == ("cs", "Brno", "yes")
    assert found.speaks == ("Čeština", "English")
