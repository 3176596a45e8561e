"""A member follows, answers who asks, and blocks, on pages that hold no number."""

import re

import pytest

from fedirec.domain.follows import FollowState
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.storage import actors, blocks, follows
from fedirec.storage.follows import Follow
from tests.web.browser import signed_in
from tests.web.hostile import CORPUS, bad_things_in, save_hostile_peer


async def edge(home, follower, followed, state=FollowState.ACCEPTED) -> None:
    """Somebody follows somebody, or asks to."""
    async with home.federation.database.transaction() as transaction:
        await follows.save_follow(
            transaction,
            Follow(
                follower_id=follower,
                followed_id=followed,
                activity_id=f"{follower}#follows/{followed}",
                state=state,
                requested_at=home.clock(),
                accepted_at=home.clock() if state is FollowState.ACCEPTED else None,
            ),
        )


async def state_of(home, follower, followed) -> FollowState | None:
    async with home.federation.database.reading() as reader:
        found = await follows.find_follow(reader, follower, followed)
    return None if found is None else found.state


def handle(home, name) -> str:
    return f"@{name}@{home.instance.domain}"


async def test_a_member_finds_somebody_here_and_follows_and_stops(home):
    ada = await signed_in(home, "ada")

    seen = await ada.get(f"/network/find?handle={handle(home, 'carol')}")
    after = await ada.send(seen, "/network/follow")

    assert ada.pages[-1] == "/network"
    assert handle(home, "carol") in after.text
    assert await state_of(home, home.id("ada"), home.id("carol")) is FollowState.ACCEPTED
    after = await ada.send(after, "/network/unfollow")
    assert "You follow nobody yet" in after.text
    assert await state_of(home, home.id("ada"), home.id("carol")) is None


async def test_somebody_elsewhere_is_looked_up_shown_and_asked(home, peer):
    ada, bea = await signed_in(home, "ada"), peer.add_actor("bea")

    seen = await ada.get(f"/network/find?handle={bea.handle}")
    assert "Bea" in seen.text
    assert await state_of(home, home.id("ada"), bea.id) is None
    after = await ada.send(seen, "/network/follow")

    assert "Asked, not answered yet" in after.text
    assert await state_of(home, home.id("ada"), bea.id) is FollowState.REQUESTED


async def test_pressing_twice_follows_once_and_stops_once(home):
    ada = await signed_in(home, "ada")
    form = ada.form(
        await ada.get(f"/network/find?handle={handle(home, 'carol')}"), "/network/follow"
    )

    for path in ("/network/follow", "/network/unfollow", "/network/block", "/network/unblock"):
        answers = [await ada.post(path, form.fields) for _ in range(2)]
        assert [seen.status for seen in answers] == [303, 303], path

    assert await state_of(home, home.id("ada"), home.id("carol")) is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("nonsense", "neither a handle"),
        ("@@", "neither a handle"),
        ("@nobody@{domain}", "says nothing of anybody"),
        ("@nobody@{peer}", "says nothing of anybody"),
        ("@bea@127.0.0.1:9", "does not answer"),
        ("javascript:owned()", "neither a handle"),
        ("http://127.0.0.1:9/users/x", "does not answer"),
    ],
)
async def test_who_is_not_found_is_told_of_by_the_step_that_failed(home, peer, asked, said):
    ada = await signed_in(home, "ada")
    asked = asked.format(domain=home.instance.domain, peer=peer.host)

    seen = await ada.get("/network/find?handle=" + asked.replace(":", "%3A").replace("/", "%2F"))

    assert seen.status == 404
    assert said in seen.text
    assert f'value="{asked}"' in seen.text


@pytest.mark.parametrize(
    ("button", "state"), [("Let them follow", FollowState.ACCEPTED), ("No", None)]
)
async def test_who_asks_is_let_in_or_not(home, button, state):
    ada = await signed_in(home, "ada")
    await edge(home, home.id("carol"), home.id("ada"), FollowState.REQUESTED)

    seen = await ada.get("/network/requests")
    assert handle(home, "carol") in seen.text
    form = ada.form(seen, "/network/answer", button=button)
    answers = [await ada.post(form.action, form.fields) for _ in range(2)]

    assert [each.status for each in answers] == [303, 303]
    assert await state_of(home, home.id("carol"), home.id("ada")) is state
    followers = (await ada.get("/network/followers")).text
    assert (handle(home, "carol") in followers) is (state is not None)


async def test_who_is_blocked_is_cut_off_listed_and_let_go_again(home):
    ada = await signed_in(home, "ada")
    await edge(home, home.id("carol"), home.id("ada"))

    seen = await ada.get(f"/network/find?handle={handle(home, 'carol')}")
    assert "Follows you" in seen.text
    after = await ada.send(seen, "/network/block")

    assert handle(home, "carol") in after.text
    assert await state_of(home, home.id("carol"), home.id("ada")) is None
    after = await ada.send(after, "/network/unblock")
    assert "You block nobody" in after.text
    async with home.federation.database.reading() as reader:
        assert await blocks.list_blocks(reader, home.id("ada")) == []


@pytest.mark.rule("AC-08")
async def test_ones_network_is_shown_to_oneself_alone(home):
    ada, carol = await signed_in(home, "ada"), await signed_in(home, "carol")
    await edge(home, home.id("ada"), home.instance.guild_id)
    path = f'href="/network/find?handle=%40{home.instance.guild_name}'

    theirs = [(await carol.get(page)).text for page in ("/network", "/network/followers")]

    assert path in (await ada.get("/network")).text
    assert all(path not in each for each in theirs)


async def test_no_page_counts_people(home, peer):
    ada = await signed_in(home, "ada")
    for number in range(7):
        who = peer.add_actor(f"p{'abcdefg'[number]}")
        known = await get_or_fetch_actor(home.federation, who.id)
        await edge(home, known.id, home.id("ada"))
        await edge(home, home.id("ada"), known.id)

    for path in ("/network", "/network/followers", f"/network/find?handle={handle(home, 'ada')}"):
        seen = await ada.get(path)
        main = re.sub(r"<[^>]+>", " ", seen.text.partition("<main")[2].partition("</main>")[0])
        assert not re.search(r"(?<![\w.:])[78](?![\w.:])", main), main


@pytest.mark.rule("HT-01")
@pytest.mark.parametrize("text", CORPUS[::5])
async def test_nothing_hostile_runs_on_these_pages(home, text):
    ada, mallory = await signed_in(home, "ada"), await save_hostile_peer(home, text)
    await edge(home, mallory.id, home.id("ada"))
    await edge(home, home.id("ada"), mallory.id, FollowState.REQUESTED)
    async with home.federation.database.transaction() as transaction:
        await blocks.block(
            transaction, home.id("ada"), mallory.id, kind="actor", reason=text, now=home.clock()
        )
        await blocks.block(
            transaction, home.id("ada"), text, kind="actor", reason=text, now=home.clock()
        )
        assert await actors.find_actor(transaction, mallory.id) is not None

    for path in (
        "/network",
        "/network/followers",
        "/network/blocked",
        f"/network/find?handle={mallory.id}",
    ):
        seen = await ada.get(path)
        assert seen.status == 200, path
        assert bad_things_in(seen.text) == [], path
