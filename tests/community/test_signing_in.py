"""Signing in: who comes in, who does not and how slowly they try, and what ends a session."""

import asyncio
import statistics
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from fedirec.community import keepers, membership, passwords, second_factors, signing_in
from fedirec.community.attempts import Visitor
from fedirec.community.signing_in import SecondFactorNeeded, SignedIn
from fedirec.domain.throttling import FREE_PER_ACCOUNT, FREE_PER_ADDRESS, LONGEST_WAIT
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.storage import passwords as stored_passwords
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


def somewhere(number: int) -> Visitor:
    return replace(ELSEWHERE, address=f"2001:db8:{number:x}::1")


async def fail(house: House, name: str, visitor: Visitor = ELSEWHERE) -> None:
    with pytest.raises(UnauthenticatedError):
        await signing_in.sign_in(house.federation, name, WRONG, visitor)


@pytest.mark.parametrize("typed", ["ada", " Ada ", "@ada", "@ada@guild.example"])
async def test_a_member_signs_in_by_name_and_password(house, typed):
    await house.add("ada")

    done = await signing_in.sign_in(house.federation, typed, PASSWORD, HOME)

    assert isinstance(done, SignedIn)
    found = await signing_in.find_session(house.federation, done.session_id)
    assert found == done.session
    assert found is not None
    assert (found.member_name, found.label, found.is_strong) == ("ada", HOME.label, False)


@pytest.mark.rule("AC-03")
async def test_every_session_has_a_new_id_of_which_only_the_digest_is_kept(house):
    await house.add("ada")

    first, second = await house.sign_in("ada"), await house.sign_in("ada")

    assert first.session_id != second.session_id
    assert len(first.session_id) == 43  # 256 bits
    kept = str(await house.rows("select * from sessions"))
    assert first.session_id not in kept
    assert first.session.digest in kept
    assert await signing_in.find_session(house.federation, first.session.digest) is None


@pytest.mark.rule("AC-02")
async def test_whoever_does_not_come_in_hears_the_same_words(house):
    await house.add("ada", "ben", "cyd")
    await membership.disable_member(house.federation, "ben")
    said = set()

    for name, password in (("nobody", PASSWORD), ("ada", WRONG), ("ben", PASSWORD), ("a\0", "")):
        with pytest.raises(UnauthenticatedError) as refusal:
            await signing_in.sign_in(house.federation, name, password, HOME)
        said.add(str(refusal.value))

    assert len(said) == 1


@pytest.mark.rule("AC-02")
async def test_a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has(house):
    await house.add("ada")
    spent: dict[str, list[float]] = {"ada": [], "nobody": []}

    for number in range(12):
        for name, times in spent.items():
            start = time.process_time()
            await fail(house, name, somewhere(number * 16 + len(times)))
            times.append(time.process_time() - start)
            house.clock.forward(minutes=16)

    known, unknown = (statistics.median(times[2:]) for times in spent.values())
    assert max(known, unknown) / min(known, unknown) <= 1.2


@pytest.mark.rule("AC-02")
@pytest.mark.parametrize("name", ["ada", "nobody"])
async def test_of_many_tries_at_once_few_are_looked_at(house, name):
    await house.add("ada")

    ends = await outcomes(
        *(
            signing_in.sign_in(house.federation, name, WRONG, somewhere(number))
            for number in range(50)
        )
    )

    looked_at = [end for end in ends if isinstance(end, UnauthenticatedError)]
    waiting = [end for end in ends if isinstance(end, TooManyRequestsError)]
    assert len(looked_at) == FREE_PER_ACCOUNT
    assert len(waiting) == 50 - FREE_PER_ACCOUNT
    assert all(end.retry_after == timedelta(seconds=1) for end in waiting)


@pytest.mark.rule("AC-02")
async def test_an_address_that_tries_many_names_waits_too(house):
    for number in range(FREE_PER_ADDRESS):
        await fail(house, f"name{number}")

    with pytest.raises(TooManyRequestsError):
        await signing_in.sign_in(house.federation, "one_more", WRONG, ELSEWHERE)
    await fail(house, "one_more", HOME)


@pytest.mark.rule("AC-02")
async def test_a_whole_network_of_ipv6_is_one_address(house):
    for number in range(FREE_PER_ADDRESS):
        await fail(house, f"name{number}", replace(HOME, address=f"2001:db8:1:2::{number:x}"))

    with pytest.raises(TooManyRequestsError):
        await fail(house, "one_more", replace(HOME, address="2001:db8:1:2:ffff::1"))
    await fail(house, "one_more", replace(HOME, address="2001:db8:1:3::1"))


@pytest.mark.rule("AC-02")
async def test_strangers_never_lock_a_member_out_where_they_have_been_before(house):
    await house.add("ada")
    await house.sign_in("ada", HOME)

    for number in range(30):
        await fail(house, "ada", somewhere(number))
        house.clock.forward(minutes=15)

    assert await house.is_in(await house.sign_in("ada", HOME))


@pytest.mark.rule("AC-02")
async def test_nobody_waits_for_longer_than_a_quarter_of_an_hour(house):
    await house.add("ada")
    for number in range(30):
        await fail(house, "ada", somewhere(number))
        house.clock.forward(minutes=15)
    await fail(house, "ada", somewhere(31))

    with pytest.raises(TooManyRequestsError) as refusal:
        await house.sign_in("ada", ELSEWHERE)

    assert refusal.value.retry_after <= LONGEST_WAIT
    house.clock.now += refusal.value.retry_after
    assert await house.is_in(await house.sign_in("ada", ELSEWHERE))


async def test_who_comes_in_may_mistype_again(house):
    await house.add("ada")
    for _ in range(3):
        for _ in range(FREE_PER_ACCOUNT - 1):
            await fail(house, "ada", HOME)
        await house.sign_in("ada", HOME)


async def test_an_account_of_ones_own_gives_no_more_tries_at_others(house):
    await house.add("mal")
    for number in range(FREE_PER_ADDRESS):
        await fail(house, f"name{number}")
        if number < FREE_PER_ADDRESS - 1:
            await house.sign_in("mal", ELSEWHERE)

    with pytest.raises(TooManyRequestsError):
        await house.sign_in("mal", ELSEWHERE)


@pytest.mark.rule("AC-02")
async def test_no_name_and_no_address_is_kept_in_clear(house):
    await house.add("ada")
    await house.sign_in("ada")
    await fail(house, "my password typed as a name")

    kept = str(await house.rows("select * from throttles"))
    kept += str(await house.rows("select address_key from familiar_addresses"))

    assert not [text for text in ("ada", "typed", HOME.address, ELSEWHERE.address) if text in kept]


@pytest.mark.rule("AC-01")
async def test_a_password_is_hashed_by_argon2id_and_anew_when_the_costs_have_grown(house):
    await house.add("ada")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with house.federation.database.transaction() as transaction:
        await stored_passwords.set_hash(transaction, "ada", weak, now=house.clock.now)

    await house.sign_in("ada")

    [row] = await house.rows("select hash from passwords")
    assert str(row["hash"]).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await house.is_in(await house.sign_in("ada"))


@pytest.mark.rule("AC-02")
def test_a_password_of_nobody_costs_what_others_cost():
    assert not passwords.HASHER.check_needs_rehash(passwords.NOBODYS_HASH)


@pytest.mark.rule("AC-01")
@pytest.mark.parametrize(
    "refused", ["short", "x" * 257, "qwertyuiop12", "leavemealone", "oak frame guild 1", "ada" * 9]
)
async def test_a_password_that_is_guessed_first_is_not_taken(house, refused):
    with pytest.raises(InvalidInputError) as refusal:
        passwords.check_new_password(house.federation, "adalovelace", refused)

    assert refusal.value.field == "password"


@pytest.mark.rule("AC-01")
async def test_a_password_is_the_same_however_its_letters_are_put_together(house):
    await house.add("ada")
    await passwords.set_password(house.federation, "ada", "ein Gerüst aus Eichenholz")

    done = await signing_in.sign_in(
        house.federation, "ada", "ein Geru\u0308st aus Eichenholz", HOME
    )

    assert isinstance(done, SignedIn)


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


async def test_who_has_a_second_factor_is_asked_for_it(house):
    await house.add("ada")
    await house.give_app(await house.sign_in("ada"))

    done = await signing_in.sign_in(house.federation, "ada", PASSWORD, HOME)

    assert isinstance(done, SecondFactorNeeded)
    assert (done.has_totp, done.has_passkey) == (True, False)
    assert await signing_in.find_session(house.federation, done.pending_id) is None


async def test_two_passwords_are_hashed_at_a_time(house):
    hashing = house.federation.hashing
    async with hashing, hashing:
        assert hashing.locked()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(passwords.hash_password(house.federation, PASSWORD), 0.05)
