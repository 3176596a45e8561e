"""A member's address, set by password and link alone; and a forgotten password, by mail."""

import pytest

from fedirec.community import mail_addresses, membership, passwords
from fedirec.community.mail_addresses import ChangedAddress
from fedirec.domain.mail_addresses import parse_mail_address
from fedirec.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from tests.community.accounts import ELSEWHERE, HOME, OTHER_PASSWORD, PASSWORD, House, outcomes

ADDRESS = "ada@mail.example"


async def begin(house: House, name: str = "ada", address: str = ADDRESS) -> str:
    """The token of the link that was sent to a new address."""
    session = (await house.sign_in(name)).session
    sent = await mail_addresses.begin_address(house.federation, session, address, PASSWORD, HOME)
    assert sent.to == address
    assert sent.link.startswith("https://guild.example/confirm/")
    return sent.link.rpartition("/")[2]


async def reset_token(house: House, typed: str = "ada") -> str:
    sent = await mail_addresses.request_reset(house.federation, typed, ELSEWHERE)
    assert sent is not None
    assert sent.link.startswith("https://guild.example/reset/")
    return sent.link.rpartition("/")[2]


@pytest.fixture
async def ada(house):
    """A guild in which Ada has an address."""
    await house.add("ada", "ben")
    await mail_addresses.confirm_address(house.federation, await begin(house))
    return house


async def test_an_address_counts_once_its_link_was_opened(house):
    await house.add("ada")
    token = await begin(house)
    assert await mail_addresses.request_reset(house.federation, "ada", HOME) is None

    ends = await outcomes(
        *(mail_addresses.confirm_address(house.federation, token) for _ in range(4))
    )

    changed = ChangedAddress(member_name="ada", new=ADDRESS, old=None)
    assert ends.count(changed) == 1
    assert len([end for end in ends if isinstance(end, NotFoundError)]) == 3


async def test_a_new_address_needs_the_password_and_the_old_one_is_to_be_told(ada):
    session = (await ada.sign_in("ada")).session
    for act in (
        mail_addresses.begin_address(ada.federation, session, "x@mail.example", "wrong", HOME),
        mail_addresses.remove_address(ada.federation, session, "wrong", HOME),
    ):
        with pytest.raises(UnauthenticatedError):
            await act

    token = await begin(ada, address="new@mail.example")
    changed = await mail_addresses.confirm_address(ada.federation, token)

    assert (changed.old, changed.new) == (ADDRESS, "new@mail.example")
    removed = await mail_addresses.remove_address(ada.federation, session, PASSWORD, HOME)
    assert removed == "new@mail.example"
    assert await mail_addresses.request_reset(ada.federation, "ada", HOME) is None


async def test_the_link_of_an_address_works_an_hour_and_the_newest_alone(house):
    await house.add("ada")
    first, second = await begin(house), await begin(house)
    with pytest.raises(NotFoundError):
        await mail_addresses.confirm_address(house.federation, first)

    house.clock.forward(hours=1)

    with pytest.raises(NotFoundError):
        await mail_addresses.confirm_address(house.federation, second)
    assert second not in str(await house.rows("select * from email_confirmations"))


async def test_an_address_is_one_members(ada):
    token = await begin(ada, "ben")

    with pytest.raises(ConflictError):
        await mail_addresses.confirm_address(ada.federation, token)


@pytest.mark.parametrize("typed", ["ada", "@ada@guild.example", ADDRESS, "ada@MAIL.example"])
async def test_a_forgotten_password_is_chosen_anew_by_a_link_to_the_address(ada, typed):
    token = await reset_token(ada, typed)

    assert await passwords.finish_reset(ada.federation, token, OTHER_PASSWORD, HOME) == "ada"


async def test_a_link_that_was_mailed_ends_with_the_address(ada):
    token = await reset_token(ada)
    changed = await begin(ada, address="new@mail.example")
    await mail_addresses.confirm_address(ada.federation, changed)

    with pytest.raises(NotFoundError):
        await passwords.finish_reset(ada.federation, token, OTHER_PASSWORD, HOME)


@pytest.mark.rule("AC-02")
@pytest.mark.parametrize("typed", ["nobody", "x@mail.example", "ben", "", "a\0", "cyd"])
async def test_who_has_no_address_is_met_with_silence(ada, typed):
    await ada.add("cyd")
    await membership.disable_member(ada.federation, "cyd")

    assert await mail_addresses.request_reset(ada.federation, typed, HOME) is None


@pytest.mark.rule("AC-02")
async def test_nobodys_letter_box_is_filled(ada):
    ends = await outcomes(
        *(mail_addresses.request_reset(ada.federation, "ada", ELSEWHERE) for _ in range(12))
    )

    assert len([end for end in ends if isinstance(end, TooManyRequestsError)]) == 7


@pytest.mark.parametrize(
    ("typed", "address"),
    [(" Ada.L+oak@Mail.Example ", "Ada.L+oak@mail.example"), ("ä@mail.example", "ä@mail.example")],
)
def test_an_address_has_one_spelling(typed, address):
    assert parse_mail_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "", "ada", "@mail.example", "ada@", "a b@mail.example",
        "ada@mail.example\r\nBcc: x@y.example",
        "a@b@mail.example", "ada@mail.example:25", "ada@[192.0.2.1]", "ada@localhost..example",
        "x" * 65 + "@mail.example", "ada@" + "x" * 255, "<ada@mail.example>", "a,b@mail.example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(InvalidInputError) as refusal:
        parse_mail_address(typed)

    assert refusal.value.field == "email"
