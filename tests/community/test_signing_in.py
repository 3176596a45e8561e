"""Signing in: who comes in, who does not and how slowly they try, and what ends a session."""

import asyncio
import statistics
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from fedirec.community import membership, passwords, signing_in
from fedirec.community.attempts import Visitor
from fedirec.community.signing_in import SecondFactorNeeded, SignedIn
from fedirec.domain.throttling import FREE_PER_ACCOUNT, FREE_PER_ADDRESS, LONGEST_WAIT
from fedirec.errors import (
    InvalidInputError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.storage import passwords as stored_passwords
from tests.community.accounts import (
    ELSEWHERE,
    HOME,
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

    await asyncio.gather(*(house.sign_in("ada") for _ in range(4)))

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
