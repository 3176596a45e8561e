"""Writes every input of fediverse-pasture-inputs to a folder, one activity a file.

Each is the Create that the pasture itself would send, to `https://remote.example/actor`. Ids and
dates, which the pasture draws afresh each time, are made the same every time; its own host, a bare
name of its network, and the account of a person are written as examples. Run with the Python of the
environment beside this file, in a folder that may be written to; what it wrote is in
tests/payloads/pasture/.

usage: write_inputs.py FOLDER
"""

# what it imports is in another environment
# mypy: ignore-errors

import asyncio
import json
import sys
from pathlib import Path

from bovine.activitystreams import Actor
from fediverse_pasture.runner import ActivitySender
from fediverse_pasture_inputs import available

ORIGIN = "https://pasture.example"
ACTOR = f"{ORIGIN}/actor"
REMOTE = "https://remote.example/actor"
WRITTEN_INSTEAD = {
    "http://pasture-one-actor": ORIGIN,
    "the_milkman": "milkman",
    "mastodon.social": "mastodon.example",
}
PUBLISHED = "2026-01-05T00:00:00Z"


class Recipient:
    """Stands where the sender has its network: says where the inbox is, and keeps what it gets."""

    def __init__(self):
        self.posted = None

    async def get(self, target):
        """Answer the lookup of the recipient."""
        return {"id": target, "inbox": f"{target}/inbox"}

    async def post(self, _inbox, activity):
        """Keep the activity."""
        self.posted = activity


async def activity_of(name, example):
    """Return the Create for one input, as it goes over the wire."""
    recipient = Recipient()
    actor = Actor(id=ACTOR, inbox=f"{ACTOR}/inbox", outbox=f"{ACTOR}/outbox")
    sender = ActivitySender.for_actor(recipient, actor)
    sender.sleep_after_getting_inbox = False
    sender.make_id = lambda activity=False: (
        f"{ORIGIN}/{'activity' if activity else 'object'}/{name}"
    )

    def modify(note):
        return {**note, "published": PUBLISHED, **example}

    sender.init_create_note(modify)
    await sender.send(REMOTE)
    to = sorted(recipient.posted["to"])  # it was a set
    return {**recipient.posted, "to": to, "published": PUBLISHED}


async def write(folder):
    """Write them all; the names are those of the pasture, numbered from 0."""
    folder.mkdir(parents=True, exist_ok=True)
    for group, inputs in sorted(available.items()):
        for number, example in enumerate(inputs.examples):
            name = f"{group}_{number}"
            activity = await activity_of(name, example)
            text = json.dumps(activity, indent=2, ensure_ascii=False)
            for found, instead in WRITTEN_INSTEAD.items():
                text = text.replace(found, instead)
            (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
