"""A client writes to people whom nobody here has met: they are looked up, or it is refused."""

from typing import Any

import pytest

from tests.community.client import PUBLIC, note
from tests.fediverse import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def creates_at(peer) -> dict[str, Any]:
    """Wait until a peer got a Create, and return it."""

    async def look():
        return next((p.json() for p in peer.posts if p.json()["type"] == "Create"), None)

    return await eventually(look, expecting="the Create")


@pytest.mark.spec("ActivityPub 6", level="MUST")
async def test_what_is_copied_to_somebody_never_met_is_delivered(home, peer, ada):
    dan = peer.add_actor("dan")

    made = await ada.do("Create", note(PUBLIC), cc=[dan.id])

    create = await creates_at(peer)
    assert create["id"] == made["id"]
    assert create["cc"] == [dan.id]


@pytest.mark.spec("ActivityPub 6", level="MUST")
@pytest.mark.parametrize("member_", ["bto", "bcc"])
async def test_whoever_gets_a_blind_copy_need_not_be_known_either(home, peer, ada, member_):
    dan = peer.add_actor("dan")

    await ada.do("Create", note(ada.followers), to=[ada.followers], **{member_: [dan.id]})

    create = await creates_at(peer)
    assert dan.id not in str(create)


@pytest.mark.parametrize("member_", ["to", "bcc"])
@pytest.mark.parametrize(("origin_says", "status"), [(404, 404), (410, 410), (503, 503)])
async def test_who_cannot_be_found_is_said_and_nothing_is_written(
    home, peer, ada, member_, origin_says, status
):
    peer.answers("/users/nobody", origin_says)
    missing = f"{peer.origin}/users/nobody"

    seen = await ada.post({"type": "Create", "object": note(ada.id), member_: [missing]})

    assert seen.status == status
    assert seen.document != {}
    page = await ada.get(f"{ada.id}/outbox?page=true")
    assert page["orderedItems"] == []
    assert [post for post in peer.posts if b"Create" in post.body] == []
