"""Sizes, times and numbers of what comes in (RX-01, RX-06, SG-04)."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.outgoing import quick_limits
from tests.web.home import ACTIVITY_JSON, open_home

GOOD_FORM = {"Content-Type": ACTIVITY_JSON}


@pytest.mark.rule("RX-01")
async def test_a_body_announced_over_the_limit_is_refused_unread(home):
    host = home.instance.host.encode()
    head = (
        b"POST /inbox HTTP/1.1\r\nHost: " + host + b"\r\nContent-Type: application/activity+json"
        b"\r\nContent-Length: 1048577\r\n\r\n"
    )

    answer = await home.say(head)

    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.rule("RX-01")
async def test_a_body_that_grows_over_the_limit_is_cut_off(home):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    async with home.session.post(
        f"{home.instance.origin}/inbox", data=endless(), headers=GOOD_FORM
    ) as response:
        assert response.status == 413

    assert await home.count("received") == 0


@pytest.mark.rule("RX-01")
async def test_headers_over_sixteen_kibibytes_are_refused(home):
    many = {f"X-Padding-{number}": "x" * 4_000 for number in range(5)}

    seen = await home.ask("/about", headers=many)

    assert seen.status == 431


@pytest.mark.rule("RX-01")
async def test_more_than_a_hundred_headers_are_refused(home):
    seen = await home.ask("/about", headers={f"X-{number}": "x" for number in range(120)})

    assert seen.status == 400


@pytest.mark.rule("SG-04")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_packed_body_is_refused_even_when_signed(home, peer, encoding):
    actor = peer.add_actor("dan")
    body = gzip.compress(b'{"type": "Like"}')
    headers, _ = actor.sign_post(f"{home.instance.origin}/inbox", body)

    seen = await home.ask(
        "/inbox", method="POST", headers=headers | {"Content-Encoding": encoding}, body=body
    )

    assert seen.status == 415
    assert peer.received == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/activity+json", 401),
        ("application/activity+json; charset=utf-8", 401),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', 401),
        ("application/ld+json", 415),
        ("application/json", 415),
        ("text/plain", 415),
        ("application/activity+json; charset=utf-16", 415),
        ('text/html; x="application/activity+json"', 415),
    ],
)
async def test_an_inbox_reads_three_forms(home, content_type, status):
    seen = await home.ask(
        "/inbox",
        method="POST",
        headers={"Content-Type": content_type},
        body=b'{"id": "https://p.example/1", "type": "Like", "actor": "https://p.example/a"}',
    )

    assert seen.status == status


@pytest.mark.rule("RX-06")
async def test_a_header_that_dawdles_loses_its_connection(tmp_path):
    async with open_home(tmp_path, header_seconds=0.3) as home:
        reader, writer = await asyncio.open_connection("127.0.0.1", home.port)

        for piece in (b"GET /about", b" HTTP/1.1\r\n", b"X-A: b\r\n"):
            writer.write(piece)
            await asyncio.sleep(0.05)
        answer = await asyncio.wait_for(reader.read(), 30)

        assert answer == b""
        writer.close()


@pytest.mark.rule("RX-06")
async def test_each_header_on_a_kept_connection_has_its_own_deadline(tmp_path):
    async with open_home(tmp_path, header_seconds=0.3) as home:
        reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
        asked = f"GET /healthz HTTP/1.1\r\nHost: {home.instance.host}\r\n\r\n".encode()
        for _ in range(3):
            writer.write(asked)
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\nok\n"), 30)
            assert answer.startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.2)  # the alarm of the first header goes off in between

        writer.write(b"GET /about HTTP/1.1\r\n")
        rest = await asyncio.wait_for(reader.read(), 30)

        assert b"HTTP/1.1" not in rest
        writer.close()


@pytest.mark.rule("RX-06")
async def test_a_body_slower_than_the_minimum_is_given_up(tmp_path):
    limits = quick_limits(first_byte_timeout=timedelta(seconds=0.2))
    async with open_home(tmp_path, limits=limits) as home:
        host = home.instance.host.encode()
        head = (
            b"POST /inbox HTTP/1.1\r\nHost: " + host + b"\r\nContent-Type: "
            b"application/activity+json\r\nContent-Length: 5000\r\n\r\n{"
        )

        answer = await home.say(head)

        assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.rule("RX-06")
async def test_one_address_holds_no_more_connections_than_allowed(tmp_path):
    async with open_home(tmp_path, limits=quick_limits(connections_per_address=3)) as home:
        held = [await asyncio.open_connection("127.0.0.1", home.port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", home.port)

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(_read_all(reader), 30)

        held[0][1].close()
        await held[0][1].wait_closed()
        await asyncio.sleep(0.05)
        assert (await home.ask("/healthz")).status == 200
        for _, other in (*held[1:], (reader, writer)):
            other.close()


async def _read_all(reader: asyncio.StreamReader) -> None:
    if await reader.read() == b"":
        raise ConnectionResetError
