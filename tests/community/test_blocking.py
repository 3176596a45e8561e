"""Whom a member blocks, they hear nothing of: neither in the inbox nor among notifications."""

from typing import Any

import pytest

from fedirec.storage import inboxes, notifications
from tests.community.client import PUBLIC, note
from tests.fediverse import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def heard(home, client, actor_id) -> list[Any]:
    """What a member's inbox and notifications hold of somebody: types and kinds."""
    async with home.federation.database.reading() as reader:
        inbox = await inboxes.list_inbox(reader, client.id, before=None, limit=100)
        notices = await notifications.list_notifications(reader, client.id, before=None, limit=100)
    return [
        *[item.activity_id for item in inbox.items if f'"{actor_id}"' in item.body],
        *[each.notice.kind for each in notices.items if each.notice.actor_id == actor_id],
    ]


async def is_settled(home, activity_id) -> bool:
    """Whether an activity that came was dealt with."""
    async with home.federation.database.reading() as reader:
        row = await reader.fetch_one(
            "select state from received where activity_key = :id or activity_key like :signed",
            {"id": activity_id, "signed": f"{activity_id} signed %"},
        )
    return row is not None and row["state"] in {"handled", "ignored"}


def things_to_say(dan, ada, note_id) -> dict[str, dict[str, Any]]:
    """What somebody may do to a note and its author."""
    said = {
        "type": "Note",
        "attributedTo": dan.id,
        "content": "<p>Well.</p>",
        "to": [PUBLIC],
        "cc": [ada.id],
    }
    reply = said | {"id": f"{dan.peer.origin}/notes/1", "inReplyTo": note_id}
    mention = said | {
        "id": f"{dan.peer.origin}/notes/2",
        "tag": [{"type": "Mention", "href": ada.id}],
    }
    audience = {"to": [PUBLIC], "cc": [ada.id]}
    return {
        "reply": dan.activity("Create", reply, **audience),
        "mention": dan.activity("Create", mention, **audience),
        "like": dan.activity("Like", note_id, to=[ada.id]),
        "boost": dan.activity("Announce", note_id, **audience),
        "follow": dan.activity("Follow", ada.id),
    }


@pytest.mark.spec("ActivityPub 6.9", level="SHOULD")
@pytest.mark.parametrize("kind", ["reply", "mention", "like", "boost", "follow"])
async def test_nothing_of_a_blocked_actor_is_heard(home, peer, ada, kind):
    dan = peer.add_actor("dan")
    made = await ada.do("Create", note(), to=[PUBLIC])
    await ada.do("Block", dan.id)

    activity = things_to_say(dan, ada, made["object"]["id"])[kind]
    assert await dan.post(f"{ada.id}/inbox", activity) == 202
    await eventually(lambda: is_settled(home, activity["id"]), expecting=f"the {kind}")

    assert await heard(home, ada, dan.id) == []


@pytest.mark.parametrize("kind", ["reply", "mention", "like", "boost", "follow"])
async def test_without_a_block_both_hold_it(home, peer, ada, kind):
    dan = peer.add_actor("dan")
    made = await ada.do("Create", note(), to=[PUBLIC])

    activity = things_to_say(dan, ada, made["object"]["id"])[kind]
    assert await dan.post(f"{ada.id}/inbox", activity) == 202
    await eventually(lambda: is_settled(home, activity["id"]), expecting=f"the {kind}")

    assert len(await heard(home, ada, dan.id)) >= 2


async def test_a_member_who_is_blocked_by_another_is_not_heard_by_them_alone(home, ada, ben):
    made = await ada.do("Create", note(), to=[PUBLIC])
    await ada.do("Block", ben.id)

    await ben.do("Like", made["object"]["id"])
    answer = note(PUBLIC, cc=[ada.id], inReplyTo=made["object"]["id"])
    await ben.do("Create", answer, to=[PUBLIC], cc=[ada.id])

    assert await heard(home, ada, ben.id) == []


async def test_a_block_by_one_member_is_no_block_by_another(home, peer, ada, ben):
    dan = peer.add_actor("dan")
    made = await ada.do("Create", note(), to=[PUBLIC])
    await ben.do("Block", dan.id)

    like = things_to_say(dan, ada, made["object"]["id"])["like"]
    await dan.post(f"{ada.id}/inbox", like)
    await eventually(lambda: is_settled(home, like["id"]), expecting="the like")

    assert await heard(home, ada, dan.id) != []
