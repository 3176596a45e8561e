"""Authorized fetch and the allow list: who must show who they are, and where (PA-04)."""

from typing import Any

import pytest

from fedirec.community.moderation import allow_host, block_host
from tests.web.home import open_home
from tests.web.stories import endorsed

MODES: list[dict[str, Any]] = [{"is_authorized_fetch": True}, {"is_allow_list": True}]
OPEN = [
    "/actor",
    "/actor/outbox",
    "/.well-known/webfinger?resource=acct:ada@{host}",
    "/.well-known/nodeinfo",
    "/nodeinfo/2.1",
    "/.well-known/host-meta",
    "/.well-known/host-meta.json",
]
CLOSED = [
    "/users/ada", "/users/ada/outbox", "/users/ada/followers", "/users/ada/following",
    "/users/ada/featured", "/users/guild", "/@ada",
]  # fmt: skip


@pytest.mark.rule("PA-04")
@pytest.mark.parametrize("mode", MODES)
async def test_a_strict_instance_shows_activity_json_to_signers_only(tmp_path, peer, mode):
    async with open_home(tmp_path, **mode) as home:
        reader = peer.add_actor("dan")
        await allow_host(home.federation, peer.host)
        note_id = await endorsed(home)

        for path in (*CLOSED, note_id):
            url = path if "://" in path else home.instance.origin + path
            assert (await home.ask(url)).status == 401, path
            seen = await home.ask(url, headers=reader.sign_get(url))
            assert seen.status == 200, path
            assert seen.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("mode", MODES)
async def test_discovery_and_the_instance_actor_stay_open(tmp_path, mode):
    async with open_home(tmp_path, **mode) as home:
        for path in OPEN:
            seen = await home.ask(path.replace("{host}", home.instance.host))
            assert seen.status == 200, path


async def test_pages_stay_open_to_people(tmp_path):
    async with open_home(tmp_path, is_authorized_fetch=True) as home:
        note_id = await endorsed(home)

        for path in ("/", "/@ada", "/jobs", note_id):
            assert (await home.page(path)).status == 200


@pytest.mark.rule("PA-04")
@pytest.mark.parametrize("path", [*CLOSED, *OPEN])
async def test_an_allow_list_refuses_who_is_not_on_it_everywhere(tmp_path, peer, path):
    async with open_home(tmp_path, is_allow_list=True) as home:
        stranger = peer.add_actor("dan")
        url = home.instance.origin + path.replace("{host}", home.instance.host)

        seen = await home.ask(url, headers=stranger.sign_get(url))

        assert seen.status == 403
        assert peer.received == []


@pytest.mark.rule("PA-01")
@pytest.mark.parametrize("path", [*CLOSED, *OPEN])
async def test_a_blocked_host_is_refused_whatever_it_asks_for(home, peer, path):
    reader = peer.add_actor("dan")
    await block_host(home.federation, peer.host)
    url = home.instance.origin + path.replace("{host}", home.instance.host)

    seen = await home.ask(url, headers=reader.sign_get(url))

    assert seen.status == 403
    assert peer.received == []
