"""A member's e-mail address, and the link for a new password that is sent there (AC-09).

An address is set by the password and by a link sent to it, never by one alone. What is returned
here has to be mailed; nothing of it is shown on the page that asked.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fedirec.community.attempts import Kind, Visitor, count_attempt
from fedirec.community.passwords import check_own_password, insert_reset, reset_link
from fedirec.community.secret_texts import digest_of, make_secret
from fedirec.community.signing_in import plain_name
from fedirec.domain.mail_addresses import parse_mail_address
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import mail_addresses, turns
from fedirec.storage.access import take_account
from fedirec.storage.database import Reader
from fedirec.storage.sessions import Session

CONFIRMATION_LIFETIME: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkByMail:
    """A link, and the one address that it may be sent to."""

    to: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAddress:
    """An address that counts from now on; `old` is to be told, if there was one."""

    member_name: str
    new: str
    old: str | None


async def begin_address(
    federation: Federation, session: Session, address: str, password: str, visitor: Visitor
) -> LinkByMail:
    """Return the link that has to be opened before a new address counts, within an hour.

    Raises InvalidInputError with field `email`, UnauthenticatedError for a wrong password, and
    TooManyRequestsError. Whether another member has the address is not told here.
    """
    email = parse_mail_address(address)
    await check_own_password(federation, session, password, visitor)
    token, name = make_secret(federation), session.member_name
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        await mail_addresses.end_confirmations(transaction, name)
        until = federation.now() + CONFIRMATION_LIFETIME
        await mail_addresses.insert_confirmation(
            transaction, digest_of(token), name, email, expires_at=until
        )
    return LinkByMail(to=email, link=f"{federation.instance.origin}/confirm/{token}")


async def confirm_address(federation: Federation, token: str) -> ChangedAddress:
    """Let an address count whose link was opened; reset links sent to the old one end.

    Raises NotFoundError for a link that opens nothing, ConflictError for an address that another
    member has.
    """
    async with federation.database.transaction() as transaction:
        await turns.wait(transaction, "mail addresses")
        taken = await mail_addresses.take_confirmation(
            transaction, digest_of(token), federation.now()
        )
        if taken is None:
            message = "this link was used, is too old, or never was; ask for a new one"
            raise NotFoundError(message)
        name, email = taken
        old = await mail_addresses.find_address(transaction, name)
        await mail_addresses.set_address(transaction, name, email)
    return ChangedAddress(member_name=name, new=email, old=old)


async def remove_address(
    federation: Federation, session: Session, password: str, visitor: Visitor
) -> str | None:
    """Forget a member's address, by their password; return the old one, which is to be told."""
    await check_own_password(federation, session, password, visitor)
    async with federation.database.transaction() as transaction:
        old = await mail_addresses.find_address(transaction, session.member_name)
        await mail_addresses.set_address(transaction, session.member_name, None)
    return old


async def request_reset(federation: Federation, typed: str, visitor: Visitor) -> LinkByMail | None:
    """Return the link for a new password that is to be mailed, or None where nobody is meant.

    `typed` is a name, a handle or an address. Say the same on the page in either case. Counted by
    address and account, so that nobody's letter box is filled; raises TooManyRequestsError.
    """
    async with federation.database.reading() as reader:
        name = await _meant(reader, federation, typed)
    await count_attempt(federation, Kind.FORGOTTEN, name or "?", visitor)
    if name is None:
        return None
    async with federation.database.transaction() as transaction:
        email = await mail_addresses.find_address(transaction, name)
        if email is None:
            return None
        token = await insert_reset(transaction, federation, name, email)
    return LinkByMail(to=email, link=reset_link(federation, token))


async def _meant(reader: Reader, federation: Federation, typed: str) -> str | None:
    """Return the member who has an address and is meant by it, or by name."""
    try:
        by_address = await mail_addresses.find_by_address(reader, parse_mail_address(typed))
    except InvalidInputError:
        by_address = None
    if by_address is not None:
        return by_address
    name = plain_name(federation, typed)
    if "\0" in name or await mail_addresses.find_address(reader, name) is None:
        return None
    return name
