"""Invitations, and who joins by them: once, in time, under a name that is free, or not at all."""

from dataclasses import replace

import pytest

from fedirec.activitypub.actors import render_actor
from fedirec.community import invitations, joining, keepers, membership, passwords, signing_in
from fedirec.community.joining import Joined, Newcomer
from fedirec.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from fedirec.storage import actors
from fedirec.storage.cards import list_people
from tests.community.accounts import ELSEWHERE, HOME, PASSWORD, House, outcomes

NEW = Newcomer(name="bea", display_name="Bea Purlin", password=PASSWORD)


async def invite(house: House, **how) -> str:
    """The token of a new invitation by Kim, who keeps the guild."""
    made = await invitations.create_invite(house.federation, by="kim", **how)
    return made.link.rpartition("/")[2]


@pytest.fixture
async def guild_of_kim(house):
    """A guild with one keeper, who was here just now."""
    await house.add("kim", is_admin=True)
    await house.sign_in("kim")
    return house


@pytest.mark.rule("AC-12")
async def test_whoever_is_invited_joins_and_is_signed_in(guild_of_kim):
    token = await invite(guild_of_kim)

    joined = await joining.join(guild_of_kim.federation, token, NEW, HOME)

    assert (joined.member.name, joined.member.is_admin) == ("bea", False)
    assert await guild_of_kim.is_in(joined.signed_in)
    again = await signing_in.sign_in(guild_of_kim.federation, "bea", PASSWORD, ELSEWHERE)
    assert isinstance(again, signing_in.SignedIn)
    async with guild_of_kim.federation.database.reading() as reader:
        actor = await actors.get_actor(reader, joined.member.actor_id)
    assert actor.display_name == "Bea Purlin"


@pytest.mark.rule("AC-12")
async def test_an_invitation_is_used_once_however_many_try_at_once(guild_of_kim):
    token = await invite(guild_of_kim)

    ends = await outcomes(
        *(
            joining.join(
                guild_of_kim.federation,
                token,
                replace(NEW, name=f"bea{number}"),
                replace(HOME, address=f"203.0.113.{number}"),
            )
            for number in range(8)
        )
    )

    [joined] = [end for end in ends if isinstance(end, Joined)]
    assert all(isinstance(end, NotFoundError) for end in ends if end is not joined)
    people = await guild_of_kim.rows("select name from members where name <> 'kim'")
    assert [row["name"] for row in people] == [joined.member.name]
    assert len(await guild_of_kim.rows("select id from actors")) == 2


@pytest.mark.rule("AC-12")
async def test_two_who_choose_one_name_at_once_are_not_one(guild_of_kim):
    tokens = [await invite(guild_of_kim) for _ in range(3)]

    ends = await outcomes(
        *(joining.join(guild_of_kim.federation, token, NEW, HOME) for token in tokens)
    )

    assert len([end for end in ends if isinstance(end, Joined)]) == 1
    assert len([end for end in ends if isinstance(end, ConflictError)]) == 2
    unused = await guild_of_kim.rows("select id from invites where used_at is null")
    assert len(unused) == 2


@pytest.mark.rule("AC-12")
async def test_an_invitation_that_was_taken_back_or_is_too_old_opens_nothing(guild_of_kim):
    ours = guild_of_kim.federation
    made = await invitations.create_invite(ours, by="kim")
    late = await invite(guild_of_kim, days=3)
    await invitations.revoke_invite(ours, made.invite.id, by="kim")
    guild_of_kim.clock.forward(days=3)

    for token in (made.link.rpartition("/")[2], late, "never made"):
        with pytest.raises(NotFoundError, match="this invitation was used"):
            await joining.join(ours, token, NEW, HOME)
    with pytest.raises(NotFoundError, match="no invitation"):
        await invitations.revoke_invite(ours, made.invite.id, by="kim")


@pytest.mark.rule("AC-12")
async def test_only_a_keeper_invites_and_sees_who_came_but_no_token_again(guild_of_kim):
    await guild_of_kim.add("ada")
    ours = guild_of_kim.federation
    with pytest.raises(ForbiddenError):
        await invitations.create_invite(ours, by="ada")
    token = await invite(guild_of_kim, for_name="bea")
    await joining.join(ours, token, NEW, HOME)
    guild_of_kim.clock.forward(seconds=1)
    made = await invitations.create_invite(ours, by="kim")
    with pytest.raises(ForbiddenError):
        await invitations.revoke_invite(ours, made.invite.id, by="ada")

    newest, first = (await invitations.list_invites(ours)).items

    assert (newest.used_by, newest.used_at) == (None, None)
    assert (first.made_by, first.for_name, first.used_by) == ("kim", "bea", "bea")
    acts = (await keepers.list_acts(ours)).items
    assert [(act.act, act.actor_name) for act in acts] == [("invite.create", "kim")] * 2
    kept = str(await guild_of_kim.rows("select * from invites")) + str(acts)
    assert token not in kept


async def test_an_invitation_for_a_name_is_for_no_other(guild_of_kim):
    token = await invite(guild_of_kim, for_name="ben")

    with pytest.raises(InvalidInputError, match="for the name ben") as refusal:
        await joining.join(guild_of_kim.federation, token, NEW, HOME)

    assert refusal.value.field == "name"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Not a name"}, "name"),
        ({"name": "admin"}, "name"),
        ({"password": "x"}, "password"),
    ],
)
async def test_an_invitation_outlasts_what_was_filled_in_wrongly(guild_of_kim, changes, field):
    token = await invite(guild_of_kim)

    with pytest.raises(InvalidInputError) as refusal:
        await joining.join(guild_of_kim.federation, token, replace(NEW, **changes), HOME)

    assert refusal.value.field == field
    assert await joining.join(guild_of_kim.federation, token, NEW, HOME)


@pytest.mark.parametrize("days", [0, 31])
async def test_an_invitation_lasts_a_day_to_a_month(guild_of_kim, days):
    with pytest.raises(InvalidInputError) as refusal:
        await invite(guild_of_kim, days=days)

    assert refusal.value.field == "days"


@pytest.mark.rule("AC-12")
async def test_nobody_joins_while_no_keeper_was_here_for_a_week(guild_of_kim):
    token = await invite(guild_of_kim, days=30)
    guild_of_kim.clock.forward(days=7, seconds=1)

    with pytest.raises(ForbiddenError, match="no keeper"):
        await joining.join(guild_of_kim.federation, token, NEW, HOME)
    await guild_of_kim.sign_in("kim")

    assert await joining.join(guild_of_kim.federation, token, NEW, HOME)


@pytest.mark.rule("AC-12")
async def test_a_keeper_who_is_none_any_more_keeps_nothing_open(guild_of_kim):
    await guild_of_kim.add("lea", is_admin=True)
    token = await invite(guild_of_kim, days=30)
    guild_of_kim.clock.forward(days=5)
    await guild_of_kim.sign_in("lea")
    guild_of_kim.clock.forward(days=3)
    await keepers.set_admin(guild_of_kim.federation, "lea", is_admin=False, by="kim")
    guild_of_kim.clock.forward(days=6)
    assert await joining.join(guild_of_kim.federation, token, NEW, HOME)

    last = await invite(guild_of_kim, days=30)
    guild_of_kim.clock.forward(days=8)
    await guild_of_kim.sign_in("lea")

    with pytest.raises(ForbiddenError, match="no keeper"):
        await joining.join(guild_of_kim.federation, last, replace(NEW, name="cyd"), HOME)


@pytest.mark.rule("PA-09")
async def test_a_newcomer_is_found_by_nobody_until_they_want_it(guild_of_kim):
    ours = guild_of_kim.federation
    await joining.join(ours, await invite(guild_of_kim), NEW, HOME)

    async def listed() -> list[str]:
        async with ours.database.reading() as reader:
            return [person.name for person in await list_people(reader, after="", limit=9)]

    async def document() -> object:
        async with ours.database.reading() as reader:
            actor = await actors.get_actor(reader, ours.instance.member_id("bea"))
        return render_actor(actor, instance=ours.instance, keys=[])["discoverable"]

    assert (await listed(), await document()) == ([], False)
    await membership.choose_listing(ours, "bea", is_listed=True)
    assert (await listed(), await document()) == (["bea"], True)
    await membership.choose_listing(ours, "bea", is_listed=False)
    assert (await listed(), await document()) == ([], False)


async def test_a_newcomer_may_want_to_be_found_from_the_start(guild_of_kim):
    token = await invite(guild_of_kim)

    joined = await joining.join(guild_of_kim.federation, token, replace(NEW, is_listed=True), HOME)

    assert joined.member.is_listed


async def test_a_member_without_a_password_chooses_one_by_a_link_of_the_commands(house):
    ours = house.federation
    await membership.add_member(ours, "bea", is_admin=True)
    first, second = [
        (await invitations.create_invite(ours, for_name="bea")).link.rpartition("/")[2]
        for _ in range(2)
    ]
    house.clock.forward(days=6)

    joined = await joining.join(ours, first, NEW, HOME)

    assert joined.member.is_admin
    assert await house.is_in(joined.signed_in)
    with pytest.raises(ConflictError, match="has a password"):
        await joining.join(ours, second, NEW, HOME)
    with pytest.raises(ConflictError, match="fedirec member reset bea"):
        await invitations.create_invite(ours, for_name="bea")


@pytest.mark.rule("AC-12", "AC-13")
async def test_no_keeper_makes_a_link_into_somebody_elses_account(guild_of_kim):
    ours = guild_of_kim.federation
    await membership.add_member(ours, "bea")
    await membership.add_member(ours, "cyd")
    await membership.disable_member(ours, "cyd")

    for name, by in (("bea", "kim"), ("cyd", None), ("cyd", "kim")):
        with pytest.raises(ConflictError, match="taken"):
            await invitations.create_invite(ours, by=by, for_name=name)


async def test_a_link_for_a_first_password_ends_with_the_membership(house):
    ours = house.federation
    await membership.add_member(ours, "bea")
    made = await invitations.create_invite(ours, for_name="bea")
    await passwords.set_password(ours, "bea", PASSWORD)

    with pytest.raises(NotFoundError):
        await joining.join(ours, made.link.rpartition("/")[2], NEW, HOME)
