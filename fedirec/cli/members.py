"""`fedirec member`: who is in the guild."""

import argparse
import sys
from typing import TYPE_CHECKING

from fedirec.cli import invites
from fedirec.cli.arguments import Commands, add_command, add_group, show

if TYPE_CHECKING:
    from fedirec.federation.context import Federation
    from fedirec.storage.members import Member

ENDORSED_BY = ("anyone", "followers", "nobody")  # as community.profiles.EndorsedBy


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    group = add_group(commands, "member", says="look after the guild's members")
    parser = add_command(group, "add", _add, says="let somebody in")
    parser.add_argument("name", metavar="NAME", help="1 to 30 of a-z, 0-9 and _; never given twice")
    parser.add_argument("--display-name", metavar="T", help="what people call them")
    parser.add_argument("--admin", action="store_true", help="they look after the guild too")
    parser.add_argument(
        "--password-stdin", action="store_true", help="read their password from standard input"
    )
    add_command(group, "list", _list, says="list members by name")
    parser = add_command(group, "disable", _disable, says="end somebody's membership")
    parser.add_argument("name", metavar="NAME")
    parser = add_command(group, "token", _token, says="print a bearer token, once")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--scope", metavar="S", default="read,write", help="read, write or both (read,write)"
    )
    parser = add_command(
        group, "rotate-keys", _rotate_keys, says="give a member, or the guild, new keys"
    )
    parser.add_argument("name", metavar="NAME", help="a member's name or the guild's own")
    _add_set(group)
    invites.add_commands(group)


def _add_set(group: "Commands[argparse.ArgumentParser]") -> None:
    parser = add_command(
        group, "set", _set, says="change how a member is shown, and who may ask them"
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--display-name", metavar="T", help="what people call them")
    parser.add_argument("--summary", metavar="T", help="a few words about them; '' for none")
    parser.add_argument(
        "--network", choices=("shown", "hidden"), help="whether all see whom they follow"
    )
    parser.add_argument(
        "--listing", choices=("shown", "hidden"), help="whether all find them among the members"
    )
    parser.add_argument(
        "--endorsed-by", choices=ENDORSED_BY, help="who may offer them an endorsement"
    )


async def _add(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.membership import add_member
    from fedirec.community.passwords import check_new_password, set_password

    password = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else None
    async with open_here() as federation:
        if password is not None:
            check_new_password(federation, arguments.name, password)
        member = await add_member(
            federation,
            arguments.name,
            display_name=arguments.display_name,
            is_admin=arguments.admin,
        )
        if password is not None:
            await set_password(federation, member.name, password)
        _show(arguments, federation, member)


async def _list(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.storage.members import list_members

    async with open_here() as federation:
        async with federation.database.reading() as reader:
            members = await list_members(reader)
        for member in members:
            _show(arguments, federation, member)


async def _disable(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.membership import disable_member

    async with open_here() as federation:
        await disable_member(federation, arguments.name)
        actor_id = federation.instance.member_id(arguments.name)
        show(arguments, {"id": actor_id, "name": arguments.name}, f"{arguments.name} is disabled")


async def _token(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.membership import make_token

    scopes = tuple(part.strip() for part in arguments.scope.split(",") if part.strip())
    async with open_here() as federation:
        token = await make_token(federation, arguments.name, scopes)
        actor_id = federation.instance.member_id(arguments.name)
        show(arguments, {"id": actor_id, "token": token, "scopes": scopes}, token)


async def _rotate_keys(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here, the_member
    from fedirec.community.membership import rotate_keys

    async with open_here(needs_server=True) as federation:
        if arguments.name == federation.instance.guild_name:
            actor_id = federation.instance.guild_id
        else:
            actor_id = (await the_member(federation, arguments.name)).actor_id
        await rotate_keys(federation, actor_id)
        text = f"{arguments.name} has new keys; the old ones sign the news, and then nothing"
        show(arguments, {"id": actor_id, "name": arguments.name}, text)


async def _set(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here, the_member
    from fedirec.community.membership import choose_listing
    from fedirec.community.profiles import EndorsedBy, amend_profile
    from fedirec.errors import InvalidInputError

    options = ("display_name", "summary", "network", "listing", "endorsed_by")
    if all(getattr(arguments, option) is None for option in options):
        names = ", ".join(f"--{option.replace('_', '-')}" for option in options)
        message = f"say what to change, one or more of {names}"
        raise InvalidInputError(message)
    async with open_here(needs_server=True) as federation:
        if arguments.listing:
            await choose_listing(federation, arguments.name, arguments.listing == "shown")
        actor = await amend_profile(
            federation,
            arguments.name,
            display_name=arguments.display_name,
            summary=arguments.summary,
            shows_network=arguments.network and arguments.network == "shown",
            endorsed_by=arguments.endorsed_by and EndorsedBy(arguments.endorsed_by),
        )
        member = await the_member(federation, arguments.name)
        record = {
            "id": actor.id,
            "name": member.name,
            "display_name": actor.display_name,
            "summary": actor.summary,
            "shows_network": member.shows_network,
            "is_listed": member.is_listed,
            "can_endorse": actor.can_endorse,
        }
        show(arguments, record, f"{actor.display_name} is shown anew; followers are told")


def _show(arguments: argparse.Namespace, federation: "Federation", member: "Member") -> None:
    handle = f"@{member.name}@{federation.instance.domain}"
    record = {
        "id": member.actor_id,
        "name": member.name,
        "handle": handle,
        "is_admin": member.is_admin,
        "created_at": member.created_at,
        "disabled_at": member.disabled_at,
    }
    marks = " admin" * member.is_admin + " disabled" * (member.disabled_at is not None)
    show(arguments, record, f"{handle}  {member.actor_id}{marks}")
