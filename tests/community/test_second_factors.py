"""Authenticator apps and recovery codes: each code once, and no change without fresh proof."""

from datetime import timedelta

import pytest

from fedirec.community import keepers, second_factors, signing_in
from fedirec.community.signing_in import SecondFactorNeeded, SignedIn
from fedirec.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from fedirec.storage.sessions import Session
from tests.community.accounts import ELSEWHERE, HOME, PASSWORD, House, outcomes

HALF_A_MINUTE = timedelta(seconds=30)


async def knock(house: House, name: str = "ada") -> str:
    """Sign in by password alone; return what waits for the second factor."""
    done = await signing_in.sign_in(house.federation, name, PASSWORD, HOME)
    assert isinstance(done, SecondFactorNeeded)
    return done.pending_id


async def finish(house: House, pending_id: str, code: str) -> SignedIn:
    return await signing_in.finish_with_code(house.federation, pending_id, code, HOME)


async def current(house: House, session_id: str) -> Session:
    found = await signing_in.find_session(house.federation, session_id)
    assert found is not None
    return found


@pytest.fixture
async def ada(house):
    """Ada, signed in at home."""
    await house.add("ada")
    return await house.sign_in("ada")


@pytest.mark.rule("AC-10")
async def test_a_code_of_the_app_finishes_the_sign_in(house, ada):
    app, _factor = await house.give_app(ada)

    done = await finish(house, await knock(house), app.at(house.clock.now))

    assert done.session.is_strong
    assert await house.is_in(done)


@pytest.mark.rule("AC-10")
async def test_a_code_that_was_used_opens_nothing_a_second_time(house, ada):
    app, _factor = await house.give_app(ada)
    code = app.at(house.clock.now)
    await finish(house, await knock(house), code)

    with pytest.raises(UnauthenticatedError, match="used already"):
        await finish(house, await knock(house), code)
    with pytest.raises(UnauthenticatedError, match="used already"):
        await finish(house, await knock(house), app.at(house.clock.now - HALF_A_MINUTE))


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize("kind", ["app", "recovery"])
async def test_of_one_code_sent_often_at_once_one_comes_in(house, ada, kind):
    app, factor = await house.give_app(ada)
    code = app.at(house.clock.now) if kind == "app" else factor.recovery_codes[0]
    pending = [await knock(house) for _ in range(5)]

    ends = await outcomes(*(finish(house, each, code) for each in pending))

    assert len([end for end in ends if isinstance(end, SignedIn)]) == 1
    assert len([end for end in ends if isinstance(end, UnauthenticatedError)]) == 4


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_clocks_may_differ_by_half_a_minute(house, ada, steps):
    app, _factor = await house.give_app(ada)
    house.clock.forward(minutes=5)

    assert await finish(house, await knock(house), app.at(house.clock.now + steps * HALF_A_MINUTE))


@pytest.mark.parametrize("code", ["", "000000", "12345", "ABCD-EFGH-2345-6722", "\ud800", "١٢٣٤٥٦"])
async def test_a_wrong_code_opens_nothing(house, ada, code):
    await house.give_app(ada)

    with pytest.raises(UnauthenticatedError):
        await finish(house, await knock(house), code)


@pytest.mark.rule("AC-10")
async def test_a_recovery_code_works_once_and_is_kept_as_a_digest(house, ada):
    _app, factor = await house.give_app(ada)
    first, second, *_rest = factor.recovery_codes
    assert len(set(factor.recovery_codes)) == 10

    done = await finish(house, await knock(house), first.upper().replace("-", " "))
    with pytest.raises(UnauthenticatedError):
        await finish(house, await knock(house), first)
    await finish(house, await knock(house), second)

    assert done.session.is_strong
    async with house.federation.database.reading() as reader:
        assert (await second_factors.list_factors(reader, "ada")).recovery_codes_left == 8
    kept = str(await house.rows("select * from recovery_codes"))
    assert not [code for code in factor.recovery_codes if code.replace("-", "") in kept]


@pytest.mark.rule("AC-10")
async def test_a_password_waits_for_its_code_ten_minutes_and_few_tries(house, ada):
    app, _factor = await house.give_app(ada)
    late, tried = await knock(house), await knock(house)
    for _ in range(4):
        with pytest.raises(UnauthenticatedError, match="wrong"):
            await finish(house, tried, "000000")
    house.clock.forward(minutes=1)
    with pytest.raises(UnauthenticatedError, match="wrong"):
        await finish(house, tried, "000000")
    house.clock.forward(minutes=1)

    with pytest.raises(UnauthenticatedError, match="sign in again"):
        await finish(house, tried, app.at(house.clock.now))
    house.clock.forward(minutes=8)
    with pytest.raises(UnauthenticatedError, match="sign in again"):
        await finish(house, late, app.at(house.clock.now))
    with pytest.raises(UnauthenticatedError, match="sign in again"):
        await finish(house, "never made", app.at(house.clock.now))


@pytest.mark.rule("AC-02", "AC-10")
async def test_codes_are_not_guessed_by_beginning_again_and_again(house, ada):
    await house.give_app(ada)
    pending = [await knock(house) for _ in range(25)]

    ends = await outcomes(*(finish(house, each, "000000") for each in pending for _ in range(2)))

    assert len([end for end in ends if isinstance(end, UnauthenticatedError)]) == 5
    assert len([end for end in ends if isinstance(end, TooManyRequestsError)]) == 45


@pytest.mark.rule("AC-10")
async def test_the_app_counts_once_a_first_code_came(house, ada):
    offer = await second_factors.begin_totp(house.federation, ada.session)
    assert offer.uri.startswith("otpauth://totp/Oak%20Frame%20Guild:ada%40guild.example?secret=")
    assert offer.secret in offer.uri

    with pytest.raises(InvalidInputError) as refusal:
        await second_factors.confirm_totp(house.federation, ada.session, "000000")

    assert refusal.value.field == "code"
    assert isinstance(await signing_in.sign_in(house.federation, "ada", PASSWORD, HOME), SignedIn)


@pytest.mark.rule("AC-03", "AC-10")
async def test_a_session_with_a_new_factor_is_strong_under_a_new_id(house, ada):
    _app, factor = await house.give_app(ada)

    assert not await house.is_in(ada)
    assert (await current(house, factor.session_id)).is_strong


async def test_there_is_one_app_at_a_time(house, ada):
    _app, factor = await house.give_app(ada)
    session = await current(house, factor.session_id)

    with pytest.raises(ConflictError):
        await second_factors.begin_totp(house.federation, session)
    with pytest.raises(ConflictError):
        await second_factors.confirm_totp(house.federation, session, "000000")


@pytest.mark.rule("AC-10")
async def test_nothing_is_added_or_taken_away_without_fresh_proof(house, ada):
    _app, factor = await house.give_app(ada)
    session = await current(house, factor.session_id)
    house.clock.forward(minutes=15)

    for act in (
        second_factors.begin_totp,
        second_factors.remove_totp,
        second_factors.renew_recovery_codes,
    ):
        with pytest.raises(ForbiddenError):
            await act(house.federation, session)
    with pytest.raises(UnauthenticatedError):
        await signing_in.prove_again(house.federation, session, "not the password", HOME)
    await signing_in.prove_again(house.federation, session, PASSWORD, HOME)

    renewed = await second_factors.renew_recovery_codes(house.federation, session)
    assert not set(renewed) & set(factor.recovery_codes)
    with pytest.raises(UnauthenticatedError):
        await finish(house, await knock(house), factor.recovery_codes[0])


async def test_without_the_last_factor_a_password_is_enough_and_no_session_is_strong(house, ada):
    _app, factor = await house.give_app(ada)
    session = await current(house, factor.session_id)

    await second_factors.remove_totp(house.federation, session)

    assert not (await current(house, factor.session_id)).is_strong
    assert isinstance(
        await signing_in.sign_in(house.federation, "ada", PASSWORD, ELSEWHERE), SignedIn
    )
    assert await house.rows("select * from recovery_codes") == []
    with pytest.raises(ConflictError):
        await second_factors.renew_recovery_codes(house.federation, session)


async def test_a_session_that_has_ended_changes_no_factor(house, ada):
    await signing_in.sign_out(house.federation, ada.session)

    with pytest.raises(UnauthenticatedError):
        await second_factors.begin_totp(house.federation, ada.session)


@pytest.mark.rule("AC-10")
async def test_a_keeper_is_ready_once_a_second_factor_was_shown(house):
    await house.add("kim", is_admin=True)
    kim = await house.sign_in("kim")
    assert not keepers.is_keeper_ready(kim.session)

    app, factor = await house.give_app(kim)

    assert keepers.is_keeper_ready(await current(house, factor.session_id))
    done = await finish(house, await knock(house, "kim"), app.at(house.clock.now))
    assert keepers.is_keeper_ready(done.session)


async def test_a_member_is_no_keeper_however_strong_the_session(house, ada):
    _app, factor = await house.give_app(ada)

    assert not keepers.is_keeper_ready(await current(house, factor.session_id))


async def test_lost_factors_are_taken_away_by_a_keeper_alone(house, ada):
    await house.add("kim", is_admin=True)
    await house.give_app(ada)

    with pytest.raises(ForbiddenError):
        await second_factors.reset_factors(house.federation, "ada", by="ada")
    await second_factors.reset_factors(house.federation, "ada", by="kim")
    with pytest.raises(NotFoundError):
        await second_factors.reset_factors(house.federation, "nobody")

    assert isinstance(await signing_in.sign_in(house.federation, "ada", PASSWORD, HOME), SignedIn)
    [act] = (await keepers.list_acts(house.federation)).items
    assert (act.actor_name, act.act, act.subject) == ("kim", "factors.reset", "ada")
