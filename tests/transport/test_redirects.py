"""Redirects: few, onward, never down or inside, and with nothing in the luggage."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.origins import parse_url
from fedirec.errors import RemoteRefusedError
from fedirec.transport.protocol import Request
from fedirec.transport.redirects import carried_headers, next_hop
from tests.outgoing import loopback_transport, resolves
from tests.peers import Peer


def get(url: str, **more: Any) -> Request:
    return Request(method="GET", url=url, **more)


@pytest.mark.rule("TR-05")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_three_hops_are_followed(status):
    async with Peer() as peer, loopback_transport() as transport:
        start = peer.redirects("/1", "/2", status)
        peer.redirects("/2", f"{peer.origin}/3", status)
        peer.redirects("/3", "4?x=1", status)
        peer.serve("/4", {"id": "here"})

        response = await transport.fetch(get(start))

        assert (response.status, response.url) == (200, f"{peer.origin}/4?x=1")
        assert [seen.path for seen in peer.received] == ["/1", "/2", "/3", "/4?x=1"]
        assert {seen.method for seen in peer.received} == {"GET"}


@pytest.mark.rule("TR-05")
async def test_a_chain_of_ten_is_left_after_the_third():
    async with Peer() as peer, loopback_transport() as transport:
        for number in range(10):
            peer.redirects(f"/{number}", f"/{number + 1}")
        peer.serve("/10", {})

        with pytest.raises(RemoteRefusedError, match="too far"):
            await transport.fetch(get(f"{peer.origin}/0"))

        assert len(peer.received) == 4


@pytest.mark.rule("TR-05")
@pytest.mark.parametrize("location", ["/a", "", "#again", "b"])
async def test_no_url_is_asked_twice(location):
    async with Peer() as peer, loopback_transport() as transport:
        peer.redirects("/b", "/a")
        url = peer.redirects("/a", location)

        with pytest.raises(RemoteRefusedError, match="circle"):
            await transport.fetch(get(url))

        assert len(peer.received) == len({seen.path for seen in peer.received}) <= 2


@pytest.mark.rule("TR-05")
@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "data:application/activity+json,{{}}",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "http://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://ada@127.0.0.1/",
        "http://127.1:{port}/",
        "http://127.0.0.3:{port}/",
        "http://canary.test:{port}/",
        "\\\\127.0.0.1:{port}\\x",
        "//127.0.0.1:{port}\\@guild.example/",
        "http://\t127.0.0.1:{port}/",
        "/a b",
        "/%zz",
        "https://",
        "http://[",
    ],
)
async def test_a_redirect_that_leads_astray_is_refused(location):
    lookup = resolves({"canary.test": ["127.0.0.3"]})
    async with (
        Peer() as peer,
        Peer(address="127.0.0.3") as canary,
        loopback_transport(networks="127.0.0.1/32", lookup=lookup) as transport,
    ):
        url = peer.redirects("/users/ada", location.format(port=canary.port))

        with pytest.raises(RemoteRefusedError):
            await transport.fetch(get(url))

        assert canary.received == []
        assert len(peer.received) == 1


@pytest.mark.rule("TR-05", "TR-13")
def test_a_redirect_never_goes_from_https_to_http():
    here = parse_url("https://guild.example/users/ada")

    assert next_hop(here, "https://other.example/x").document == "https://other.example/x"
    with pytest.raises(RemoteRefusedError, match="https"):
        next_hop(here, "http://guild.example/users/ada")


@given(st.text())
def test_any_location_is_a_url_or_refused(location):
    here = parse_url("https://guild.example/users/ada")

    try:
        there = next_hop(here, location)
    except RemoteRefusedError:
        return

    assert there.scheme == "https"


@pytest.mark.rule("TR-05")
async def test_a_post_follows_nothing():
    async with Peer() as peer, loopback_transport() as transport:
        url = peer.redirects("/inbox", "/other", 307)

        response = await transport.post(Request(method="POST", url=url, body=b"{}"))

        assert (response.status, response.headers["location"]) == (307, "/other")
        assert len(peer.received) == 1


@pytest.mark.rule("TR-05")
async def test_a_redirect_to_nowhere_comes_back_as_it_is():
    async with Peer() as peer, loopback_transport() as transport:
        response = await transport.fetch(get(peer.answers("/users/ada", 302)))

        assert response.status == 302


@pytest.mark.rule("TR-11")
async def test_neither_signature_nor_cookie_nor_credentials_cross_a_redirect():
    made = []

    def sign(request):
        made.append(request.url)
        return {"signature": f"for {request.url}", "date": f"hop {len(made)}"}

    async with Peer() as first, Peer() as second, loopback_transport() as transport:
        there = second.serve("/users/ada", {})
        here = first.answers(
            "/users/ada", 302, {"Location": there, "Set-Cookie": "session=1; Path=/"}
        )
        headers = {
            "Accept": "application/activity+json",
            "Authorization": "Bearer secret",
            "Cookie": "a=b",
            "X-Secret": "secret",
        }

        await transport.fetch(get(here, headers=headers, sign=sign))

        assert made == [here, there]
        [seen] = second.received
        assert dict(seen.headers) == {
            "host": second.host,
            "accept": "application/activity+json",
            "accept-encoding": "identity",
            "user-agent": "fedirec-tests",
            "signature": f"for {there}",
            "date": "hop 2",
        }


@pytest.mark.rule("TR-11")
def test_only_what_says_what_is_wanted_goes_along():
    carried = carried_headers({"Accept": "a", "Signature-Input": "s", "Digest": "d", "Host": "h"})

    assert carried == {"Accept": "a"}
