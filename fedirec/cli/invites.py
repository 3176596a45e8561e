"""`fedirec member invite` and the like: who may come in, come back, and keep the guild."""

import argparse
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fedirec.storage.invites import Invite

DAYS = 7  # as community.invitations.DAYS


def add_commands(group: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file, in the group `member`."""
    parser = add_command(group, "invite", _invite, says="print a link with which somebody joins")
    parser.add_argument(
        "--for", dest="for_name", metavar="NAME", help="the name they have to take; or a member's"
    )
    parser.add_argument(
        "--days", metavar="N", type=int, default=DAYS, help=f"how long it can be used ({DAYS})"
    )
    add_command(group, "invites", _invites, says="list invitations, the newest first")
    parser = add_command(group, "uninvite", _uninvite, says="take an invitation back")
    parser.add_argument("id", metavar="ID", help="as `fedirec member invites` lists it")
    for name, run, says in (
        ("reset", _reset, "print a link with which a member chooses a new password"),
        ("reset-2fa", _reset_factors, "take a member's second factors away, who lost them"),
        ("promote", _promote, "make a member a keeper of the guild"),
        ("demote", _demote, "make a keeper a member like others"),
    ):
        parser = add_command(group, name, run, says=says)
        parser.add_argument("name", metavar="NAME")


async def _invite(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.invitations import create_invite

    async with open_here() as federation:
        made = await create_invite(federation, for_name=arguments.for_name, days=arguments.days)
        show(arguments, {**_record(made.invite), "link": made.link}, made.link)


async def _invites(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.invitations import list_invites

    async with open_here() as federation:
        before, is_more = None, True
        while is_more:
            page = await list_invites(federation, before=before)
            for invite in page.items:
                show(arguments, _record(invite), _line(invite))
            before, is_more = page.next_cursor, page.next_cursor is not None


async def _uninvite(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.invitations import revoke_invite

    async with open_here() as federation:
        await revoke_invite(federation, arguments.id)
        show(arguments, {"id": arguments.id}, f"nobody can use the invitation {arguments.id}")


async def _reset(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.passwords import make_reset_link

    async with open_here() as federation:
        link = await make_reset_link(federation, arguments.name)
        actor_id = federation.instance.member_id(arguments.name)
        show(arguments, {"id": actor_id, "name": arguments.name, "link": link}, link)


async def _reset_factors(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.second_factors import reset_factors

    async with open_here() as federation:
        await reset_factors(federation, arguments.name)
        actor_id = federation.instance.member_id(arguments.name)
        text = f"{arguments.name} has no second factor, and signs in anew by password"
        show(arguments, {"id": actor_id, "name": arguments.name}, text)


async def _promote(arguments: argparse.Namespace) -> None:
    await _set_admin(arguments, is_admin=True)


async def _demote(arguments: argparse.Namespace) -> None:
    await _set_admin(arguments, is_admin=False)


async def _set_admin(arguments: argparse.Namespace, *, is_admin: bool) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.keepers import set_admin

    async with open_here() as federation:
        await set_admin(federation, arguments.name, is_admin)
        actor_id = federation.instance.member_id(arguments.name)
        record = {"id": actor_id, "name": arguments.name, "is_admin": is_admin}
        role = "keeps the guild" if is_admin else "is a member like others"
        show(arguments, record, f"{arguments.name} {role}, and signs in anew")


def _record(invite: "Invite") -> "Mapping[str, object]":
    return {
        "id": invite.id,
        "made_by": invite.made_by,
        "for_name": invite.for_name,
        "created_at": invite.created_at,
        "expires_at": invite.expires_at,
        "revoked_at": invite.revoked_at,
        "used_by": invite.used_by,
        "used_at": invite.used_at,
    }


def _line(invite: "Invite") -> str:
    whose = f" for {invite.for_name}" if invite.for_name else ""
    made = f"{invite.id}{whose}, made by {invite.made_by or 'a command'}"
    if invite.used_by is not None:
        return f"{made}, used by {invite.used_by}"
    if invite.revoked_at is not None:
        return f"{made}, taken back"
    return f"{made}, until {invite.expires_at:%Y-%m-%d %H:%M} UTC"
