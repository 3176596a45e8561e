"""Every input of the fediverse-pasture is read or refused cleanly, by the real inbox too."""

import re
from pathlib import Path
from typing import Final

import pytest

from fedirec import errors
from fedirec.activitypub.notes import parse_note
from fedirec.activitypub.parse import parse_activity
from fedirec.domain.limits import Limits
from fedirec.errors import MalformedActivityError
from fedirec.storage.database import Row
from tests.fediverse import Home, eventually, running
from tests.peers import Peer, PeerActor

PAYLOADS: Final = Path(__file__).parents[1] / "payloads" / "pasture"
INPUTS: Final = tuple(sorted(path.stem for path in PAYLOADS.glob("*.json")))
NO_POST: Final = {
    "necessary_properties_1": "it has no id",
    "necessary_properties_3": "nobody wrote it",
    "necessary_properties_4": "it has no type",
    "object_types_7": "a Place",
    "object_types_8": "a Profile",
    "object_types_9": "a Relationship",
    "object_types_10": "a Tombstone",
    "object_types_13": "it has no type",
}
FORBIDDEN: Final = {
    "necessary_properties_1": "an object without id is not on its author's server",
    "necessary_properties_3": "an object of nobody is not the author's own",
}
LIMITS: Final = {
    "requests_per_actor_minute": 10_000,
    "requests_per_host_minute": 10_000,
    "requests_per_unknown_host_minute": 10_000,
}
OURS: Final = re.compile(rf"({'|'.join(name for name in dir(errors) if name.endswith('Error'))}): ")


def test_the_inputs_are_all_here():
    assert len(INPUTS) == 262


@pytest.mark.parametrize("name", [name for name in INPUTS if name not in NO_POST])
def test_a_post_from_the_pasture_is_read(name):
    activity = parse_activity((PAYLOADS / f"{name}.json").read_bytes(), limits=Limits())

    assert activity.object_ is not None
    note = parse_note(activity.object_, limits=Limits())
    assert note.attributed_to == activity.actor == "https://pasture.example/actor"
    assert "<script" not in note.content


@pytest.mark.parametrize("name", NO_POST)
def test_what_is_no_post_is_refused_cleanly(name):
    activity = parse_activity((PAYLOADS / f"{name}.json").read_bytes(), limits=Limits())

    assert activity.object_ is not None
    with pytest.raises(MalformedActivityError):
        parse_note(activity.object_, limits=Limits())


def sent_by(actor: PeerActor, to: str, name: str) -> bytes:
    """The bytes of an input as if the pasture were this actor, and wrote to `to`."""
    text = (PAYLOADS / f"{name}.json").read_text(encoding="utf-8")
    text = text.replace("https://pasture.example/actor", actor.id)
    text = text.replace("https://pasture.example", actor.peer.origin)
    return text.replace("https://remote.example/actor", to).encode()


async def all_settled(home: Home) -> list[Row]:
    """Wait until nothing that came is due any more; what waits for a host that is away may."""

    async def look() -> list[Row] | None:
        async with home.federation.database.reading() as reader:
            rows = await reader.fetch_all(
                "select activity_key, state, last_class, last_detail from received"
            )
        return None if {row["state"] for row in rows} & {"due", "leased"} else list(rows)

    return await eventually(look, expecting="the handling of all that came")


async def test_every_input_passes_the_real_inbox_or_is_refused_cleanly(tmp_path):
    async with running(tmp_path, limits=LIMITS) as home, Peer() as peer:
        await home.add("carol")
        actor = peer.add_actor("actor")

        statuses = {
            name: await actor.post(
                f"{home.id('carol')}/inbox", sent_by(actor, home.id("carol"), name)
            )
            for name in INPUTS
        }
        rows = await all_settled(home)

    refused = {name: status for name, status in statuses.items() if status != 202}
    assert refused == dict.fromkeys(FORBIDDEN, 403)
    unforeseen = {
        str(row["activity_key"]): row["last_detail"]
        for row in rows
        if row["last_class"] == "error" and not OURS.match(str(row["last_detail"]))
    }
    assert unforeseen == {}
    assert len(rows) == sum(status == 202 for status in statuses.values())
