"""Signing in and out: password, then the second factor, then a session (AC-02, AC-03).

Tries are counted before anything is looked at (`attempts.py`). Whoever is not let in is told the
same words, whether the name, the password or the membership is at fault.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fedirec.community.attempts import (
    Kind,
    Visitor,
    count_attempt,
    forgive,
    instance_secret,
    remember_visitor,
)
from fedirec.community.passwords import check_own_password, is_password, write_anew
from fedirec.community.second_factors import Factors, list_factors, take_code
from fedirec.community.secret_texts import digest_of, make_secret
from fedirec.domain.handles import check_member_name
from fedirec.errors import InvalidInputError, UnauthenticatedError
from fedirec.federation.context import Federation
from fedirec.storage import admin_acts, members, passwords, second_factors, sessions
from fedirec.storage.access import take_account
from fedirec.storage.database import Transaction
from fedirec.storage.sessions import TOUCH_INTERVAL, Session

LONGEST: Final = timedelta(days=90)
LONGEST_OF_KEEPERS: Final = timedelta(hours=12)
PENDING_FOR: Final = timedelta(minutes=10)
_CODE_TRIES: Final = 5
_NOBODY: Final = "?"
_REFUSED: Final = "name or password is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session. `session_id` goes into the cookie, and nowhere else: only it opens it."""

    session_id: str
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorNeeded:
    """The password was right. `pending_id` goes along with the code, within ten minutes."""

    pending_id: str
    has_totp: bool
    has_passkey: bool


async def sign_in(
    federation: Federation, name: str, password: str, visitor: Visitor
) -> SignedIn | SecondFactorNeeded:
    """Let a member in by name and password, or ask for the second factor that they have.

    Raises UnauthenticatedError, always with the same words, and TooManyRequestsError, which says
    when to come back.
    """
    name = _account_name(federation, name)
    attempt = await count_attempt(federation, Kind.PASSWORD, name, visitor)
    async with federation.database.reading() as reader:
        hash_ = await passwords.find_hash(reader, name)
    if not await is_password(federation, password, hash_) or hash_ is None:
        raise UnauthenticatedError(_REFUSED)
    hash_ = await write_anew(federation, name, password, hash_)
    secret = await instance_secret(federation)
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        # it may have been changed while it was compared
        if await passwords.find_hash(transaction, name) != hash_:
            raise UnauthenticatedError(_REFUSED)
        await forgive(transaction, attempt)
        factors = await list_factors(transaction, name)
        if factors.is_any:
            return await _wait_for_factor(transaction, federation, name, factors)
        return await start_session(
            transaction, federation, name, visitor, secret=secret, is_strong=False
        )


async def finish_with_code(
    federation: Federation, pending_id: str, code: str, visitor: Visitor
) -> SignedIn:
    """Let in whose password was right, by a code of their app or a recovery code.

    Raises UnauthenticatedError for a wrong code, or when it is too late or was tried too often
    (then from the password on), and TooManyRequestsError.
    """
    digest, now = digest_of(pending_id), federation.now()
    async with federation.database.reading() as reader:
        name = await second_factors.find_pending(reader, digest, now, most=_CODE_TRIES)
    if name is None:
        raise _too_late()
    attempt = await count_attempt(federation, Kind.CODE, name, visitor)
    async with federation.database.transaction() as transaction:
        if not await second_factors.count_pending_try(transaction, digest, now, most=_CODE_TRIES):
            raise _too_late()
    secret = await instance_secret(federation)
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        if not await take_code(transaction, name, code, now):
            message = "this code is wrong, or was used already"
            raise UnauthenticatedError(message)
        if not await second_factors.end_pending(transaction, digest):
            raise _too_late()
        await forgive(transaction, attempt)
        return await start_session(
            transaction, federation, name, visitor, secret=secret, is_strong=True
        )


async def start_session(
    transaction: Transaction,
    federation: Federation,
    name: str,
    visitor: Visitor,
    *,
    secret: bytes,
    is_strong: bool,
) -> SignedIn:
    """Make a new session for a member who showed who they are; its id is always a new one.

    `secret` is the instance's. Raises UnauthenticatedError for a member who is disabled by now.
    """
    now = federation.now()
    member = await members.find_member(transaction, name)
    if member is None or member.disabled_at is not None:
        raise UnauthenticatedError(_REFUSED)
    session_id = make_secret(federation)
    session = Session(
        digest=digest_of(session_id),
        member_name=name,
        is_admin=member.is_admin,
        language=member.language,
        created_at=now,
        seen_at=now,
        proved_at=now,
        expires_at=now + (LONGEST_OF_KEEPERS if member.is_admin else LONGEST),
        is_strong=is_strong,
        label=visitor.label,
    )
    await sessions.insert_session(transaction, session)
    await remember_visitor(transaction, federation, name, visitor, secret)
    if member.is_admin:
        await admin_acts.note_keeper(transaction, name, now)
    return SignedIn(session_id=session_id, session=session)


async def find_session(federation: Federation, session_id: str) -> Session | None:
    """Return the session that a cookie names, with its member; None if it opens nothing."""
    async with federation.database.reading() as reader:
        return await sessions.find_session(reader, digest_of(session_id), federation.now())


async def note_use(federation: Federation, session: Session) -> None:
    """Note that a session is in use; writes at most once an hour."""
    now = federation.now()
    if now - session.seen_at < TOUCH_INTERVAL:
        return
    async with federation.database.transaction() as transaction:
        await sessions.touch_session(transaction, session.digest, now)
        if session.is_admin:
            await admin_acts.note_keeper(transaction, session.member_name, now)


async def list_sessions(federation: Federation, session: Session) -> list[Session]:
    """Return where the member of a session is signed in, the newest first."""
    async with federation.database.reading() as reader:
        return await sessions.list_sessions(reader, session.member_name, federation.now())


async def sign_out(federation: Federation, session: Session, digest: str | None = None) -> bool:
    """End a session, or another one of the same member by its digest; return whether it was one."""
    async with federation.database.transaction() as transaction:
        return await sessions.end_session(
            transaction, session.member_name, digest or session.digest
        )


async def sign_out_elsewhere(federation: Federation, session: Session) -> int:
    """End all other sessions of the same member; return how many."""
    async with federation.database.transaction() as transaction:
        return await sessions.end_sessions(
            transaction, session.member_name, except_digest=session.digest
        )


async def prove_again(
    federation: Federation, session: Session, password: str, visitor: Visitor
) -> None:
    """Make a session fresh by the password, for what asks for that (`second_factors.py`).

    Raises UnauthenticatedError for a wrong one, and TooManyRequestsError.
    """
    await check_own_password(federation, session, password, visitor)
    async with federation.database.transaction() as transaction:
        await sessions.prove_session(transaction, session.digest, federation.now())


def plain_name(federation: Federation, typed: str) -> str:
    """Return the name that somebody means by `Ada`, `@ada` or `@ada@guild.example`."""
    name = typed.strip().casefold().removeprefix("@")
    return name.removesuffix(f"@{federation.instance.domain}")


def _account_name(federation: Federation, typed: str) -> str:
    """Return `plain_name`; of all that can be nobody's name there is one count of tries."""
    try:
        return check_member_name(plain_name(federation, typed))
    except InvalidInputError:
        return _NOBODY


async def _wait_for_factor(
    transaction: Transaction, federation: Federation, name: str, factors: Factors
) -> SecondFactorNeeded:
    pending_id = make_secret(federation)
    await second_factors.insert_pending(
        transaction, digest_of(pending_id), name, expires_at=federation.now() + PENDING_FOR
    )
    return SecondFactorNeeded(
        pending_id=pending_id,
        has_totp=factors.has_totp,
        has_passkey=bool(factors.passkeys),
    )


def _too_late() -> UnauthenticatedError:
    return UnauthenticatedError("this took too long, or was tried too often: sign in again")
