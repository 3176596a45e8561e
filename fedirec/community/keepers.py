"""Keepers: who they are, what they need before they may act, and the log of what they did (AC-12).

Whoever acts by the commands is at the machine itself, has no name there, and needs no factor.
"""

from datetime import timedelta
from typing import Final

from fedirec.errors import ConflictError, ForbiddenError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import admin_acts, members, turns
from fedirec.storage.access import end_access, take_account
from fedirec.storage.admin_acts import AdminAct
from fedirec.storage.database import Page, Reader, Transaction
from fedirec.storage.members import Member
from fedirec.storage.sessions import Session

KEEPER_ABSENCE: Final = timedelta(days=7)


def is_keeper_ready(session: Session) -> bool:
    """Return whether a session may act as a keeper's: theirs, and a second factor was shown."""
    return session.is_admin and session.is_strong


async def is_registration_open(reader: Reader, federation: Federation) -> bool:
    """Return whether somebody looks after the guild: a keeper was here in the last seven days."""
    return await admin_acts.was_keeper_here(reader, federation.now() - KEEPER_ABSENCE)


async def check_keeper(reader: Reader, by: str | None) -> None:
    """Raise ForbiddenError unless `by` is a keeper now; None stands for the commands."""
    if by is None:
        return
    member = await members.find_member(reader, by)
    if member is None or not member.is_admin or member.disabled_at is not None:
        message = f"{by} does not keep this guild"
        raise ForbiddenError(message)


async def record(
    transaction: Transaction,
    federation: Federation,
    by: str | None,
    act: str,
    subject: str,
    **detail: object,
) -> None:
    """Write down what a keeper did, in the transaction that does it."""
    made = AdminAct(
        id=federation.mint().ulid(),
        acted_at=federation.now(),
        actor_name=by,
        act=act,
        subject=subject,
        detail=detail,
    )
    await admin_acts.record_act(transaction, made)


async def list_acts(
    federation: Federation, *, before: str | None = None, limit: int = 50
) -> Page[AdminAct]:
    """Return what keepers did, the newest first."""
    async with federation.database.reading() as reader:
        return await admin_acts.list_acts(reader, before=before, limit=limit)


async def set_admin(
    federation: Federation,
    name: str,
    is_admin: bool,  # noqa: FBT001 - the value itself
    *,
    by: str | None = None,
) -> None:
    """Make a member a keeper, or no keeper any more; they have to sign in anew.

    Raises NotFoundError for no such member, ForbiddenError when `by` is no keeper, or the member is
    disabled, ConflictError for the last keeper there is.
    """
    async with federation.database.transaction() as transaction:
        await turns.wait(transaction, "keepers")
        await take_account(transaction, name)
        await check_keeper(transaction, by)
        member = await get_member(transaction, name)
        if member.disabled_at is not None:
            message = f"{name} is disabled, and acts no more"
            raise ForbiddenError(message)
        if member.is_admin == is_admin:
            return
        if not is_admin:
            await check_not_last(transaction, member)
        await members.set_admin(transaction, name, is_admin)
        await end_access(transaction, name, federation.now())
        act = "member.promote" if is_admin else "member.demote"
        await record(transaction, federation, by, act, name)
    federation.memory.forget()


async def check_not_last(transaction: Transaction, member: Member) -> None:
    """Raise ConflictError for the last keeper; who calls this has taken the turn `keepers`."""
    if member.is_admin and await members.count_admins(transaction) <= 1:
        message = f"{member.name} is the last keeper: make somebody else one first"
        raise ConflictError(message)


async def get_member(reader: Reader, name: str) -> Member:
    """Return a member, disabled or not; raises NotFoundError for nobody."""
    member = await members.find_member(reader, name)
    if member is None:
        message = f"there is no member called {name}: see `fedirec member list`"
        raise NotFoundError(message)
    return member
