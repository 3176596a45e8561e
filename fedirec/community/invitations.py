"""Invitations: links with which somebody joins, once, within some days (AC-12).

A keeper makes them, sees who came by them, and can take them back; the token is shown once, in the
link. The commands also make links for members who are here already and have no password yet.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fedirec.community.keepers import check_keeper, is_registration_open, record
from fedirec.community.secret_texts import digest_of, make_secret
from fedirec.domain.handles import check_member_name
from fedirec.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import actors, invites, members, passwords
from fedirec.storage.database import Page, Reader, Transaction
from fedirec.storage.invites import Invite

DAYS: Final = 7
MOST_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeInvite:
    """A new invitation and its link, which nobody sees a second time."""

    invite: Invite
    link: str


async def create_invite(
    federation: Federation, *, by: str | None = None, for_name: str | None = None, days: int = DAYS
) -> MadeInvite:
    """Invite somebody, who may choose a name, or has to take `for_name`.

    `by` is the keeper who invites, None for the commands. These may also name a member who has no
    password yet: then the link lets that member choose one. Raises InvalidInputError with field
    `name` or `days`, ConflictError for a name that is taken, ForbiddenError when `by` is no keeper.
    """
    if not 1 <= days <= MOST_DAYS:
        message = f"an invitation lasts 1 to {MOST_DAYS} days, not {days}"
        raise InvalidInputError(message, field="days")
    if for_name is not None:
        check_member_name(for_name)
    token, now = make_secret(federation), federation.now()
    async with federation.database.transaction() as transaction:
        await check_keeper(transaction, by)
        is_claim = for_name is not None and await _is_claim(transaction, federation, for_name, by)
        invite = Invite(
            id=federation.mint().ulid(),
            made_by=by,
            for_name=for_name,
            is_claim=is_claim,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        await invites.insert_invite(transaction, invite, digest_of(token))
        await record(transaction, federation, by, "invite.create", invite.id, for_name=for_name)
    return MadeInvite(invite=invite, link=f"{federation.instance.origin}/join/{token}")


async def _is_claim(
    transaction: Transaction, federation: Federation, name: str, by: str | None
) -> bool:
    """Return whether a member by this name waits for a password; raise if the name is taken."""
    member = await members.find_member(transaction, name)
    if member is not None and member.disabled_at is None and by is None:
        if await passwords.find_hash(transaction, name) is None:
            return True
        message = f"{name} has a password: `fedirec member reset {name}` makes a link for another"
        raise ConflictError(message)
    actor_id = federation.instance.member_id(name)
    if member is not None or await actors.find_actor(transaction, actor_id) is not None:
        message = f"the name {name} is or was taken; choose another"
        raise ConflictError(message)
    return False


async def find_invite(reader: Reader, federation: Federation, token: str) -> Invite:
    """Return the invitation of a link.

    Raises NotFoundError for one that opens nothing (used, revoked, too old or never made look
    alike), ForbiddenError while no keeper looks after the guild.
    """
    invite = await invites.find_open_invite(reader, digest_of(token), federation.now())
    if invite is None:
        message = "this invitation was used, taken back, is too old, or never was; ask for another"
        raise NotFoundError(message)
    if not invite.is_claim and not await is_registration_open(reader, federation):
        message = (
            "nobody can join now: no keeper of this guild was here for seven days; it opens again "
            "once one signs in"
        )
        raise ForbiddenError(message)
    return invite


async def list_invites(
    federation: Federation, *, before: str | None = None, limit: int = 50
) -> Page[Invite]:
    """Return all invitations, the newest first: who made them, until when, and who came."""
    async with federation.database.reading() as reader:
        return await invites.list_invites(reader, before=before, limit=limit)


async def revoke_invite(federation: Federation, id_: str, *, by: str | None = None) -> None:
    """Take an invitation back that was not used.

    Raises NotFoundError when there is none to take back, ForbiddenError when `by` is no keeper.
    """
    async with federation.database.transaction() as transaction:
        await check_keeper(transaction, by)
        if not await invites.revoke_invite(transaction, id_, federation.now()):
            message = f"there is no invitation {id_} to take back: see `fedirec member invites`"
            raise NotFoundError(message)
        await record(transaction, federation, by, "invite.revoke", id_)
