"""Second factors: authenticator apps (TOTP, RFC 6238) and recovery codes (AC-10).

A code opens something once: the step of an app's code is used up by a conditional write, and so is
a recovery code, so that the same one sent twice at once works once. Adding and taking away asks for
a fresh proof of who it is.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pyotp

from fedirec.community.keepers import check_keeper, get_member, record
from fedirec.community.secret_texts import digest_of, make_secret
from fedirec.errors import ConflictError, ForbiddenError, InvalidInputError, UnauthenticatedError
from fedirec.federation.context import Federation
from fedirec.storage import passkeys, second_factors, sessions
from fedirec.storage.access import end_access, take_account
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.passkeys import Passkey
from fedirec.storage.sessions import Session

FRESH_FOR: Final = timedelta(minutes=15)
RECOVERY_CODES: Final = 10
_STEP_SECONDS: Final = 30
_SECRET_BYTES: Final = 20
_CODE_BYTES: Final = 10
_CODE_DIGITS: Final = 6
_GROUP: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpOffer:
    """What an authenticator app needs: `secret` to type in, or `uri` (`otpauth:`) as a picture."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFactor:
    """What comes of a new factor: the session's new id, and recovery codes if it is the first.

    `session_id` is what the cookie has to hold from now on; the codes are shown once.
    """

    session_id: str
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """The second factors that a member has."""

    has_totp: bool
    passkeys: tuple[Passkey, ...]
    recovery_codes_left: int

    @property
    def is_any(self) -> bool:
        """Whether a password alone does not let this member in."""
        return self.has_totp or bool(self.passkeys)


async def list_factors(reader: Reader, name: str) -> Factors:
    """Return the second factors of a member."""
    totp = await second_factors.find_totp(reader, name)
    return Factors(
        has_totp=totp is not None and totp.is_confirmed,
        passkeys=tuple(await passkeys.list_passkeys(reader, name)),
        recovery_codes_left=await second_factors.count_recovery_codes(reader, name),
    )


def is_fresh(session: Session, now: datetime) -> bool:
    """Return whether the member showed who they are within the last 15 minutes."""
    return now - session.proved_at < FRESH_FOR


async def get_fresh(transaction: Transaction, session: Session, now: datetime) -> Session:
    """Take the turn on a member's account and return the session as it is now.

    Raises UnauthenticatedError if it has ended, ForbiddenError if it is not fresh
    (`community/signing_in.py: prove_again`).
    """
    await take_account(transaction, session.member_name)
    current = await sessions.find_session(transaction, session.digest, now)
    if current is None:
        message = "this session has ended; sign in again"
        raise UnauthenticatedError(message)
    if not is_fresh(current, now):
        message = "show once more who you are, by password or passkey, and then try again"
        raise ForbiddenError(message)
    return current


async def begin_totp(federation: Federation, session: Session) -> TotpOffer:
    """Offer a secret for an authenticator app; it opens nothing until a code confirms it.

    Raises ConflictError if there is an app already, and what `get_fresh` raises.
    """
    secret = base64.b32encode(federation.randomness(_SECRET_BYTES)).decode()
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await get_fresh(transaction, session, now)
        if not await second_factors.offer_totp(transaction, session.member_name, secret, now):
            message = "there is an authenticator app already: take it away first"
            raise ConflictError(message)
    instance = federation.instance
    account = f"{session.member_name}@{instance.domain}"
    uri = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=instance.title)
    return TotpOffer(secret=secret, uri=uri)


async def confirm_totp(federation: Federation, session: Session, code: str) -> NewFactor:
    """Let an authenticator app count from now on, by its first code; the session becomes strong.

    Raises InvalidInputError with field `code` for a wrong one, ConflictError if none was offered,
    and what `get_fresh` raises.
    """
    name, now = session.member_name, federation.now()
    async with federation.database.transaction() as transaction:
        await get_fresh(transaction, session, now)
        offered = await second_factors.find_totp(transaction, name)
        if offered is None or offered.is_confirmed:
            message = "no authenticator app waits for its first code"
            raise ConflictError(message)
        step = _step_of(offered.secret, plain_code(code), now)
        if step is None:
            message = "this is not the code that the app shows now"
            raise InvalidInputError(message, field="code")
        is_first = not (await list_factors(transaction, name)).is_any
        await second_factors.confirm_totp(transaction, name, offered.secret, step, now)
        return await admit_factor(transaction, federation, session, is_first=is_first)


async def admit_factor(
    transaction: Transaction, federation: Federation, session: Session, *, is_first: bool
) -> NewFactor:
    """Make a session strong under another id, and recovery codes with the first factor."""
    session_id = make_secret(federation)
    await sessions.strengthen_session(transaction, session.digest, digest_of(session_id))
    codes = await _make_codes(transaction, federation, session.member_name) if is_first else ()
    return NewFactor(session_id=session_id, recovery_codes=codes)


async def remove_totp(federation: Federation, session: Session) -> None:
    """Take a member's authenticator app away; does nothing if there is none."""
    async with federation.database.transaction() as transaction:
        await get_fresh(transaction, session, federation.now())
        await second_factors.remove_totp(transaction, session.member_name)
        await forget_if_none(transaction, session.member_name)


async def forget_if_none(transaction: Transaction, name: str) -> None:
    """Once the last factor is gone, no session is strong, and no recovery code is left."""
    if not (await list_factors(transaction, name)).is_any:
        await second_factors.replace_recovery_codes(transaction, name, ())
        await sessions.weaken_sessions(transaction, name)


async def renew_recovery_codes(federation: Federation, session: Session) -> tuple[str, ...]:
    """Return ten new recovery codes, shown once; the old ones open nothing any more.

    Raises ConflictError without a second factor, and what `get_fresh` raises.
    """
    async with federation.database.transaction() as transaction:
        await get_fresh(transaction, session, federation.now())
        if not (await list_factors(transaction, session.member_name)).is_any:
            message = "recovery codes stand in for a second factor, and there is none yet"
            raise ConflictError(message)
        return await _make_codes(transaction, federation, session.member_name)


async def reset_factors(federation: Federation, name: str, *, by: str | None = None) -> None:
    """Take all second factors of a member away, who lost them; all sessions and tokens end.

    For a keeper, or the commands (`by` is None), who made sure whom they speak with. Raises
    NotFoundError for no such member, ForbiddenError when `by` is no keeper.
    """
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        await check_keeper(transaction, by)
        await get_member(transaction, name)
        await second_factors.remove_totp(transaction, name)
        await passkeys.remove_passkeys(transaction, name)
        await second_factors.replace_recovery_codes(transaction, name, ())
        await end_access(transaction, name, federation.now())
        await record(transaction, federation, by, "factors.reset", name)
    federation.memory.forget()


async def take_code(transaction: Transaction, name: str, code: str, now: datetime) -> bool:
    """Use up a code of the app, or a recovery code; return whether it was right, and unused."""
    plain = plain_code(code)
    if len(plain) == _CODE_DIGITS and plain.isdecimal():
        totp = await second_factors.find_totp(transaction, name)
        if totp is None or not totp.is_confirmed:
            return False
        step = _step_of(totp.secret, plain, now)
        return step is not None and await second_factors.take_step(
            transaction, name, totp.secret, step
        )
    return await second_factors.take_recovery_code(transaction, name, _digest(name, plain), now)


def plain_code(code: str) -> str:
    """Return a code without the spaces and dashes that it is read more easily with."""
    return "".join(character for character in code.lower() if character.isalnum())


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the step whose code this is: the present one, or a neighbour, for clocks differ."""
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // _STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


async def _make_codes(
    transaction: Transaction, federation: Federation, name: str
) -> tuple[str, ...]:
    plain = [
        base64.b32encode(federation.randomness(_CODE_BYTES)).decode().lower()
        for _ in range(RECOVERY_CODES)
    ]
    await second_factors.replace_recovery_codes(
        transaction, name, [_digest(name, code) for code in plain]
    )
    return tuple(
        "-".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP))
        for code in plain
    )


def _digest(name: str, code: str) -> str:
    """Return what is kept of a recovery code: 80 random bits need no slow hash."""
    return hashlib.sha256(f"{name} {code}".encode(errors="surrogatepass")).hexdigest()
