"""What the client sends and gives back: one exchange with a peer that behaves."""

import asyncio
import base64
import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from fedirec.errors import InvalidInputError, RemoteRefusedError, RemoteUnavailableError
from fedirec.signatures.schemes import read_signature
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.client import HttpTransport, check_headers
from fedirec.transport.protocol import Request
from tests.misbehaviour import hangs_up
from tests.outgoing import loopback_transport, quick_limits, resolves
from tests.peers import Peer


async def test_a_fetch_sends_the_very_target_and_returns_the_whole_answer():
    async with Peer() as peer, loopback_transport() as transport:
        url = peer.serve("/users/ada", {"id": "x"})

        response = await transport.fetch(
            Request(
                method="GET",
                url=f"{url}?a=%7E&b=é;c#main-key",
                headers={"accept": "application/activity+json"},
            )
        )

        assert response.status == 200
        assert response.body == b'{"id": "x"}'
        assert response.headers["content-type"] == "application/activity+json"
        assert response.url == f"{url}?a=%7E&b=%C3%A9;c"
        [seen] = peer.received
        assert seen.path == "/users/ada?a=%7E&b=%C3%A9;c"
        assert dict(seen.headers) == {
            "host": peer.host,
            "accept": "application/activity+json",
            "accept-encoding": "identity",
            "user-agent": "fedirec-tests",
        }


async def test_a_post_sends_the_body_untouched_and_returns_any_status():
    async with Peer() as peer, loopback_transport() as transport:
        url = peer.answers("/inbox", 429, {"Retry-After": "60"}, b"later")

        response = await transport.post(
            Request(
                method="POST",
                url=url,
                headers={"Content-Type": "application/activity+json"},
                body=b'{"type": "Follow"}\n',
            )
        )

        assert (response.status, response.body) == (429, b"later")
        assert response.headers["retry-after"] == "60"
        [seen] = peer.received
        assert seen.body == b'{"type": "Follow"}\n'
        assert seen.header("content-type") == "application/activity+json"
        assert seen.header("content-length") == "19"


async def test_the_signer_sees_the_request_as_it_is_sent():
    shown = []

    def sign(request):
        shown.append(request)
        return {"Signature": "made"}

    async with Peer() as peer, loopback_transport() as transport:
        url = peer.answers("/inbox", 202)
        await transport.post(Request(method="POST", url=url, body=b"{}", sign=sign))

        [request] = shown
        assert (request.method, request.url, request.body) == ("POST", url, b"{}")
        assert request.headers["host"] == peer.host
        [seen] = peer.received
        assert dict(request.headers).items() <= dict(seen.headers).items()
        assert seen.header("signature") == "made"


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_what_a_scripted_peer_signs_verifies(scheme):
    async with Peer() as alpha, Peer() as beta:
        ada = alpha.add_actor("ada", scheme=scheme)
        bob = beta.add_actor("bob")

        assert await ada.post(bob.inbox, ada.activity("Follow", bob.id)) == 202
        await alpha.send("GET", f"{bob.id}?x=1", headers=ada.sign_get(f"{bob.id}?x=1"))

        for seen in beta.received:
            signature = read_signature(seen.signed(beta.origin))
            signature.check_coverage()
            signature.check_time(datetime.now(UTC), quick_limits())
            assert (signature.scheme, signature.key_id) == (scheme, ada.key_id)
            assert signature.verify(ada.key.public())


async def test_a_scripted_peer_is_found_by_handle_and_serves_its_actors():
    async with Peer() as peer, loopback_transport() as transport:
        ada = peer.add_actor("ada", summary=None)

        found = await transport.fetch(
            Request(
                method="GET",
                url=f"{peer.origin}/.well-known/webfinger?resource=acct:ada@{peer.host}",
            )
        )
        [link] = json.loads(found.body)["links"]
        document = json.loads((await transport.fetch(Request(method="GET", url=link["href"]))).body)

        assert document == ada.document(summary=None)
        assert document["id"] == ada.id
        assert document["publicKey"]["publicKeyPem"] == ada.key.public().pem()
        assert "summary" not in document


@pytest.mark.rule("TR-11")
async def test_a_password_in_the_environment_is_never_sent(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with Peer() as peer, Peer() as proxy, loopback_transport() as transport:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.origin)

        await transport.fetch(Request(method="GET", url=peer.serve("/x", {})))

        assert peer.received[0].header("authorization") is None
        assert proxy.received == []


@pytest.mark.rule("TR-11")
async def test_a_cookie_is_never_sent_back():
    async with Peer() as peer, loopback_transport() as transport:
        url = peer.answers("/x", 200, {"Set-Cookie": "session=1; Path=/"})

        await transport.fetch(Request(method="GET", url=url))
        await transport.fetch(Request(method="GET", url=url))

        assert [seen.header("cookie") for seen in peer.received] == [None, None]


async def test_connections_are_kept_and_few_to_one_host():
    at_once = []
    ports = set()

    async def behave(request):
        ports.add(request.transport.get_extra_info("peername")[1])
        at_once.append(1)
        highest.append(len(at_once))
        await asyncio.sleep(0.02)
        at_once.pop()
        return web.Response(status=202)

    highest: list[int] = []
    limits = quick_limits(deliveries_per_host=3)
    async with Peer() as peer, loopback_transport(limits=limits) as transport:
        url = peer.behaves("/inbox", behave)
        request = Request(method="POST", url=url, body=b"{}")
        await asyncio.gather(*(transport.post(request) for _ in range(12)))

    assert max(highest) == 3
    assert len(ports) == 3


async def test_a_post_on_a_kept_connection_that_died_is_sent_once_more():
    async with Peer() as peer, loopback_transport() as transport:
        request = Request(method="POST", url=peer.answers("/inbox", 202), body=b"{}")
        await transport.post(request)
        peer.behaves("/inbox", hangs_up(), times=1)

        response = await transport.post(request)

        assert response.status == 202
        assert len(peer.received) == 3


async def test_a_post_on_a_new_connection_that_died_is_not_sent_again():
    async with Peer() as peer, loopback_transport() as transport:
        url = peer.behaves("/inbox", hangs_up())

        with pytest.raises(RemoteUnavailableError):
            await transport.post(Request(method="POST", url=url, body=b"{}"))

        assert len(peer.received) == 1


async def test_a_peer_that_is_not_there_is_unavailable():
    async with Peer() as gone:
        url = gone.origin

    async with loopback_transport(lookup=resolves({})) as transport:
        with pytest.raises(RemoteUnavailableError):
            await transport.fetch(Request(method="GET", url=url))
        with pytest.raises(RemoteUnavailableError, match="no such name"):
            await transport.fetch(Request(method="GET", url="https://unknown.example/"))


@pytest.mark.rule("TR-13")
async def test_plain_http_is_refused_where_it_is_not_allowed():
    async with Peer() as peer:
        async with HttpTransport(
            limits=quick_limits(), policy=AddressPolicy(), user_agent="fedirec-tests"
        ) as transport:
            with pytest.raises(RemoteRefusedError, match="https"):
                await transport.fetch(Request(method="GET", url=peer.origin))

        assert peer.received == []


async def test_fetching_and_posting_are_not_swapped():
    async with loopback_transport() as transport:
        for method, body in (("POST", b""), ("GET", b"{}"), ("GE T", b"")):
            with pytest.raises(InvalidInputError):
                await transport.fetch(Request(method=method, url="https://a.example/", body=body))
        with pytest.raises(InvalidInputError):
            await transport.post(Request(method="GET", url="https://a.example/"))


BAD_HEADERS = [
    {"x": "a\r\nHost: evil.example"},
    {"x": "a\nb"},
    {"x": "a\rb"},
    {"x": "a\0b"},
    {"x": "a\x7f"},
    {"x": "a\x85b"},
    {"x": "café"},
    {"x": "a\u2028b"},
    {"x\r\nhost": "a"},
    {"x y": "a"},
    {"x:": "a"},
    {"": "a"},
    {"é": "a"},
    {"content-length": "0"},
    {"Transfer-Encoding": "chunked"},
    {"connection": "upgrade"},
    {"expect": "100-continue"},
]


@pytest.mark.rule("TR-16")
@pytest.mark.parametrize("headers", BAD_HEADERS, ids=range(len(BAD_HEADERS)))
async def test_a_header_that_could_become_another_is_never_sent(headers):
    async with Peer() as peer, loopback_transport() as transport:
        url = peer.answers("/inbox", 202)

        with pytest.raises(InvalidInputError):
            await transport.fetch(Request(method="GET", url=url, headers=headers))
        with pytest.raises(InvalidInputError):
            await transport.post(Request(method="POST", url=url, sign=lambda _: headers))

        assert peer.received == []


@pytest.mark.rule("TR-16")
@given(st.text(), st.text())
def test_headers_that_pass_are_one_line_each(name, value):
    try:
        check_headers({name: value})
    except InvalidInputError:
        return

    line = f"{name}: {value}"
    assert line.isprintable() or "\t" in line
    assert len(line.splitlines()) == 1
    assert line.encode("ascii").partition(b":")[0] == name.encode()


@pytest.mark.rule("TR-16")
@given(st.binary())
def test_a_name_from_a_stranger_passes_only_in_a_safe_coding(raw):
    check_headers({"x": base64.b64encode(raw).decode()})
