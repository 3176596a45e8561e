"""Who is here: names, tokens, profiles, and the guild's and the instance's own actors."""

from datetime import timedelta

import pytest

from fedirec.community import following, membership, profiles
from fedirec.community.profiles import EndorsedBy
from fedirec.domain.actors import ActorKind
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from fedirec.storage import actors, follows, members, tokens

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("name", ["guild", "admin", "abuse", "root", "actor"])
async def test_a_name_that_speaks_for_the_guild_is_reserved(guild, name):
    with pytest.raises(InvalidInputError, match="reserved") as refusal:
        await membership.add_member(guild.federation, name)

    assert refusal.value.field == "name"


@pytest.mark.parametrize("name", ["", "Ada", "ada lovelace", "ada-l", "a" * 31, "ädä", "../ada"])
async def test_a_name_is_made_of_few_plain_letters(guild, name):
    with pytest.raises(InvalidInputError) as refusal:
        await membership.add_member(guild.federation, name)

    assert refusal.value.field == "name"


async def test_a_name_is_taken_once(guild):
    [name] = await guild.add("ada")

    with pytest.raises(ConflictError, match="is or was taken"):
        await membership.add_member(guild.federation, name)


@pytest.mark.rule("AC-13")
async def test_the_name_of_a_member_who_left_is_nobody_elses_ever(guild):
    [name] = await guild.add("ada")
    await membership.disable_member(guild.federation, name)

    with pytest.raises(ConflictError, match="is or was taken"):
        await membership.add_member(guild.federation, name)


@pytest.mark.rule("AC-13")
async def test_the_name_of_an_actor_that_is_gone_is_nobody_elses_ever(guild):
    [name] = await guild.add("ada")
    async with guild.federation.database.transaction() as transaction:
        await actors.mark_gone(transaction, guild.id(name), guild.clock.now)

    with pytest.raises(ConflictError, match="is or was taken"):
        await membership.add_member(guild.federation, name)


async def test_a_disabled_member_acts_no_more(guild):
    [name] = await guild.add("ada")

    await membership.disable_member(guild.federation, name)

    with pytest.raises(ForbiddenError, match="disabled"):
        await membership.get_acting_member(guild.federation, name)
    with pytest.raises(ForbiddenError, match="disabled"):
        await membership.make_token(guild.federation, name, ("read",))


async def test_nobody_disables_a_member_who_is_not_there(guild):
    with pytest.raises(NotFoundError, match="fedirec member list"):
        await membership.disable_member(guild.federation, "nobody_here")


async def test_the_first_keeper_is_an_admin(guild):
    added = await membership.add_member(guild.federation, "keeper_of_all", is_admin=True)

    async with guild.federation.database.reading() as reader:
        assert await members.find_member(reader, added.name) == added
    assert added.is_admin


async def test_of_a_token_only_the_digest_is_kept(guild):
    [name] = await guild.add("ada")

    token = await membership.make_token(guild.federation, name, ("read", "write"))

    async with guild.federation.database.reading() as reader:
        found = await tokens.find_token(reader, membership.token_digest(token), guild.clock.now)
    assert found is not None
    assert (found.member_name, found.scopes) == (name, ("read", "write"))
    assert token not in str(await guild.rows("select * from tokens"))


@pytest.mark.parametrize("scopes", [(), ("admin",), ("read", "everything")])
async def test_a_token_has_scopes_that_exist(guild, scopes):
    [name] = await guild.add("ada")

    with pytest.raises(InvalidInputError, match="scopes are read and write") as refusal:
        await membership.make_token(guild.federation, name, scopes)

    assert refusal.value.field == "scope"


async def test_nobody_acts_for_a_member_who_is_not_there(guild):
    with pytest.raises(NotFoundError, match="no member called"):
        await membership.get_acting_member(guild.federation, "nobody_here")


async def test_a_changed_profile_is_told_to_followers_elsewhere(guild, bea):
    [name] = await guild.add("ada")
    await guild.hear(bea, bea.activity("Follow", guild.id(name)))

    await profiles.amend_profile(
        guild.federation, name, display_name="Ada L.", summary="Joiner & <teacher>"
    )
    await profiles.amend_profile(guild.federation, name, display_name=None, summary=None)

    first, second = [
        update["object"] for update in await guild.sent(bea, "Update") if update["actor"]
    ]
    assert (first["id"], first["name"]) == (guild.id(name), "Ada L.")
    assert first["summary"] == "<p>Joiner &amp; &lt;teacher&gt;</p>"
    assert (second["name"], second["summary"]) == (first["name"], first["summary"])
    assert "@context" not in first


async def test_the_guild_and_the_instance_have_actors_of_their_own(guild):
    instance = guild.federation.instance
    async with guild.federation.database.reading() as reader:
        group = await actors.get_actor(reader, instance.guild_id)
        server = await actors.get_actor(reader, instance.actor_id)

    assert (group.kind, group.name) == (ActorKind.GROUP, instance.guild_name)
    assert group.can_endorse == (group.id,)
    assert (server.kind, server.name) == (ActorKind.APPLICATION, instance.host)
    assert (server.followers, server.following, server.is_locked) == (None, None, True)


async def test_preparing_twice_changes_nothing(guild):
    before = await guild.rows("select * from keys order by id")

    await membership.prepare_instance(guild.federation)

    assert await guild.rows("select * from keys order by id") == before


async def test_a_member_may_follow_the_guild_and_nobody_the_instance(guild):
    [name] = await guild.add("ada")
    instance = guild.federation.instance

    await following.follow(guild.federation, name, guild.handle(instance.guild_name))

    async with guild.federation.database.reading() as reader:
        assert await follows.is_follower(
            reader, follower=guild.id(name), followed=instance.guild_id
        )


async def test_keys_rotate_though_nobody_follows(guild):
    instance = guild.federation.instance
    before = {row["id"] for row in await guild.rows("select id from keys where retired_at is null")}

    await membership.rotate_keys(guild.federation, instance.actor_id)

    after = {row["id"] for row in await guild.rows("select id from keys where retired_at is null")}
    assert len(before - after) == len(after - before) == 2
    assert guild.federation.now() - guild.clock.now == timedelta()


@pytest.mark.parametrize(
    ("chosen", "listed"),
    [
        (EndorsedBy.ANYONE, "https://www.w3.org/ns/activitystreams#Public"),
        (EndorsedBy.FOLLOWERS, "{id}/followers"),
        (EndorsedBy.NOBODY, "{id}"),
    ],
)
async def test_a_member_says_who_may_ask_them_and_peers_read_it(guild, bea, chosen, listed):
    [name] = await guild.add("ada")
    await guild.hear(bea, bea.activity("Follow", guild.id(name)))

    await profiles.amend_profile(guild.federation, name, endorsed_by=chosen)

    [update] = await guild.sent(bea, "Update")
    allowed = update["object"]["interactionPolicy"]["canEndorse"]["manualApproval"]
    assert allowed == [listed.format(id=guild.id(name))]


@pytest.mark.parametrize("shows", [True, False])
async def test_a_member_says_whether_their_network_shows(guild, shows):
    [name] = await guild.add("ada")

    await profiles.amend_profile(guild.federation, name, shows_network=shows)

    async with guild.federation.database.reading() as reader:
        found = await members.find_member(reader, name)
    assert found is not None
    assert found.shows_network is shows
