"""What a member's application cannot do, and what is nobody else's to do (ActivityPub §6)."""

import pytest

from tests.community.client import PUBLIC, endorsement_of, note

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_nobody_changes_or_deletes_the_note_of_another(home, ada, ben):
    made = await ada.do("Create", note(), to=[PUBLIC])
    note_id = made["object"]["id"]

    for activity in (
        {"type": "Update", "object": {"id": note_id, "content": "mine"}},
        {"type": "Delete", "object": note_id},
        {"type": "Undo", "object": made["id"]},
    ):
        assert (await ben.post(activity)).status == 404

    assert (await home.get(note_id))[1]["content"] == "<p>Good evening.</p>"


async def test_what_a_member_may_not_read_is_not_there_to_like(home, ada, ben):
    private = await ada.do("Create", note(ada.id), to=[ada.id])

    for kind in ("Like", "Announce"):
        seen = await ben.post({"type": kind, "object": private["object"]["id"]})
        assert seen.status == 404


async def test_only_the_own_notes_are_pinned_and_only_to_the_own_collection(home, ada, ben):
    made = await ada.do("Create", note(), to=[PUBLIC])
    note_id = made["object"]["id"]

    foreign = await ben.post({"type": "Add", "object": note_id, "target": f"{ben.id}/featured"})
    elsewhere = await ada.post({"type": "Add", "object": note_id, "target": f"{ben.id}/featured"})

    assert (foreign.status, elsewhere.status) == (404, 400)


@pytest.mark.parametrize(
    "members",
    [{"relation": "knows"}, {"period": {"from": "soon"}}, {"endorsed": None}],
    ids=["relation", "period", "endorsed"],
)
async def test_a_bad_endorsement_is_400_and_nobody_is_asked(home, ada, ben, members):
    seen = await ada.post({"type": "Offer", "object": endorsement_of(ben.id, **members)})

    assert seen.status == 400
    assert (await ben.get(f"{ben.id}/inbox?page=true"))["orderedItems"] == []


@pytest.mark.spec("ActivityPub 6", level="MUST")
@pytest.mark.parametrize(
    "kind",
    ["Create", "Update", "Delete", "Follow", "Add", "Remove", "Like", "Block", "Undo", "Announce"],
)
async def test_an_activity_without_its_object_is_400(home, ada, kind):
    seen = await ada.post({"type": kind, "target": f"{ada.id}/featured"})

    assert seen.status == 400


@pytest.mark.spec("ActivityPub 6", level="MUST")
@pytest.mark.parametrize("kind", ["Add", "Remove"])
async def test_add_and_remove_without_a_target_are_400(home, ada, kind):
    made = await ada.do("Create", note(), to=[PUBLIC])

    seen = await ada.post({"type": kind, "object": made["object"]["id"]})

    assert seen.status == 400


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "Arrive", "location": "here"},
        {"type": "Create", "object": {"type": "Article", "content": "<p>x</p>"}},
        {"type": "Create", "object": {"type": "Note", "content": "x", "job": {}}},
        {"type": "Create", "object": endorsement_of("https://elsewhere.example/users/bea")},
        {"type": "Flag", "object": "https://elsewhere.example/users/bea"},
    ],
    ids=["arrive", "article", "job note", "endorsement", "flag"],
)
async def test_what_a_client_cannot_do_here_is_405(home, ada, activity):
    assert (await ada.post(activity)).status == 405


async def test_what_ends_in_another_way_is_not_undone_or_updated(home, ada, ben):
    made = await ada.do("Create", note(), to=[PUBLIC])
    offer = await ada.do("Offer", endorsement_of(ben.id))
    await ben.do("Accept", offer["id"])
    endorsed = {"id": offer["object"]["id"], "content": "<p>Other words.</p>"}

    assert (await ada.post({"type": "Undo", "object": made["id"]})).status == 405
    assert (await ada.post({"type": "Update", "object": endorsed})).status == 405
    assert (await ada.post({"type": "Update", "object": made["object"]["id"]})).status == 400
    assert (await ada.post({"type": "Offer", "object": made["object"]["id"]})).status == 400
    assert (await ada.post({"type": "Accept"})).status == 400


async def test_what_is_not_public_is_not_pinned(home, ada):
    made = await ada.do("Create", note(ada.id), to=[ada.id])
    target = f"{ada.id}/featured"

    seen = await ada.post({"type": "Add", "object": made["object"]["id"], "target": target})

    assert seen.status == 409


async def test_a_note_is_sent_to_few_strangers_at_once_and_none_is_asked_for(home, peer, ada):
    strangers = [peer.add_actor(f"stranger{number}").id for number in range(21)]

    seen = await ada.post({"type": "Create", "object": note(*strangers)})

    assert seen.status == 400
    assert peer.received == []


async def test_what_no_peer_would_take_is_not_published(home, ada):
    seen = await ada.post(note(content=f"<p>{'long ' * 12_000}</p>"))

    assert seen.status == 400
    assert await ada.outbox() == []
