"""Slow, big and broken answers: each costs a bounded time and a bounded body."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.errors import RemoteError, RemoteRefusedError, RemoteUnavailableError
from fedirec.transport.bodies import Inflater
from fedirec.transport.protocol import Request, Response
from tests.misbehaviour import (
    compressed_bomb,
    drips,
    drips_headers,
    hangs,
    hangs_up,
    is_endless,
    is_late,
    sends,
)
from tests.outgoing import loopback_transport, quick_limits
from tests.peers import Peer

DOCUMENT = json.dumps({"id": "x" * 2_000}).encode()
SHORT = timedelta(seconds=0.3)
COMPRESSORS: tuple[Callable[[bytes], bytes], ...] = (gzip.compress, zlib.compress)
LONG = timedelta(seconds=60)  # a wait that a test would notice


@pytest.fixture(autouse=True)
async def _patience():
    async with asyncio.timeout(20):
        yield


async def fetch(peer: Peer, path: str = "/x", **limits: Any) -> Response:
    async with loopback_transport(limits=quick_limits(**limits)) as transport:
        return await transport.fetch(Request(method="GET", url=peer.origin + path))


async def post(peer: Peer, path: str = "/x", **limits: Any) -> Response:
    async with loopback_transport(limits=quick_limits(**limits)) as transport:
        return await transport.post(Request(method="POST", url=peer.origin + path, body=b"{}"))


@pytest.mark.rule("TR-09")
@pytest.mark.parametrize("ask", [fetch, post])
async def test_a_peer_that_says_nothing_is_left(ask):
    async with Peer() as peer:
        peer.behaves("/x", hangs())

        with pytest.raises(RemoteUnavailableError):
            await ask(peer, first_byte_timeout=SHORT, fetch_timeout=LONG, delivery_timeout=LONG)


@pytest.mark.rule("TR-09")
@pytest.mark.parametrize("ask", [fetch, post])
async def test_a_peer_whose_headers_never_end_is_left(ask):
    async with Peer() as peer:
        peer.behaves("/x", drips_headers())

        with pytest.raises(RemoteUnavailableError, match="too long"):
            await ask(peer, fetch_timeout=SHORT, delivery_timeout=SHORT)


@pytest.mark.rule("TR-09")
async def test_a_body_of_one_byte_at_a_time_is_left_for_its_pace():
    async with Peer() as peer:
        peer.behaves("/x", drips())

        with pytest.raises(RemoteUnavailableError, match="too long"):
            await fetch(peer, first_byte_timeout=SHORT, fetch_timeout=LONG)


@pytest.mark.rule("TR-09")
async def test_a_body_at_a_fair_pace_still_ends_with_the_deadline():
    async with Peer() as peer:
        peer.behaves("/x", drips(pause=0.01))

        with pytest.raises(RemoteUnavailableError, match="too long"):
            await fetch(
                peer, first_byte_timeout=LONG, minimum_bytes_per_second=1, fetch_timeout=SHORT
            )


@pytest.mark.rule("TR-09", "TR-05")
async def test_the_deadline_is_over_all_hops_together():
    async with Peer() as peer:
        peer.redirects("/x", "/late")
        peer.behaves("/late", is_late(10))

        with pytest.raises(RemoteUnavailableError, match="too long"):
            await fetch(peer, fetch_timeout=SHORT, first_byte_timeout=LONG)


@pytest.mark.rule("TR-09")
async def test_a_server_that_never_shakes_hands_is_left():
    async def ignore(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_server(ignore, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        limits = quick_limits(connect_timeout=SHORT, fetch_timeout=LONG)
        async with loopback_transport(limits=limits) as transport:
            with pytest.raises(RemoteUnavailableError):
                await transport.fetch(Request(method="GET", url=f"https://127.0.0.1:{port}/"))


async def test_a_late_answer_within_the_limits_counts():
    async with Peer() as peer:
        peer.behaves("/x", is_late(0.1, DOCUMENT))

        assert (await fetch(peer)).body == DOCUMENT


@pytest.mark.rule("TR-10")
async def test_a_body_is_taken_to_the_last_byte_allowed_and_no_further():
    async with Peer() as peer:
        peer.serve("/x", DOCUMENT)

        response = await fetch(peer, fetched_body_bytes=len(DOCUMENT))
        assert response.body == DOCUMENT

        with pytest.raises(RemoteRefusedError, match="over"):
            await fetch(peer, fetched_body_bytes=len(DOCUMENT) - 1)


@pytest.mark.rule("TR-10")
@pytest.mark.parametrize("encoding", [None, "identity"])
async def test_an_endless_body_is_left_at_the_limit(encoding):
    async with Peer() as peer:
        peer.behaves("/x", is_endless(encoding))

        with pytest.raises(RemoteRefusedError, match="over 100000 bytes"):
            await fetch(peer, fetched_body_bytes=100_000)


@pytest.mark.rule("TR-10")
async def test_a_length_over_the_limit_is_refused_unread():
    async with Peer() as peer:
        peer.behaves("/x", sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n{}"))

        with pytest.raises(RemoteRefusedError, match="2000000"):
            await fetch(peer)


@pytest.mark.rule("TR-10")
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
async def test_a_compressed_bomb_is_left_at_the_limit(encoding):
    async with Peer() as peer:
        peer.answers("/x", 200, *compressed_bomb(encoding, 20_000_000))

        with pytest.raises(RemoteRefusedError, match="over 100000 bytes"):
            await fetch(peer, fetched_body_bytes=100_000)


@pytest.mark.rule("TR-10")
@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
async def test_a_body_in_an_encoding_nobody_asked_for_is_refused(encoding):
    async with Peer() as peer:
        peer.answers("/x", 200, *compressed_bomb(encoding, 1_000_000))

        with pytest.raises(RemoteRefusedError, match="identity"):
            await fetch(peer)


@pytest.mark.parametrize(
    ("encoding", "compress"), list(zip(["gzip", "deflate"], COMPRESSORS, strict=True))
)
async def test_a_small_compressed_body_is_read_though_we_asked_for_identity(encoding, compress):
    async with Peer() as peer:
        peer.answers("/x", 200, {"Content-Encoding": encoding}, compress(DOCUMENT))

        assert (await fetch(peer)).body == DOCUMENT
        assert peer.received[0].header("accept-encoding") == "identity"


GARBAGE = {
    "no http": b"\x15\x03\x01\x00\x02\x02",
    "http 0.9": b"{}",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "less than its length": b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
    "a broken chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "a missing last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "a header too long": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000 + b"\r\n",
    "broken gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
}


@pytest.mark.rule("TR-09", "TR-10")
@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_an_error_of_the_peer(raw):
    async with Peer() as peer:
        peer.behaves("/x", sends(raw))

        with pytest.raises(RemoteUnavailableError):
            await fetch(peer)


async def test_a_peer_that_hangs_up_is_unavailable():
    async with Peer() as peer:
        peer.behaves("/x", hangs_up())

        with pytest.raises(RemoteUnavailableError):
            await fetch(peer)


@pytest.mark.parametrize("behaviour", [drips(status=202), is_endless()], ids=["slow", "endless"])
async def test_a_delivery_counts_by_its_status_however_the_answer_goes_on(behaviour):
    async with Peer() as peer:
        peer.behaves("/x", behaviour)

        response = await post(peer, first_byte_timeout=SHORT)

        assert response.status in {200, 202}
        assert len(response.body) <= 16_384


@pytest.mark.rule("TR-09")
async def test_slow_peers_do_not_hold_up_others():
    async with (
        Peer() as slow,
        Peer() as good,
        loopback_transport(limits=quick_limits(deliveries_in_flight=1)) as transport,
    ):
        slow.behaves("/x", hangs())
        good.serve("/x", {})
        stuck = [transport.fetch(Request(method="GET", url=f"{slow.origin}/x")) for _ in range(30)]

        *failures, response = await asyncio.gather(
            *stuck,
            transport.fetch(Request(method="GET", url=f"{good.origin}/x")),
            return_exceptions=True,
        )

        assert isinstance(response, Response)
        assert response.status == 200
        assert all(isinstance(failure, RemoteUnavailableError) for failure in failures)


@pytest.mark.rule("TR-10")
@given(st.binary(max_size=3_000), st.sampled_from(COMPRESSORS), st.data())
def test_an_inflater_gives_back_what_was_compressed_however_it_is_cut(plain, compress, data):
    packed = compress(plain)
    cut = data.draw(st.integers(0, len(packed)))
    inflater = Inflater("gzip", limit=len(plain))

    body = inflater.decode(packed[:cut]) + inflater.decode(packed[cut:])
    inflater.finish()

    assert body == plain


@pytest.mark.rule("TR-10")
@given(st.binary(), st.sampled_from(["gzip", "deflate"]), st.integers(0, 100))
def test_an_inflater_gives_out_no_more_than_its_limit_or_an_error(raw, encoding, limit):
    inflater = Inflater(encoding, limit=limit)

    try:
        body = inflater.decode(raw)
        inflater.finish()
    except RemoteError:
        return

    assert len(body) <= limit


def test_bytes_after_the_end_of_a_compressed_body_are_refused():
    inflater = Inflater("gzip", limit=100)

    with pytest.raises(RemoteUnavailableError, match="after the end"):
        inflater.decode(gzip.compress(b"{}") + b"more")
