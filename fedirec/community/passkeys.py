"""Passkeys (WebAuthn level 3): adding one, signing in with one, taking one away (AC-10).

JSON in, JSON out: what a page hands to `navigator.credentials` and gets back from it. A challenge
is kept as a digest, works once and for five minutes. The authenticator has to know the person by
finger, face or PIN, so a passkey is both factors at once. Made for our host and our origin only.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Final

import orjson
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from fedirec.activitypub.content import clean_line
from fedirec.activitypub.documents import JsonObject
from fedirec.community.attempts import (
    Kind,
    Visitor,
    count_attempt,
    forgive,
    instance_secret,
    keyed_digest,
)
from fedirec.community.second_factors import (
    NewFactor,
    admit_factor,
    forget_if_none,
    get_fresh,
    list_factors,
)
from fedirec.community.secret_texts import digest_of
from fedirec.community.signing_in import SignedIn, start_session
from fedirec.domain.origins import origin_of
from fedirec.errors import ConflictError, InvalidInputError, UnauthenticatedError
from fedirec.federation.context import Federation
from fedirec.storage import passkeys, sessions
from fedirec.storage.access import take_account
from fedirec.storage.database import Transaction
from fedirec.storage.passkeys import Passkey, Purpose
from fedirec.storage.sessions import Session

CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
MOST: Final = 20
_CHALLENGE_BYTES: Final = 32
_NAME_CHARACTERS: Final = 60
_ANSWER_CHARACTERS: Final = 16_384
_BROKEN: Final = (WebAuthnException, ValueError, TypeError, LookupError)
"""What a passkey that is no passkey makes the library raise."""
_REFUSED: Final = "this passkey does not open anything here"


async def begin_passkey(federation: Federation, session: Session) -> str:
    """Return the JSON with which a browser makes a passkey (`navigator.credentials.create`).

    Raises what `second_factors.get_fresh` raises, ConflictError when there are 20 already.
    """
    name = session.member_name
    handle = keyed_digest(await instance_secret(federation), "passkeys of", name)
    challenge = federation.randomness(_CHALLENGE_BYTES)
    async with federation.database.transaction() as transaction:
        await get_fresh(transaction, session, federation.now())
        known = await passkeys.list_passkeys(transaction, name)
        if len(known) >= MOST:
            message = f"there are {MOST} passkeys already: take one away first"
            raise ConflictError(message)
        await _keep_challenge(transaction, federation, challenge, Purpose.REGISTER, name)
    options = generate_registration_options(
        rp_id=_rp_id(federation),
        rp_name=federation.instance.title,
        user_name=f"{name}@{federation.instance.domain}",
        user_id=handle,
        challenge=challenge,
        timeout=_milliseconds(CHALLENGE_LIFETIME),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(key.id)) for key in known],
    )
    return options_to_json(options)


async def add_passkey(
    federation: Federation, session: Session, answer: str, passkey_name: str
) -> NewFactor:
    """Keep the passkey that a browser made; the session becomes strong, under a new id.

    `answer` is the browser's JSON; `passkey_name` is what its owner calls it. Raises
    InvalidInputError with field `passkey` for an answer that is not one to our challenge,
    ConflictError for a passkey that is known, and what `second_factors.get_fresh` raises.
    """
    name, now = session.member_name, federation.now()
    made = await _registered(federation, name, answer)
    passkey = Passkey(
        id=_text(made.credential_id),
        member_name=name,
        name=clean_line(passkey_name, limit=_NAME_CHARACTERS) or "Passkey",
        public_key=_text(made.credential_public_key),
        sign_count=made.sign_count,
        created_at=now,
    )
    async with federation.database.transaction() as transaction:
        await get_fresh(transaction, session, now)
        is_first = not (await list_factors(transaction, name)).is_any
        await passkeys.insert_passkey(transaction, passkey)
        return await admit_factor(transaction, federation, session, is_first=is_first)


async def _registered(federation: Federation, name: str, answer: str) -> VerifiedRegistration:
    """Return what a browser made for a challenge of ours to this member, which is used up now."""
    document = _read(answer)
    challenge = _challenge_of(document)
    if document is None or challenge is None:
        raise _bad_answer()
    async with federation.database.transaction() as transaction:
        is_ours = await passkeys.take_challenge(
            transaction, digest_of(_text(challenge)), Purpose.REGISTER, name, federation.now()
        )
    if not is_ours:
        raise _bad_answer()
    try:
        return verify_registration_response(
            credential=document,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(federation),
            expected_origin=federation.instance.origin,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise _bad_answer() from error


async def remove_passkey(federation: Federation, session: Session, passkey_id: str) -> bool:
    """Take a passkey of the session's member away; return whether there was one.

    Raises what `second_factors.get_fresh` raises.
    """
    async with federation.database.transaction() as transaction:
        await get_fresh(transaction, session, federation.now())
        is_gone = await passkeys.remove_passkey(transaction, session.member_name, passkey_id)
        await forget_if_none(transaction, session.member_name)
    return is_gone


async def begin_passkey_sign_in(federation: Federation) -> str:
    """Return the JSON with which a browser offers its passkeys (`navigator.credentials.get`).

    The same for everybody: it names no member and no passkey.
    """
    challenge = federation.randomness(_CHALLENGE_BYTES)
    async with federation.database.transaction() as transaction:
        await _keep_challenge(transaction, federation, challenge, Purpose.SIGN_IN, None)
    options = generate_authentication_options(
        rp_id=_rp_id(federation),
        challenge=challenge,
        timeout=_milliseconds(CHALLENGE_LIFETIME),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


async def sign_in_with_passkey(federation: Federation, answer: str, visitor: Visitor) -> SignedIn:
    """Let in who holds a passkey; the browser's JSON is the answer. The session is strong.

    Raises UnauthenticatedError, always with the same words, and TooManyRequestsError.
    """
    attempt = await count_attempt(federation, Kind.PASSKEY, None, visitor)
    passkey, counted = await _verified(federation, answer)
    secret = await instance_secret(federation)
    async with federation.database.transaction() as transaction:
        await take_account(transaction, passkey.member_name)
        if not await passkeys.use_passkey(
            transaction,
            passkey.id,
            before=passkey.sign_count,
            after=counted,
            now=federation.now(),
        ):
            raise UnauthenticatedError(_REFUSED)
        await forgive(transaction, attempt)
        return await start_session(
            transaction, federation, passkey.member_name, visitor, secret=secret, is_strong=True
        )


async def prove_with_passkey(
    federation: Federation, session: Session, answer: str, visitor: Visitor
) -> Session:
    """Make a session fresh by a passkey of its member; return it as it is now.

    Raises as `sign_in_with_passkey`, also for the passkey of somebody else.
    """
    attempt = await count_attempt(federation, Kind.PASSKEY, session.member_name, visitor)
    passkey, counted = await _verified(federation, answer)
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await take_account(transaction, session.member_name)
        is_used = passkey.member_name == session.member_name and await passkeys.use_passkey(
            transaction, passkey.id, before=passkey.sign_count, after=counted, now=now
        )
        if not is_used:
            raise UnauthenticatedError(_REFUSED)
        await forgive(transaction, attempt)
        await sessions.prove_session(transaction, session.digest, now)
    return replace(session, proved_at=now)


async def _verified(federation: Federation, answer: str) -> tuple[Passkey, int]:
    """Return the passkey that answered a challenge of ours, and how often it was used by now.

    Raises UnauthenticatedError; the challenge is used up either way.
    """
    document = _read(answer)
    challenge = _challenge_of(document)
    id_ = document.get("id") if document is not None else None
    if document is None or challenge is None or not isinstance(id_, str):
        raise UnauthenticatedError(_REFUSED)
    passkey = None
    async with federation.database.transaction() as transaction:
        if await passkeys.take_challenge(
            transaction, digest_of(_text(challenge)), Purpose.SIGN_IN, None, federation.now()
        ):
            passkey = await passkeys.find_passkey(transaction, id_)
    if passkey is None:
        raise UnauthenticatedError(_REFUSED)
    try:
        verified = verify_authentication_response(
            credential=document,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(federation),
            expected_origin=federation.instance.origin,
            credential_public_key=_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise UnauthenticatedError(_REFUSED) from error
    return passkey, verified.new_sign_count


async def _keep_challenge(
    transaction: Transaction,
    federation: Federation,
    challenge: bytes,
    purpose: Purpose,
    name: str | None,
) -> None:
    await passkeys.prune_challenges(transaction, federation.now())
    await passkeys.insert_challenge(
        transaction,
        digest_of(_text(challenge)),
        purpose,
        name,
        expires_at=federation.now() + CHALLENGE_LIFETIME,
    )


def _challenge_of(answer: JsonObject | None) -> bytes | None:
    """Return the challenge that a browser's answer says it is one to; nothing is believed yet."""
    response = answer.get("response") if answer is not None else None
    said = response.get("clientDataJSON") if isinstance(response, dict) else None
    try:
        client_data = orjson.loads(_bytes(said)) if isinstance(said, str) else None
        challenge = client_data.get("challenge") if isinstance(client_data, dict) else None
        return _bytes(challenge) if isinstance(challenge, str) else None
    except ValueError:  # no base64, no JSON
        return None


def _read(answer: str) -> JsonObject | None:
    """Return a browser's answer as JSON; None for what is none, or far too long."""
    if len(answer) > _ANSWER_CHARACTERS:
        return None
    try:
        read = orjson.loads(answer)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _rp_id(federation: Federation) -> str:
    """Return the host that passkeys are bound to: a browser offers them nowhere else."""
    return origin_of(federation.instance.origin).host


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"==")


def _bad_answer() -> InvalidInputError:
    return InvalidInputError("this is no answer to a challenge of ours", field="passkey")
