"""ActivityPub's client side: own inbox, own outbox, by bearer token (ActivityPub §6, AC-07)."""

import json
from collections.abc import Mapping

import pytest

from tests.web.home import ACTIVITY_JSON, Home, Seen
from tests.web.stories import offered

LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def post(
    home: Home,
    name: str,
    token: str,
    document: Mapping[str, object],
    content_type: str = ACTIVITY_JSON,
) -> Seen:
    return await home.ask(
        f"/users/{name}/outbox",
        method="POST",
        headers=bearing(token) | {"Content-Type": content_type},
        body=json.dumps(document).encode(),
    )


NOTE = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "type": "Note",
    "content": "<p>Good evening.</p>",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
}


@pytest.mark.spec("ActivityPub 6", level="MUST")
@pytest.mark.parametrize("content_type", [ACTIVITY_JSON, LD_JSON])
async def test_what_a_member_posts_is_created_at_its_own_id(home, content_type):
    seen = await post(home, "ada", await home.token("ada"), NOTE, content_type)

    assert seen.status == 201
    created = (await home.ask(seen.headers["location"])).json()
    assert created["type"] == "Create"
    assert created["actor"] == home.id("ada")
    assert (await home.ask(created["object"]["id"])).status == 200


@pytest.mark.rule("AC-07")
async def test_nobody_posts_for_another(home):
    assert (await post(home, "carol", await home.token("ada"), NOTE)).status == 403


@pytest.mark.rule("AC-07")
async def test_a_token_does_no_more_than_its_scopes(home):
    reading, writing = await home.token("ada", "read"), await home.token("ada", "write")

    assert (await post(home, "ada", reading, NOTE)).status == 403
    assert (await home.ask("/users/ada/inbox", headers=bearing(writing))).status == 403


@pytest.mark.rule("AC-07")
@pytest.mark.parametrize("headers", [{}, bearing("wrong"), {"Authorization": "Basic YTpi"}])
async def test_without_a_good_token_nothing_is_posted_or_read(home, headers):
    body = json.dumps(NOTE).encode()
    form = {"Content-Type": ACTIVITY_JSON}

    posted = await home.ask("/users/ada/outbox", method="POST", headers=form | headers, body=body)
    read = await home.ask("/users/ada/inbox", headers=headers)

    assert posted.status == read.status == 401
    assert "Bearer" in posted.headers["www-authenticate"]


@pytest.mark.spec("ActivityPub 5.2", level="MUST")
@pytest.mark.rule("AC-14")
async def test_a_member_reads_the_own_inbox_and_nobody_elses(home):
    await post(home, "carol", await home.token("carol"), NOTE | {"to": [home.id("ada")]})
    token = await home.token("ada")

    collection = await home.ask("/users/ada/inbox", headers=bearing(token))
    page = await home.ask(collection.json()["first"], headers=bearing(token))
    foreign = await home.ask("/users/carol/inbox", headers=bearing(token))

    assert collection.headers["cache-control"] == "private, no-store"
    assert [item["type"] for item in page.json()["orderedItems"]] == ["Create"]
    assert foreign.status == 403


@pytest.mark.rule("AC-07")
async def test_an_outbox_shows_its_owner_what_it_hides_from_others(home):
    await offered(home)
    url = "/users/carol/outbox?page=true"

    own = await home.ask(url, headers=bearing(await home.token("carol")))
    others = await home.ask(url, headers=bearing(await home.token("ada")))

    assert [item["type"] for item in own.json()["orderedItems"]] == ["Offer"]
    assert own.headers["cache-control"] == "private, no-store"
    assert others.json()["orderedItems"] == []


async def test_an_activity_that_cannot_be_done_here_is_answered_405(home):
    seen = await post(home, "ada", await home.token("ada"), {"type": "Arrive", "object": "x"})

    assert seen.status == 405
