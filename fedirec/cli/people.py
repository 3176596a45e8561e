"""`fedirec follow` and `unfollow`: whom a member hears from."""

import argparse

from fedirec.cli.arguments import Commands, add_command, show


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    for name, run, says in (
        ("follow", _follow, "follow somebody, as a member"),
        ("unfollow", _unfollow, "stop following somebody, as a member"),
    ):
        parser = add_command(commands, name, run, says=says)
        parser.add_argument("name", metavar="NAME", help="the member who does it")
        parser.add_argument("handle", metavar="HANDLE", help="such as @bo@roofers.example")


async def _follow(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.following import follow

    async with open_here(needs_server=True) as federation:
        made = await follow(federation, arguments.name, arguments.handle)
        record = {"id": made.activity_id, "actor": made.followed_id, "state": made.state}
        text = f"{made.state}: {arguments.name} follows {made.followed_id} ({made.activity_id})"
        show(arguments, record, text)


async def _unfollow(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.following import unfollow

    async with open_here(needs_server=True) as federation:
        await unfollow(federation, arguments.name, arguments.handle)
        record = {"id": federation.instance.member_id(arguments.name), "handle": arguments.handle}
        show(arguments, record, f"{arguments.name} no longer follows {arguments.handle}")
