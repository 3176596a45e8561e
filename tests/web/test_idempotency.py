"""A member's application that lost the answer posts again with the same key: nothing is twice."""

import asyncio
import json
from typing import Any

import pytest

from tests.web.home import ACTIVITY_JSON, Home, Seen

NOTE = {
    "type": "Note",
    "content": "<p>Said once.</p>",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
}


async def post(home: Home, key: str, document: Any = NOTE, name: str = "ada") -> Seen:
    headers = {
        "Authorization": f"Bearer {await home.token(name)}",
        "Content-Type": ACTIVITY_JSON,
        "Idempotency-Key": key,
    }
    body = json.dumps(document).encode()
    return await home.ask(f"/users/{name}/outbox", method="POST", headers=headers, body=body)


async def test_the_same_key_is_answered_as_the_first_time(home):
    first, again, other = [await post(home, key) for key in ("one", "one", "two")]

    assert [seen.status for seen in (first, again, other)] == [201, 201, 201]
    assert first.headers["location"] == again.headers["location"]
    assert first.headers["location"] != other.headers["location"]


async def test_the_same_post_twice_at_once_is_done_once(home):
    seen = await asyncio.gather(*(post(home, "at-once") for _ in range(5)))

    assert {each.status for each in seen} == {201}
    assert len({each.headers["location"] for each in seen}) == 1


async def test_what_is_done_once_only_is_answered_alike_when_repeated(home):
    made = await post(home, "to-delete")
    create = (await home.ask(made.headers["location"])).json()
    deletion = {"type": "Delete", "object": create["object"]["id"]}

    first, again = [await post(home, "deletion", deletion) for _ in range(2)]

    assert (first.status, again.status) == (201, 201)
    assert first.headers["location"] == again.headers["location"]


async def test_one_members_key_is_nothing_to_another(home):
    adas, carols = [await post(home, "shared", name=name) for name in ("ada", "carol")]

    assert adas.headers["location"] != carols.headers["location"]


@pytest.mark.parametrize("key", ["used", "k" * 256])
async def test_a_key_used_for_another_body_or_too_long_is_refused(home, key):
    await post(home, key[:4])

    seen = await post(home, key, {**NOTE, "content": "<p>Something else.</p>"})

    assert seen.status == 400
