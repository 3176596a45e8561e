"""Passkeys: made for us, proven with us, each challenge once; and no copy of one goes unnoticed."""

import json
from datetime import timedelta

import pytest

from fedirec.community import membership, passkeys, second_factors, signing_in
from fedirec.community.second_factors import NewFactor
from fedirec.community.signing_in import SecondFactorNeeded, SignedIn
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.storage.sessions import Session
from tests.community.accounts import ELSEWHERE, HOME, PASSWORD, House, outcomes
from tests.community.authenticator import Authenticator, encoded

ORIGIN = "https://guild.example"

pytestmark = pytest.mark.rule("AC-10")


@pytest.fixture
async def ada(house):
    """Ada, signed in at home by password."""
    await house.add("ada")
    return await house.sign_in("ada")


@pytest.fixture
def device():
    """What holds Ada's passkey."""
    return Authenticator(origin=ORIGIN)


async def add(house: House, signed_in: SignedIn, device: Authenticator) -> NewFactor:
    options = await passkeys.begin_passkey(house.federation, signed_in.session)
    return await passkeys.add_passkey(
        house.federation, signed_in.session, device.make(options), "  My\n phone "
    )


async def answer(house: House, device: Authenticator) -> str:
    return device.answer(await passkeys.begin_passkey_sign_in(house.federation))


async def come_in(house: House, said: str) -> SignedIn:
    return await passkeys.sign_in_with_passkey(house.federation, said, ELSEWHERE)


async def current(house: House, session_id: str) -> Session:
    found = await signing_in.find_session(house.federation, session_id)
    assert found is not None
    return found


async def test_a_passkey_alone_makes_a_strong_session(house, ada, device):
    factor = await add(house, ada, device)

    done = await come_in(house, await answer(house, device))

    assert (done.session.member_name, done.session.is_strong) == ("ada", True)
    assert len(factor.recovery_codes) == 10
    assert (await current(house, factor.session_id)).is_strong
    async with house.federation.database.reading() as reader:
        [kept] = (await second_factors.list_factors(reader, "ada")).passkeys
    assert (kept.name, kept.sign_count, kept.used_at) == ("My phone", 1, house.clock.now)


async def test_with_a_passkey_a_password_is_not_enough(house, ada, device):
    factor = await add(house, ada, device)

    done = await signing_in.sign_in(house.federation, "ada", PASSWORD, HOME)

    assert isinstance(done, SecondFactorNeeded)
    assert (done.has_totp, done.has_passkey) == (False, True)
    code = factor.recovery_codes[0]
    finished = await signing_in.finish_with_code(house.federation, done.pending_id, code, HOME)
    assert finished.session.is_strong


async def test_an_answer_works_once_even_when_sent_twice_at_once(house, ada, device):
    await add(house, ada, device)
    said = await answer(house, device)

    ends = await outcomes(*(come_in(house, said) for _ in range(6)))

    assert len([end for end in ends if isinstance(end, SignedIn)]) == 1
    assert len([end for end in ends if isinstance(end, UnauthenticatedError)]) == 5


async def test_a_challenge_waits_five_minutes(house, ada, device):
    await add(house, ada, device)
    said = await answer(house, device)
    house.clock.forward(minutes=5)

    with pytest.raises(UnauthenticatedError):
        await come_in(house, said)


async def test_of_a_challenge_only_the_digest_is_kept(house):
    options = json.loads(await passkeys.begin_passkey_sign_in(house.federation))

    assert options["challenge"] not in str(await house.rows("select * from passkey_challenges"))


async def test_the_counter_of_a_copied_passkey_gives_it_away(house, ada, device):
    await add(house, ada, device)
    device.counter = 7
    await come_in(house, await answer(house, device))
    device.counter = 3

    with pytest.raises(UnauthenticatedError):
        await come_in(house, await answer(house, device))


async def test_what_was_said_to_another_page_or_without_its_owner_opens_nothing(house, ada, device):
    await add(house, ada, device)

    device.origin = "https://guild.example.evil.example"
    with pytest.raises(UnauthenticatedError):
        await come_in(house, await answer(house, device))
    device.origin, device.knows_owner = ORIGIN, False
    with pytest.raises(UnauthenticatedError):
        await come_in(house, await answer(house, device))
    device.knows_owner = True
    assert await come_in(house, await answer(house, device))


async def test_another_key_opens_nothing(house, ada, device):
    await add(house, ada, device)

    with pytest.raises(UnauthenticatedError):
        await come_in(house, await answer(house, Authenticator(origin=ORIGIN)))
    with pytest.raises(UnauthenticatedError):
        await come_in(house, await answer(house, Authenticator(origin=ORIGIN, id=b"unknown")))


DEEP = encoded(b"[" * 5_000)


@pytest.mark.parametrize(
    "said",
    [
        "", "[]", "{}", "no JSON", "[" * 5_000, '{"id": "x", "response": 3}', "x" * 20_000,
        '{"id": "x", "response": {"clientDataJSON": "ä"}}',
        f'{{"id": "x", "response": {{"clientDataJSON": "{DEEP}"}}}}',
        f'{{"id": "x", "response": {{"clientDataJSON": "{encoded(b"[]")}"}}}}',
        f'{{"id": "x", "response": {{"clientDataJSON": "{encoded(b"{}")}"}}}}',
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_refused_in_our_words(house, ada, said):
    with pytest.raises(UnauthenticatedError):
        await come_in(house, said)
    with pytest.raises(InvalidInputError) as refusal:
        await passkeys.add_passkey(house.federation, ada.session, said, "phone")
    assert refusal.value.field == "passkey"


async def test_a_passkey_for_another_page_is_not_kept(house, ada):
    with pytest.raises(InvalidInputError):
        await add(house, ada, Authenticator(origin="https://evil.example"))


async def test_a_challenge_to_sign_in_makes_no_passkey_nor_does_anothers(house, ada, device):
    await house.add("ben")
    bens = await house.sign_in("ben")
    options = await passkeys.begin_passkey(house.federation, bens.session)

    with pytest.raises(InvalidInputError):
        await passkeys.add_passkey(house.federation, ada.session, device.make(options), "phone")


async def test_a_passkey_is_known_once(house, ada, device):
    await add(house, ada, device)
    await house.add("ben")

    with pytest.raises(ConflictError):
        await add(house, await house.sign_in("ben"), device)


async def test_the_browser_is_told_which_passkeys_there_are_already(house, ada, device):
    factor = await add(house, ada, device)
    session = await current(house, factor.session_id)

    options = json.loads(await passkeys.begin_passkey(house.federation, session))

    assert [known["id"] for known in options["excludeCredentials"]] == [encoded(device.id)]
    assert options["rp"] == {"id": "guild.example", "name": "Oak Frame Guild"}
    assert "ada" not in options["user"]["id"]


async def test_passkeys_are_not_added_without_end(house, ada, device):
    session_id = ada.session_id
    for number in range(passkeys.MOST):
        session = await current(house, session_id)
        device.id = f"passkey {number}".encode()
        session_id = (await add(house, SignedIn(session_id="", session=session), device)).session_id

    with pytest.raises(ConflictError):
        await passkeys.begin_passkey(house.federation, await current(house, session_id))


async def test_a_passkey_is_taken_away_by_its_owner_with_fresh_proof(house, ada, device):
    factor = await add(house, ada, device)
    await house.add("ben")
    bens = await house.sign_in("ben")
    session = await current(house, factor.session_id)
    assert not await passkeys.remove_passkey(house.federation, bens.session, encoded(device.id))
    house.clock.now += timedelta(minutes=15)
    with pytest.raises(ForbiddenError):
        await passkeys.remove_passkey(house.federation, session, encoded(device.id))

    await passkeys.prove_with_passkey(house.federation, session, await answer(house, device), HOME)
    assert await passkeys.remove_passkey(house.federation, session, encoded(device.id))

    with pytest.raises(UnauthenticatedError):
        await come_in(house, await answer(house, device))
    assert not (await current(house, factor.session_id)).is_strong


async def test_somebody_elses_passkey_proves_nothing(house, ada, device):
    await add(house, ada, device)
    await house.add("ben")
    bens = await house.sign_in("ben")

    with pytest.raises(UnauthenticatedError):
        await passkeys.prove_with_passkey(
            house.federation, bens.session, await answer(house, device), HOME
        )


async def test_the_passkey_of_a_disabled_member_opens_nothing(house, ada, device):
    await add(house, ada, device)
    await membership.disable_member(house.federation, "ada")

    with pytest.raises(UnauthenticatedError):
        await come_in(house, await answer(house, device))


@pytest.mark.rule("AC-02")
async def test_an_address_that_tries_passkeys_waits(house):
    ends = await outcomes(*(come_in(house, "{}") for _ in range(30)))

    assert len([end for end in ends if isinstance(end, TooManyRequestsError)]) == 10
