"""Joining by an invitation: a name, a password, and the first session, all at once or nothing.

What costs time is done first: the password is hashed and the keys are made before the transaction
that uses the invitation up, makes the member, and signs them in (AC-12).
"""

import asyncio
from dataclasses import dataclass

from fedirec.community.attempts import Kind, Visitor, count_attempt, forgive, instance_secret
from fedirec.community.invitations import find_invite
from fedirec.community.keepers import get_member
from fedirec.community.membership import NewMember, generate_key_pair, insert_member
from fedirec.community.passwords import check_new_password, hash_password
from fedirec.community.signing_in import SignedIn, plain_name, start_session
from fedirec.domain.handles import check_member_name
from fedirec.errors import ConflictError, InvalidInputError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import invites, passwords
from fedirec.storage.access import take_account
from fedirec.storage.database import Transaction
from fedirec.storage.invites import Invite
from fedirec.storage.members import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What somebody who joins fills in; `display_name` may be empty.

    `is_listed`: everybody may find them among the members, which nobody does by default (PA-09).
    """

    name: str
    display_name: str
    password: str
    is_listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A new member, and the session they are signed in with."""

    member: Member
    signed_in: SignedIn


async def join(federation: Federation, token: str, newcomer: Newcomer, visitor: Visitor) -> Joined:
    """Let somebody in by an invitation, and sign them in.

    Raises NotFoundError and ForbiddenError as `invitations.find_invite`, InvalidInputError with
    field `name` or `password`, ConflictError for a name that is or was taken: then the invitation
    can still be used.
    """
    name = plain_name(federation, newcomer.name)
    attempt = await count_attempt(federation, Kind.JOINING, None, visitor)
    async with federation.database.reading() as reader:
        invite = await find_invite(reader, federation, token)
    _check_name(invite, name)
    federation.space.check()
    hash_ = await hash_password(federation, check_new_password(federation, name, newcomer.password))
    pair = None if invite.is_claim else await asyncio.to_thread(generate_key_pair)
    secret = await instance_secret(federation)
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await take_account(transaction, name)
        await find_invite(transaction, federation, token)
        if not await invites.take_invite(transaction, invite.id, name, now):
            message = "somebody else used this invitation just now; ask for another"
            raise NotFoundError(message)
        if pair is None:
            member = await _claim(transaction, name)
        else:
            new = NewMember(
                name=name,
                display_name=newcomer.display_name,
                is_listed=newcomer.is_listed,
            )
            member = await insert_member(transaction, federation, new, pair)
        await passwords.set_hash(transaction, name, hash_, now=now)
        await forgive(transaction, attempt)
        signed_in = await start_session(
            transaction, federation, name, visitor, secret=secret, is_strong=False
        )
    return Joined(member=member, signed_in=signed_in)


def _check_name(invite: Invite, name: str) -> None:
    check_member_name(name)
    if invite.for_name not in {None, name}:
        message = f"this invitation is for the name {invite.for_name}"
        raise InvalidInputError(message, field="name")


async def _claim(transaction: Transaction, name: str) -> Member:
    """Return a member who is here already and has no password yet."""
    if await passwords.find_hash(transaction, name) is not None:
        message = f"{name} has a password already: sign in with it"
        raise ConflictError(message)
    return await get_member(transaction, name)
