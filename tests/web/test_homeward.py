"""Following and answering from one's own server: it is asked, named, and linked; nothing more."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from fedirec.activitypub.webfinger import SUBSCRIBE
from fedirec.community.moderation import block_host
from fedirec.domain.endorsements import ShownTo
from fedirec.web.pages.homeward import PER_ADDRESS_MINUTE, PER_HOST_MINUTE
from tests.peers import Peer
from tests.web.home import Home, Seen
from tests.web.hostile import CORPUS, bad_things_in
from tests.web.stories import endorsed, endorsed_for, posted


def at_home(peer: Peer, template: Any, name: str = "bea") -> str:
    """Somebody of a server that sends its members to this template; their handle."""
    actor = peer.add_actor(name)
    links = [
        {"rel": "self", "type": "application/activity+json", "href": actor.id},
        {"rel": SUBSCRIBE, "template": template},
    ]
    jrd = {"subject": f"acct:{name}@{peer.host}", "links": links}
    peer.serve("/.well-known/webfinger", jrd, content_type="application/jrd+json")
    return actor.handle


async def go(home: Home, path: str, handle: str) -> Seen:
    return await home.page(f"{path}{'&' if '?' in path else '?'}from={quote(handle)}")


def links_out(home: Home, text: str) -> list[str]:
    """Where a page leads away from here."""
    hrefs = [unescape(href) for href in re.findall(r'<a [^>]*href="([^"]+)"', text)]
    return [href for href in hrefs if not href.startswith(("/", "#", home.instance.origin))]


@pytest.mark.rule("HT-12")
async def test_a_follower_reads_the_host_before_they_go_there(home, peer):
    handle = at_home(peer, f"{peer.origin}/authorize?uri={{uri}}")

    seen = await go(home, "/follow/ada", handle)

    assert seen.status == 200
    assert "location" not in seen.headers
    assert links_out(home, seen.text) == [
        f"{peer.origin}/authorize?uri={quote(home.id('ada'), safe='')}"
    ]
    assert f"Go on to {peer.host}" in re.sub("<[^>]*>", "", seen.text)
    assert seen.headers["cache-control"] == "private, no-store"
    assert "password" in seen.text
    assert 'type="password"' not in seen.text


async def test_whoever_answers_a_note_is_led_to_it_on_their_own_server(home, peer):
    handle = at_home(peer, f"{peer.origin}/authorize?uri={{uri}}")
    job_id = await posted(home)
    assert f'href="/reply?to={quote(job_id)}"' in (await home.page(job_id)).text

    seen = await go(home, f"/reply?to={quote(job_id)}", handle)

    (link,) = links_out(home, seen.text)
    assert link == f"{peer.origin}/authorize?uri={quote(job_id, safe='')}"


async def test_a_form_asks_for_the_handle_and_nothing_else(home):
    for path in ("/follow/ada", "/follow/guild", f"/reply?to={quote(await posted(home))}"):
        seen = await home.page(path)

        assert seen.status == 200
        assert 'method="get"' in seen.text
        named = re.findall(r'<input [^>]*name="(\w+)"', seen.text)
        assert set(named) <= {"from", "to"}


@pytest.mark.rule("HT-12")
@pytest.mark.parametrize(
    "template",
    [
        "javascript:owned({uri})",
        "data:text/html,{uri}",
        "//evil.example/{uri}",
        "https://ok.example@evil.example/{uri}",
        "https://evil.example\\@ok.example/{uri}",
        "https://evil.example/\r\nX: {uri}",
        "ftp://evil.example/{uri}",
        "https://evil.internal/{uri}",
        "/relative?uri={uri}",
        "{uri}",
        None,
        7,
    ],
)
async def test_a_template_that_is_no_plain_address_leads_nowhere(home, peer, template):
    seen = await go(home, "/follow/ada", at_home(peer, template))

    assert seen.status == 422
    assert links_out(home, seen.text) == []
    assert "evil" not in seen.text


@pytest.mark.rule("HT-12")
async def test_a_server_that_sends_its_members_elsewhere_is_told(home, peer):
    handle = at_home(peer, "https://elsewhere.example/follow?uri={uri}")

    text = (await go(home, "/follow/ada", handle)).text

    assert "elsewhere.example" in text
    assert f"Your handle is of {peer.host}" in re.sub("<[^>]*>", "", text)


@pytest.mark.parametrize("given", ["nonsense", "@bea", "a@b@c d", "@" + "x" * 5_000, "@bea@[::"])
async def test_what_is_no_handle_comes_back_with_a_hint(home, given):
    seen = await go(home, "/follow/ada", given)

    assert seen.status == 422
    assert 'aria-invalid="true"' in seen.text
    assert "@name@server.example" in seen.text


async def test_a_handle_of_here_is_no_way_away(home):
    assert (await go(home, "/follow/ada", f"@carol@{home.instance.domain}")).status == 422


async def test_a_server_that_knows_nobody_or_does_not_answer_is_told(home, peer):
    unknown = await go(home, "/follow/ada", f"@nobody@{peer.host}")
    silent = await go(home, "/follow/ada", "@bea@127.0.0.1:1")

    assert (unknown.status, silent.status) == (422, 422)
    assert "knows nobody of this name" in unknown.text
    assert "could not be asked" in silent.text


@pytest.mark.rule("PA-01")
async def test_a_blocked_server_is_neither_asked_nor_linked(home, peer):
    handle = at_home(peer, f"{peer.origin}/authorize?uri={{uri}}")
    await block_host(home.federation, peer.host)

    seen = await go(home, "/follow/ada", handle)

    assert seen.status == 422
    assert peer.received == []


@pytest.mark.rule("TR-01")
async def test_only_public_addresses_are_asked(tmp_path, home):
    for host in ("localhost", "10.0.0.1", "169.254.169.254", "metadata.internal"):
        assert (await go(home, "/follow/ada", f"@bea@{host}")).status == 422


async def test_nobody_asks_many_servers_or_one_server_often(home, peer):
    handle = at_home(peer, f"{peer.origin}/authorize?uri={{uri}}")
    answers = [(await go(home, "/follow/ada", handle)).status for _ in range(PER_HOST_MINUTE + 1)]
    assert answers == [200] * PER_HOST_MINUTE + [429]

    for number in range(PER_ADDRESS_MINUTE):
        seen = await go(home, "/follow/ada", f"@bea@host{number}.invalid.test")
    assert seen.status == 429
    assert int(seen.headers["retry-after"]) > 0


@pytest.mark.rule("AC-08")
@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
async def test_what_may_not_be_seen_cannot_be_answered_more_than_what_is_not(home, shown_to):
    note_id = await endorsed_for(home, shown_to)
    nothing = await home.page("/nowhere")

    for path in (
        f"/reply?to={quote(note_id)}",
        "/reply?to=https://evil.example/notes/1",
        "/reply",
        "/follow/nobody",
    ):
        seen = await home.page(path)
        assert (seen.status, seen.body) == (404, nothing.body), path


@pytest.mark.rule("HT-01", "HT-02", "HT-10")
async def test_what_a_visitor_types_stays_text(home):
    note_id = await endorsed(home)
    for text in CORPUS:
        for path in (
            f"/follow/ada?from={quote(text)}",
            f"/reply?to={quote(note_id)}&from={quote(text)}",
        ):
            assert bad_things_in((await home.page(path)).text) == [], text
