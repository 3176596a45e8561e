"""`fedirec inbox`, `outbox` and `reached`: what a member was sent, what they sent, and to whom."""

import argparse
from collections.abc import Mapping

from fedirec.cli.arguments import Commands, add_command, show

SHOWN = 40
PAGE = 500


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    for name, run, says in (
        ("inbox", _inbox, "show what a member was sent, newest first"),
        ("outbox", _outbox, "show what a member sent, newest first"),
    ):
        parser = add_command(commands, name, run, says=says)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--limit", type=int, default=SHOWN, metavar="N", help=f"({SHOWN})")
    parser = add_command(
        commands, "reached", _reached, says="show how many servers got what a member sent"
    )
    parser.add_argument("name", metavar="NAME", help="who sent it, or an admin")
    parser.add_argument("id", metavar="ID", help="of an activity, or of what it is about")


async def _inbox(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here, the_member
    from fedirec.cli.paging import all_of
    from fedirec.storage.inboxes import list_inbox

    most = max(arguments.limit, 1)
    async with open_here() as federation:
        owner = (await the_member(federation, arguments.name)).actor_id
        async with federation.database.reading() as reader:
            async for item in all_of(
                lambda cursor: list_inbox(reader, owner, before=cursor, limit=most), most=most
            ):
                _show(arguments, item.activity_id or item.id, item.body)


async def _outbox(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here, the_member
    from fedirec.cli.paging import all_of
    from fedirec.storage.activities import list_outbox

    most = max(arguments.limit, 1)
    async with open_here() as federation:
        owner = (await the_member(federation, arguments.name)).actor_id
        async with federation.database.reading() as reader:
            async for item in all_of(
                lambda cursor: list_outbox(
                    reader, owner, public_only=False, before=cursor, limit=most
                ),
                most=most,
            ):
                _show(arguments, item.id, item.body)


async def _reached(arguments: argparse.Namespace) -> None:
    """Print the count, then every server that did not get it, with the reason."""
    from fedirec.cli.opening import open_here, the_member
    from fedirec.community.reach import find_reach

    async with open_here() as federation:
        member = await the_member(federation, arguments.name)
        found = await find_reach(federation, member, arguments.id, limit=PAGE)
        reach, page = found.reach, found.missing
        more = "; more are being added" if reach.is_spreading else ""
        record: dict[str, object] = {
            "id": arguments.id,
            "reached": reach.reached,
            "total": reach.total,
        }
        servers = "server" if reach.total == 1 else "servers"
        text = f"reached {reach.reached} of {reach.total} {servers}{more}"
        show(arguments, {**record, "is_spreading": reach.is_spreading}, text)
        while True:
            for each in page.items:
                record = {"id": each.host, "state": each.state, "reason": each.reason}
                show(arguments, record, f"  {each.host}: {each.reason}")
            if page.next_cursor is None:
                return
            found = await find_reach(
                federation, member, arguments.id, after=page.next_cursor, limit=PAGE
            )
            page = found.missing


def _show(arguments: argparse.Namespace, activity_id: str, body: str) -> None:
    """Print an activity: as it travelled, or as one line about it."""
    import json

    from fedirec.activitypub.content import plain_text

    activity = json.loads(body)
    object_ = activity.get("object")
    object_id = object_.get("id") if isinstance(object_, Mapping) else object_
    content = object_.get("content") if isinstance(object_, Mapping) else None
    words = " ".join(plain_text(content).split()) if isinstance(content, str) else ""
    when = str(activity.get("published", ""))[:16].replace("T", " ")
    kind, actor = activity.get("type"), activity.get("actor")
    text = f"{when:16}  {kind} by {actor}: {object_id or activity_id}"
    show(arguments, {"id": activity_id} | activity, f"{text}\n  {words}" if words else text)
