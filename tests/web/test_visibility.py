"""Who may read what: private objects exist for their parties alone (AC-08, PA-02, AC-14)."""

import pytest

from fedirec.community import endorsements
from fedirec.domain.actors import ActorId
from fedirec.domain.endorsements import ShownTo
from fedirec.domain.follows import FollowState
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.storage import follows
from fedirec.storage.follows import Follow
from tests.keys import other_rsa_pair
from tests.peers import PeerActor
from tests.web.home import ACTIVITY_JSON, HTML, Home, Seen
from tests.web.stories import WORDS, endorsed, endorsed_for, offered, posted

NOWHERE = "01K9ZQ4T7M3V8N2C6X5B1D0FGH"


def same(one: Seen, other: Seen) -> bool:
    """Equal to the byte, but for the number and the hour of the answer."""
    varying = {"x-request-id", "date"}
    heads = [
        {name: value for name, value in seen.headers.items() if name not in varying}
        for seen in (one, other)
    ]
    return one.status == other.status and one.body == other.body and heads[0] == heads[1]


async def befriend(
    home: Home, actor: PeerActor, *, state: FollowState = FollowState.ACCEPTED
) -> None:
    """The peer's actor follows carol."""
    await get_or_fetch_actor(home.federation, ActorId(actor.id))
    async with home.federation.database.transaction() as transaction:
        await follows.save_follow(
            transaction,
            Follow(
                follower_id=ActorId(actor.id),
                followed_id=home.id("carol"),
                activity_id=f"{actor.id}/follow/1",
                state=state,
                requested_at=home.clock(),
                accepted_at=home.clock() if state is FollowState.ACCEPTED else None,
            ),
        )


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("accept", [ACTIVITY_JSON, HTML, None])
async def test_an_offered_text_and_no_text_at_all_look_the_same(home, accept):
    offer = await offered(home)

    hidden = await home.ask(offer.note_id, accept=accept)
    absent = await home.ask(f"/endorsements/{NOWHERE}", accept=accept)

    assert hidden.status == 404
    assert same(hidden, absent)


@pytest.mark.rule("AC-08")
async def test_a_strangers_signature_does_not_make_an_offer_visible(home, peer):
    offer = await offered(home)
    stranger = peer.add_actor("dan")

    hidden = await home.ask(offer.note_id, headers=stranger.sign_get(offer.note_id))
    url = f"{home.instance.origin}/endorsements/{NOWHERE}"
    absent = await home.ask(url, headers=stranger.sign_get(url))

    assert hidden.status == 404
    assert same(hidden, absent)


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
@pytest.mark.parametrize("accept", [ACTIVITY_JSON, HTML])
async def test_what_is_not_for_everybody_looks_like_nothing(home, shown_to, accept):
    note_id = await endorsed_for(home, shown_to)

    hidden = await home.ask(note_id, accept=accept)
    absent = await home.ask(f"/endorsements/{NOWHERE}", accept=accept)

    assert hidden.status == 404
    assert same(hidden, absent)


@pytest.mark.rule("AC-08")
async def test_the_offer_itself_looks_like_nothing_to_strangers(home, peer):
    offer = await offered(home)
    stranger = peer.add_actor("dan")

    unsigned = await home.ask(offer.id)
    signed = await home.ask(offer.id, headers=stranger.sign_get(offer.id))
    absent = await home.ask(f"/activities/{NOWHERE}")

    assert same(unsigned, absent)
    assert same(signed, absent)


@pytest.mark.rule("PA-02", "AC-14")
async def test_a_note_for_followers_is_shown_to_the_server_of_an_accepted_one(home, peer):
    note_id = await endorsed_for(home, ShownTo.FOLLOWERS)
    follower = peer.add_actor("dan")
    await befriend(home, follower)

    seen = await home.ask(note_id, headers=follower.sign_get(note_id))

    assert seen.status == 200
    assert seen.json()["id"] == note_id
    assert seen.headers["cache-control"] == "private, no-store"
    assert "Signature" in seen.headers["vary"]


@pytest.mark.rule("PA-02")
async def test_a_note_for_followers_is_not_shown_to_one_who_only_asked(home, peer):
    note_id = await endorsed_for(home, ShownTo.FOLLOWERS)
    asking = peer.add_actor("dan")
    await befriend(home, asking, state=FollowState.REQUESTED)

    seen = await home.ask(note_id, headers=asking.sign_get(note_id))

    assert seen.status == 404


@pytest.mark.rule("PA-02")
async def test_a_note_for_followers_is_not_shown_to_a_forged_signature(home, peer):
    note_id = await endorsed_for(home, ShownTo.FOLLOWERS)
    follower = peer.add_actor("dan")
    await befriend(home, follower)

    seen = await home.ask(note_id, headers=follower.with_key(other_rsa_pair()).sign_get(note_id))

    assert seen.status == 404


async def test_a_note_for_the_guild_is_shown_to_no_server(home, peer):
    note_id = await endorsed_for(home, ShownTo.GUILD)
    follower = peer.add_actor("dan")
    await befriend(home, follower)

    assert (await home.ask(note_id, headers=follower.sign_get(note_id))).status == 404


async def test_an_offer_leaves_no_trace_on_any_public_route(home):
    offer = await offered(home)
    ulid = offer.note_id.rpartition("/")[2]
    places = [
        "/", "/@ada", "/@carol", "/jobs", "/members", "/about", "/tags/greenoakjoinery",
        "/users/carol/outbox?page=true", "/users/guild/outbox?page=true", "/users/carol/featured",
    ]  # fmt: skip

    for place in places:
        for accept in (ACTIVITY_JSON, HTML):
            seen = await home.ask(place, accept=accept)
            assert seen.status == 200, place
            assert ulid not in seen.text
            assert WORDS not in seen.text


@pytest.mark.rule("OR-02")
async def test_public_objects_are_served_at_their_ids_as_activity_json(home):
    ids = [await endorsed(home), await posted(home), home.id("ada"), home.instance.guild_id]
    document = (await home.ask(ids[0])).json()
    ids.append(document["endorsement"]["consent"])

    for thing_id in ids:
        for accept in (ACTIVITY_JSON, "*/*", None):
            seen = await home.ask(thing_id, accept=accept)
            assert seen.status == 200
            assert seen.json()["id"] == thing_id
            assert seen.headers["content-type"] == ACTIVITY_JSON
            assert "Accept" in seen.headers["vary"]


async def test_what_was_withdrawn_answers_410_on_both_faces(home):
    note_id = await endorsed(home)
    stamp_id = (await home.ask(note_id)).json()["endorsement"]["consent"]

    await endorsements.withdraw(home.federation, "ada", note_id)

    for thing_id in (note_id, stamp_id):
        assert (await home.ask(thing_id)).status == 410
        assert (await home.page(thing_id)).status == 410


@pytest.mark.rule("AC-14")
async def test_a_reader_that_has_the_newest_form_is_told_so(home):
    note_id = await endorsed(home)
    first = await home.ask(note_id)

    again = await home.ask(note_id, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
