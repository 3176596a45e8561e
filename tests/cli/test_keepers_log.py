"""What keepers do by commands is in the log of what keepers did, without a name."""

import asyncio

from fedirec.cli.opening import open_here
from fedirec.storage.admin_acts import list_acts


async def acts() -> list[tuple[str | None, str, str]]:
    async with open_here() as federation, federation.database.reading() as reader:
        page = await list_acts(reader, before=None, limit=50)
    return [(act.actor_name, act.act, act.subject) for act in reversed(page.items)]


def test_blocking_allowing_forgetting_and_steering_are_written_down(guild):
    before = len(asyncio.run(acts()))

    guild.done("peer", "block", "bad.example", "--reason", "spam")
    guild.done("peer", "allow", "bad.example")
    guild.done("peer", "forget", "bad.example")
    guild.done("queue", "flush", "--all")
    guild.done("queue", "cancel", "--host", "bad.example")

    assert asyncio.run(acts())[before:] == [
        (None, "block.add", "bad.example"),
        (None, "peer.allow", "bad.example"),
        (None, "peer.forget", "bad.example"),
        (None, "queue.flush", ""),
        (None, "queue.cancel", "bad.example"),
    ]
