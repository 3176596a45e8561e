"""ActivityPub's client side (§6), act by act, as any application does it."""

from typing import Any

import pytest

from fedirec.storage import blocks, follows
from tests.community.client import PUBLIC, endorsement_of, note
from tests.fediverse import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def posts_to(peer, number=1) -> list[Any]:
    """Wait until a peer has got so many posts, and return them."""

    async def look():
        return peer.posts if len(peer.posts) >= number else None

    return [post.json() for post in await eventually(look, expecting=f"{number} posts")]


async def is_following(home, follower, followed) -> bool:
    """Whether somebody follows somebody, accepted."""
    async with home.federation.database.reading() as reader:
        return await follows.is_follower(reader, follower=follower, followed=followed)


@pytest.mark.spec("ActivityPub 6.2.1", level="MUST")
async def test_an_object_alone_is_wrapped_in_a_create_with_its_audience(home, ada, ben):
    seen = await ada.post(note(PUBLIC, cc=[ben.id]))

    made = await ada.get(str(seen.location))
    assert (made["type"], made["actor"]) == ("Create", ada.id)
    assert (made["to"], made["cc"]) == ([PUBLIC], [ben.id])
    assert (made["object"]["to"], made["object"]["cc"]) == ([PUBLIC], [ben.id])
    assert made["object"]["attributedTo"] == ada.id


@pytest.mark.spec("ActivityPub 6", level="MUST")
async def test_ids_that_the_client_made_are_ignored(home, ada):
    chosen = {"id": "https://elsewhere.example/1"}

    made = await ada.do("Create", note(**chosen), to=[PUBLIC], **chosen)

    assert str(made["id"]).startswith(f"{home.origin}/activities/")
    assert made["object"]["id"].startswith(f"{home.origin}/notes/")
    assert (await home.get(made["object"]["id"]))[0] == 200


@pytest.mark.spec("ActivityPub 6.2", level="SHOULD")
async def test_the_audiences_of_a_create_and_its_object_are_joined(home, ada, ben):
    made = await ada.do("Create", note(PUBLIC), to=[ben.id], audience=[ada.followers])

    assert made["to"] == made["object"]["to"] == [ben.id, PUBLIC]
    assert made["cc"] == made["object"]["cc"] == [ada.followers]


@pytest.mark.spec("ActivityPub 6", level="MUST")
@pytest.mark.parametrize("where", ["activity", "object"])
@pytest.mark.parametrize("member_", ["bto", "bcc"])
async def test_bto_and_bcc_are_delivered_to_and_shown_nowhere(home, peer, ada, where, member_):
    dan = peer.add_actor("dan")
    await ada.do("Follow", dan.id)
    await posts_to(peer)
    hidden = {member_: [dan.id]}
    inner = note(PUBLIC, **(hidden if where == "object" else {}))

    made = await ada.do("Create", inner, to=[PUBLIC], **(hidden if where == "activity" else {}))

    _follow, create = await posts_to(peer, 2)
    assert create["id"] == made["id"]
    for shown in (create, made, (await home.get(made["object"]["id"]))[1]):
        assert "bto" not in str(shown)
        assert "bcc" not in str(shown)
        assert dan.id not in str(shown)


async def test_what_a_client_writes_is_made_safe_in_every_language(home, ada):
    bad = '<p onclick="x()">Hello<script>alert(1)</script></p>'

    made = await ada.do("Create", note(content=bad, contentMap={"en": bad}), to=[PUBLIC])

    written = made["object"]
    assert written["content"] == written["contentMap"]["en"]
    assert "script" not in str(written)
    assert "onclick" not in str(written)


@pytest.mark.spec("ActivityPub 6.3", level="MUST")
async def test_an_update_changes_what_is_sent_removes_what_is_null_and_keeps_the_rest(home, ada):
    made = await ada.do("Create", note(summary="evening", name="greeting"), to=[PUBLIC])
    before = made["object"]

    updated = await ada.do(
        "Update", {"id": before["id"], "content": "<p>Good night.</p>", "summary": None}
    )

    after = updated["object"]
    assert (after["content"], after["name"]) == ("<p>Good night.</p>", "greeting")
    assert "summary" not in after
    assert after["published"] == before["published"] < after["updated"]
    assert (after["to"], after["url"]) == (before["to"], before["url"])
    assert (await home.get(before["id"]))[1]["content"] == "<p>Good night.</p>"


@pytest.mark.spec("ActivityPub 6.4", level="SHOULD")
async def test_a_deleted_note_is_gone_and_its_tombstone_says_so(home, peer, ada):
    dan = peer.add_actor("dan")
    await ada.do("Follow", dan.id)
    await posts_to(peer)
    made = await ada.do("Create", note(PUBLIC), to=[PUBLIC], cc=[dan.id])
    await posts_to(peer, 2)

    await ada.do("Delete", made["object"]["id"])

    assert (await home.get(made["object"]["id"]))[0] == 410
    deleted = (await posts_to(peer, 3))[-1]
    assert (deleted["type"], deleted["object"]["type"]) == ("Delete", "Tombstone")
    again = await ada.post({"type": "Delete", "object": made["object"]["id"]})
    assert again.status == 404


@pytest.mark.spec("ActivityPub 6.5", level="SHOULD")
async def test_a_follow_is_asked_for_and_undone(home, peer, ada, ben):
    dan = peer.add_actor("dan")

    made = await ada.do("Follow", dan.id)
    await ada.do("Follow", ben.id)
    assert await is_following(home, ada.id, ben.id)
    await ada.do("Undo", made["id"])

    follow, undo = await posts_to(peer, 2)
    assert (follow["type"], follow["object"]) == ("Follow", dan.id)
    assert (undo["type"], undo["object"]["id"]) == ("Undo", follow["id"])
    async with home.federation.database.reading() as reader:
        assert await follows.find_follow(reader, ada.id, dan.id) is None


@pytest.mark.spec("ActivityPub 6.8", level="SHOULD")
async def test_a_like_is_told_to_the_author_alone(home, peer, ada, ben):
    made = await ada.do("Create", note(), to=[PUBLIC])

    liked = await ben.do("Like", made["object"]["id"])

    assert liked["to"] == [ada.id]
    page = await ada.get(f"{ada.id}/inbox?page=true")
    assert liked["id"] in [item["id"] for item in page["orderedItems"]]
    undone = await ben.do("Undo", liked["id"])
    assert undone["object"]["id"] == liked["id"]


@pytest.mark.spec("ActivityPub 7.11", level="SHOULD")
async def test_a_public_note_is_boosted_and_no_other(home, ada, ben):
    public = await ada.do("Create", note(), to=[PUBLIC])
    private = await ada.do("Create", note(ben.id), to=[ben.id])

    boosted = await ben.do("Announce", public["object"]["id"])

    assert boosted["to"] == [PUBLIC]
    assert set(boosted["cc"]) == {ben.followers, ada.id}
    refused = await ben.post({"type": "Announce", "object": private["object"]["id"]})
    assert refused.status == 409
    undone = await ben.do("Undo", boosted["id"])
    assert (undone["to"], undone["type"]) == ([PUBLIC], "Undo")


@pytest.mark.spec("ActivityPub 6.9", level="SHOULD")
async def test_a_block_cuts_follows_is_not_delivered_and_is_undone(home, peer, ada):
    dan = peer.add_actor("dan")
    made = await ada.do("Follow", dan.id)
    await posts_to(peer)
    assert await dan.post(f"{ada.id}/inbox", dan.activity("Accept", made["id"])) == 202
    await eventually(lambda: is_following(home, ada.id, dan.id), expecting="the Accept")

    blocked = await ada.do("Block", dan.id)

    assert not await is_following(home, ada.id, dan.id)
    async with home.federation.database.reading() as reader:
        assert await blocks.is_actor_blocked(reader, ada.id, dan.id)
    await ada.do("Undo", blocked["id"])
    async with home.federation.database.reading() as reader:
        assert not await blocks.is_actor_blocked(reader, ada.id, dan.id)
    assert [post["type"] for post in await posts_to(peer)] == ["Follow"]


@pytest.mark.spec("ActivityPub 6.6", level="SHOULD")
async def test_a_note_is_pinned_and_unpinned(home, ada):
    made = await ada.do("Create", note(), to=[PUBLIC])
    note_id, featured = made["object"]["id"], f"{ada.id}/featured"

    await ada.do("Add", note_id, target=featured)
    assert note_id in str((await home.get(featured))[1])
    await ada.do("Remove", note_id, target=featured)

    assert note_id not in str((await home.get(featured))[1])


async def test_an_endorsement_is_offered_answered_and_seen(home, ada, ben):
    offer = await ada.do("Offer", endorsement_of(ben.id))
    page = await ben.get(f"{ben.id}/inbox?page=true")
    note_id = offer["object"]["id"]
    assert (await home.get(note_id))[0] == 404

    accepted = await ben.do("Accept", offer["id"])

    assert (accepted["type"], accepted["object"]) == ("Accept", offer["id"])
    assert (await home.get(note_id))[0] == 200
    assert isinstance(page["orderedItems"], list)
    gone = await ada.do("Delete", note_id)
    assert gone["object"]["id"] == note_id
    assert (await home.get(note_id))[0] == 410


async def test_a_declined_offer_sends_nothing_and_is_seen_by_nobody(home, ada, ben):
    offer = await ada.do("Offer", endorsement_of(ben.id))

    seen = await ben.post({"type": "Reject", "object": offer["id"]})

    assert (seen.status, seen.location) == (201, offer["id"])
    assert (await home.get(offer["object"]["id"]))[0] == 404
    undone = await ada.do("Undo", offer["id"])
    assert undone["object"]["id"] == offer["id"]


@pytest.mark.spec("ActivityPub 5.2", level="MUST")
async def test_the_own_inbox_holds_what_others_sent(home, peer, ada):
    dan = peer.add_actor("dan")
    message = {
        "id": f"{peer.origin}/notes/1",
        "type": "Note",
        "attributedTo": dan.id,
        "content": "<p>For your eyes.</p>",
        "to": [ada.id],
    }
    assert await dan.post(f"{ada.id}/inbox", dan.activity("Create", message, to=[ada.id])) == 202

    async def look():
        page = await ada.get(f"{ada.id}/inbox?page=true")
        return [item for item in page["orderedItems"] if item["actor"] == dan.id] or None

    [item] = await eventually(look, expecting="the note in the inbox")
    assert item["object"]["content"] == "<p>For your eyes.</p>"


@pytest.mark.spec("ActivityPub 5.3", level="MUST")
async def test_followers_and_following_show_nothing_until_the_member_says_so(home, ada, ben):
    await ada.do("Follow", ben.id)
    collections = (f"{ada.id}/following", f"{ben.id}/followers")

    hidden = [(await home.get(url))[1] for url in collections]

    assert all("totalItems" not in found for found in hidden)
    assert ben.id not in str(hidden[0].get("first"))
    assert ada.id not in str(hidden[1].get("first"))


@pytest.mark.spec("ActivityPub 7.1", level="MUST")
async def test_somebody_never_met_is_looked_up_and_written_to(home, peer, ada):
    dan = peer.add_actor("dan")

    made = await ada.do("Create", note(dan.id), to=[dan.id])

    [create] = await posts_to(peer)
    assert (create["id"], create["to"]) == (made["id"], [dan.id])


async def test_an_offer_of_a_note_of_the_members_own_is_a_new_text_for_it(home, ada, ben):
    offer = await ada.do("Offer", endorsement_of(ben.id))
    note_id = offer["object"]["id"]
    await ben.do("Accept", offer["id"])
    other = "<p>Kept every drawing of the frame current, and every date she gave us.</p>"

    again = await ada.do("Offer", {**endorsement_of(ben.id), "id": note_id, "content": other})
    assert again["object"]["id"] == note_id
    assert "Kept every" not in str((await home.get(note_id))[1])
    await ben.do("Accept", again["id"])

    assert "Kept every" in str((await home.get(note_id))[1])
