"""Actors, members, tokens and keys."""

from dataclasses import replace
from typing import Any

import pytest

from fedirec.domain.actors import ActorKind, ProfileField
from fedirec.errors import ConflictError, GoneError, NotFoundError
from fedirec.storage import (
    actors,
    endorsements,
    follows,
    instance,
    keys,
    members,
    notes,
    reactions,
    tokens,
    tombstones,
)
from fedirec.storage.keys import RemoteKey, StoredKey
from fedirec.storage.members import Member
from fedirec.storage.reactions import Reaction, ReactionKind
from tests.storage.samples import (
    DAY,
    MINUTE,
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

ADA, ZOE = actor_id("ada"), actor_id("zoe", THEIRS)
FULL = an_actor(
    "zoe",
    THEIRS,
    kind=ActorKind.SERVICE,
    summary="<p>Æ</p>",
    shared_inbox="https://peer.example/inbox",
    featured="https://peer.example/featured",
    is_locked=True,
    is_discoverable=True,
    fields=(ProfileField(name="Trade", value="<p>Roofs</p>"), ProfileField(name="", value="")),
    icon="https://peer.example/icon.png",
    also_known_as=("https://old.example/zoe",),
    moved_to=actor_id("zed", THEIRS),
    can_endorse=(),
    published_at=NOW - DAY,
    fetched_at=NOW,
)


def a_member(name: str, **changes: Any) -> Member:
    member = Member(
        name=name,
        actor_id=actor_id(name),
        is_admin=False,
        shows_network=True,
        language="en",
        created_at=NOW,
    )
    return replace(member, **changes)


def a_key(number: int, **changes: Any) -> StoredKey:
    key = StoredKey(
        id=f"{ADA}#key-{number}",
        actor_id=ADA,
        kind="rsa",
        public_key="PUBLIC",
        private_key="-----BEGIN PRIVATE KEY-----",
        created_at=NOW + number * MINUTE,
    )
    return replace(key, **changes)


def a_remote_key(key_id: str, **changes: Any) -> RemoteKey:
    key = RemoteKey(
        id=key_id, actor_id=ZOE, kind="rsa", public_key="P", expires_at=None, fetched_at=NOW
    )
    return replace(key, **changes)


@pytest.mark.parametrize(
    "actor", [an_actor("ada"), FULL, replace(FULL, can_endorse=("a", "b"), moved_to=None)]
)
async def test_an_actor_comes_back_as_saved(database, actor):
    await save_actors(database, actor)

    async with database.reading() as reader:
        assert await actors.find_actor(reader, actor.id) == actor
        assert await actors.get_actor(reader, actor.id) == actor
        assert await actors.find_by_handle(reader, actor.name, actor.handle_domain) == actor
        assert await actors.find_by_followers(reader, str(actor.followers)) == actor


async def test_an_actor_saved_again_is_renewed_but_stays_where_it_is(database):
    await save_actors(database, FULL)
    await save_actors(database, replace(FULL, display_name="Zoë", is_local=True))

    async with database.reading() as reader:
        assert await actors.find_actor(reader, ZOE) == replace(FULL, display_name="Zoë")


async def test_nobody_is_found_who_was_never_saved(database):
    async with database.reading() as reader:
        assert await actors.find_actor(reader, ADA) is None
        assert await actors.find_by_handle(reader, "ada", OURS) is None
        assert await actors.find_by_followers(reader, "x") is None
        with pytest.raises(NotFoundError) as caught:
            await actors.get_actor(reader, ADA)
    assert not isinstance(caught.value, GoneError)


async def test_of_two_who_claim_a_handle_the_one_fetched_last_is_found(database):
    other = replace(FULL, id=actor_id("other", THEIRS), fetched_at=NOW + MINUTE)
    await save_actors(database, other, FULL)

    async with database.reading() as reader:
        found = await actors.find_by_handle(reader, "zoe", THEIRS)
    assert found == other


async def test_a_name_here_is_given_once(database):
    await save_actors(database, an_actor("ada"))

    with pytest.raises(ConflictError):
        await save_actors(database, an_actor("ada", id=actor_id("other")))


async def test_ours_are_told_from_others(database):
    await save_actors(database, an_actor("bea"), an_actor("ada"), FULL)

    async with database.reading() as reader:
        picked = await actors.local_of(reader, [ZOE, actor_id("bea"), "x", ADA, actor_id("bea")])
        nobody = await actors.local_of(reader, [])

    assert (picked, nobody) == ([actor_id("bea"), ADA], [])


async def test_who_is_gone_is_not_found_and_said_to_be_gone(database):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await actors.mark_gone(transaction, ADA, NOW)
        assert await actors.find_actor(transaction, ADA) is None
        assert await actors.local_of(transaction, [ADA]) == []
        with pytest.raises(GoneError):
            await actors.get_actor(transaction, ADA)

    await save_actors(database, an_actor("ada"))
    async with database.reading() as reader:
        assert await actors.find_actor(reader, ADA) == an_actor("ada")


async def test_a_remote_actor_is_erased_with_all_that_is_here_of_them(database):
    await save_actors(database, an_actor("ada"), FULL)
    await follow(database, ADA, ZOE)
    await follow(database, ZOE, ADA)
    theirs, about = a_note(1, actor_id=ZOE, is_local=False), a_note(2)
    await save_notes(database, theirs, about)
    await save_endorsements(
        database,
        an_endorsement(1, endorser_id=ZOE, endorsed_id=ADA),
        an_endorsement(2, endorsed_id=ZOE),
    )
    async with database.transaction() as transaction:
        await keys.replace_remote_keys(transaction, ZOE, [a_remote_key("k")], NOW)
        await reactions.save_reaction(
            transaction,
            Reaction(
                object_id=about.id,
                actor_id=ZOE,
                kind=ReactionKind.LIKE,
                activity_id="like",
                content=None,
                created_at=NOW,
            ),
        )

        await actors.delete_remote_actor(transaction, ZOE, NOW)

        assert await actors.find_actor(transaction, ZOE) is None
        assert await tombstones.find_tombstone(transaction, ZOE) == NOW
        assert await follows.find_follow(transaction, ADA, ZOE) is None
        assert await follows.find_follow(transaction, ZOE, ADA) is None
        assert await notes.find_note(transaction, theirs.id) is None
        assert await notes.find_note(transaction, about.id) == about
        assert await endorsements.find_endorsement(transaction, theirs.id) is None
        assert await endorsements.find_endorsement(transaction, about.id) is None
        assert await keys.find_remote_key(transaction, "k") is None
        assert await reactions.find_by_activity(transaction, "like") is None


async def test_one_of_ours_is_never_erased_from_outside(database):
    await save_actors(database, an_actor("ada"))

    async with database.transaction() as transaction:
        await actors.delete_remote_actor(transaction, ADA, NOW)
        await actors.delete_remote_actor(transaction, ZOE, NOW)

        assert await actors.find_actor(transaction, ADA) == an_actor("ada")
        assert await tombstones.find_tombstone(transaction, ZOE) is None


async def test_members_are_found_by_name_and_by_actor(database):
    await save_actors(database, an_actor("ada"), an_actor("bea"))
    ada, bea = a_member("ada", is_admin=True, shows_network=False), a_member("bea")
    async with database.transaction() as transaction:
        await members.insert_member(transaction, bea)
        await members.insert_member(transaction, ada)
        await members.set_shows_network(transaction, "bea", value=False)

        assert await members.find_member(transaction, "ada") == ada
        assert await members.find_member_of(transaction, ADA) == ada
        assert await members.find_member(transaction, "Ada") is None
        assert await members.find_member_of(transaction, ZOE) is None
        assert await members.list_members(transaction) == [ada, replace(bea, shows_network=False)]
    with pytest.raises(ConflictError):
        async with database.transaction() as transaction:
            await members.insert_member(transaction, ada)


async def test_a_token_opens_until_it_expires_is_revoked_or_its_member_disabled(database):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await members.insert_member(transaction, a_member("ada"))
        for digest, ends in (("one", NOW + DAY), ("two", None), ("three", None)):
            await tokens.insert_token(
                transaction, digest, "ada", ("read", "write"), NOW, expires_at=ends
            )

        token = await tokens.find_token(transaction, "one", NOW)
        assert token is not None
        assert (token.member_name, token.scopes) == ("ada", ("read", "write"))
        assert await tokens.find_token(transaction, "one", NOW + DAY) is None
        assert await tokens.find_token(transaction, "none", NOW) is None
        assert await tokens.revoke_token(transaction, "two", NOW)
        assert not await tokens.revoke_token(transaction, "two", NOW)
        assert await tokens.find_token(transaction, "two", NOW) is None
        assert await tokens.find_token(transaction, "three", NOW) is not None

        await members.disable_member(transaction, "ada", NOW)

        assert await tokens.find_token(transaction, "three", NOW) is None
        member = await members.find_member(transaction, "ada")
        assert member is not None
        assert member.disabled_at == NOW


async def test_our_keys_are_listed_newest_first_without_retired_ones(database):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        for number in (1, 3, 2):
            await keys.insert_key(transaction, a_key(number))
        await keys.retire_key(transaction, a_key(3).id, NOW)
        await keys.retire_key(transaction, a_key(3).id, NOW + 9 * DAY)
        await keys.retire_key(transaction, a_key(2).id, NOW + DAY)

        later = replace(a_key(2), retired_at=NOW + DAY)
        assert await keys.list_keys(transaction, ADA, now=NOW) == [later, a_key(1)]
        assert await keys.list_keys(transaction, ADA, now=NOW + DAY) == [a_key(1)]
        assert await keys.list_keys(transaction, ZOE, now=NOW) == []
    with pytest.raises(ConflictError):
        async with database.transaction() as transaction:
            await keys.insert_key(transaction, a_key(1))


@pytest.mark.rule("SG-18")
def test_a_key_does_not_show_its_private_half():
    assert "PRIVATE" not in repr(a_key(1))
    assert "PRIVATE" not in str(a_key(1))


@pytest.mark.rule("SG-18")
async def test_private_keys_are_in_one_table_alone(database):
    await save_actors(database, an_actor("ada"))
    async with database.transaction() as transaction:
        await keys.insert_key(transaction, a_key(1))
        if database.engine == "sqlite":
            tables = "select name from sqlite_master where type = 'table'"
        else:
            tables = "select tablename as name from pg_tables where schemaname = 'public'"
        holders = [
            row["name"]
            for row in await transaction.fetch_all(tables)
            if any(
                "PRIVATE" in str(value)
                for each in await transaction.fetch_all(f"select * from {row['name']}")  # noqa: S608 - catalogue
                for value in each.values()
            )
        ]

    assert holders == ["keys"]


@pytest.mark.rule("SG-14")
async def test_a_new_key_set_replaces_the_old_one_whole(database):
    await save_actors(database, FULL, an_actor("zed", THEIRS))
    old, kept = a_remote_key("old"), a_remote_key("kept")
    fresh = a_remote_key("new", kind="ed25519", expires_at=NOW + DAY)
    async with database.transaction() as transaction:
        await keys.replace_remote_keys(transaction, ZOE, [old, kept], NOW)
        await keys.replace_remote_keys(transaction, ZOE, [kept, fresh], NOW + MINUTE)

        assert await keys.find_remote_key(transaction, "old") is None
        found = await keys.find_remote_key(transaction, "new")
        assert found == replace(fresh, fetched_at=NOW + MINUTE)
        listed = await keys.list_remote_keys(transaction, ZOE)
        assert [key.id for key in listed] == ["kept", "new"]
    other = actor_id("zed", THEIRS)
    with pytest.raises(ConflictError):
        async with database.transaction() as transaction:
            await keys.replace_remote_keys(transaction, other, [a_remote_key("new")], NOW)


async def test_the_instance_remembers_named_values(database):
    async with database.transaction() as transaction:
        assert await instance.find_value(transaction, "host") is None
        await instance.set_value(transaction, "host", "a.example")
        await instance.set_value(transaction, "host", "b.example")
        assert await instance.find_value(transaction, "host") == "b.example"
