"""Passwords: choosing, changing and checking them, and links for who forgot theirs (AC-01, AC-09).

Hashed by argon2id in a thread, two at a time: each takes 19 MiB and tens of milliseconds, and no
crowd at the door may take all memory. A password for nobody takes as long as any other.
"""

import asyncio
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fedirec.community.attempts import Kind, Visitor, count_attempt, forgive
from fedirec.community.keepers import check_keeper, get_member, record
from fedirec.community.secret_texts import digest_of, make_secret
from fedirec.domain.passwords import check_password, normalize_password
from fedirec.errors import ForbiddenError, InvalidInputError, NotFoundError, UnauthenticatedError
from fedirec.federation.context import Federation
from fedirec.storage import familiar_addresses, passwords, sessions
from fedirec.storage.access import end_access, take_account
from fedirec.storage.database import Transaction
from fedirec.storage.sessions import Session

RESET_LIFETIME: Final = timedelta(hours=1)
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$oau0RQ7FY2CF+26tBFZMXg"
    "$PTWtaSIAsjrTQMFBSxvrpWvnuZeQmUxF7r/92zZ5NjE"
)
"""What a password is compared with where there is none; a test keeps its costs equal to ours."""


def check_new_password(federation: Federation, name: str, text: str) -> str:
    """Return a new password of the member called `name`, as it is hashed.

    Raises InvalidInputError with field `password`; the message says what to change.
    """
    place = federation.instance
    own_words = (name, place.title, place.guild_name, place.domain, *place.domain.split(".")[:1])
    return check_password(text, common=common_passwords(), own_words=own_words)


async def hash_password(federation: Federation, password: str) -> str:
    """Return the hash of a checked password; takes a turn, since each takes much memory."""
    async with federation.hashing:
        return await asyncio.to_thread(HASHER.hash, password)


async def is_password(federation: Federation, text: str, hash_: str | None) -> bool:
    """Return whether `text` is the password; takes as long where there is none (AC-02)."""
    try:
        password = normalize_password(text)
    except InvalidInputError:
        password, hash_ = "", None
    async with federation.hashing:
        return await asyncio.to_thread(_verify, hash_, password)


async def write_anew(federation: Federation, name: str, text: str, hash_: str) -> str:
    """Hash a password that was right at today's costs, if it was hashed at others.

    Returns the hash that stands now; `hash_` itself if that is of another password by now.
    """
    if not HASHER.check_needs_rehash(hash_):
        return hash_
    renewed = await hash_password(federation, normalize_password(text))
    async with federation.database.transaction() as transaction:
        if await passwords.replace_hash(transaction, name, hash_, renewed):
            return renewed
        current = await passwords.find_hash(transaction, name)
    # somebody was quicker: the same member in another window, or a change of the password
    is_same = current is not None and await is_password(federation, text, current)
    return current if current is not None and is_same else hash_


async def check_own_password(
    federation: Federation, session: Session, text: str, visitor: Visitor
) -> None:
    """Raise UnauthenticatedError unless `text` is the password of whose session this is.

    Counted as a sign-in is; raises TooManyRequestsError when it is too early.
    """
    name = session.member_name
    attempt = await count_attempt(federation, Kind.PASSWORD, name, visitor)
    async with federation.database.reading() as reader:
        hash_ = await passwords.find_hash(reader, name)
    if not await is_password(federation, text, hash_):
        message = f"the password is not that of {name}"
        raise UnauthenticatedError(message)
    async with federation.database.transaction() as transaction:
        await forgive(transaction, attempt)


async def change_password(
    federation: Federation, session: Session, old: str, new: str, visitor: Visitor
) -> None:
    """Give a member another password; all other sessions, tokens and links of theirs end.

    Raises InvalidInputError for a password that is not taken, UnauthenticatedError for a wrong old
    one, TooManyRequestsError after many of those.
    """
    name = session.member_name
    password = check_new_password(federation, name, new)
    await check_own_password(federation, session, old, visitor)
    hash_ = await hash_password(federation, password)
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        if await sessions.find_session(transaction, session.digest, now) is None:
            message = "this session has ended meanwhile; sign in again"
            raise UnauthenticatedError(message)
        await passwords.set_hash(transaction, name, hash_, now=now)
        await end_access(transaction, name, now, except_digest=session.digest)
        await sessions.prove_session(transaction, session.digest, now)
    federation.memory.forget()


async def set_password(federation: Federation, name: str, text: str) -> None:
    """Give a member a password by the commands; whoever is signed in as them is so no more."""
    hash_ = await hash_password(federation, check_new_password(federation, name, text))
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        await get_member(transaction, name)
        await _replace(transaction, federation, name, hash_)
        await record(transaction, federation, None, "password.set", name)
    federation.memory.forget()


async def make_reset_link(federation: Federation, name: str, *, by: str | None = None) -> str:
    """Return a link with which a member chooses a new password within an hour, once (AC-09).

    For a keeper, or the commands (`by` is None), to hand over. Raises NotFoundError for no such
    member, ForbiddenError for a disabled one, or when `by` is no keeper.
    """
    async with federation.database.transaction() as transaction:
        await check_keeper(transaction, by)
        member = await get_member(transaction, name)
        if member.disabled_at is not None:
            message = f"{name} is disabled, and acts no more"
            raise ForbiddenError(message)
        token = await insert_reset(transaction, federation, name)
        await record(transaction, federation, by, "password.reset", name)
    return reset_link(federation, token)


def reset_link(federation: Federation, token: str) -> str:
    """Return the page that takes a reset token; built from our own origin, never from a request."""
    return f"{federation.instance.origin}/reset/{token}"


async def find_reset(federation: Federation, token: str) -> str:
    """Return whose link this is; raises NotFoundError if it opens nothing any more."""
    async with federation.database.reading() as reader:
        name = await passwords.find_reset(reader, digest_of(token), federation.now())
    if name is None:
        raise _no_reset()
    return name


async def finish_reset(federation: Federation, token: str, text: str, visitor: Visitor) -> str:
    """Give the member of a reset link a new password and return their name; nobody is signed in.

    The second factor stays, and all sessions and tokens end. Raises NotFoundError for a link that
    opens nothing, InvalidInputError for a password that is not taken: then the link still works.
    """
    await count_attempt(federation, Kind.RESET, None, visitor)
    name = await find_reset(federation, token)
    hash_ = await hash_password(federation, check_new_password(federation, name, text))
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        if await passwords.take_reset(transaction, digest_of(token), federation.now()) != name:
            raise _no_reset()
        await _replace(transaction, federation, name, hash_)
    federation.memory.forget()
    return name


@lru_cache(1)
def common_passwords() -> frozenset[str]:
    """Return the passwords that many people have, in lower case; the file names its sources."""
    text = files("fedirec.community").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("# "))


async def _replace(transaction: Transaction, federation: Federation, name: str, hash_: str) -> None:
    now = federation.now()
    await passwords.set_hash(transaction, name, hash_, now=now)
    await end_access(transaction, name, now)
    # whoever knew the old password may have made themselves familiar
    await familiar_addresses.forget_addresses(transaction, name)


async def insert_reset(
    transaction: Transaction, federation: Federation, name: str, email: str | None = None
) -> str:
    """Return the token of a new reset link; one that goes to `email` is bound to that address."""
    token, until = make_secret(federation), federation.now() + RESET_LIFETIME
    await passwords.insert_reset(transaction, digest_of(token), name, expires_at=until, email=email)
    return token


def _no_reset() -> NotFoundError:
    return NotFoundError("this link was used, is too old, or never was; ask for a new one")


def _verify(hash_: str | None, password: str) -> bool:
    try:
        HASHER.verify(hash_ or NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return False
    return hash_ is not None
