"""What ends sessions and tokens, links for a new password, and keepers who come and go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedirec.community import keepers, membership, passwords, second_factors, signing_in
from fedirec.community.signing_in import SignedIn
from fedirec.domain.throttling import FREE_PER_ACCOUNT
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from fedirec.storage import tokens
from tests.community.accounts import (
    ELSEWHERE,
    HOME,
    OTHER_PASSWORD,
    PASSWORD,
    House,
    outcomes,
)

WRONG = "not the password at all"


async def both_ways(house: House, name: str) -> tuple[SignedIn, str]:
    """A session and a token of a member."""
    token = await membership.make_token(house.federation, name, ("read",))
    return await house.sign_in(name, ELSEWHERE), membership.token_digest(token)


async def change(house: House) -> None:
    here = await house.sign_in("ada")
    await passwords.change_password(house.federation, here.session, PASSWORD, OTHER_PASSWORD, HOME)
    assert await house.is_in(here)


async def reset(house: House) -> None:
    link = await passwords.make_reset_link(house.federation, "ada")
    token = link.rpartition("/")[2]
    assert await passwords.finish_reset(house.federation, token, OTHER_PASSWORD, HOME) == "ada"


async def set_by_command(house: House) -> None:
    await passwords.set_password(house.federation, "ada", OTHER_PASSWORD)


async def disable(house: House) -> None:
    await membership.disable_member(house.federation, "ada")


async def promote(house: House) -> None:
    await keepers.set_admin(house.federation, "ada", is_admin=True)


async def demote(house: House) -> None:
    await house.add("kim", is_admin=True)
    await keepers.set_admin(house.federation, "ada", is_admin=False, by="kim")


async def reset_factors(house: House) -> None:
    await second_factors.reset_factors(house.federation, "ada")


@pytest.mark.rule("AC-03")
@pytest.mark.parametrize(
    "event", [change, reset, set_by_command, disable, promote, demote, reset_factors]
)
async def test_what_changes_who_a_member_is_ends_their_sessions_and_tokens(house, event):
    await house.add("ada", is_admin=event is demote)
    await house.add("ben")
    session, token = await both_ways(house, "ada")
    others, _ = await both_ways(house, "ben")

    await event(house)

    assert not await house.is_in(session)
    assert await house.is_in(others)
    async with house.federation.database.reading() as reader:
        assert await tokens.find_token(reader, token, house.clock.now) is None


@pytest.mark.rule("AC-03")
async def test_who_signs_in_while_the_password_changes_is_not_left_behind(house):
    await house.add("ada")

    ends = await outcomes(
        passwords.set_password(house.federation, "ada", OTHER_PASSWORD),
        *(
            signing_in.sign_in(
                house.federation, "ada", PASSWORD, replace(HOME, address=f"192.0.2.{number}")
            )
            for number in range(FREE_PER_ACCOUNT)
        ),
    )

    for end in ends:
        assert end is None or isinstance(end, SignedIn | UnauthenticatedError)
        assert not isinstance(end, SignedIn) or not await house.is_in(end)


@pytest.mark.rule("AC-03")
@pytest.mark.parametrize(
    ("is_admin", "longest"), [(False, timedelta(days=90)), (True, timedelta(hours=12))]
)
async def test_a_session_ends_in_its_time_however_much_it_is_used(house, is_admin, longest):
    await house.add("ada", is_admin=is_admin)
    signed_in = await house.sign_in("ada")
    steps = 30

    for _ in range(steps - 1):
        house.clock.now += longest / steps
        found = await signing_in.find_session(house.federation, signed_in.session_id)
        assert found is not None
        await signing_in.note_use(house.federation, found)
    house.clock.now += longest / steps

    assert not await house.is_in(signed_in)


@pytest.mark.rule("AC-03")
async def test_a_session_that_nobody_uses_ends_after_two_weeks(house):
    await house.add("ada")
    signed_in = await house.sign_in("ada")

    house.clock.forward(days=14)

    assert not await house.is_in(signed_in)


async def test_use_is_noted_once_an_hour(house):
    await house.add("ada")
    signed_in = await house.sign_in("ada")
    noted = []

    for minutes in (30, 30, 59):
        house.clock.forward(minutes=minutes)
        found = await signing_in.find_session(house.federation, signed_in.session_id)
        assert found is not None
        await signing_in.note_use(house.federation, found)
        [session] = await signing_in.list_sessions(house.federation, found)
        noted.append(session.seen_at - session.created_at)

    assert noted == [timedelta(), timedelta(hours=1), timedelta(hours=1)]


async def test_a_member_sees_where_they_are_signed_in_and_ends_it(house):
    await house.add("ada", "ben")
    here, there, third = [await house.sign_in("ada", each) for each in (HOME, ELSEWHERE, HOME)]
    bens = await house.sign_in("ben")

    assert len(await signing_in.list_sessions(house.federation, here.session)) == 3
    assert await signing_in.sign_out(house.federation, here.session, there.session.digest)
    assert not await signing_in.sign_out(house.federation, here.session, bens.session.digest)
    assert await signing_in.sign_out_elsewhere(house.federation, here.session) == 1
    assert [await house.is_in(each) for each in (here, there, third, bens)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert await signing_in.sign_out(house.federation, here.session)
    assert not await house.is_in(here)


async def test_a_wrong_old_password_changes_nothing(house):
    await house.add("ada")
    here = await house.sign_in("ada")

    with pytest.raises(UnauthenticatedError):
        await passwords.change_password(house.federation, here.session, WRONG, OTHER_PASSWORD, HOME)

    assert isinstance(await signing_in.sign_in(house.federation, "ada", PASSWORD, HOME), SignedIn)


async def test_a_session_that_has_ended_changes_no_password(house):
    await house.add("ada")
    here = await house.sign_in("ada")
    await signing_in.sign_out(house.federation, here.session)

    with pytest.raises(UnauthenticatedError, match="ended"):
        await passwords.change_password(
            house.federation, here.session, PASSWORD, OTHER_PASSWORD, HOME
        )


async def test_a_reset_link_works_once_within_an_hour_and_signs_nobody_in(house):
    await house.add("ada", "ben")
    ours = house.federation
    first, second, late = [
        (await passwords.make_reset_link(ours, name)).rpartition("/")[2]
        for name in ("ada", "ada", "ben")
    ]

    with pytest.raises(InvalidInputError):
        await passwords.finish_reset(ours, first, "short", HOME)
    ends = await outcomes(
        *(passwords.finish_reset(ours, first, OTHER_PASSWORD, HOME) for _ in range(4))
    )

    assert ends.count("ada") == 1
    assert all(isinstance(end, NotFoundError) for end in ends if end != "ada")
    with pytest.raises(NotFoundError):  # it ended with the old password
        await passwords.finish_reset(ours, second, OTHER_PASSWORD, HOME)
    house.clock.forward(hours=1)
    with pytest.raises(NotFoundError):
        await passwords.find_reset(ours, late)
    assert await house.rows("select * from sessions") == []
    assert first not in str(await house.rows("select * from password_resets"))


async def test_a_reset_link_leads_to_our_own_origin(house):
    await house.add("ada")

    link = await passwords.make_reset_link(house.federation, "ada")

    assert link.startswith("https://guild.example/reset/")


async def test_no_link_is_made_for_who_is_disabled_or_not_there(house):
    await house.add("ada")
    await membership.disable_member(house.federation, "ada")

    with pytest.raises(ForbiddenError):
        await passwords.make_reset_link(house.federation, "ada")
    with pytest.raises(NotFoundError):
        await passwords.make_reset_link(house.federation, "nobody")
    with pytest.raises(NotFoundError):
        await passwords.set_password(house.federation, "nobody", OTHER_PASSWORD)


@pytest.mark.rule("AC-12")
async def test_the_last_keeper_stays_even_when_all_are_sent_away_at_once(house):
    names = ("ada", "ben", "cyd", "dov")
    await house.add(*names, is_admin=True)

    ends = await outcomes(
        *(keepers.set_admin(house.federation, name, is_admin=False) for name in names[:2]),
        *(membership.disable_member(house.federation, name) for name in names[2:]),
    )

    assert len([end for end in ends if isinstance(end, ConflictError)]) == 1
    left = "select name from members where is_admin and disabled_at is null"
    assert len(await house.rows(left)) == 1


@pytest.mark.rule("AC-12")
async def test_only_a_keeper_makes_keepers_and_it_is_written_down(house):
    await house.add("kim", is_admin=True)
    await house.add("ada")

    with pytest.raises(ForbiddenError):
        await keepers.set_admin(house.federation, "ada", is_admin=True, by="ada")
    await keepers.set_admin(house.federation, "ada", is_admin=True, by="kim")
    await keepers.set_admin(house.federation, "ada", is_admin=True, by="kim")
    house.clock.forward(seconds=1)
    await passwords.make_reset_link(house.federation, "ada")

    page = await keepers.list_acts(house.federation, limit=1)
    [latest] = page.items
    rest = await keepers.list_acts(house.federation, before=page.next_cursor)
    assert (latest.actor_name, latest.act, latest.subject) == (None, "password.reset", "ada")
    assert [(act.actor_name, act.act, act.subject) for act in rest.items] == [
        ("kim", "member.promote", "ada")
    ]
    with pytest.raises(NotFoundError):
        await keepers.set_admin(house.federation, "nobody", is_admin=True)


async def test_nobody_who_is_disabled_becomes_a_keeper(house):
    await house.add("ada")
    await membership.disable_member(house.federation, "ada")

    with pytest.raises(ForbiddenError):
        await keepers.set_admin(house.federation, "ada", is_admin=True)
